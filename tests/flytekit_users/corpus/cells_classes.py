# %%
import abc
import enum
import typing
from dataclasses import dataclass, field

from flytekit import dynamic, map_task, task, workflow


# %%
class Kind(enum.Enum):
    LINEAR = "linear"
    SQUARE = "square"


@dataclass
class Layer:
    kind: Kind
    weights: typing.List[float] = field(default_factory=list)

    def apply(self, x: float) -> float:
        power = 1 if self.kind is Kind.LINEAR else 2
        return sum(weight * x**power for weight in self.weights)


class Model(abc.ABC):
    @abc.abstractmethod
    def predict(self, x: float) -> float: ...


class Stack(Model):
    def __init__(self, layers: typing.List[Layer]):
        self.layers = layers

    def predict(self, x: float) -> float:
        for layer in self.layers:
            x = layer.apply(x)
        return x


# %%
@task
def build(depth: int) -> Stack:
    return Stack([Layer(Kind.SQUARE if k % 2 else Kind.LINEAR, [1.0, 0.5]) for k in range(depth)])


@task
def predict(model: Stack, x: float) -> float:
    return model.predict(x)


@task
def layers_of(model: Stack) -> typing.List[Layer]:
    return model.layers


@task
def apply(layer: Layer) -> float:
    return layer.apply(2.0)


# %%
@workflow
def pipeline(depth: int = 2) -> typing.Tuple[float, typing.List[float]]:
    model = build(depth=depth)
    return predict(model=model, x=1.0), map_task(apply)(layer=layers_of(model=model))


# %%
assert pipeline() == (3.375, [3.0, 6.0])
remote_runs = [
    (predict, {"model": Stack([Layer(Kind.LINEAR, [2.0])]), "x": 3.0}, 6.0),
    (apply, {"layer": Layer(Kind.SQUARE, [1.0])}, 4.0),
]
