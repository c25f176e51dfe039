"""All that asks the control plane has an async form, which leaves the event loop running."""

import asyncio
import inspect
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flyteidl.admin import execution_pb2, project_pb2, version_pb2
from flyteidl.core import literals_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import ExecutionTimedOutError, NotFoundError
from autocontainer_nb.remote.client import FlyteRemote, LaunchesWithOptions
from autocontainer_nb.remote.control.async_forms import declared_forms
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.registered import RegisteredEntity

# What needs no answer of a control plane, is for displays, or is another name of something that has an async form.
ASKS_NOBODY = {
    FlyteRemote: {
        "changes", "close", "default_domain", "default_project", "domain", "endpoint", "fast_register_workflow",
        "fetch_execution", "generate_console_url", "is_sandbox", "project", "register_launch_plan", "register_task",
        "register_workflow", "sync", "sync_execution", "wait", "where", "with_options", "activate_launchplan",
        "deactivate_launchplan", "approve", "reject", "set_input", "list_signals",
    },
    Execution: {
        "changes", "console_url", "domain", "followed", "id", "identifier", "is_known_whole", "known_message",
        "known_refusal", "known_state", "look", "project", "reopened", "sibling", "state", "task_name", "where",
        "without_output",
    },
    LaunchesWithOptions: {"with_options"},
    RegisteredEntity: {"domain", "identifier", "name", "project", "version", "with_options"},
}  # fmt: skip


@task
def train(epochs: int) -> float:
    return epochs / 2


@pytest.fixture
def remote(control_plane: Any) -> Iterator[FlyteRemote]:
    version = version_pb2.Version(Version="v1.16.8")
    control_plane.answers["GetVersion"] = version_pb2.GetVersionResponse(control_plane_version=version)
    control_plane.answers["GetProject"] = project_pb2.Project(id="flytesnacks")
    made = FlyteRemote(control_plane.endpoint().address.text, "flytesnacks", "development", insecure=True)
    yield made
    made.close()


@pytest.mark.parametrize("kind", ASKS_NOBODY, ids=lambda kind: kind.__name__)
def test_all_that_asks_has_an_async_form(kind: type) -> None:
    """Each public method and property has one, or is named above; a form is a coroutine function with its signature."""
    public = {name for name in dir(kind) if not name.startswith("_") and not name.endswith("_async")}
    forms = {name for name in public if hasattr(kind, f"{name}_async")}
    assert public - forms - ASKS_NOBODY[kind] == set(), (
        "declare NAME_async in control.py or async_verbs.py, or name it here"
    )
    for name in forms:
        form, plain = getattr(kind, f"{name}_async"), inspect.getattr_static(kind, name)
        assert inspect.iscoroutinefunction(form), name
        assert str(form.__doc__).startswith(f"Do what `{name}` does, without blocking the running event loop"), name
        assert form.__name__ == f"{name}_async"
        if inspect.isfunction(plain):
            assert inspect.signature(form) == inspect.signature(plain), name
    declared = {name.removesuffix("_async") for name in declared_forms(kind)}
    assert declared <= forms


def test_the_loop_goes_on_meanwhile(remote: FlyteRemote, control_plane: Any) -> None:
    """Many calls are under way at once, and what they raise arrives."""
    answer = control_plane.answers["GetVersion"]

    def slow(_: Any) -> Any:
        time.sleep(0.2)
        return answer

    control_plane.answers["GetVersion"] = slow
    ticks = 0

    async def both() -> list[str]:
        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        ticking = asyncio.create_task(tick())
        found = await asyncio.gather(*(remote.check_async() for _ in range(3)))
        ticking.cancel()
        return list(found)

    assert asyncio.run(both()) == ["v1.16.8"] * 3
    assert ticks > 3


def test_an_execution_is_waited_for_and_read(remote: FlyteRemote, control_plane: Any, refuse: Any) -> None:
    def message(phase: int) -> execution_pb2.Execution:
        made = execution_pb2.Execution()
        made.id.project, made.id.domain, made.id.name = "flytesnacks", "development", "e1"
        made.closure.phase = phase
        return made

    phases = iter([2, 2, 2])
    control_plane.answers["GetExecution"] = lambda _: message(next(phases, 4))
    control_plane.answers["ListExecutions"] = lambda _: execution_pb2.ExecutionList(
        executions=[message(next(phases, 4))]
    )
    data = execution_pb2.WorkflowExecutionGetDataResponse()
    data.full_outputs.literals["o0"].CopyFrom(
        literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(float_value=0.5)))
    )
    control_plane.answers["GetExecutionData"] = data

    async def read() -> tuple[Any, ...]:
        execution = await remote.execution_async("e1", task=train)
        with pytest.raises(ExecutionTimedOutError, match=r"still RUNNING after 0.01 s"):
            await execution.wait_async(0.01)
        waited = await execution.wait_async(30)
        return waited is execution, await execution.result_async(), await execution, await execution.outputs_async()

    assert asyncio.run(read()) == (True, 0.5, 0.5, {"o0": 0.5})
    control_plane.answers["GetExecution"] = refuse("NOT_FOUND", "no such execution")

    async def missing() -> None:
        with pytest.raises(NotFoundError):
            await remote.execution_async("e2")

    asyncio.run(missing())
