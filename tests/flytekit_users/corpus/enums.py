"""Enumerations as inputs, outputs, defaults and parts of dataclasses."""

from dataclasses import dataclass
from enum import Enum
from typing import List

from flytekit import task, workflow


class Coffee(Enum):
    ESPRESSO = "espresso"
    LATTE = "latte"


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@dataclass
class Order:
    coffee: Coffee
    size: Size = Size.SMALL


@task
def take_order(coffee: str) -> Coffee:
    return Coffee(coffee)


@task
def prepare(coffee: Coffee, size: Size = Size.SMALL) -> str:
    assert isinstance(coffee, Coffee)
    return f"a {size.value} {coffee.value}"


@task
def serve(orders: List[Order]) -> List[str]:
    return [f"{order.size.value} {order.coffee.value}" for order in orders]


@workflow
def shop(coffee: str) -> str:
    return prepare(coffee=take_order(coffee=coffee), size=Size.LARGE)


@workflow
def of_an_input(coffee: Coffee = Coffee.LATTE) -> str:
    return prepare(coffee=coffee)


assert shop(coffee="latte") == "a large latte"
assert of_an_input() == "a small latte"
assert of_an_input(coffee=Coffee.ESPRESSO) == "a small espresso"
assert serve(orders=[Order(Coffee.LATTE), Order(Coffee.ESPRESSO, Size.LARGE)]) == ["small latte", "large espresso"]

remote_runs = [(take_order, {"coffee": "latte"}, Coffee.LATTE), (prepare, {"coffee": Coffee.LATTE}, "a small latte")]
