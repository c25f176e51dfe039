"""Every kind of task runs as a single task on a real sandbox; a workflow is registered whole, or told why not."""

import pytest

from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.tasks.container_task import ContainerTask
from autocontainer_nb.core.tasks.shell_task import OutputLocation, ShellTask
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import UnimplementedError
from autocontainer_nb.image.interpreter import this_interpreter_image
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.executions.submit import submit
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile


@task
def double(x: int) -> int:
    return 2 * x


@task
async def later(x: int) -> int:
    return x + 1


@dynamic
def nothing_to_call(x: int) -> int:
    return x - 1


@dynamic
def calls(x: int) -> int:
    return double(x=x)


@workflow
def both(x: int) -> int:
    return later(x=double(x=x))


doubled_by_shell = ShellTask(
    "doubled_by_shell",
    script="echo $(({inputs.x} * 2)) > {outputs.y}",
    inputs={"x": int},
    output_locs=[OutputLocation("y", FlyteFile, "doubled.txt")],
)
foreign = ContainerTask(
    "foreign", this_interpreter_image(), ["python", "-c", "print('the foreign', {{.inputs.x}})"], {"x": int}
)


@pytest.mark.sandbox
def test_the_sandbox_says_that_it_runs_single_tasks(sandbox_remote: FlyteRemote) -> None:
    """A workflow is refused by name before anything is uploaded, with what to do instead."""
    with pytest.raises(UnimplementedError, match=r"^Workflow 'both' can't be started there: the sandbox runs single"):
        sandbox_remote.launch(both, x=1)


@pytest.fixture
def cluster(control_plane, flyteadmin):
    """A control plane that has nothing yet."""
    assert not flyteadmin.registered
    return control_plane


def test_a_workflow_is_registered_whole_and_launched(cluster, flyteadmin) -> None:
    """Tasks first, then the workflow, then its launch plan, all of one version; one upload has the code of all."""
    submit(cluster.scope(), both, (), {"x": 3})
    created = [request for name, request in cluster.requests if name.startswith("Create") and hasattr(request, "id")]
    names = [each.id.name.rpartition(".")[2] for each in created]
    assert (sorted(names[:2]), names[2:]) == (["double", "later"], ["both", "both"])  # tasks go side by side
    versions = {each.id.version for each in created}
    assert len(versions) == 1
    assert len(flyteadmin.store.puts) == 1
    commands = [list(each.spec.template.container.args) for each in created[:2]]
    assert commands[0][2] == commands[1][2]
    assert {node.task_node.reference_id.version for node in created[2].spec.template.nodes} == versions
    launched = cluster.last("CreateExecution")
    assert launched.spec.launch_plan == created[3].id
    assert launched.inputs.literals["x"].scalar.primitive.integer == 3


def test_a_workflow_that_is_there_costs_one_question(cluster, flyteadmin) -> None:
    """Whether it is there; beside it, which file its tasks run, and whether that is whole. Nothing is uploaded."""
    submit(cluster.scope(), both, (), {"x": 3})
    before = cluster.counts
    submit(cluster.scope(), both, (), {"x": 3})
    expected = {"GetLaunchPlan": 1, "GetTask": 1, "CreateUploadLocation": 2, "CreateExecution": 1}
    assert cluster.counts - before == expected
    assert len(flyteadmin.store.puts) == 1


def test_a_workflow_starts_where_nobody_tells_what_its_tasks_run(cluster, refuse) -> None:
    """A server that refuses what is asked beside GetLaunchPlan hinders nothing."""
    submit(cluster.scope(), both, (), {"x": 3})
    cluster.answers |= {name: refuse("PERMISSION_DENIED", "no") for name in ("GetTask", "CreateUploadLocation")}
    submit(cluster.scope(), both, (), {"x": 3})
    assert cluster.counts["CreateExecution"] == 2


@pytest.fixture
def sandbox_remote(tmp_path):
    from autocontainer_nb.sandbox.process import stop

    home = str(tmp_path / "home")
    remote = FlyteRemote("sandbox", home=home)
    yield remote
    remote.close()
    stop(home)
