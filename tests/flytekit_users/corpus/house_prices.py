"""A use: prices of houses in several places, a model for each, by dynamic workflows and lists of frames."""

import typing
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flytekit import Resources, dynamic, task, workflow

LOCATIONS = ["Near", "Far"]
COLUMNS = ["PRICE", "ROOMS", "SQFT"]


@dataclass
class Model:
    location: str
    weights: typing.List[float]

    def predict(self, rooms: float, sqft: float) -> float:
        return self.weights[0] + self.weights[1] * rooms + self.weights[2] * sqft


def price(rooms: int, sqft: int, factor: float) -> float:
    return 10.0 + 5.0 * rooms * factor + 0.1 * sqft


Splits = typing.NamedTuple("Splits", train=pd.DataFrame, test=pd.DataFrame)


@task(requests=Resources(mem="500Mi"), cache=True, cache_version="1.0")
def generate(location: str, count: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    factor = 2.0 if location == "Near" else 1.0
    rows = []
    for _ in range(count):
        rooms, sqft = int(generator.integers(1, 6)), int(generator.integers(500, 3000))
        rows.append([price(rooms, sqft, factor), rooms, sqft])
    return pd.DataFrame(rows, columns=COLUMNS)


@task
def split(frame: pd.DataFrame, ratio: float) -> Splits:
    at = int(len(frame) * ratio)
    return Splits(train=frame[:at], test=frame[at:])


@task
def fit(location: str, train: pd.DataFrame) -> Model:
    values = np.column_stack([np.ones(len(train)), train["ROOMS"], train["SQFT"]])
    weights = np.linalg.lstsq(values, train["PRICE"], rcond=None)[0]
    return Model(location, [float(weight) for weight in weights])


@task
def error(model: Model, test: pd.DataFrame) -> float:
    predicted = [model.predict(rooms, sqft) for rooms, sqft in zip(test["ROOMS"], test["SQFT"])]
    return float(np.abs(np.array(predicted) - test["PRICE"].to_numpy()).max())


@dynamic
def all_locations(locations: typing.List[str], count: int) -> typing.List[float]:
    errors = []
    for seed, location in enumerate(locations):
        parts = split(frame=generate(location=location, count=count, seed=seed), ratio=0.8)
        errors.append(error(model=fit(location=location, train=parts.train), test=parts.test))
    return errors


@workflow
def predict(locations: typing.List[str] = LOCATIONS, count: int = 40) -> typing.List[float]:
    return all_locations(locations=locations, count=count)


assert max(predict()) < 1e-6
frame = generate(location="Near", count=10, seed=1)
assert list(frame.columns) == COLUMNS and len(frame) == 10
remote_runs = [
    (
        error,
        {"model": fit(location="Near", train=frame), "test": frame},
        error(model=fit(location="Near", train=frame), test=frame),
    )
]
