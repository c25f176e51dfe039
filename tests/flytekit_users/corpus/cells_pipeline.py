# %%
import flytekit
from flytekit import task, workflow
from flytekit.types.file import FlyteFile

# %%
from dataclasses import dataclass


@dataclass
class Parameters:
    rate: float = 0.5
    name: str = "model"


# %%
import pandas as pd


@task
def get_data(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"x": range(rows), "y": [2 * x for x in range(rows)]})


@task
def process(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(target=lambda frame: frame["y"] > 2)


@task
def train(data: pd.DataFrame, parameters: Parameters) -> float:
    return float(data["target"].sum() * parameters.rate)


@task
def save(score: float, parameters: Parameters) -> FlyteFile:
    path = f"{flytekit.current_context().working_directory}/{parameters.name}.txt"
    with open(path, "w") as file:
        file.write(str(score))
    return FlyteFile(path)


# %%
@workflow
def training(rows: int = 4, parameters: Parameters = Parameters()) -> FlyteFile:
    return save(score=train(data=process(data=get_data(rows=rows)), parameters=parameters), parameters=parameters)


# %%
with open(training()) as file:
    assert file.read() == "1.0"
with open(training(rows=5, parameters=Parameters(rate=2.0, name="other"))) as file:
    assert file.read() == "6.0"

# %%
remote_runs = [(train, {"data": process(data=get_data(rows=4)), "parameters": Parameters(rate=1.0)}, 2.0)]
