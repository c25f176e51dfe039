"""Data frames and structured datasets: with columns, subsets of them, and other frames."""

from dataclasses import dataclass
from typing import Dict, List

import pandas as pd
import pyarrow as pa

from flytekit import StructuredDataset, kwtypes, task, workflow

try:
    from typing import Annotated
except ImportError:
    from typing_extensions import Annotated

columns = kwtypes(Age=int)
everything = kwtypes(Name=str, Age=int, Height=int)


@task
def make_frame(a: int) -> Annotated[pd.DataFrame, kwtypes(Name=str, Age=int, Height=int)]:
    return pd.DataFrame({"Name": ["Tom", "Joseph"], "Age": [a, 22], "Height": [160, 178]})


@task
def make_dataset() -> StructuredDataset:
    return StructuredDataset(dataframe=pd.DataFrame({"Name": ["Tom"], "Age": [20], "Height": [160]}))


@task
def ages(frame: Annotated[StructuredDataset, columns]) -> pd.DataFrame:
    return frame.open(pd.DataFrame).all()


@task
def subset(frame: Annotated[pd.DataFrame, kwtypes(Height=int, Age=int)]) -> int:
    assert sorted(frame.columns) == ["Age", "Height"]
    return int(frame["Age"].sum())


@task
def as_arrow(frame: StructuredDataset) -> int:
    table = frame.open(pa.Table).all()
    return table.num_rows


@task
def arrow() -> pa.Table:
    return pa.table({"x": [1, 2, 3]})


@task
def from_arrow(frame: pd.DataFrame) -> List[int]:
    return [int(x) for x in frame["x"]]


@task
def with_columns(frame: Annotated[StructuredDataset, everything]) -> Annotated[StructuredDataset, everything]:
    table = frame.open(pd.DataFrame).all()
    table["Age"] = table["Age"] + 1
    return StructuredDataset(dataframe=table)


@workflow
def chosen(a: int) -> pd.DataFrame:
    return ages(frame=make_frame(a=a))


@workflow
def others() -> int:
    return as_arrow(frame=make_dataset())


@workflow
def sums() -> int:
    return subset(frame=make_frame(a=1))


@workflow
def arrows() -> List[int]:
    return from_arrow(frame=arrow())


@workflow
def older() -> StructuredDataset:
    return with_columns(frame=make_frame(a=4))


assert list(chosen(a=5).columns) == ["Age"] and list(chosen(a=5)["Age"]) == [5, 22]
assert others() == 1
assert sums() == 23
assert arrows() == [1, 2, 3]
assert list(older().open(pd.DataFrame).all()["Age"]) == [5, 23]
