"""Items and attributes of outputs, passed on in a workflow: of lists, maps, dataclasses and what is inside them."""

from dataclasses import dataclass
from typing import Dict, List, NamedTuple

from flytekit import task, workflow


@dataclass
class Fruit:
    name: str


@dataclass
class Basket:
    fruits: List[Fruit]
    prices: Dict[str, float]
    best: Fruit


class Pair(NamedTuple):
    basket: Basket
    count: int


@task
def list_of() -> List[str]:
    return ["apple", "banana"]


@task
def map_of() -> Dict[str, str]:
    return {"fruit": "banana"}


@task
def deep() -> (List[Dict[str, Fruit]], Dict[str, List[Fruit]]):
    return [{"banana": Fruit(name="banana")}], {"fruit": [Fruit(name="banana")]}


@task
def pair() -> Pair:
    return Pair(Basket([Fruit("plum")], {"plum": 0.5}, Fruit("plum")), 3)


@task
def message(fruit: str) -> str:
    return f"It is a {fruit}"


@task
def price(value: float, count: int) -> float:
    return value * count


@workflow
def items() -> List[str]:
    return [message(fruit=list_of()[0]), message(fruit=map_of()["fruit"])]


@workflow
def dataclass_attributes() -> List[str]:
    listed, mapped = deep()
    return [message(fruit=listed[0]["banana"].name), message(fruit=mapped["fruit"][0].name)]


@workflow
def of_named_outputs() -> float:
    found = pair()
    message(fruit=found.basket.best.name)
    message(fruit=found.basket.fruits[0].name)
    return price(value=found.basket.prices["plum"], count=found.count)


@workflow
def of_inputs(basket: Basket) -> str:
    return message(fruit=basket.best.name)


assert items() == ["It is a apple", "It is a banana"]
assert dataclass_attributes() == ["It is a banana", "It is a banana"]
assert of_named_outputs() == 1.5
assert of_inputs(basket=Basket([], {}, Fruit("fig"))) == "It is a fig"
