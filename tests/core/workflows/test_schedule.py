"""Schedules and notifications: what the control plane would refuse is refused where it is written."""

from datetime import timedelta

import pytest

from autocontainer_nb.core.workflows.schedule import (
    CronSchedule,
    Email,
    FixedRate,
    PagerDuty,
    Slack,
    WorkflowExecutionPhase,
)
from autocontainer_nb.errors import DefinitionError


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "*/5 0-6 1,15 jan-mar MON",
        "0 9 ? * mon-fri",
        "0/15 * * * *",
        "CRON_TZ=Europe/Paris 0 6 * * *",
        "@daily",
        "@every 1h30m",
    ],
)
def test_cron_expressions_that_the_server_takes(text: str) -> None:
    """Five fields with lists, ranges, steps and names; aliases; a time zone in front."""
    assert CronSchedule(schedule=text, offset="P1DT3.5M").schedule == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("* * * *", "4 fields; five expected"),
        ("0 0 * * * *", "6 fields; five expected"),
        ("hourly", "1 fields; five expected.*@hourly"),
        ("60 * * * *", "'60' is no minute: 0 to 59"),
        ("* 24 * * *", "'24' is no hour: 0 to 23"),
        ("* * 0 * *", "'0' is no day of the month: 1 to 31"),
        ("* * * foo *", "'foo' is no month: 1 to 12"),
        ("* * * * 7", "'7' is no day of the week: 0 to 6"),
        ("30-10 * * * *", "'30-10' is no minute"),
        ("*/0 * * * *", r"'\*/0' is no minute"),
        (5, "a cron expression expected, got 5"),
    ],
)
def test_cron_expressions_that_it_refuses(text: str, message: str) -> None:
    """The error tells the field and what it may hold."""
    with pytest.raises(DefinitionError, match=message):
        CronSchedule(schedule=text)


@pytest.mark.parametrize("offset", ["PT", "P", "3M", "PT3M ", "T3M"])
def test_an_offset_is_an_iso_duration(offset: str) -> None:
    """Anything else is refused by name."""
    with pytest.raises(DefinitionError, match="offset: an ISO 8601 duration"):
        CronSchedule(schedule="@daily", offset=offset)


@pytest.mark.parametrize("duration", [timedelta(0), timedelta(seconds=90), timedelta(minutes=-1), 60])
def test_a_rate_is_in_whole_minutes(duration) -> None:
    """The protocol's smallest unit is a minute."""
    with pytest.raises(DefinitionError, match="FixedRate: whole minutes, at least one, expected"):
        FixedRate(duration)


@pytest.mark.parametrize("kind", [Email, Slack, PagerDuty])
def test_notifications_are_for_ends_and_for_somebody(kind) -> None:
    """A phase that doesn't end an execution, no phase and no recipient are refused."""
    assert kind([WorkflowExecutionPhase.FAILED], ["a@example.org"]).recipients_email == ["a@example.org"]
    for phases in ([WorkflowExecutionPhase.RUNNING], []):
        with pytest.raises(DefinitionError, match=f"{kind.__name__}: phases: some of SUCCEEDED, FAILED"):
            kind(phases, ["a@example.org"])
    for recipients in ([], "a@example.org"):
        with pytest.raises(DefinitionError, match=f"{kind.__name__}: recipients_email: a list"):
            kind([WorkflowExecutionPhase.FAILED], recipients)
