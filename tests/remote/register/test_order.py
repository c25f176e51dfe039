"""What is registered, and in which order, at a control plane that refuses what names something unknown."""

import functools

import pytest
from flyteidl.core import dynamic_job_pb2, identifier_pb2

from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.graph.conditional import conditional
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.serialize.workflows import dynamic_job_spec
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import reference_launch_plan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import DefinitionError, InputError, InvalidArgumentError
from autocontainer_nb.remote.executions.submit import submit
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.storage.scratch import local_file_access

TASK, WORKFLOW, PLAN = identifier_pb2.TASK, identifier_pb2.WORKFLOW, identifier_pb2.LAUNCH_PLAN


@task
def inc(x: int) -> int:
    return x + 1


@task
def clean(x: int) -> None:
    """Handle a failure."""


@workflow
def inner(y: int) -> int:
    return inc(x=y)


inner_plan = LaunchPlan.get_or_create(inner, "inner_plan", fixed_inputs={})


@workflow
def outer(y: int) -> int:
    return inner_plan(y=y)


outer_plan = LaunchPlan.get_or_create(outer, "outer_plan", default_inputs={"y": 1})


@workflow
def nested(y: int) -> int:
    return outer_plan(y=y)


@workflow
def in_a_branch(y: int) -> int:
    return conditional("c").if_(y > 1).then(inner_plan(y=y)).else_().then(inc(x=y))


@workflow
def handler(y: int) -> None:
    inner_plan(y=y)


@workflow(on_failure=handler)
def on_failure(y: int) -> int:
    return inc(x=y)


@workflow
def in_a_subworkflow(y: int) -> int:
    return outer(y=y)


@dynamic
def fans_out(n: int) -> list[int]:
    return [outer_plan(y=i) for i in range(n)]


@dynamic
def maps(xs: list[int]) -> list[int]:
    return map_task(inner_plan)(y=xs)


@workflow
def has_a_dynamic(n: int) -> list[int]:
    return fans_out(n=n)


@dynamic
def dynamic_in_dynamic(n: int) -> list[int]:
    return has_a_dynamic(n=n)


last_plan = LaunchPlan.get_or_create(has_a_dynamic, "last_plan")


@dynamic
def starts_a_plan_with_a_dynamic(n: int) -> list[int]:
    return last_plan(n=n)


def short(names):
    return [name.rpartition(".")[2] for name in names]


@pytest.mark.parametrize(
    "entity", [nested, in_a_branch, on_failure, in_a_subworkflow, outer_plan], ids=lambda each: each.short_name
)
def test_what_a_workflow_names_is_registered_before_it(control_plane, flyteadmin, entity):
    """Tasks, then bottom-up each workflow and its launch plan: none is refused, and the last one is started."""
    inputs = {} if entity is outer_plan else {"y": 2}
    submit(control_plane.scope(), entity, (), inputs)
    (execution,) = flyteadmin.executions
    assert execution.spec.launch_plan.name == entity.name
    assert "inner_plan" in short(flyteadmin.names(PLAN))
    assert short(flyteadmin.names(WORKFLOW)).index("inner") == 0
    assert {version for _, _, version in flyteadmin.registered} == {execution.spec.launch_plan.version}


def test_the_server_refuses_the_other_order(control_plane, flyteadmin):
    """A workflow before the launch plan that it starts: INVALID_ARGUMENT, as from the real one."""
    scope = control_plane.scope()
    submit(scope, outer, (), {"y": 2})
    requests = dict(flyteadmin.registered)
    flyteadmin.registered.clear()
    (created,) = (each for (kind, name, _), each in requests.items() if kind == WORKFLOW and name.endswith("outer"))
    with pytest.raises(
        InvalidArgumentError, match=r"failed to compile workflow for \[.*missing entity of type LAUNCH_"
    ):
        scope.calls.call(methods.CREATE_WORKFLOW, created)


@pytest.mark.parametrize(
    ("entity", "inputs", "plans"),
    [
        (fans_out, {"n": 2}, {"inner_plan", "outer_plan"}),
        (maps, {"xs": [1, 2]}, {"inner_plan"}),
        (has_a_dynamic, {"n": 2}, {"inner_plan", "outer_plan", "has_a_dynamic"}),
        (dynamic_in_dynamic, {"n": 2}, {"inner_plan", "outer_plan"}),
        (starts_a_plan_with_a_dynamic, {"n": 2}, {"inner_plan", "outer_plan", "last_plan"}),
    ],
    ids=lambda each: getattr(each, "short_name", ""),
)
def test_launch_plans_of_dynamic_tasks_are_registered_along(control_plane, flyteadmin, entity, inputs, plans):
    """Called or mapped, however deep: they are there under the version that the container gives its graph."""
    submit(control_plane.scope(), entity, (), inputs)
    (execution,) = flyteadmin.executions
    assert set(short(flyteadmin.names(PLAN))) == plans
    assert {version for _, _, version in flyteadmin.registered} == {execution.spec.launch_plan.version}
    control_plane.requests.clear()
    submit(control_plane.scope(), entity, (), inputs)
    assert not [name for name in control_plane.counts if name.startswith("Create") and name not in QUIET]


