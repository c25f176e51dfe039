"""However the answer to CreateExecution is lost, its execution has one handle or is told by its name."""

import logging
import os
import signal
import threading
from typing import Any

import pytest
from flyteidl.admin import execution_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import AlreadyExistsError, DeadlineExceededError, InvalidArgumentError, RemoteError
from autocontainer_nb.remote import observers
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.rpc import methods


@task
def plus(x: int) -> int:
    return x + 1


class Flyteadmin:
    """A control plane that loses answers: `lose` says what happens after an execution was created, or instead."""

    def __init__(self, control_plane: Any, flyteadmin: Any, refuse: Any) -> None:
        self.created: dict[str, Any] = {}
        self.refuse = refuse
        self.lose: list[Any] = []
        self.before: list[Any] = []
        control_plane.answers |= {"CreateExecution": self.create, "GetExecution": self.get}

    def create(self, request: Any) -> Any:
        if self.before:
            return self.before.pop(0)
        if request.name in self.created:
            return self.refuse("ALREADY_EXISTS", "value with matching already exists")
        self.created[request.name] = request
        if self.lose:
            lost = self.lose.pop(0)
            return lost() if callable(lost) else lost
        return execution_pb2.ExecutionCreateResponse()

    def get(self, request: Any) -> Any:
        if request.id.name not in self.created:
            return self.refuse("NOT_FOUND", "missing entity of type execution")
        return execution_pb2.Execution(id=request.id, spec=getattr(self.created[request.id.name], "spec", None))


@pytest.fixture
def losing(control_plane: Any, flyteadmin: Any, refuse: Any) -> Flyteadmin:
    return Flyteadmin(control_plane, flyteadmin, refuse)


@pytest.fixture
def remote(control_plane: Any, losing: Flyteadmin) -> Any:
    endpoint = control_plane.endpoint().address.text
    made = FlyteRemote(endpoint, "flytesnacks", "development", insecure=True, image="ghcr.io/me/image:v1")
    yield made
    made.close()


@pytest.fixture
def launched() -> Any:
    seen: list[Any] = []
    observers.on_launch.append(seen.append)
    yield seen
    observers.on_launch.remove(seen.append)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked again: each failure is the last one."""
    for name in ("CREATE_EXECUTION", "GET_EXECUTION", "RELAUNCH_EXECUTION"):
        rpc = getattr(methods, name)
        quick = methods.Rpc(rpc.service, rpc.name, rpc.request, rpc.answer, 0.3, 0.0)
        monkeypatch.setattr(methods, name, quick)


def test_a_lost_answer_is_asked_for_again(remote: Any, losing: Flyteadmin, refuse: Any, launched: Any) -> None:
    """The second attempt is refused as the name's second, which proves the first."""
    losing.lose = [refuse("UNAVAILABLE", "Socket closed")]
    execution = remote.launch(plus, x=1)
    assert list(losing.created) == [execution.id] == [each.id for each in launched]


@pytest.mark.usefixtures("impatient")
def test_an_execution_whose_answer_never_came_is_looked_up(remote: Any, losing: Flyteadmin, launched: Any) -> None:
    """The time limit ends the call, and GetExecution by the name says that it is there: the handle is returned."""
    held = threading.Event()
    losing.lose = [lambda: held.wait(10) and execution_pb2.ExecutionCreateResponse()]
    try:
        execution = remote.launch(plus, x=1)
    finally:
        held.set()
    assert list(losing.created) == [execution.id] == [each.id for each in launched]


@pytest.mark.usefixtures("impatient")
def test_one_that_was_not_created_is_told_so(remote: Any, losing: Flyteadmin, refuse: Any, launched: Any) -> None:
    """Nothing was created: launch again."""
    losing.before = [refuse("UNAVAILABLE", "connection reset")]
    with pytest.raises(RemoteError, match=r"There is no execution 'a[0-9a-f]{19}' now: launch again\."):
        remote.launch(plus, x=1)
    assert not losing.created
    assert not launched


