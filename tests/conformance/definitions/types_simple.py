"""Types and values that Flyte has a simple form for."""

import datetime as dt
import typing
from typing import Any

UTC = dt.timezone.utc

# %% integer
python_type = int
values = [3, -5, 0, 2**62, -(2**63)]

# %% floating
python_type = float
values = [1.5, 0.0, -1e300, float("inf")]

# %% boolean
python_type = bool
values = [True, False]

# %% text
python_type = str
values = ["x", "", "ü\n\0"]

# %% nothing
python_type = type(None)
values = [None]

# %% datetime
python_type = dt.datetime
values = [
    dt.datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    dt.datetime(1960, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    dt.datetime(2024, 1, 2, 3, 4, tzinfo=dt.timezone(dt.timedelta(hours=2))),
]


def same(one, other):
    return one == other


# %% date
python_type = dt.date
values = [dt.date(2024, 1, 2), dt.date(1969, 12, 31)]

# %% timedelta
python_type = dt.timedelta
values = [dt.timedelta(days=2, microseconds=7), -dt.timedelta(seconds=5, microseconds=3), dt.timedelta(0)]

# %% raw_bytes
python_type = bytes
values = [b"\x00\xff", b""]

# %% anything
python_type = Any
values = [1, "x", [1, {"a": 2.5}]]

# %% anything_is_nothing
python_type = Any
values = [None]

# %% a_set
python_type = set
values = [{1, 2}, set()]

# %% complex_number
python_type = complex
values = [1j]

# %% decimal
from decimal import Decimal

python_type = Decimal
values = [Decimal("1.10"), Decimal("-0")]

# %% identifier
from uuid import UUID

python_type = UUID
values = [UUID(int=3)]


# %% plain_class
class Plain:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return type(other) is Plain and other.value == self.value

    __hash__ = None


python_type = Plain
values = [Plain(3)]

# %% annotated
python_type = typing.Annotated[int, "documentation"]
values = [3]

# %% new_type
Epochs = typing.NewType("Epochs", int)
python_type = Epochs
values = [3]

# %% a_function
python_type = typing.Callable[[int], int]
values = [abs]