QUIET = {"CreateExecution", "CreateUploadLocation"}


def test_the_drawn_graph_names_what_was_registered(control_plane, flyteadmin):
    """The ids of launch plans in the container's graph are the registered ones."""
    submit(control_plane.scope(), fans_out, (), {"n": 2})
    own = flyteadmin.executions[0].spec.launch_plan
    settings = SerializationSettings(
        image_config=control_plane.scope().image_config, project=own.project, domain=own.domain, version=own.version
    )
    graph = fans_out.draw({"n": 2})
    drawn: dynamic_job_pb2.DynamicJobSpec = dynamic_job_spec(
        graph.nodes, graph.output_bindings, settings, local_file_access()
    )
    for node in drawn.nodes:
        wanted = node.workflow_node.launchplan_ref
        assert (PLAN, wanted.name, wanted.version) in flyteadmin.registered


def test_an_interrupted_registration_is_completed(control_plane, flyteadmin, refuse):
    """Where the last launch plan of a dynamic task couldn't be registered, the next launch does it."""
    create = control_plane.answers["CreateLaunchPlan"]
    control_plane.answers["CreateLaunchPlan"] = refuse("PERMISSION_DENIED", "no")
    with pytest.raises(Exception, match="no"):
        submit(control_plane.scope(), fans_out, (), {"n": 2})
    control_plane.answers["CreateLaunchPlan"] = create
    submit(control_plane.scope(), fans_out, (), {"n": 2})
    assert set(short(flyteadmin.names(PLAN))) == {"inner_plan", "outer_plan"}


def test_a_control_plane_of_single_tasks_still_takes_a_dynamic_task(control_plane, flyteadmin):
    """Where launch plans aren't served, the task is registered alone: its run may need none of them."""
    for name in ("GetLaunchPlan", "CreateWorkflow", "CreateLaunchPlan"):
        del control_plane.answers[name]
    submit(control_plane.scope(), fans_out, (), {"n": 0})
    assert "fans_out" in short(flyteadmin.names(TASK))


@task
def mul(a: int, b: int) -> int:
    return a * b


def test_a_map_task_is_launched_with_its_bound_values(control_plane, flyteadmin):
    """By launch as by a call: what the partial binds is an input of the execution, unless it is given again."""
    bound = map_task(functools.partial(mul, b=3))
    scope = control_plane.scope()
    submit(scope, bound, ([1, 2],), {})
    submit(scope, bound, (), {"a": [1], "b": 4})
    first, second = (each.inputs.literals["b"].scalar.primitive.integer for each in flyteadmin.executions)
    assert (first, second) == (3, 4)
    assert bound(a=[1, 2]) == [3, 6]
    with pytest.raises(InputError, match=r"needs a value for a: list\[int\].*b: int = 3"):
        submit(scope, bound, (), {})


def test_references_are_not_registered(control_plane, flyteadmin):
    """A reference_launch_plan of a dynamic task is somebody else's: nothing but the task itself is registered."""

    @reference_launch_plan(project="p", domain="d", name="other.plan", version="v")
    def other(y: int) -> int: ...

    @dynamic
    def starts_it(n: int) -> int:
        return other(y=n)

    submit(control_plane.scope(), starts_it, (), {"n": 2})
    assert flyteadmin.names(PLAN) == flyteadmin.names(WORKFLOW) == []


def test_two_launch_plans_of_one_name_are_told(control_plane, flyteadmin):
    """A dynamic task that reaches two different ones of a name: nothing is registered, and the name is told."""
    first = LaunchPlan.create("twice", inner, fixed_inputs={"y": 1})
    second = LaunchPlan.create("twice", inner, fixed_inputs={"y": 2})

    @dynamic
    def starts_both(n: int) -> int:
        first()
        return second()

    with pytest.raises(DefinitionError, match=r"Two different launch plans are named '.*twice'"):
        submit(control_plane.scope(), starts_both, (), {"n": 2})
    assert flyteadmin.registered == {}
