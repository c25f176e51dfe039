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
        ("* * * *", "expected five fields .* with 4 fields"),
        ("0 0 * * * *", "expected five fields .* with 6 fields"),
        ("hourly", "expected five fields .*@hourly.* with 1 fields"),
        ("60 * * * *", "minute: expected 0 to 59, .* got '60'"),
        ("* 24 * * *", "hour: expected 0 to 23, .* got '24'"),
        ("* * 0 * *", "day of the month: expected 1 to 31, .* got '0'"),
        ("* * * foo *", "month: expected 1 to 12, .* got 'foo'"),
        ("* * * * 7", "day of the week: expected 0 to 6, .* got '7'"),
        ("30-10 * * * *", "minute: expected .* got '30-10'"),
        ("*/0 * * * *", r"minute: expected .* got '\*/0'"),
        (5, "expected a cron expression, got 5"),
    ],
)
def test_cron_expressions_that_it_refuses(text: str, message: str) -> None:
    """The error tells the field and what it may hold."""
    with pytest.raises(DefinitionError, match=message):
        CronSchedule(schedule=text)


@pytest.mark.parametrize("offset", ["PT", "P", "3M", "PT3M ", "T3M"])
def test_an_offset_is_an_iso_duration(offset: str) -> None:
    """Anything else is refused by name."""
    with pytest.raises(DefinitionError, match="offset: expected an ISO 8601 duration"):
        CronSchedule(schedule="@daily", offset=offset)


@pytest.mark.parametrize("duration", [timedelta(0), timedelta(seconds=90), timedelta(minutes=-1), 60])
def test_a_rate_is_in_whole_minutes(duration) -> None:
    """The protocol's smallest unit is a minute."""
    with pytest.raises(DefinitionError, match="FixedRate: duration: expected whole minutes, at least one, got"):
        FixedRate(duration)


@pytest.mark.parametrize("kind", [Email, Slack, PagerDuty])
def test_notifications_are_for_ends_and_for_somebody(kind) -> None:
    """A phase that doesn't end an execution, no phase and no recipient are refused."""
    assert kind([WorkflowExecutionPhase.FAILED], ["a@example.org"]).recipients_email == ["a@example.org"]
    said = f"{kind.__name__}: phases: expected a list of some of WorkflowExecutionPhase.SUCCEEDED, "
    for phases in ([WorkflowExecutionPhase.RUNNING], [], ["SUCCEEDED"]):  # a name isn't the phase
        with pytest.raises(DefinitionError, match=said):
            kind(phases, ["a@example.org"])
    for recipients in ([], "a@example.org"):
        with pytest.raises(DefinitionError, match=f"{kind.__name__}: recipients_email: expected a list"):
            kind([WorkflowExecutionPhase.FAILED], recipients)
