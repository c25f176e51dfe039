"""The plain types: numbers, texts, dates, durations, None, JSON, nested lists and maps, unions."""

import datetime
import typing
from typing import Any, Dict, List, Optional, Union

from flytekit import task, workflow


@task
def later(start: datetime.datetime, by: datetime.timedelta) -> datetime.datetime:
    return start + by


@task
def weekday(day: datetime.date) -> int:
    return day.weekday()


@task
def nested(values: Dict[str, List[Dict[str, int]]]) -> List[List[int]]:
    return [[x for each in part for x in each.values()] for part in values.values()]


@task
def anything(value: Dict[str, Any]) -> dict:
    return {"given": value, "kinds": sorted(type(each).__name__ for each in value.values())}


@task
def either(value: Union[int, str, List[float]]) -> Union[str, int]:
    return value if isinstance(value, str) else 0 if isinstance(value, list) else value + 1


@task
def maybe(value: Optional[int] = None) -> Optional[str]:
    return None if value is None else str(value)


@task
def both(a: "int | None", b: bool = True) -> float:
    return float(a or 0) + (0.5 if b else 0.0)


@task
def names(x: typing.Dict[str, typing.Optional[str]]) -> typing.List[str]:
    return sorted(key for key, value in x.items() if value)


@workflow
def pipeline(a: int, t: Optional[int] = None) -> float:
    maybe(value=t)
    maybe(value=a)
    maybe()
    return both(a=a)


start = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
assert later(start=start, by=datetime.timedelta(days=1, microseconds=5)) == start + datetime.timedelta(
    days=1, microseconds=5
)
assert weekday(day=datetime.date(2024, 1, 1)) == 0
assert nested(values={"a": [{"x": 1}, {"y": 2}], "b": []}) == [[1, 2], []]
assert anything(value={"a": 1, "b": [1, "x"], "c": 0.5})["kinds"] == ["float", "int", "list"]
assert either(value="x") == "x" and either(value=1) == 2 and either(value=[0.5]) == 0
assert maybe() is None and maybe(value=3) == "3"
assert both(a=None, b=False) == 0.0
assert names(x={"b": "1", "a": "2", "c": None}) == ["a", "b"]
assert pipeline(a=2) == 2.5

remote_runs = [
    (later, {"start": start, "by": datetime.timedelta(seconds=1)}, start + datetime.timedelta(seconds=1)),
    (nested, {"values": {"a": [{"x": 1}]}}, [[1]]),
    (either, {"value": [1.0]}, 0),
    (maybe, {}, None),
    (both, {"a": 1}, 1.5),
]
