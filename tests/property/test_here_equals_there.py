"""Here equals there: composed notebooks, called here and in containers. `make soak` plays a hundred thousand more."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from breadth import counted
from seeds import case_of
from worker import Worker

_SEEDS = range(16)
_TWINS = range(0, 16, 8)
_LABELS = (
    *("class", "enum", "dataclass", "named tuple", "typed dictionary", "pydantic model", "attrs", "base: generic"),
    *("function: generic class", "function: closure", "function: shared cell", "factory called twice"),
    *("function: wrapped", "function: class decorator", "feature: decorated method", "function: partial"),
    *(
        "feature: partial method",
        "function: bound method",
        "init: method",
        "feature: property",
        "feature: cached property",
    ),
    *("feature: descriptor", "base: metaclass", "slots", "base: registry", "base: diamond", "base: abstract"),
    *("base: protocol", "held: sharing", "held: no sharing", "held: cycle", "held: code", "numpy", "pandas"),
    *("local module", "function: own main", "then: all again", "then: moved", "then: one again", "then: one edited"),
    *("then: edit", "then: edit and back", "then: again", "then: other inputs", "then: kept", "then: fed"),
    *("task", "items", "graph", "graph: chain", "graph: map", "graph: branch", "graph: dynamic", "graph: loop"),
    *(
        "graph: dynamic in a workflow",
        "graph: map in a dynamic",
        "graph: workflow in a workflow",
        "input: a",
        "input: b",
    ),
)


@pytest.fixture(scope="module")
def breadth() -> tuple[Counter[str], Counter[str]]:
    return counted(range(1000))


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    made = Worker(1)
    yield made
    made.kill()


@pytest.fixture(scope="module")
def twin() -> Iterator[Worker]:
    made = Worker(2)
    yield made
    made.kill()


def test_values_are_the_same_and_the_notebook_stays_as_it_is(worker: Worker) -> None:
    """What a call gives here, a container gives; the notebook's objects, classes and tables stay."""
    for seed in _SEEDS:
        failure = worker.ask(seed=seed).get("failure")
        assert not failure, f"seed {seed}: {failure}\n{case_of(seed)}"


def test_an_installed_script_gives_the_same(worker: Worker) -> None:
    """The command that a pod runs gives what the warm process of the other cases gives."""
    answer = worker.ask(seed=99, by_script=True)
    assert not answer.get("failure"), answer
    assert answer["counts"]["scripts"]
    assert not answer["counts"]["forks"]


def test_a_restarted_kernel_goes_on_with_the_files_of_the_first(worker: Worker, twin: Worker) -> None:
    """A new kernel with other hashes has the same versions for the same cells, and the registered files give its values."""
    for seed in _TWINS:
        first = worker.ask(seed=seed)
        second = twin.ask(seed=seed, known=first["known"])
        assert not second.get("failure"), f"seed {seed}: {second['failure']}\n{case_of(seed)}"
        assert second["versions"] == first["versions"], case_of(seed)


@pytest.mark.parametrize("label", _LABELS)
def test_cases_show_what_python_has(breadth: tuple[Counter[str], Counter[str]], label: str) -> None:
    """Each thing is composed, alone and beside another family of definitions."""
    every, combined = breadth
    assert every[label]
    assert combined[label]


def test_a_seed_has_one_case() -> None:
    """A seed that failed can be run alone, in another process too."""
    assert str(case_of(17)) == str(case_of(17)) != str(case_of(18))
