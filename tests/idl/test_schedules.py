"""Schedules: their times are those of Flyte's scheduler, and people can read them."""

import datetime as dt
from typing import Any

import pytest
from flyteidl.admin import schedule_pb2

from autocontainer_nb.idl.schedules import is_scheduled, next_start, parse_cron, schedule_words, times_between

FRIDAY = dt.datetime(2024, 3, 1, 8, 30, tzinfo=dt.timezone.utc)


def cron(text: str) -> schedule_pb2.Schedule:
    return schedule_pb2.Schedule(cron_schedule=schedule_pb2.CronSchedule(schedule=text))


def rate(value: int, unit: Any) -> schedule_pb2.Schedule:
    return schedule_pb2.Schedule(rate=schedule_pb2.FixedRate(value=value, unit=unit))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (cron("0 7 * * 1-5"), "weekdays at 07:00 UTC, next on Monday"),
        (cron("0 7 * * mon-fri"), "weekdays at 07:00 UTC, next on Monday"),
        (cron("30 9 * * *"), "every day at 09:30 UTC, next today at 09:30"),
        (cron("@daily"), "every day at 00:00 UTC, next tomorrow"),
        (cron("0 7,19 * * *"), "every day at 07:00 and 19:00 UTC, next today at 19:00"),
        (cron("@hourly"), "every hour, next today at 09:00"),
        (cron("15 * * * *"), "every hour at :15, next today at 09:15"),
        (cron("*/15 * * * *"), "every 15 minutes, next today at 08:45"),
        (cron("* * * * *"), "every minute, next today at 08:31"),
        (cron("0 */6 * * *"), "every 6 hours, next today at 12:00"),
        (cron("*/10 * * * 1-5"), "every 10 minutes on weekdays, next today at 08:40"),
        (cron("0 12 * * 0,6"), "weekends at 12:00 UTC, next tomorrow"),
        (cron("0 12 * * sun"), "Sundays at 12:00 UTC, next on Sunday"),
        (cron("0 12 * * 0,1"), "Mondays and Sundays at 12:00 UTC, next on Sunday"),
        (cron("0 6 1 * *"), "on the 1st of each month at 06:00 UTC, next on 1 April"),
        (cron("0 6 2,13,23 * *"), "on the 2nd, 13th and 23rd of each month at 06:00 UTC, next tomorrow"),
        (cron("@yearly"), "on the 1st of January at 00:00 UTC, next on 1 January 2025"),
        (cron("0 0 30 2 *"), "on the 30th of February at 00:00 UTC"),
        (cron("0 7 13 * 5"), "cron '0 7 13 * 5', next on 8 March"),
        (cron("5,7 3 * * *"), "cron '5,7 3 * * *', next tomorrow at 03:05"),
        (cron("@every 1h30m"), "every 1h30m"),
        (cron("nonsense"), "cron 'nonsense'"),
        (rate(1, schedule_pb2.DAY), "every day"),
        (rate(90, schedule_pb2.MINUTE), "every 90 minutes"),
        (rate(2, schedule_pb2.HOUR), "every 2 hours"),
        (schedule_pb2.Schedule(cron_expression="0 7 * * 1-5"), "weekdays at 07:00 UTC, next on Monday"),
        (schedule_pb2.Schedule(), ""),
    ],
)
def test_a_schedule_is_told_in_words(schedule: schedule_pb2.Schedule, words: str) -> None:
    assert schedule_words(schedule, FRIDAY) == words
    assert is_scheduled(schedule) == bool(words)


def test_without_a_moment_nothing_is_said_of_the_next_start() -> None:
    assert schedule_words(cron("0 7 * * 1-5")) == "weekdays at 07:00 UTC"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 29 2 *", "2028-02-29 00:00"),
        ("0 0 30 2 *", None),
        ("0 7 13 * 5", "2024-03-08 07:00"),  # either day is enough
        ("0 7 */2 * 1", "2024-03-03 07:00"),  # a step is a restriction, too
        ("0 7 */1 * 1", "2024-03-04 07:00"),  # a step of one isn't: both days have to fit
        ("30 8 1 3 *", "2025-03-01 08:30"),  # now itself isn't next
        ("59 23 31 12 *", "2024-12-31 23:59"),
        ("0-10/5 9 * * *", "2024-03-01 09:00"),
        ("50/5 8 * * *", "2024-03-01 08:50"),
        ("TZ=UTC 0 9 * * *", "2024-03-01 09:00"),
    ],
)
def test_the_next_start_is_the_schedulers(text: str, expected: str | None) -> None:
    assert next_start(cron(text), FRIDAY) == (at(expected) if expected else None)


def test_a_schedule_has_the_clocks_of_its_zone() -> None:
    """As the scheduler reads it; an hour that the clocks skip has no start, one that they show twice has two."""
    daily = cron("CRON_TZ=Europe/Paris 30 2 * * *")
    assert schedule_words(daily, FRIDAY) == "every day at 02:30 Europe/Paris, next tomorrow"
    assert schedule_words(cron("TZ=Europe/Paris 0 * * * 1-5")) == "every hour on weekdays (Europe/Paris)"
    assert next_start(cron("TZ=Asia/Tokyo 0 7 * * *"), at("2024-03-01 08:30")) == at("2024-03-01 22:00")
    spring = list(times_between(daily, at("2024-03-30 00:00"), at("2024-04-02 00:00")))
    assert spring == [at("2024-03-30 01:30"), at("2024-04-01 00:30")]
    autumn = list(times_between(daily, at("2024-10-26 12:00"), at("2024-10-28 00:00")))
    assert autumn == [at("2024-10-27 00:30"), at("2024-10-27 01:30")]
    assert schedule_words(cron("TZ=Nowhere/Else 0 7 * * *"), FRIDAY) == "cron 'TZ=Nowhere/Else 0 7 * * *'"


def test_times_go_from_the_start_to_before_the_end() -> None:
    """The start counts, also one within a minute; the end doesn't."""
    days = list(times_between(cron("0 7 * * 1-5"), at("2024-03-01 07:00"), at("2024-03-05 07:00")))
    assert days == [at("2024-03-01 07:00"), at("2024-03-04 07:00")]
    assert list(times_between(cron("0 7 * * *"), at("2024-03-01 07:00:01"), at("2024-03-02 00:00"))) == []
    hours = list(times_between(rate(2, schedule_pb2.HOUR), at("2024-03-01 07:30"), at("2024-03-01 11:31")))
    assert hours == [at("2024-03-01 07:30"), at("2024-03-01 09:30"), at("2024-03-01 11:30")]
    assert next_start(rate(2, schedule_pb2.HOUR), FRIDAY) is None


@pytest.mark.parametrize("text", ["", "1 2 3", "60 * * * *", "* * 0 * *", "* * * foo *", "*/0 * * * *", "@every x"])
def test_what_is_no_cron_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - who asks says it in words
        parse_cron(text)
