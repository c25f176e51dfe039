"""An eager task on a real sandbox: each call is an execution of its own, and none outlives it."""

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flyteidl.admin import execution_pb2, launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2, literals_pb2

from autocontainer_nb.core.dynamic.carried_settings import encode_settings
from autocontainer_nb.core.dynamic.children import Child, Names
from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.dynamic.eager import eager
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.run.context import CodeOrigin, FlyteContext, local_context
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.reference import reference_task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import (
    ConfigError,
    EagerException,
    ExecutionAbortedError,
    ExecutionFailedError,
    RecoverableError,
)
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.eager.children import children_of
from autocontainer_nb.remote.eager.cleanup import end_left_behind
from autocontainer_nb.remote.executions.listing import ExecutionSummary
from autocontainer_nb.remote.scope import scope_in_container
from autocontainer_nb.sandbox import process
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile
from autocontainer_nb.wire import LABEL_EAGER_PARENT, LABEL_EAGER_ROOT

DEADLINE_S = 60


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[str]:
    """The home of a sandbox that this module's tests share; proved to be gone afterwards."""
    folder = str(tmp_path_factory.mktemp("home"))
    yield folder
    process.stop(folder)
    assert not process.status(folder).running


@pytest.fixture
def remote(home, monkeypatch) -> Iterator[FlyteRemote]:
    """A client of the module's sandbox."""
    monkeypatch.setenv("AUTOCONTAINER_NB_HOME", home)
    client = FlyteRemote(home=home)
    yield client
    client.close()


def appear(folder: str, name: str) -> None:
    Path(folder, name).touch()


def is_there(folder: str, name: str) -> bool:
    return Path(folder, name).exists()


async def seen(folder: str, name: str) -> None:
    """Return when it is there."""
    for _ in range(50 * DEADLINE_S):
        if is_there(folder, name):
            return
        await asyncio.sleep(0.02)


@task
def double(x: int) -> int:
    return 2 * x


@task
async def meet(folder: str, own: str, other: str) -> str:
    """Return when both are there: neither ends before the other has begun."""
    appear(folder, own)
    await seen(folder, other)
    return own


@task
async def forever(folder: str, own: str) -> int:
    appear(folder, own)
    await asyncio.sleep(3600)
    return 0


@task
def forever_plain(folder: str, own: str) -> int:
    appear(folder, own)
    time.sleep(3600)
    return 0


@task
async def boom(x: int) -> int:
    raise ValueError(f"no {x} today")


@task
def written(text: str) -> FlyteFile:
    Path("out.txt").write_text(text)
    return FlyteFile("out.txt")


@task
def read(file: FlyteFile) -> str:
    return Path(file).read_text()


@workflow
def both(x: int) -> int:
    return double(x=double(x=x))


@dynamic
def nothing_to_call(x: int) -> int:
    return x - 1


@eager
async def inner(x: int) -> int:
    return double(x=x) + sum(map_task(double)(x=[x, x])) + nothing_to_call(x=x)


@eager
async def outer(folder: str, x: int) -> tuple[list[str], int, str]:
    """Call two tasks that wait for each other, an eager one, and two that pass a file on."""
    *met, nested = await asyncio.gather(
        meet(folder=folder, own="a", other="b"), meet(folder=folder, own="b", other="a"), inner(x=x)
    )
    return met, nested, read(file=written(text="passed on"))


@eager
async def fails(folder: str) -> int:
    waiting = asyncio.create_task(forever(folder=folder, own="left"))
    await seen(folder, "left")
    return await boom(x=3) + await waiting


@eager
async def careful(x: int) -> str:
    try:
        await boom(x=x)
    except EagerException as error:
        return f"{error.code} {error.execution_id} {'no 7 today' in str(error)}"
    return "nothing to catch"


@eager
async def waits(folder: str) -> list[int]:
    return list(
        await asyncio.gather(forever(folder=folder, own="a"), asyncio.to_thread(forever_plain, folder=folder, own="b"))
    )


