"""Schedules of launch plans: when they start, and in words: `weekdays at 07:00 UTC, next on Monday`.

Cron expressions are read as Flyte's scheduler reads them, which is github.com/robfig/cron/v3 with its standard parser:
five fields or an alias, in UTC or in the zone of a `CRON_TZ=` in front; where both days are restricted, either is
enough.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flyteidl.admin import schedule_pb2

_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip
_DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_RANGES: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_ALIASES: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_ZONE: Final = re.compile(r"(?:CRON_)?TZ=(\S+)\s+")
_EVERY: Final = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_UNIT_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_RATE_SECONDS: Final = {schedule_pb2.MINUTE: 60, schedule_pb2.HOUR: 3600, schedule_pb2.DAY: 86400}
_FREE: Final = frozenset({"*", "?", "*/1", "?/1"})  # a larger step is a restriction
_WEEKDAYS, _WEEKEND = frozenset(range(1, 6)), frozenset({0, 6})
_DAYS_TO_LOOK: Final = 366 * 8 + 2  # from one 29 February to the next may be eight years
_WEEK: Final = 7
_UTC: Final = "UTC"
_MINUTE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Cron:
    """The times of a cron expression, by the clocks of `zone`. `restricts_*` are false for `*` and `?`."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # Sunday is 0
    restricts_days: bool
    restricts_weekdays: bool
    zone: dt.tzinfo = dt.timezone.utc

    def is_on(self, day: dt.date) -> bool:
        """Whether it starts on this day at all."""
        of_month, of_week = day.day in self.days, (day.weekday() + 1) % _WEEK in self.weekdays
        if self.restricts_days and self.restricts_weekdays:
            return day.month in self.months and (of_month or of_week)
        return day.month in self.months and of_month and of_week

    def after(self, moment: dt.datetime) -> dt.datetime | None:
        """Return the first time after the moment, in UTC; None if there is none, as on 30 February."""
        start = moment.astimezone(dt.timezone.utc).replace(second=0, microsecond=0) + _MINUTE
        first = start.astimezone(self.zone).date()
        for number in range(_DAYS_TO_LOOK):
            day = first + dt.timedelta(days=number)
            if self.is_on(day):
                found = next((time for time in self._times_on(day) if time >= start), None)
                if found is not None:
                    return found
        return None

    def _times_on(self, day: dt.date) -> Iterator[dt.datetime]:
        """Yield its times of a day, in UTC: none that the clocks skip, and those twice that they show twice."""
        clocks = (dt.time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes))
        if self.zone is dt.timezone.utc:
            yield from (dt.datetime.combine(day, clock, self.zone) for clock in clocks)
            return
        found = set()
        for clock in clocks:
            for fold in (0, 1):
                local = dt.datetime.combine(day, clock.replace(fold=fold), self.zone)
                time = local.astimezone(dt.timezone.utc)
                if time.astimezone(self.zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                    found.add(time)
        yield from sorted(found)


def parse_cron(text: str) -> "Cron | dt.timedelta":
    """Return the times of the expression, or of `@every` the interval.

    Raises:
        ValueError: it isn't one.
    """
    said = _ZONE.match(text.strip())
    zone, words = (_zone(said[1]), text.strip()[said.end() :]) if said else (dt.timezone.utc, text.strip())
    if words.startswith("@every "):
        parts = _EVERY.findall(words)
        if not parts:
            raise ValueError(text)
        return dt.timedelta(seconds=sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts))
    fields = _ALIASES.get(words, words).split()
    if len(fields) != len(_RANGES):
        raise ValueError(text)
    minutes, hours, days, months, weekdays = (_values(field, *_RANGES[at], at) for at, field in enumerate(fields))
    free = [any(part in _FREE for part in field.split(",")) for field in fields]
    restricted = {"restricts_days": not free[2], "restricts_weekdays": not free[4]}
    return Cron(minutes, hours, days, months, weekdays, zone=zone, **restricted)


def _zone(name: str) -> dt.tzinfo:
    if name == _UTC:
        return dt.timezone.utc
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(name) from error


def _values(field: str, lowest: int, highest: int, place: int) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        ends, _, step = part.partition("/")
        if ends in {"*", "?"}:
            first, last = lowest, highest
        else:
            begin, dash, end = ends.partition("-")
            first = _number(begin, place)
            last = _number(end, place) if dash else highest if step else first
        found.update(range(first, last + 1, int(step or 1)))
    if not found or min(found) < lowest or max(found) > highest:
        raise ValueError(field)
    return frozenset(found)


def _number(text: str, place: int) -> int:
    names = {3: _MONTHS, 4: _DAYS}.get(place, ())
    for index, name in enumerate(names):
        if text.lower() == name[:3].lower():
            return index + (1 if place == 3 else 0)  # noqa: PLR2004 - months are the fourth field
    return int(text)


def cron_text(schedule: schedule_pb2.Schedule) -> str:
    """Return the cron expression of the schedule, in whichever of its two forms; empty where it has none."""
    return schedule.cron_schedule.schedule or schedule.cron_expression


def is_scheduled(schedule: schedule_pb2.Schedule) -> bool:
    """Whether anything ever starts by it."""
    return bool(cron_text(schedule)) or bool(schedule.rate.value)


