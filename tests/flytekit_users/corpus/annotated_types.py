"""Types with notes beside them: hashes, columns, formats, batches, annotations."""

from typing import Dict, List, Optional

import pandas as pd

from flytekit import BatchSize, FlyteFile, HashMethod, StructuredDataset, kwtypes, task, workflow
from flytekit.core.annotation import FlyteAnnotation
from flytekit.core.hash import HashMethod as SameMethod
from flytekit.types.structured import register_csv_handlers
from flytekit.types.structured.structured_dataset import CSV, PARQUET

try:
    from typing import Annotated
except ImportError:
    from typing_extensions import Annotated


register_csv_handlers()


class Person:
    def __init__(self, name: str):
        self.name = name


@task
def people(names: List[str]) -> Annotated[List[Person], BatchSize(2)]:
    return [Person(name) for name in names]


@task
def lengths(given: Annotated[List[Person], BatchSize(2)]) -> List[int]:
    return [len(person.name) for person in given]


@task
def noted(x: Annotated[int, FlyteAnnotation({"unit": "m"})]) -> Annotated[str, "a text"]:
    return str(x)


@task
def as_csv() -> Annotated[StructuredDataset, kwtypes(a=int), CSV]:
    return StructuredDataset(dataframe=pd.DataFrame({"a": [1, 2]}))


@task
def as_parquet() -> Annotated[StructuredDataset, PARQUET]:
    return StructuredDataset(dataframe=pd.DataFrame({"a": [3, 4]}))


@task
def total(frame: StructuredDataset) -> int:
    return int(frame.open(pd.DataFrame).all()["a"].sum())


@task
def hashed() -> Annotated[Dict[str, int], HashMethod(lambda value: str(sorted(value)))]:
    return {"a": 1}


@task(cache=True, cache_version="1")
def use(value: Dict[str, int]) -> int:
    return len(value)


@workflow
def pipeline(names: List[str]) -> List[int]:
    noted(x=3)
    use(value=hashed())
    return lengths(given=people(names=names))


@workflow
def formats() -> List[int]:
    return [total(frame=as_csv()), total(frame=as_parquet())]


assert SameMethod is HashMethod
assert pipeline(names=["a", "bc", "def"]) == [1, 2, 3]
assert formats() == [3, 7]
remote_runs = [(noted, {"x": 3}, "3")]