@pytest.mark.usefixtures("impatient")
def test_one_that_nobody_knows_of_is_told_by_its_name(
    control_plane: Any, remote: Any, losing: Flyteadmin, refuse: Any
) -> None:
    """Neither call is answered: the message has the name, and what to look with."""
    losing.lose = [refuse("DEADLINE_EXCEEDED", "too late")]
    control_plane.answers["GetExecution"] = refuse("UNAVAILABLE", "away")
    with pytest.raises(DeadlineExceededError, match="Nobody knows whether execution") as caught:
        remote.launch(plus, x=1)
    [name] = losing.created
    assert f"FlyteRemote(...).execution({name!r})" in str(caught.value)
    assert caught.value.may_have_worked


def test_a_verdict_is_no_lost_answer(remote: Any, losing: Flyteadmin, refuse: Any, control_plane: Any) -> None:
    """What the server refuses is told in its words, and nobody is asked for an execution."""
    losing.before = [refuse("INVALID_ARGUMENT", "invalid input zz")]
    with pytest.raises(InvalidArgumentError, match="invalid input zz"):
        remote.launch(plus, x=1)
    assert control_plane.counts["GetExecution"] == 0


def test_a_launch_plans_limit_of_executions_is_no_lost_answer(remote: Any, losing: Flyteadmin, refuse: Any) -> None:
    """It is ALREADY_EXISTS there as well, and flyteadmin has no execution of the name."""
    losing.before = [refuse("ALREADY_EXISTS", "concurrency limit (1) reached for launch plan")]
    with pytest.raises(AlreadyExistsError, match="concurrency limit"):
        remote.launch(plus, x=1)


def interrupts(after: Any) -> Any:
    """Return what interrupts the main thread, and then waits for `after`."""

    def interrupt() -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        after.wait(10)
        return execution_pb2.ExecutionCreateResponse()

    return interrupt


def test_an_interrupt_after_the_creation_names_the_execution(remote: Any, losing: Flyteadmin, launched: Any) -> None:
    """Ctrl-C while the answer is under way: it is looked up, observers get it, and the interrupt says how to get it."""
    held = threading.Event()
    losing.lose = [interrupts(held)]
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            remote.launch(plus, x=1)
    finally:
        held.set()
    [name] = losing.created
    assert f"Execution {name} has been created and keeps running" in str(caught.value)
    assert [each.id for each in launched] == [name]


def test_an_interrupt_before_the_creation_says_so(
    remote: Any, losing: Flyteadmin, launched: Any, control_plane: Any
) -> None:
    """Nothing was created, and nobody is told of anything."""
    held = threading.Event()

    def interrupted(_request: Any) -> Any:
        return interrupts(held)()

    control_plane.answers["CreateExecution"] = interrupted
    try:
        with pytest.raises(KeyboardInterrupt, match=r"There is no execution a[0-9a-f]{19} now"):
            remote.launch(plus, x=1)
    finally:
        held.set()
    assert not launched


def test_an_observer_that_fails_does_not_lose_the_execution(
    remote: Any, losing: Flyteadmin, launched: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The others are told, the handle is returned, and the log has what went wrong."""

    def broken(_execution: Any) -> None:
        raise RuntimeError("no display")

    observers.on_launch.insert(0, broken)
    try:
        with caplog.at_level(logging.WARNING, "autocontainer_nb"):
            execution = remote.launch(plus, x=1)
    finally:
        observers.on_launch.remove(broken)
    assert list(losing.created) == [execution.id] == [each.id for each in launched]
    assert "no display" in caplog.text


@pytest.mark.usefixtures("impatient")
def test_a_relaunch_whose_answer_never_came_is_looked_up(
    control_plane: Any, remote: Any, losing: Flyteadmin, refuse: Any
) -> None:
    """It has a name that the client chose as well; one that isn't there is told by it."""
    first = remote.launch(plus, x=1)
    losing.lose = [refuse("UNAVAILABLE", "Socket closed")]
    control_plane.answers["RelaunchExecution"] = losing.create
    again = first.relaunch()
    assert list(losing.created) == [first.id, again.id]
    losing.before = [refuse("INTERNAL", "Received RST_STREAM with error code 2")]
    control_plane.answers["RelaunchExecution"] = lambda _request: losing.before[0]
    with pytest.raises(RemoteError, match=r"There is no execution 'a[0-9a-f]{19}' now"):
        first.relaunch()
