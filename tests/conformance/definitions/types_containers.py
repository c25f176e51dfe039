"""Lists, dicts and unions of other types."""

import datetime as dt
import typing
from dataclasses import dataclass
from enum import Enum
from typing import Any, Optional, Union

UTC = dt.timezone.utc


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Metrics:
    name: str
    accuracy: float = 0.5
    steps: int = 3


# %% list_of_int
python_type = list[int]
values = [[1, 2, 300, 70_000, 2**40, -1], []]

# %% list_of_float
python_type = list[float]
values = [[1.0, 0.0, -2.5]]

# %% list_of_bool
python_type = list[bool]
values = [[True, False]]

# %% list_of_text_older_spelling
python_type = typing.List[str]
values = [["a", "", "ü" * 200]]

# %% list_of_lists
python_type = list[list[str]]
values = [[["a"], []]]

# %% list_of_dates
python_type = list[dt.date]
values = [[dt.date(2024, 1, 2)]]

# %% list_of_anything
python_type = list[Any]
values = [[1, "x"]]

# %% list_of_enum
python_type = list[Color]
values = [[Color.BLUE, Color.RED]]

# %% list_of_dataclass
python_type = list[Metrics]
values = [[Metrics("a"), Metrics("b", 1.0)]]

# %% list_of_optional
python_type = list[Optional[int]]
values = [[1, None, 3]]

# %% list_of_dicts
python_type = list[dict[str, int]]
values = [[{"a": 1}, {}]]

# %% untyped_list
python_type = list
values = [[1, "a", None], []]

# %% dict_of_float
python_type = dict[str, float]
values = [{"a": 1.0, "b": 2.0}, {}]

# %% dict_older_spelling
python_type = typing.Dict[str, int]
values = [{"a": 1}]

# %% dict_of_dict
python_type = dict[str, dict[str, int]]
values = [{"a": {"b": 1}}]

# %% dict_of_list
python_type = dict[str, list[int]]
values = [{"a": [1, 2]}]

# %% dict_of_anything
python_type = dict[str, Any]
values = [{"a": 1}]

# %% dict_of_dataclass
python_type = dict[str, Metrics]
values = [{"a": Metrics("a")}]

# %% dict_by_number
python_type = dict[int, str]
values = [{1: "x"}]

# %% dict_of_untyped_dict
python_type = dict[str, dict]
values = [{"a": {"b": 1}}]

# %% untyped_dict
python_type = dict
values = [{"a": [1, {"b": None}]}, {}]

# %% untyped_dict_older_spelling
python_type = typing.Dict
values = [{"a": 1}]

# %% optional_int
python_type = Optional[int]
values = [3, None]

# %% optional_list
python_type = list[int] | None
values = [[1], None]

# %% optional_dataclass
python_type = Metrics | None
values = [Metrics("m"), None]

# %% optional_enum
python_type = Color | None
values = [Color.RED, None]

# %% union_of_three
python_type = int | str | None
values = [3, "x", None]

# %% union_older_spelling
python_type = Union[float, int]
values = [1, 1.0]

# %% union_of_containers
python_type = list[int] | dict[str, int]
values = [[1], {"a": 1}]

# %% union_with_dataclass
python_type = Metrics | int
values = [Metrics("m"), 4]

# %% union_with_enum
python_type = int | Color
values = [Color.RED, 3]

# %% union_of_moments
python_type = dt.datetime | dt.timedelta | dt.date
values = [dt.timedelta(1), dt.datetime(2024, 1, 2, tzinfo=UTC), dt.date(2024, 1, 1)]

# %% union_of_bool_and_int
python_type = bool | int
values = [True, 1]

# %% union_nested_in_dict
python_type = dict[str, int | list[str]]
values = [{"a": 1, "b": ["x"]}]

# %% annotated_in_list
python_type = list[typing.Annotated[int, "documentation"]]
values = [[3]]

# %% a_tuple
python_type = tuple[int, str]
values = [(1, "a")]
