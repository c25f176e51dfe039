# %%
"""A notebook with an experiment: parameters as a grid, each one a run, the best one kept."""

import itertools
import random
from dataclasses import dataclass
from typing import List

from flytekit import dynamic, map_task, task, workflow


# %%
@dataclass
class Parameters:
    rate: float
    depth: int


@dataclass
class Outcome:
    parameters: Parameters
    score: float


# %%
def objective(parameters: Parameters) -> float:
    return -((parameters.rate - 0.3) ** 2) - (parameters.depth - 2) ** 2


# %%
@task
def grid(rates: List[float], depths: List[int]) -> List[Parameters]:
    return [Parameters(rate, depth) for rate, depth in itertools.product(rates, depths)]


@task(cache=True, cache_version="1", retries=1)
def evaluate(parameters: Parameters) -> Outcome:
    return Outcome(parameters, objective(parameters))


@task
def best(outcomes: List[Outcome]) -> Outcome:
    return max(outcomes, key=lambda outcome: outcome.score)


# %%
@workflow
def tune(rates: List[float] = [0.1, 0.3], depths: List[int] = [1, 2]) -> Outcome:
    return best(outcomes=map_task(evaluate, concurrency=2)(parameters=grid(rates=rates, depths=depths)))


found = tune()
assert found.parameters == Parameters(0.3, 2) and found.score == 0


# %%
@dynamic
def random_search(count: int, seed: int) -> Outcome:
    generator = random.Random(seed)
    tried = [Parameters(generator.random(), generator.randint(1, 3)) for _ in range(count)]
    return best(outcomes=[evaluate(parameters=each) for each in tried])


assert random_search(count=5, seed=1) == random_search(count=5, seed=1)

# %%
remote_runs = [
    (evaluate, {"parameters": Parameters(0.3, 1)}, Outcome(Parameters(0.3, 1), -1.0)),
    (
        best,
        {"outcomes": [Outcome(Parameters(0.1, 1), 1.0), Outcome(Parameters(0.2, 2), 2.0)]},
        Outcome(Parameters(0.2, 2), 2.0),
    ),
]