@eager
async def waits_for_a_word(folder: str) -> list[str]:
    first = await meet(folder=folder, own="a", other="word")
    return [first, await meet(folder=folder, own="b", other="a")]


@eager
async def waits_nested(folder: str) -> list[int]:
    return await waits(folder=folder)


@eager
async def blocked(folder: str) -> int:
    return forever_plain(folder=folder, own="a")


@eager
async def impatient(folder: str) -> str:
    try:
        await asyncio.wait_for(forever(folder=folder, own="a"), 0.5)
    except asyncio.TimeoutError:
        return "too late"
    return "in time"


@eager(retries=1)
async def second_try(folder: str) -> int:
    found = double(x=21)
    if not is_there(folder, "tried"):
        appear(folder, "tried")
        raise RecoverableError("once more")
    return found


@task
def better_next_time(folder: str) -> int:
    if not is_there(folder, "tried"):
        appear(folder, "tried")
        raise ValueError("not yet")
    return 1


@eager(retries=1)
async def starts_again(folder: str) -> int:
    try:
        return better_next_time(folder=folder)
    except EagerException as error:
        raise RecoverableError(str(error)) from error


@eager
async def calls_a_workflow(x: int) -> int:
    return both(x=x)


@eager(environment={"FLYTE_PLATFORM_URL": "dns:///127.0.0.1:1", "FLYTE_PLATFORM_INSECURE": "true"})
async def elsewhere(x: int) -> int:
    import os

    seen = {name for name in os.environ if name.startswith("FLYTE_CREDENTIALS")}
    if seen:
        raise AssertionError(seen)
    return x


def children(remote: FlyteRemote, parent: str, task_name: str | None = None) -> list[ExecutionSummary]:
    """Return the executions that one has started, by the part of its name in theirs and by what they are."""
    found = [each for each in remote.executions(100) if f"-{parent[:5]}-" in each.id]
    return [each for each in found if task_name is None or each.task.endswith(f".{task_name}")]


def message(remote: FlyteRemote, name: str) -> execution_pb2.Execution:
    execution = remote.execution(name)
    return execution._message


def until(condition) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.sandbox
def test_each_call_is_an_execution(remote, tmp_path) -> None:
    """Two tasks at once, an eager one inside, a map and a dynamic task, a file from one to the next; all are labelled.

    The children run from the eager task's own file, under its version, and nothing more is uploaded.
    """
    run = remote.launch(outer, folder=str(tmp_path), x=5)
    assert run.result(DEADLINE_S) == (["a", "b"], 10 + 20 + 4, "passed on")
    started = children(remote, run.id)
    assert sorted(each.task.rpartition(".")[2] for each in started) == ["inner", "meet", "meet", "read", "written"]
    assert {each.phase for each in started} == {"SUCCEEDED"}
    assert {each.version for each in started} == {run._message.spec.launch_plan.version}
    labels = message(remote, started[0].id).spec.labels.values
    assert dict(labels) == {LABEL_EAGER_PARENT: run.id, LABEL_EAGER_ROOT: run.id}
    (nested,) = children(remote, run.id, "inner")
    (called,) = [each for each in remote.executions(100) if each.task.endswith(".nothing_to_call")]
    below = message(remote, called.id).spec
    assert dict(below.labels.values) == {LABEL_EAGER_PARENT: nested.id, LABEL_EAGER_ROOT: run.id}
    assert [(pair.key, pair.value) for pair in below.envs.values] == [("_F_EE_ROOT", run.id)]


