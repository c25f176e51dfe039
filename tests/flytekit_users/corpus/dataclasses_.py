"""Dataclasses as inputs and outputs, nested, with files, with defaults, and their fields passed on in a workflow."""

import os
import tempfile
from dataclasses import dataclass, field
from typing import Dict, List, Optional

import pandas as pd

from flytekit import task, workflow
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile
from flytekit.types.structured import StructuredDataset


@dataclass
class Datum:
    x: int
    y: str
    z: Dict[int, str] = field(default_factory=dict)


@dataclass
class Settings:
    rate: float = 0.1
    layers: List[int] = field(default_factory=lambda: [8, 4])
    note: Optional[str] = None
    inner: Optional[Datum] = None


@dataclass
class Stored:
    table: StructuredDataset
    file: FlyteFile
    folder: FlyteDirectory


@task
def stringify(s: int) -> Datum:
    return Datum(x=s, y=str(s), z={s: str(s)})


@task
def add(a: Datum, b: Datum) -> Datum:
    return Datum(x=a.x + b.x, y=a.y + b.y, z={**a.z, **b.z})


@task
def train(settings: Settings, epochs: int) -> float:
    return settings.rate * epochs * sum(settings.layers)


@task
def rate_of(rate: float, layers: List[int]) -> float:
    return rate + len(layers)


@task
def make() -> Settings:
    return Settings(rate=0.5, inner=Datum(1, "one", {1: "eins"}))


@task
def upload() -> Stored:
    frame = pd.DataFrame({"name": ["Tom", "Joseph"], "age": [20, 22]})
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "greeting.txt")
    with open(path, "w") as file:
        file.write("Hello")
    return Stored(table=StructuredDataset(dataframe=frame), file=FlyteFile(path), folder=FlyteDirectory(folder))


@task
def download(stored: Stored) -> str:
    frame = stored.table.open(pd.DataFrame).all()
    with open(stored.file, "r") as file:
        text = file.read()
    return f"{text} {frame['age'].sum()} {sorted(os.listdir(stored.folder))}"


@workflow
def adding(x: int, y: int) -> Datum:
    return add(a=stringify(s=x), b=stringify(s=y))


@workflow
def parts() -> float:
    made = make()
    return rate_of(rate=made.rate, layers=made.layers)


@workflow
def around() -> str:
    return download(stored=upload())


assert adding(x=1, y=2) == Datum(x=3, y="12", z={1: "1", 2: "2"})
assert train(settings=Settings(), epochs=10) == 12.0
assert parts() == 2.5
assert make().inner.z == {1: "eins"}
assert around() == "Hello 42 ['greeting.txt']"

remote_runs = [
    (stringify, {"s": 3}, Datum(3, "3", {3: "3"})),
    (train, {"settings": Settings(rate=2.0, layers=[1]), "epochs": 3}, 6.0),
]