def _rhythm(schedule: schedule_pb2.Schedule) -> Cron | dt.timedelta:
    if schedule.rate.value:
        return dt.timedelta(seconds=schedule.rate.value * _RATE_SECONDS.get(schedule.rate.unit, 60))
    return parse_cron(cron_text(schedule))


def times_between(schedule: schedule_pb2.Schedule, start: dt.datetime, end: dt.datetime) -> Iterator[dt.datetime]:
    """Yield the times of the schedule from `start`, which counts, to before `end`; of a fixed rate, from `start` on.

    Raises:
        ValueError: its expression can't be read.
    """
    rhythm = _rhythm(schedule)
    found: dt.datetime | None = start
    if isinstance(rhythm, Cron):
        found = rhythm.after(start if start.second or start.microsecond else start - _MINUTE)
    while found is not None and found < end:
        yield found
        found = rhythm.after(found) if isinstance(rhythm, Cron) else found + rhythm


def next_start(schedule: schedule_pb2.Schedule, now: dt.datetime) -> dt.datetime | None:
    """Return when it starts next; None where that isn't known: of a fixed rate only the scheduler knows."""
    try:
        parsed = parse_cron(cron_text(schedule)) if cron_text(schedule) else None
    except ValueError:
        return None
    return parsed.after(now) if isinstance(parsed, Cron) else None


def schedule_words(schedule: schedule_pb2.Schedule, now: dt.datetime | None = None) -> str:
    """Return the schedule in words, and with `now` when it starts next; empty without a schedule."""
    if not is_scheduled(schedule):
        return ""
    if schedule.rate.value:
        return _every(schedule.rate.value, schedule_pb2.FixedRateUnit.Name(schedule.rate.unit).lower())
    text = cron_text(schedule)
    try:
        parsed = parse_cron(text)
    except ValueError:
        return f"cron {text!r}"
    if isinstance(parsed, dt.timedelta):
        return f"every {text.removeprefix('@every ').strip()}"
    words = _cron_words(parsed, text)
    found = parsed.after(now) if now is not None else None
    return words if found is None or now is None else f"{words}, next {_next_words(found, parsed, now)}"


def _every(count: int, unit: str) -> str:
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def _cron_words(cron: Cron, text: str) -> str:
    hours, minutes = sorted(cron.hours), sorted(cron.minutes)
    days = _day_words(cron)
    if days is None:
        return f"cron {text!r}"
    zone = _UTC if cron.zone is dt.timezone.utc else str(cron.zone)
    is_daily = days == "every day"
    within = ("" if is_daily else f" on {_plain(days)}") + ("" if zone == _UTC else f" ({zone})")
    if len(hours) == 24:  # noqa: PLR2004 - all hours of a day
        step = _step(minutes, 60)
        if len(minutes) == 1:
            return (f"every hour at :{minutes[0]:02d}" if minutes[0] else "every hour") + within
        return f"{_every(step, 'minute')}{within}" if step else f"cron {text!r}"
    step = _step(hours, 24)
    if len(minutes) > 1:
        return f"cron {text!r}"
    if step and len(hours) > 2 and not minutes[0]:  # noqa: PLR2004 - two hours are said by their times
        return f"{_every(step, 'hour')}{within}"
    times = [f"{hour:02d}:{minutes[0]:02d}" for hour in hours]
    return f"{days} at {_listed(times)} {zone}"


def _plain(days: str) -> str:
    return days.removeprefix("on ")


def _day_words(cron: Cron) -> str | None:
    """Return the days in words; None where words would be longer than the expression."""
    all_months = len(cron.months) == len(_MONTHS)
    if cron.restricts_days:
        if cron.restricts_weekdays:
            return None
        days = _listed([_ordinal(day) for day in sorted(cron.days)])
        months = "each month" if all_months else _listed([_MONTHS[month - 1] for month in sorted(cron.months)])
        return f"on the {days} of {months}"
    if not all_months:
        return None
    names = [f"{_DAYS[day]}s" for day in sorted(cron.weekdays, key=lambda day: (day - 1) % _WEEK)]
    known = {_WEEKDAYS: "weekdays", _WEEKEND: "weekends", frozenset(range(_WEEK)): "every day"}
    return known.get(cron.weekdays) or _listed(names)


def _step(values: list[int], whole: int) -> int:
    """Return the distance of values that cover the whole evenly from 0 on; 0 where they don't."""
    step = values[1] - values[0] if len(values) > 1 else 0
    return step if step and values == list(range(0, whole, step)) and whole % step == 0 else 0


def _ordinal(day: int) -> str:
    is_teen = 10 < day % 100 < 14  # noqa: PLR2004 - 11th, 12th, 13th
    return f"{day}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _next_words(found: dt.datetime, cron: Cron, now: dt.datetime) -> str:
    today = now.astimezone(cron.zone).date()
    found = found.astimezone(cron.zone)
    away = (found.date() - today).days
    clock = f" at {found:%H:%M}" if len(cron.hours) > 1 or len(cron.minutes) > 1 or not away else ""
    if away == 0:
        return f"today{clock}"
    if away == 1:
        return f"tomorrow{clock}"
    if away < _WEEK:
        return f"on {found:%A}{clock}"
    year = f" {found.year}" if found.year != today.year else ""
    return f"on {found.day} {_MONTHS[found.month - 1]}{year}{clock}"