@pytest.mark.sandbox
def test_a_failed_child_fails_it_and_ends_the_others(remote, tmp_path) -> None:
    """The error names the child, its execution and its own error, with the line that raised it."""
    run = remote.launch(fails, folder=str(tmp_path))
    with pytest.raises(ExecutionFailedError) as caught:
        run.result(DEADLINE_S)
    (failed,) = children(remote, run.id, "boom")
    for words in (f"EagerException: Execution {failed.id} of boom failed", "no 3 today", "raise ValueError"):
        assert words in str(caught.value)
    assert "asyncio/runners" not in str(caught.value)
    (left,) = children(remote, run.id, "forever")
    until(lambda: remote.execution(left.id).phase == "ABORTED")
    assert f"'fails', execution {run.id}, has ended" in remote.execution(left.id).error


@pytest.mark.sandbox
def test_a_childs_failure_can_be_caught(remote) -> None:
    run = remote.launch(careful, x=7)
    code, execution, told = run.result(DEADLINE_S).split()
    assert (code, told) == ("USER:ValueError", "True")
    assert remote.execution(execution).phase == "FAILED"


@pytest.mark.sandbox
@pytest.mark.parametrize(("eager_task", "files"), [(waits, ["a", "b"]), (waits_nested, ["a", "b"]), (blocked, ["a"])])
def test_terminated_it_ends_what_it_has_started(remote, tmp_path, eager_task, files) -> None:
    """What is awaited, what a thread waits for, what another eager task has started, and what blocks the function."""
    run = remote.launch(eager_task, folder=str(tmp_path))
    until(lambda: sorted(path.name for path in tmp_path.iterdir()) == files)
    run.terminate("enough")
    with pytest.raises(ExecutionAbortedError, match="enough"):
        run.result(DEADLINE_S)
    names = ("forever", "forever_plain", "waits")
    until(lambda: not [e for e in remote.executions(100) if e.phase in {"RUNNING", "QUEUED", "ABORTING"}])
    ended = [each for each in children(remote, run.id) if each.task.endswith(names)]
    assert ended
    assert {each.phase for each in ended} == {"ABORTED"}


@pytest.mark.sandbox
def test_a_call_that_nobody_waits_for_any_more_is_ended(remote, tmp_path) -> None:
    run = remote.launch(impatient, folder=str(tmp_path))
    assert run.result(DEADLINE_S) == "too late"
    (left,) = children(remote, run.id)
    until(lambda: remote.execution(left.id).phase == "ABORTED")
    assert "'impatient' no longer waits for it" in remote.execution(left.id).error


@pytest.mark.sandbox
def test_another_attempt_finds_what_the_first_has_started(remote, tmp_path) -> None:
    """The same call has the same name: what succeeded isn't run again, what failed is."""
    run = remote.launch(second_try, folder=str(tmp_path))
    assert run.result(DEADLINE_S) == 42
    assert len(children(remote, run.id, "double")) == 1
    (tmp_path / "tried").unlink()
    again = remote.launch(starts_again, folder=str(tmp_path))
    assert again.result(DEADLINE_S) == 1
    phases = sorted(each.phase for each in children(remote, again.id))
    assert phases == ["FAILED", "SUCCEEDED"]


@pytest.mark.sandbox
def test_it_survives_a_killed_sandbox(tmp_path, monkeypatch) -> None:
    """It waits for the next sandbox, which knows what it has started, and goes on there."""
    own_home, folder = str(tmp_path / "home"), tmp_path / "files"
    monkeypatch.setenv("AUTOCONTAINER_NB_HOME", own_home)
    folder.mkdir()
    remote = FlyteRemote(home=own_home)
    run = remote.launch(waits_for_a_word, folder=str(folder))
    until((folder / "a").exists)
    os.kill(process.status(own_home).address.pid, signal.SIGKILL)
    assert process.ensure_running(own_home).endpoint
    (folder / "word").touch()
    assert run.result(DEADLINE_S) == ["a", "b"]
    remote.close()
    process.stop(own_home)
    assert not process.status(own_home).running


