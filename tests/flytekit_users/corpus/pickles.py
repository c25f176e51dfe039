"""Values of classes that Flyte knows nothing of, in lists and maps too."""

from typing import Dict, List

import numpy as np

from flytekit import task, workflow


class Superhero:
    def __init__(self, name, power):
        self.name = name
        self.power = power


@task
def welcome(name: str, power: str) -> Superhero:
    return Superhero(name, power)


@task
def greet(superhero: Superhero) -> str:
    return f"Hello, {superhero.name}: {superhero.power}"


@task
def team(names: List[str]) -> Dict[str, Superhero]:
    return {name: Superhero(name, "flight") for name in names}


@task
def sizes(team: Dict[str, Superhero]) -> List[int]:
    return [len(each.name) for each in team.values()]


@task
def function_of() -> List[Superhero]:
    return [Superhero("a", "b")] * 2


@task
def array(n: int) -> np.ndarray:
    return np.arange(n)


@task
def total(values: np.ndarray) -> int:
    return int(values.sum())


@workflow
def pipeline(name: str = "Thor", power: str = "strength") -> str:
    return greet(superhero=welcome(name=name, power=power))


@workflow
def teams(names: List[str]) -> List[int]:
    return sizes(team=team(names=names))


@workflow
def arrays(n: int) -> int:
    return total(values=array(n=n))


assert pipeline() == "Hello, Thor: strength"
assert teams(names=["a", "bcd"]) == [1, 3]
assert len(function_of()) == 2
assert arrays(n=4) == 6
remote_runs = [(greet, {"superhero": Superhero("x", "y")}, "Hello, x: y"), (total, {"values": np.arange(3)}, 3)]
