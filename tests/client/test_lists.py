"""What lists tell: executions by each condition and page by page, tasks, projects, domains, the caller."""

import datetime as dt
import re
from typing import Any

import client_tasks as tasks
import pytest

from autocontainer_nb import FlyteRemote, InputError
from autocontainer_nb.errors import NotFoundError

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(170)]


@pytest.fixture(scope="module")
def three(remote: FlyteRemote, word: str) -> list[Any]:
    """Three executions with a tag, oldest first: two that succeed, one that fails."""
    tagged = remote.with_options(tags=[f"{word}-three"])
    runs = [
        tagged.launch(tasks.increment, x=100),
        tagged.launch(tasks.fails, reason="listed"),
        tagged.launch(tasks.later, x=100),
    ]
    return [run.wait(timeout_s=150) for run in runs]


def ids(found: Any, three: list[Any]) -> list[str]:
    """Return which of the three were found, in the list's order."""
    ours = {run.id for run in three}
    return [each.id for each in found if each.id in ours]


def test_the_newest_comes_first(remote: FlyteRemote, three: list[Any], word: str) -> None:
    """All that has the tag, and nothing else."""
    found = remote.executions(tag=f"{word}-three")
    assert [each.id for each in found] == [run.id for run in reversed(three)]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"phase": "FAILED"}, [1]),
        ({"phase": "succeeded"}, [2, 0]),
        ({"phase": ["FAILED", "SUCCEEDED"]}, [2, 1, 0]),
        ({"phase": "ABORTED"}, []),
        ({"task": tasks.fails}, [1]),
        ({"task": "later"}, [2]),
        ({"task": tasks.increment, "phase": "FAILED"}, []),
        ({"since": dt.timedelta(hours=2)}, [2, 1, 0]),
        ({"until": dt.timedelta(hours=2)}, []),
        ({"since": dt.date(2020, 1, 1)}, [2, 1, 0]),
        ({"archived": True}, []),
    ],
    ids=str,
)
def test_a_condition_finds_what_fits(
    remote: FlyteRemote, three: list[Any], conditions: dict[str, Any], expected: list[int]
) -> None:
    """Of the three, those and no other."""
    assert ids(remote.executions(200, **conditions), three) == [three[index].id for index in expected]


def test_what_a_list_tells_of_an_execution(remote: FlyteRemote, three: list[Any], word: str) -> None:
    """Phase, task, version, time, error."""
    found = {each.id: each for each in remote.executions(tag=f"{word}-three")}
    good, bad = found[three[0].id], found[three[1].id]
    assert (good.phase, good.task, good.version) == ("SUCCEEDED", tasks.increment.name, three[0].launched.version)
    assert good.created_at is not None
    assert good.elapsed_s >= 0
    assert bad.phase == "FAILED"
    assert "Traceback" in bad.error  # Flyte cuts an error in lists


def test_pages_follow_each_other(remote: FlyteRemote, three: list[Any], word: str) -> None:
    """None twice, none left out, and an empty one behind the last."""
    first = remote.executions(2, tag=f"{word}-three")
    second = first.next_page()
    assert [each.id for each in [*first, *second]] == [run.id for run in reversed(three)]
    assert (len(first), len(second), second.next_page()) == (2, 1, [])


@pytest.mark.parametrize(
    "conditions", [{"phase": "BROKEN"}, {"since": "yesterday"}, {"task": "a+b"}, {"owner": "a,b"}], ids=str
)
def test_a_condition_that_nobody_can_look_for_is_refused(remote: FlyteRemote, conditions: dict[str, Any]) -> None:
    """By its name or its value."""
    ((name, value),) = conditions.items()
    with pytest.raises(InputError, match=rf"{name}|{re.escape(str(value))}"):
        remote.executions(**conditions)


@pytest.mark.parametrize("name", ["client_tasks.increment", "tasks.fails"])
def test_tasks_are_listed_once_each(remote: FlyteRemote, three: list[Any], name: str) -> None:
    """By a part of the name, with the newest version."""
    assert three
    found = remote.tasks(name=name)
    full = [each.name for each in found]
    assert f"client_{name.removeprefix('client_')}" in full
    assert len(full) == len(set(full))


def test_tasks_go_on_by_pages(remote: FlyteRemote, three: list[Any]) -> None:
    """The second page begins behind the first."""
    assert three
    first = remote.tasks(1)
    assert len(first) == 1
    assert first[0].name not in [each.name for each in first.next_page()]


def test_the_clients_project_and_domain_are_listed(remote: FlyteRemote) -> None:
    """With its domains."""
    (own,) = [each for each in remote.projects() if each.id == remote.project]
    assert remote.domain in own.domains
    assert remote.domain in remote.domains()


def test_the_caller_is_told(remote: FlyteRemote) -> None:
    """Somebody, or nobody by name."""
    assert str(remote.whoami())


def test_the_control_plane_tells_its_version(remote: FlyteRemote) -> None:
    """And takes the client's credentials."""
    assert remote.check()


def test_an_unknown_project_is_told(remote: FlyteRemote) -> None:
    """With its name, before anything is uploaded or started."""
    with pytest.raises((NotFoundError, InputError), match="nowhere"):
        remote.with_options(project="nowhere").launch(tasks.increment, x=1)
