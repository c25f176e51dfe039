"""What commands print as JSON: any value, in words that every reader of JSON takes."""

import dataclasses
import datetime as dt
import enum
import json
import math
from pathlib import Path
from typing import Any

import pytest

from autocontainer_nb.cli.records import print_json


class Mode(enum.Enum):
    FAST = "fast"


@dataclasses.dataclass
class Settings:
    mode: Mode
    rates: tuple[float, ...]


def refused(name: str) -> Any:
    raise AssertionError(name)


def test_all_values_become_json(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has no NaN and no infinity, and its keys are texts."""
    print_json(
        {
            "settings": Settings(Mode.FAST, (0.5, math.inf)),
            "numbers": [math.nan, -math.inf, 3, True, None],
            "keys": {(1, 2): "a", 3: "b", Mode.FAST: "c"},
            "moment": dt.datetime(2024, 3, 1, tzinfo=dt.timezone.utc),
            "other": Path("a.csv"),
        }
    )
    assert json.loads(capsys.readouterr().out, parse_constant=refused) == {
        "settings": {"mode": "fast", "rates": [0.5, "Infinity"]},
        "numbers": ["NaN", "-Infinity", 3, True, None],
        "keys": {"[1, 2]": "a", "3": "b", "fast": "c"},
        "moment": "2024-03-01T00:00:00+00:00",
        "other": "a.csv",
    }
