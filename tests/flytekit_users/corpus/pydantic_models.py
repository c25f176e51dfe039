"""pydantic models as inputs and outputs."""

from typing import Dict, List, Optional

from pydantic import BaseModel, Field

from flytekit import task, workflow
from flytekit.types.file import FlyteFile


class Layer(BaseModel):
    units: int = 8
    activation: str = "relu"


class Model(BaseModel):
    name: str
    layers: List[Layer] = Field(default_factory=list)
    tags: Dict[str, str] = {}
    limit: Optional[float] = None


@task
def build(name: str, depth: int) -> Model:
    return Model(name=name, layers=[Layer(units=2**k) for k in range(depth)], tags={"depth": str(depth)})


@task
def size(model: Model) -> int:
    return sum(layer.units for layer in model.layers)


@task
def first(layer: Layer, name: str) -> str:
    return f"{name}: {layer.units} {layer.activation}"


@workflow
def building(name: str = "tiny", depth: int = 3) -> int:
    return size(model=build(name=name, depth=depth))


@workflow
def of_parts() -> str:
    model = build(name="deep", depth=2)
    return first(layer=model.layers[1], name=model.name)


assert building() == 7
assert of_parts() == "deep: 2 relu"
assert build(name="a", depth=1) == Model(name="a", layers=[Layer(units=1)], tags={"depth": "1"})

remote_runs = [(build, {"name": "a", "depth": 1}, Model(name="a", layers=[Layer(units=1)], tags={"depth": "1"}))]
