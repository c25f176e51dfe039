"""Options of a launch: what the container sees of them, what lists find, what is refused before anything starts."""

from typing import Any

import client_tasks as tasks
import pytest

from autocontainer_nb import FlyteRemote, InputError
from autocontainer_nb.errors import AlreadyExistsError

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(170)]

NAMES = ["FROM_TASK", "FROM_LAUNCH", "WITH_SPACES"]


@pytest.fixture(scope="module")
def named(remote: FlyteRemote, word: str) -> Any:
    """An execution with options of every kind that every control plane takes."""
    options: dict[str, Any] = {
        "name": f"n-{word}",
        "labels": {"team": "blue"},
        "annotations": {"note": "a text, with = and spaces"},
        "tags": [word],
        "environment": {"FROM_LAUNCH": "launch", "WITH_SPACES": " a b=c "},
        "overwrite_cache": True,
        "interruptible": False,
        "max_parallelism": 3,
    }
    return remote.with_options(**options).launch(tasks.surroundings, names=NAMES)


def test_it_has_the_name_that_was_asked_for(named: Any, word: str) -> None:
    """And is found by it."""
    assert named.id == f"n-{word}"


def test_variables_of_task_and_launch_are_both_there(named: Any) -> None:
    """With spaces as they were."""
    assert named.result(timeout_s=150) == {"FROM_TASK": "task", "FROM_LAUNCH": "launch", "WITH_SPACES": " a b=c "}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("labels", {"team": "blue"}),
        ("annotations", {"note": "a text, with = and spaces"}),
    ],
)
def test_labels_and_annotations_are_kept(named: Any, field: str, value: dict[str, str]) -> None:
    """At the control plane, with the execution."""
    named.wait(timeout_s=150)
    assert dict(getattr(named.known_message().spec, field).values).items() >= value.items()


def test_cache_interruptible_and_parallelism_are_kept(named: Any) -> None:
    """As they were said."""
    spec = named.wait(timeout_s=150).known_message().spec
    assert (spec.overwrite_cache, spec.interruptible.value, spec.max_parallelism) == (True, False, 3)
    assert spec.HasField("interruptible")


def test_a_tag_is_found_in_lists(named: Any, remote: FlyteRemote, word: str) -> None:
    """Only what has it."""
    (found,) = remote.executions(tag=word)
    assert (found.id, found.tags) == (named.id, (word,))


def test_a_name_can_be_had_once(named: Any, remote: FlyteRemote) -> None:
    """A second execution of the name is refused, whatever it would run."""
    with pytest.raises(AlreadyExistsError, match=named.id):
        remote.with_options(name=named.id).launch(tasks.increment, x=1)


def test_options_of_a_task_and_of_a_client_add_up(remote: FlyteRemote, word: str) -> None:
    """What both name is taken from the later one."""
    options = remote.with_options(labels={"a": "1"}, name=f"x-{word}").with_options(name=f"y-{word}")
    run = options.launch(tasks.increment, x=1)
    assert run.id == f"y-{word}"
    assert dict(run.wait(timeout_s=150).known_message().spec.labels.values)["a"] == "1"


def test_flytekits_names_mean_the_same(remote: FlyteRemote, word: str) -> None:
    """`execution_name_prefix` and `envs`."""
    options: dict[str, Any] = {"execution_name_prefix": f"p-{word}", "envs": {"FROM_LAUNCH": "flytekit"}}
    run = remote.execute(tasks.surroundings, {"names": NAMES[:2]}, **options)
    assert run.id.startswith(f"p-{word}-")
    assert run.result(timeout_s=150) == {"FROM_TASK": "task", "FROM_LAUNCH": "flytekit"}


@pytest.mark.parametrize(
    "option",
    [
        {"name": "Has Capitals"},
        {"name": "x" * 64},
        {"name": "1st"},
        {"labels": {"bad key!": "x"}},
        {"labels": {f"k{number}": "x" for number in range(17)}},
        {"environment": {"A=B": "x"}},
        {"max_parallelism": -1},
        {"raw_output_prefix": "no-uri"},
        {"tags": "a text"},
        {"nmae": "typo"},
    ],
    ids=lambda option: next(iter(option)) + str(next(iter(option.values())))[:10],
)
def test_what_flyte_would_refuse_is_refused_here(remote: FlyteRemote, option: dict[str, Any]) -> None:
    """By a message that names the option."""
    with pytest.raises(InputError, match=rf"(?i){next(iter(option))}"):
        remote.with_options(**option)