@pytest.mark.sandbox
def test_its_deck_lists_the_calls(remote, home) -> None:
    run = remote.launch(careful, x=8)
    run.result(DEADLINE_S)
    (page,) = [path for path in Path(home).rglob("deck.html") if run.id in str(path)]
    text = page.read_text()
    assert "href" not in text.partition("Source Code</label>")[2].partition("</section>")[0]
    for words in ("Eager Executions", children(remote, run.id)[0].id, "x = 8", "no 8 today", "Asynchronous task"):
        assert words in text


@pytest.mark.sandbox
def test_a_workflow_on_the_sandbox_is_told(remote) -> None:
    """As everywhere, the sandbox runs single tasks; the error names the workflow and what to do instead."""
    with pytest.raises(ExecutionFailedError, match=r"'calls_a_workflow' calls 'both'.*runs single tasks only"):
        remote.launch(calls_a_workflow, x=1).result(DEADLINE_S)


@pytest.mark.sandbox
def test_the_token_is_shown_nowhere(remote, home) -> None:
    """Neither registered tasks nor logs, decks or outputs have it; a task with an endpoint of its own gets none."""
    assert remote.launch(careful, x=9).result(DEADLINE_S)
    assert remote.launch(elsewhere, x=1).result(DEADLINE_S) == 1
    layout = Layout(home=Path(home))
    token = layout.token_file.read_text().strip()
    holders = [path for path in layout.root.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    assert holders == [layout.token_file]


@pytest.mark.sandbox
def test_what_is_registered_elsewhere_is_started_there(remote) -> None:
    """A reference has its own version; a plain task called in a plain function of the eager task's is found, too."""
    there = remote.register(double)

    @reference_task(there.project, there.domain, there.name, there.version)
    def registered(x: int) -> int:
        raise NotImplementedError

    def helper(x: int) -> int:
        return double(x=x)

    @eager
    async def refers(x: int) -> int:
        return registered(x=x) + helper(x)

    run = remote.launch(refers, x=2)
    assert run.result(DEADLINE_S) == 8
    assert there.version in {each.version for each in children(remote, run.id)}


@pytest.fixture
def cluster(control_plane, monkeypatch):
    """A control plane that takes everything, and whose executions all give 7."""
    outputs = literals_pb2.LiteralMap()
    outputs.literals["o0"].scalar.primitive.integer = 7
    closure = execution_pb2.ExecutionClosure(phase=core_execution_pb2.WorkflowExecution.SUCCEEDED)
    control_plane.answers |= {
        "CreateTask": task_pb2.TaskCreateResponse(),
        "CreateWorkflow": workflow_pb2.WorkflowCreateResponse(),
        "CreateLaunchPlan": launch_plan_pb2.LaunchPlanCreateResponse(),
        "CreateExecution": execution_pb2.ExecutionCreateResponse(),
        "GetExecution": execution_pb2.Execution(closure=closure),
        "GetExecutionData": execution_pb2.WorkflowExecutionGetDataResponse(full_outputs=outputs),
    }
    monkeypatch.setenv("FLYTE_PLATFORM_URL", f"127.0.0.1:{control_plane.port}")
    monkeypatch.setenv("FLYTE_PLATFORM_INSECURE", "true")
    monkeypatch.setenv("_F_EE_ROOT", "theroot")
    return control_plane


def context_in_a_container(attempt: int = 0) -> FlyteContext:
    config = ImageConfig(Image("default", "example.org/image", "v1"))
    local = local_context()
    params = replace(
        local.user_space_params,
        execution_id=identifier_pb2.WorkflowExecutionIdentifier(project="p", domain="d", name="parent"),
        task_id=identifier_pb2.Identifier(project="p", domain="d", name="t", version="v7"),
        attempt=attempt,
    )
    settings = encode_settings(SerializationSettings(image_config=config, env={"A": "b"}))
    code = CodeOrigin(distribution="s3://bucket/entities.pkl", destination=".", digest="abc", settings=settings)
    return replace(local, user_space_params=params, code=code)


def test_a_workflow_is_registered_whole_from_the_same_file(cluster) -> None:
    """Where workflows are served: tasks, workflow, launch plan, all of the eager task's version; then its execution.

    Called again, nothing is registered again; nothing is ever uploaded.
    """
    made = children_of(outer, context_in_a_container())
    assert made.run(both, {"x": 1}) == 7
    assert asyncio.run(made.run_async(both, {"x": 1})) == 7
    counts = cluster.counts
    assert (counts["CreateTask"], counts["CreateWorkflow"], counts["CreateLaunchPlan"]) == (1, 1, 1)
    assert counts["CreateExecution"] == 2
    assert counts["CreateUploadLocation"] == 0
    task_spec = cluster.last("CreateTask")
    assert task_spec.id.version == cluster.last("CreateLaunchPlan").id.version == "v7"
    arguments = list(task_spec.spec.template.container.args)
    assert arguments[:3] == ["pyflyte-fast-execute", "--additional-distribution", "s3://bucket/entities.pkl"]
    assert arguments[-2:] == ["digest", "abc"]
    assert task_spec.spec.template.container.image == "example.org/image:v1"
    launched = cluster.last("CreateExecution")
    assert launched.spec.launch_plan == cluster.last("CreateLaunchPlan").id
    assert dict(launched.spec.labels.values) == {LABEL_EAGER_PARENT: "parent", LABEL_EAGER_ROOT: "theroot"}
    names = {request.name for name, request in cluster.requests if name == "CreateExecution"}
    assert len(names) == 2
    assert [child.phase for child in made.calls] == ["SUCCEEDED", "SUCCEEDED"]


@task
def rows(table: list[dict[str, int]], text: str = "") -> int:
    return len(table) + len(text)


def test_inputs_that_flyte_refuses_in_a_message_are_in_files(cluster) -> None:
    """As at a launch from a notebook; two attempts give the execution the same name, wherever the files are."""
    names = set()
    for _ in range(2):
        made = children_of(outer, context_in_a_container())
        assert made.run(rows, {"table": [{"a": 1}, {}], "text": "x" * 5_000_000}) == 7
        launched = cluster.last("CreateExecution")
        names.add(launched.name)
        assert all(each.HasField("offloaded_metadata") for each in launched.inputs.literals.values())
    assert len(names) == 1


def test_closed_it_starts_nothing_and_ends_what_runs(cluster) -> None:
    """Each execution is ended once, however often it is closed."""
    cluster.answers["GetExecution"] = execution_pb2.Execution()
    cluster.answers["TerminateExecution"] = execution_pb2.ExecutionTerminateResponse()
    made = children_of(outer, context_in_a_container())

    def wait() -> None:
        with contextlib.suppress(Exception):
            made.run(double, {"x": 1})

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    until(lambda: made.calls and made.calls[0].phase == "RUNNING")
    made.close("over")
    made.close("over again")
    assert cluster.counts["TerminateExecution"] == 1
    assert cluster.last("TerminateExecution").cause == "over"
    with pytest.raises(ExecutionAbortedError, match="'double' isn't started: over"):
        made.run(double, {"x": 2})
    ended = execution_pb2.ExecutionClosure(phase=core_execution_pb2.WorkflowExecution.SUCCEEDED)
    cluster.answers["GetExecution"] = execution_pb2.Execution(closure=ended)
    thread.join(DEADLINE_S)
    assert cluster.counts["CreateExecution"] == 1


@pytest.mark.parametrize(("attempt", "expected"), [(0, 1), (1, 2)])
def test_a_failed_execution_of_an_earlier_attempt_is_started_again(cluster, refuse, attempt, expected) -> None:
    """By a further attempt only: within one, the name is that call's, and its failure counts."""
    failed = execution_pb2.ExecutionClosure(phase=core_execution_pb2.WorkflowExecution.FAILED)
    taken: list[str] = []

    def create(request):
        taken.append(request.name)
        return refuse("ALREADY_EXISTS", "taken") if len(taken) == 1 else execution_pb2.ExecutionCreateResponse()

    succeeded = cluster.answers["GetExecution"]
    first = lambda request: not taken or request.id.name == taken[0]
    cluster.answers["CreateExecution"] = create
    cluster.answers["GetExecution"] = lambda request: (
        execution_pb2.Execution(closure=failed) if first(request) else succeeded
    )
    made = children_of(outer, context_in_a_container(attempt))
    if attempt:
        assert made.run(double, {"x": 1}) == 7
    else:
        with pytest.raises(EagerException, match="of double failed"):
            made.run(double, {"x": 1})
    assert len(set(taken)) == len(taken) == expected


def test_without_an_endpoint_it_says_what_to_set(monkeypatch) -> None:
    """No sandbox is started in a container."""
    monkeypatch.delenv("FLYTE_PLATFORM_URL", raising=False)
    with pytest.raises(
        ConfigError, match=r"Eager task 'outer'.*FLYTE_PLATFORM_URL isn't set.*FLYTE_CREDENTIALS_CLIENT_SECRET"
    ):
        scope_in_container("outer", "p", "d")


def test_names_tell_calls_apart_and_last() -> None:
    """Equal calls of one run differ, equal runs give equal names; the form is a Kubernetes name of 63 at the most."""
    inputs, others = literals_pb2.LiteralMap(), literals_pb2.LiteralMap()
    others.literals["x"].scalar.primitive.integer = 1

    def names() -> list[str]:
        made = Names(outer, "abcdefgh")
        child = Child(forever_plain, {})
        calls = [made.call(child, each) for each in (inputs, inputs, others)]
        return [*(made.name(child, call, 0) for call in calls), made.name(child, calls[0], 1)]

    first = names()
    assert first == names()
    assert len(set(first)) == 4
    for name in first:
        assert name.startswith("e-outer-abcde-forever-")
        assert len(name) <= 63
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert Names(outer, "other").name(Child(outer, {}), b"", 0) != Names(outer, "abcde").name(Child(outer, {}), b"", 0)


def test_a_clean_up_ends_what_is_left(control_plane, monkeypatch, refuse) -> None:
    """It asks by the name, and compares labels, until nothing is left; what has ended meanwhile is no error."""
    phases = core_execution_pb2.WorkflowExecution
    parent = identifier_pb2.WorkflowExecutionIdentifier(project="p", domain="d", name="abc")
    left = {name: execution_pb2.Execution(id={"project": "p", "domain": "d", "name": name}) for name in ("one", "two")}
    for each in left.values():
        each.spec.labels.values["eager-exec"] = "abc"
    foreign = execution_pb2.Execution(id={"name": "abc-of-somebody-else"})

    def terminate(request):
        left.pop(request.id.name)
        return refuse("FAILED_PRECONDITION", "ended") if request.id.name == "two" else answer

    answer = execution_pb2.ExecutionTerminateResponse()
    control_plane.answers |= {
        "ListExecutions": lambda _: execution_pb2.ExecutionList(executions=[*left.values(), foreign]),
        "TerminateExecution": terminate,
    }
    monkeypatch.setenv("FLYTE_PLATFORM_URL", f"127.0.0.1:{control_plane.port}")
    monkeypatch.setenv("FLYTE_PLATFORM_INSECURE", "true")
    monkeypatch.setattr("autocontainer_nb.remote.environment.pause", lambda _: None)
    assert end_left_behind(parent) == 2
    asked = control_plane.last("ListExecutions")
    assert asked.filters == "contains(execution_name,abc)+value_in(phase,UNDEFINED;QUEUED;RUNNING)"
    assert (asked.id.project, asked.id.domain) == ("p", "d")
    assert control_plane.counts["TerminateExecution"] == 2
    assert phases.RUNNING
