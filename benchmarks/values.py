"""What goes to serialized literals and back on both sides: the same values, made anew in each process."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass
class Point:
    """A record as tasks pass them in lists."""

    number: int
    weight: float
    label: str


KINDS = ("list", "dict", "dataclasses", "frame")


def value_and_type(kind: str) -> tuple[Any, Any]:
    """Return a new value of the kind, and the type that a task would declare."""
    if kind == "list":
        return list(range(100_000)), list[int]
    if kind == "dict":
        return {f"k{number}": number / 7 for number in range(100_000)}, dict[str, float]
    if kind == "dataclasses":
        return [Point(number, number / 7, f"p{number}") for number in range(10_000)], list[Point]
    random = np.random.default_rng(0)
    return pd.DataFrame({name: random.random(1_000_000) for name in "abcd"}), pd.DataFrame


def same(found: Any, value: Any) -> bool:
    """Whether what came back is what went out."""
    return found.equals(value) if isinstance(value, pd.DataFrame) else found == value
