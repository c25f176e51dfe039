"""Flyte's filters: `function(field,value)`, joined by `+` (flyteadmin's `impl/util/filters.go`).

The syntax has no escapes: a comma, a plus sign or, in a list, a semicolon in a value would be read as syntax.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

from flyteidl.core import execution_pb2

from autocontainer_nb.errors import InputError

_PHASES: Final = execution_pb2.WorkflowExecution.Phase
_SYNTAX: Final = frozenset(",+;()")


def equals(field: str, value: str) -> str:
    """Return the filter for this value."""
    return f"eq({field},{_plain(value)})"


def contains(field: str, value: str) -> str:
    """Return the filter for values with this text in them."""
    return f"contains({field},{_plain(value)})"


def is_one_of(field: str, values: Iterable[str]) -> str:
    """Return the filter for one of these values."""
    return f"value_in({field},{';'.join(map(_plain, values))})"


def from_time(field: str, moment: dt.datetime) -> str:
    """Return the filter for this time or later."""
    return f"gte({field},{_rfc3339(moment)})"


def before_time(field: str, moment: dt.datetime) -> str:
    """Return the filter for earlier than this time."""
    return f"lt({field},{_rfc3339(moment)})"


def joined(filters: Iterable[str]) -> str:
    """Return one text of filters that all have to hold."""
    return "+".join(filter(None, filters))


def phases(given: str | Sequence[str]) -> list[str]:
    """Return the names of phases as Flyte has them; what we call QUEUED it calls UNDEFINED until it looks.

    Raises:
        InputError: there is no such phase.
    """
    names = [given] if isinstance(given, str) else list(given)
    found: list[str] = []
    for name in names:
        upper = str(name).upper()
        if upper not in _PHASES.keys():  # noqa: SIM118 - of an enum's wrapper, which is no mapping
            known = ", ".join(each for each in _PHASES.keys() if each != "UNDEFINED")  # noqa: SIM118 - see above
            raise InputError(f"phase: expected one of {known}, got {name!r}.")
        found += ["UNDEFINED", "QUEUED"] if upper in {"QUEUED", "UNDEFINED"} else [upper]
    return found


def moment_of(what: str, given: Any, now: dt.datetime) -> dt.datetime:
    """Return the moment that a time, a day, a text of one, or a span before now means; without a zone, local time.

    Raises:
        InputError: it is none of these.
    """
    if isinstance(given, dt.timedelta):
        return now - given
    moment = given
    if isinstance(given, str):
        try:
            moment = dt.datetime.fromisoformat(given.replace("Z", "+00:00"))
        except ValueError:
            moment = None
    if isinstance(moment, dt.date) and not isinstance(moment, dt.datetime):
        moment = dt.datetime.combine(moment, dt.time())
    if not isinstance(moment, dt.datetime):
        raise InputError(
            f"{what}: expected a datetime, a date, a text such as '2024-03-01 08:00', or a timedelta before now, got "
            f"{given!r}."
        )
    return moment.astimezone(dt.timezone.utc)


def _rfc3339(moment: dt.datetime) -> str:
    return moment.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: str) -> str:
    """Return the value.

    Raises:
        InputError: Flyte would read a part of it as syntax.
    """
    found = sorted(_SYNTAX & set(value))
    if found or not value:
        what = f"{found[0]!r} in it" if found else "nothing in it"
        raise InputError(f"Flyte's filters can't look for a text with {what}: got {value!r}.")
    return value
