"""Eager tasks wait for executions of their own: they never take the room that those need."""

import json
import threading
import time
from pathlib import Path

import pytest
from flyteidl.admin import common_pb2, execution_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import literals_pb2, tasks_pb2, types_pb2

from autocontainer_nb.sandbox.blobs.execution_paths import ExecutionKey
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.launch.container import names_control_plane
from autocontainer_nb.sandbox.run.lanes import MAX_DEPTH, Lanes
from autocontainer_nb.wire import LABEL_EAGER_PARENT

DEADLINE_S = 30
PHASE = core_execution_pb2.WorkflowExecution
ENVIRONMENT = """
import json
names = [name for name in os.environ if name.startswith("FLYTE_PLATFORM") or name.startswith("FLYTE_CREDENTIALS")]
succeed(seen=json.dumps({name: os.environ[name] for name in sorted(names)}))
"""


def key(name: str) -> ExecutionKey:
    return ExecutionKey("p", "d", name)


def test_a_full_lane_does_not_hold_up_the_next() -> None:
    """Every worker of lane 1 waits for something in lane 0, and all end; after `stop` nothing begins."""
    done = {name: threading.Event() for name in ("plain-0", "plain-1")}
    ended: list[str] = []

    def work(found: ExecutionKey) -> None:
        if found.name in done:
            done[found.name].set()
        else:
            assert all(event.wait(DEADLINE_S) for event in done.values())
        ended.append(found.name)

    lanes = Lanes(work, workers=2)
    for name in ("eager-0", "eager-1", "eager-2"):
        lanes.put(key(name), depth=1)
    assert not ended
    lanes.start()
    for name in done:
        lanes.put(key(name))
    deadline = time.monotonic() + DEADLINE_S
    while len(ended) < 5:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    lanes.stop(DEADLINE_S)
    lanes.put(key("late"))
    assert sorted(ended) == ["eager-0", "eager-1", "eager-2", "plain-0", "plain-1"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("worker-")]


def eager(template: tasks_pb2.TaskTemplate) -> tasks_pb2.TaskTemplate:
    template.metadata.is_eager = True
    return template


@pytest.mark.sandbox
def test_more_eager_tasks_than_room_let_others_run(sandbox, tmp_path) -> None:
    """A dozen eager tasks wait for a file that a plain task writes, which is started after them."""
    go = str(tmp_path / "go")
    wait = sandbox.register(eager(sandbox.template(f"wait_for({go!r})\nsucceed()")))
    waiting = [sandbox.launch(wait) for _ in range(12)]
    plain = sandbox.register(sandbox.template(f"pathlib.Path({go!r}).touch()\nsucceed()"))
    phases = [sandbox.until(each).closure.phase for each in (sandbox.launch(plain), *waiting)]
    assert set(phases) == {PHASE.SUCCEEDED}


@pytest.mark.sandbox
def test_eager_tasks_without_end_are_stopped(sandbox) -> None:
    """Each is labelled as started by the one before; beyond the limit, the execution fails and says why."""
    task = sandbox.register(eager(sandbox.template("succeed()")))
    parent = ""
    phases = []
    for _ in range(MAX_DEPTH + 1):
        labels = common_pb2.Labels(values={LABEL_EAGER_PARENT: parent} if parent else {})
        execution = sandbox.until(sandbox.launch(task, labels=labels))
        parent = execution.id.name
        phases.append(execution.closure.phase)
    assert phases == [PHASE.SUCCEEDED] * MAX_DEPTH + [PHASE.FAILED]
    assert f"an eager task nested in {MAX_DEPTH} others" in execution.closure.error.message


@pytest.mark.sandbox
@pytest.mark.parametrize("is_eager", [True, False])
def test_eager_tasks_alone_are_told_where_the_sandbox_is(sandbox, is_eager) -> None:
    """By flytekit's variables, with the token's file and not the token; no other task is told."""
    template = sandbox.template(ENVIRONMENT, outputs={"seen": types_pb2.LiteralType(simple=types_pb2.STRING)})
    template.metadata.is_eager = is_eager
    execution = sandbox.until(sandbox.launch(sandbox.register(template)))
    seen = json.loads(sandbox.outputs(execution.id)["seen"])
    if not is_eager:
        assert seen == {}
        return
    assert sandbox.address.token not in str(seen)
    assert seen.pop("FLYTE_CREDENTIALS_COMMAND") == f"cat,{Layout(home=Path(sandbox.address.home)).token_file}"
    assert seen == {
        "FLYTE_CREDENTIALS_AUTH_MODE": "ExternalCommand",
        "FLYTE_PLATFORM_INSECURE": "true",
        "FLYTE_PLATFORM_URL": f"dns:///{sandbox.address.endpoint}",
    }


@pytest.mark.parametrize("where", ["template", "execution", "nowhere"])
def test_an_endpoint_of_the_tasks_own_goes_without_this_sandboxs_token(where) -> None:
    """No other control plane is sent it."""
    execution, template = execution_pb2.Execution(), tasks_pb2.TaskTemplate()
    pair = literals_pb2.KeyValuePair(key="FLYTE_PLATFORM_URL", value="dns:///cluster")
    if where == "template":
        template.container.env.append(pair)
    if where == "execution":
        execution.spec.envs.values.append(pair)
    assert names_control_plane(execution, template) is (where != "nowhere")
