"""What is registered: once for each meaning, launched and fetched any number of times."""

import inspect
from typing import Any

import client_tasks as tasks
import pytest

from autocontainer_nb import FlyteRemote, InputError, task
from autocontainer_nb.errors import NotFoundError

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(170)]


@pytest.fixture(scope="module")
def registered(remote: FlyteRemote) -> Any:
    """A registered task."""
    return remote.register(tasks.add)


@pytest.fixture(scope="module")
def fetched(remote: FlyteRemote, registered: Any) -> Any:
    """The same, fetched by its name."""
    return remote.fetch(registered.name, registered.version)


def test_it_has_a_name_and_a_version(registered: Any, remote: FlyteRemote) -> None:
    """In the client's project and domain."""
    assert (registered.name, registered.project, registered.domain) == (tasks.add.name, remote.project, remote.domain)
    assert registered.version


def test_twice_is_once(registered: Any, remote: FlyteRemote) -> None:
    """The same version, by a second client too."""
    assert remote.register(tasks.add) == registered
    assert remote.register_task(tasks.add, version="anything") == registered


def test_an_unchanged_task_is_launched_as_it_is(registered: Any, remote: FlyteRemote) -> None:
    """Nothing is registered for it."""
    before = remote.task(registered.name, registered.version).closure.created_at
    assert remote.launch(tasks.add, a=1).launched == registered.identifier
    assert remote.task(registered.name, registered.version).closure.created_at == before


def test_what_is_registered_starts_with_other_inputs(registered: Any) -> None:
    """Defaults count."""
    runs = [registered.launch(a=1), registered.launch(a=1, b=1)]
    assert [run.result(timeout_s=150) for run in runs] == [5, 2]


def test_what_is_registered_takes_options(registered: Any, word: str) -> None:
    """For its own executions."""
    assert registered.with_options(name=f"r-{word}").launch(a=1).id == f"r-{word}"


def test_another_body_is_another_version(remote: FlyteRemote) -> None:
    """And the same body the first one again."""
    versions = []
    for body in ("x + 1", "x + 2", "x + 1"):
        notebook: dict[str, Any] = {"__name__": "__main__", "task": task}
        exec(f"@task\ndef versioned(x: int) -> int:\n    return {body}", notebook)
        versions.append(remote.register(notebook["versioned"]).version)
    assert versions[0] == versions[2] != versions[1]


def test_a_fetched_task_has_a_signature(fetched: Any) -> None:
    """Names, types and the result."""
    signature = inspect.signature(fetched)
    assert {name: each.annotation for name, each in signature.parameters.items()} == {"a": int, "b": int}
    assert signature.return_annotation is int


def test_a_fetched_task_has_words(fetched: Any) -> None:
    """Those of its docstring where the control plane keeps them, and what it is."""
    text = inspect.getdoc(fetched) or ""
    assert fetched.name in text
    assert fetched.version in text


def test_a_fetched_task_runs_as_itself(fetched: Any, remote: FlyteRemote, registered: Any) -> None:
    """Under its own name and version."""
    run = remote.launch(fetched, a=2, b=3)
    assert run.launched == registered.identifier
    assert run.result(timeout_s=150) == 5


def test_a_fetched_task_refuses_what_doesnt_fit(fetched: Any, remote: FlyteRemote) -> None:
    """By the input's name."""
    with pytest.raises(InputError, match="'c'"):
        remote.launch(fetched, a=1, b=1, c=1)


@pytest.mark.parametrize("name", ["surroundings", "client_tasks.surroundings"])
def test_the_last_part_of_a_name_is_enough(remote: FlyteRemote, name: str) -> None:
    """The newest version by default."""
    there = remote.register(tasks.surroundings)
    assert remote.fetch_task(name=name).name == there.name


def test_what_isnt_there_is_told_with_what_is(remote: FlyteRemote, registered: Any) -> None:
    """A similar name."""
    assert registered
    with pytest.raises(NotFoundError, match="client_tasks"):
        remote.fetch_task(name="client_tasks.incremnt")
