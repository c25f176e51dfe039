"""Here equals there: composed notebooks, called here and in containers. `make soak` plays a hundred thousand more."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from seeds import case_of
from worker import Worker

_SEEDS = range(16)
_TWINS = range(0, 16, 8)


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
    failure = worker.ask(seed=99, by_script=True).get("failure")
    assert not failure, failure


def test_versions_are_the_same_in_another_process(worker: Worker, twin: Worker) -> None:
    """A new kernel with other hashes has the same versions for the same cells."""
    for seed in _TWINS:
        versions = twin.ask(seed=seed, only_versions=True)["versions"]
        assert worker.ask(seed=seed)["versions"][: len(versions)] == versions, case_of(seed)


def test_a_seed_has_one_case() -> None:
    """A seed that failed can be run alone, in another process too."""
    assert str(case_of(17)) == str(case_of(17)) != str(case_of(18))
