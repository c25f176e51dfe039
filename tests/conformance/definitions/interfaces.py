"""Inputs and outputs as a function's signature declares them."""

import datetime as dt
import typing
from dataclasses import dataclass
from typing import NamedTuple, Optional

from flytekit import task


# %% nothing
@task
def t():
    pass


# %% none
@task
def t() -> None:
    pass


# %% inputs_only
@task
def t(x: int, y: str):
    pass


# %% two_outputs
@task
def t(x: int) -> tuple[int, str]:
    return x, ""


# %% two_outputs_older_spelling
@task
def t(x: int) -> typing.Tuple[int, str]:
    return x, ""


# %% one_output_in_a_tuple
@task
def t(x: int) -> tuple[int]:
    return (x,)


# %% named_outputs
class Result(NamedTuple):
    score: float
    names: list[str]


@task
def t(x: int) -> Result:
    return Result(1.0, [])


# %% named_outputs_by_call
Result = NamedTuple("Result", [("score", float), ("names", list[str])])


@task
def t(x: int) -> Result:
    return Result(1.0, [])


# %% named_outputs_by_call_in_the_annotation
@task
def t(x: int) -> NamedTuple("Result", score=float):
    return (1.0,)


# %% one_named_output
class Result(NamedTuple):
    score: float


@task
def t(x: int) -> Result:
    return Result(1.0)


# %% defaults
@task
def t(a: int = 1, b: str = "x", c: float = 0.5, d: bool = False, e: Optional[int] = None) -> int:
    return a


# %% default_containers
@task
def t(a: list[int] = [1, 2], b: dict[str, int] = {}, c: dt.timedelta = dt.timedelta(1)) -> int:
    return 1


# %% keyword_only
@task
def t(x: int, *, y: str) -> int:
    return x


# %% text_annotations
@task
def t(x: "int", y: "list[str]") -> "float":
    return 1.0


# %% annotated_inputs
@task
def t(x: typing.Annotated[int, "documentation"], y: list[typing.Annotated[str, "more"]]) -> typing.Annotated[int, "d"]:
    return x


# %% optional_and_unions
@task
def t(a: int | None, b: Optional[str], c: typing.Union[int, str], d: list[int | None]) -> int | str:
    return 1


# %% dataclass_interface
@dataclass
class Metrics:
    name: str
    accuracy: float = 0.5


@task
def t(m: Metrics, many: list[Metrics]) -> Metrics:
    return m


# %% enum_and_literal_interface
import enum


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@task
def t(c: Color = Color.RED, chosen: typing.Literal["a", "b"] = "a") -> Color:
    return c


# %% pydantic_interface
from pydantic import BaseModel


class Model(BaseModel):
    a: int = 1


@task
def t(m: Model) -> Model:
    return m


# %% many_inputs
@task
def t(z: int, y: int, x: int, w: str, v: float, u: bool, a: list[dict[str, list[float]]]) -> int:
    return z


# %% unannotated_return
@task
def t(x: int):
    return x


# %% hashed_output
from flytekit import HashMethod


@task
def t(x: int) -> typing.Annotated[int, HashMethod(str)]:
    return x


# %% files_and_frames
import pandas as pd
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile


@task
def t(f: FlyteFile, d: FlyteDirectory, p: pd.DataFrame) -> FlyteFile:
    return f
