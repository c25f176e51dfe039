"""Columns of stored tables chosen by dictionaries and dataclasses, and tables with other libraries' frames."""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from flytekit import StructuredDataset, kwtypes, task, workflow

try:
    from typing import Annotated
except ImportError:
    from typing_extensions import Annotated


@dataclass
class Company:
    company: str
    founded: int


ByName = Annotated[StructuredDataset, kwtypes(company=str)]
ByDictionary = Annotated[StructuredDataset, {"company": str, "location": str}]
ByDataclass = Annotated[StructuredDataset, Company]


@task
def companies() -> StructuredDataset:
    frame = pd.DataFrame({"company": ["A", "B"], "location": ["x", "y"], "founded": [1990, 2000]})
    return StructuredDataset(dataframe=frame)


@task
def one(table: ByName) -> str:
    return ",".join(table.open(pd.DataFrame).all().columns)


@task
def two(table: ByDictionary) -> str:
    return ",".join(sorted(table.open(pd.DataFrame).all().columns))


@task
def three(table: ByDataclass) -> str:
    return ",".join(sorted(table.open(pd.DataFrame).all().columns))


@task
def rows(table: StructuredDataset) -> int:
    return len(table.open(pd.DataFrame).all())


@task
def arrow(table: ByName) -> Annotated[pa.Table, kwtypes(company=str)]:
    found = table.open(pa.Table).all()
    return found.select(["company"])


@task
def plain(table: pd.DataFrame) -> int:
    return len(table.columns)


@workflow
def pipeline() -> list[str]:
    table = companies()
    return [one(table=table), two(table=table), three(table=table)]


@workflow
def conversions() -> tuple[int, int, int]:
    table = companies()
    return plain(table=arrow(table=table)), plain(table=table), rows(table=table)


assert pipeline() == ["company", "company,location", "company,founded"]
assert conversions() == (1, 3, 2)
