"""What is registered is fetched by its name: a node, something to start, with words and source."""

import dataclasses
import enum
import inspect
import pickle
from typing import Any, Literal

import pytest
from flyteidl.admin import description_entity_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.dynamic.dynamic import dynamic  # noqa: F401 - of the cell below
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.fetched import FetchedLaunchPlan, FetchedTask, FetchedWorkflow
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import ConversionError, DefinitionError, InputError, NotFoundError, UserError
from autocontainer_nb.remote.client import FlyteRemote

TASK, PLAN = identifier_pb2.TASK, identifier_pb2.LAUNCH_PLAN


@dataclasses.dataclass
class Settings:
    rate: float
    steps: int = 3


class Mode(enum.Enum):
    FAST = "fast"
    SLOW = "slow"


@task
def trained(settings: Settings, mode: Mode, names: list[str]) -> tuple[float, dict[str, int]]:
    """Train a model.

    Args:
        settings: how fast, how long
        mode: fast or slow
        names: what to count
    """
    return settings.rate, {name: len(name) for name in names}


@task
def half(x: int) -> float:
    return x / 2


@workflow
def halves(x: int, y: int = 4) -> float:
    """Half of what is given."""
    return half(x=x)


plan = LaunchPlan.get_or_create(halves, "halves of five", default_inputs={"x": 5})


@pytest.fixture
def registered(remote: FlyteRemote) -> Any:
    return remote.register(trained)


def test_a_task_is_fetched_with_signature_words_and_source(
    remote: FlyteRemote, registered: Any, control_plane: Any
) -> None:
    words = description_entity_pb2.DescriptionEntity(short_description="Train a model.")
    control_plane.answers["GetDescriptionEntity"] = words
    found = remote.fetch_task(name=registered.name)
    assert isinstance(found, FetchedTask)
    assert (found.name, found.version) == (registered.name, registered.version)
    assert (found.project, found.domain, found.__name__) == ("flytesnacks", "development", "trained")
    signature = inspect.signature(found)
    assert list(signature.parameters) == ["mode", "names", "settings"]
    assert signature.parameters["mode"].annotation == Literal["fast", "slow"]
    assert signature.parameters["names"].annotation == list[str]
    assert signature.parameters["settings"].annotation is dict
    assert signature.return_annotation == tuple[float, dict[str, int]]
    text = inspect.getdoc(found)
    assert text is not None
    assert text.startswith("Train a model.")
    assert "    settings (dict): how fast, how long" in text
    assert "    mode (one of 'fast', 'slow'): fast or slow" in text
    assert f"Task {registered.name}, version {registered.version}, registered in flytesnacks/development." in text
    assert found.source is not None
    assert "def trained(settings: Settings" in found.source


@pytest.mark.parametrize(
    "inputs",
    [
        {"settings": {"rate": 0.5, "steps": 3}, "mode": "fast", "names": ["a"]},
        {"settings": Settings(0.5), "mode": Mode.FAST, "names": ["a"]},
    ],
    ids=["plain", "classes"],
)
def test_it_starts_with_plain_values_and_with_those_of_the_classes(
    remote: FlyteRemote, registered: Any, flyteadmin: Any, inputs: dict[str, Any]
) -> None:
    """As itself: nothing is registered."""
    found, known = remote.fetch(registered.name), dict(flyteadmin.registered)
    started = [found.remote(**inputs), remote.launch(found, **inputs), found.with_options(name="n").remote(**inputs)]
    for made, request in zip(started, flyteadmin.executions, strict=True):
        assert made.id == request.name
        assert (request.spec.launch_plan.resource_type, request.spec.launch_plan.version) == (TASK, registered.version)
        assert request.inputs.literals["mode"].scalar.primitive.string_value == "fast"
        assert request.inputs.literals["names"].collection.literals[0].scalar.primitive.string_value == "a"
        assert request.inputs.literals["settings"].scalar.WhichOneof("value") == "binary"
    assert flyteadmin.registered == known


def test_lists_and_dicts_of_classes_are_taken(remote: FlyteRemote, flyteadmin: Any) -> None:
    @task
    def total(each: list[Settings], named: dict[str, Settings]) -> float:
        return sum(one.rate for one in [*each, *named.values()])

    found = remote.fetch(remote.register(total).name)
    found.remote(each=[Settings(0.5), Settings(1.0)], named={"a": Settings(2.0)})
    found.remote(each=[{"rate": 0.5}], named={})
    first, second = (request.inputs.literals for request in flyteadmin.executions)
    assert [item.scalar.WhichOneof("value") for item in first["each"].collection.literals] == ["binary", "binary"]
    assert first["named"].map.literals["a"].scalar.WhichOneof("value") == "binary"
    assert len(second["each"].collection.literals) == 1
    with pytest.raises(ConversionError, match=r"total\(inputs\).each\[0\]: expected a dict"):
        found.remote(each=[3], named={})


def test_where_only_tasks_are_served_a_name_that_isnt_there_is_told_as_that(
    remote: FlyteRemote, registered: Any, control_plane: Any, refuse: Any
) -> None:
    """As by the sandbox, which knows neither workflows nor launch plans."""
    for name in ("ListWorkflows", "ListLaunchPlans"):
        control_plane.answers[name] = lambda _: refuse("UNIMPLEMENTED", "it only runs single tasks")
    with pytest.raises(
        NotFoundError, match=r"No task, workflow or launch plan is named 'traned'.*Did you mean '.*trained'"
    ):
        remote.fetch("traned")


@pytest.mark.parametrize("last", ["", "trained"], ids=["whole name", "last part"])
def test_a_version_that_isnt_there_is_told_with_the_newest(remote: FlyteRemote, registered: Any, last: str) -> None:
    """And not with another kind's name that is similar."""
    remote.register(halves)
    with pytest.raises(
        NotFoundError, match=f"Task '{registered.name}' has no version 'v9'.*Its newest is '{registered.version}'"
    ):
        remote.fetch(last or registered.name, "v9")


@pytest.mark.parametrize("name", ["", None])
def test_no_name_is_no_task(remote: FlyteRemote, registered: Any, name: Any) -> None:
    """An empty name means all of them to the control plane's lists."""
    assert registered.name
    with pytest.raises(InputError, match=r"Expected the name of a task, such as 'analysis.train', got "):
        remote.fetch(name)


def test_what_doesnt_fit_is_told(remote: FlyteRemote, registered: Any, control_plane: Any) -> None:
    found = remote.fetch(registered.name)
    good: dict[str, Any] = {"settings": {"rate": 0.5}, "mode": "fast", "names": ["a"]}
    with pytest.raises(ConversionError, match="mode"):
        found.remote(**{**good, "mode": "other"})
    with pytest.raises(ConversionError, match=r"trained\(inputs\).names"):
        found.remote(**{**good, "names": 3})
    with pytest.raises(InputError, match=r"has no input 'nmes'. Did you mean 'names'"):
        found.remote(**good, nmes=[])
    with pytest.raises(InputError, match="needs a value for names"):
        found.remote(settings={}, mode="fast")
    with pytest.raises(InputError, match="takes 0 positional arguments"):
        found.remote({}, "fast", [])
    with pytest.raises(UserError, match=r"its code isn't here. Start it on the control plane with \.remote"):
        found(**good)
    assert not control_plane.counts["CreateExecution"]


def test_it_is_a_node_of_a_workflow(remote: FlyteRemote, control_plane: Any) -> None:
    there = remote.register(half)
    found = remote.fetch_task(name=there.name)
    whole = remote.fetch_workflow(name=remote.register(halves).name)

    @workflow
    def around(x: int) -> float:
        found(x=x)
        return whole(x=x)

    remote.launch(around, x=3)
    first, second = control_plane.last("CreateWorkflow").spec.template.nodes
    assert first.task_node.reference_id == there.identifier
    assert second.workflow_node.launchplan_ref.name == whole.name
    assert second.workflow_node.launchplan_ref.resource_type == PLAN


def test_the_newest_version_is_the_default(remote: FlyteRemote, flyteadmin: Any) -> None:
    old = remote.register(half)
    for key, made in list(flyteadmin.registered.items()):
        newer = type(made)()
        newer.CopyFrom(made)
        newer.id.version = "newer"
        flyteadmin.registered[(key[0], key[1], "newer")] = newer
    assert remote.fetch_task(name=old.name).version == "newer"
    assert remote.fetch_task(name=old.name, version=old.version).version == old.version
    with pytest.raises(NotFoundError, match="nothing-like-it"):
        remote.fetch_task(name=old.name, version="nothing-like-it")


def test_the_last_part_of_a_name_is_enough(remote: FlyteRemote, flyteadmin: Any) -> None:
    there = remote.register(half)
    assert there.name.endswith(".half")
    assert remote.fetch("half").name == there.name
    assert remote.fetch("half", there.version).name == there.name
    copied = type(flyteadmin.registered[(TASK, there.name, there.version)])()
    copied.CopyFrom(flyteadmin.registered[(TASK, there.name, there.version)])
    copied.id.name = "other.half"
    flyteadmin.registered[(TASK, "other.half", there.version)] = copied
    with pytest.raises(InputError, match=rf"Several tasks end with 'half': 'other.half', '{there.name}'|'other.half'"):
        remote.fetch("half")
    assert remote.fetch("other.half").name == "other.half"


def test_an_unknown_name_is_told_with_a_similar_one(remote: FlyteRemote, registered: Any) -> None:
    with pytest.raises(
        NotFoundError, match=rf"No task named 'traned' is registered in .*Did you mean '{registered.name}'"
    ):
        remote.fetch_task(name="traned")
    with pytest.raises(NotFoundError, match="No task, workflow or launch plan is named 'traned', in flytesnacks/"):
        remote.fetch("traned")
    with pytest.raises(InputError, match="kind: expected one of 'task', 'workflow', 'launch_plan', got 'plan'"):
        remote.fetch("trained", kind="plan")


def test_a_workflow_is_its_launch_plan(remote: FlyteRemote, flyteadmin: Any) -> None:
    """With the defaults of its signature."""
    there = remote.register(halves)
    found = remote.fetch_workflow(name=there.name)
    assert isinstance(found, FetchedWorkflow)
    assert str(inspect.signature(found)) == "(*, x: int, y: int = 4) -> float"
    found.remote(x=3)
    request = flyteadmin.executions[-1]
    assert (request.spec.launch_plan.resource_type, request.spec.launch_plan.name) == (PLAN, there.name)
    assert set(request.inputs.literals) == {"x"}  # the default is the launch plan's
    assert remote.fetch(there.name, kind="workflow").name == there.name
    del flyteadmin.registered[(PLAN, there.name, there.version)]
    alone = remote.fetch_workflow(name=there.name)
    assert str(inspect.signature(alone)) == "(*, x: int, y: int) -> float"
    with pytest.raises(DefinitionError, match=r"has no launch plan of the same name and version.*Register it again"):
        alone.remote(x=1, y=2)


def test_a_workflow_that_only_other_launch_plans_start_names_them(remote: FlyteRemote) -> None:
    remote.register(plan)
    with pytest.raises(DefinitionError, match=r"It has others, see fetch_launch_plan: 'halves of five'\."):
        remote.fetch_workflow(name=halves.name).remote(x=1)


def test_a_newer_version_without_a_plan_of_its_own_is_passed_by_and_told(remote: FlyteRemote) -> None:
    """It was registered for another launch plan alone."""
    own = remote.register(halves)
    other = remote.register(plan)
    assert own.version != other.version
    with pytest.warns(
        UserWarning, match=f"newest version {other.version} has no .*, so version {own.version} is fetched"
    ):
        found = remote.fetch_workflow(name=halves.name)
    assert found.version == own.version
    assert found.remote(x=1)
    with pytest.raises(DefinitionError, match="It has others"):
        remote.fetch_workflow(name=halves.name, version=other.version).remote(x=1)


def test_a_launch_plan_has_its_own_defaults(remote: FlyteRemote, flyteadmin: Any) -> None:
    there = remote.register(plan)
    found = remote.fetch("halves of five")
    assert isinstance(found, FetchedLaunchPlan)
    assert found.version == there.version
    assert str(inspect.signature(found)) == "(*, x: int = 5, y: int = 4) -> float"
    found.remote()
    assert not flyteadmin.executions[-1].inputs.literals
    found.remote(x=7)
    assert flyteadmin.executions[-1].inputs.literals["x"].scalar.primitive.integer == 7
    assert "Starts the workflow" in str(found.__doc__)


def test_in_a_pickle_words_and_source_stay_here(remote: FlyteRemote, registered: Any, control_plane: Any) -> None:
    """What comes back takes the same inputs, and leads to no control plane."""
    words = description_entity_pb2.DescriptionEntity(short_description="Secret words.")
    control_plane.answers["GetDescriptionEntity"] = words
    there = remote.register(plan)
    for found in (remote.fetch(registered.name), remote.fetch(there.name)):
        data = pickle.dumps(found)
        assert b"Secret words" not in data
        again = pickle.loads(data)
        assert type(again) is type(found)
        assert (again.id, again.interface, again.python_interface.inputs) == (
            found.id,
            found.interface,
            found.python_interface.inputs,
        )
        assert (again.source, again.__doc__) == (None, "")
    assert set(again.for_call((), {"y": 1}).python_interface.inputs) == {"y"}  # x has a default


def test_what_others_registered_has_no_source(remote: FlyteRemote, flyteadmin: Any) -> None:
    there = remote.register(half)
    made = flyteadmin.registered[(TASK, there.name, there.version)]
    del made.spec.template.container.args[:]
    assert remote.fetch(there.name).source is None


def test_dynamic_and_eager_tasks_carry_it_as_a_reference(remote: FlyteRemote, control_plane: Any) -> None:
    """A version is made of what it names, not of its words."""
    there = remote.register(plan)
    names: dict[str, Any] = {**globals(), "found": remote.fetch(there.name)}
    exec("@dynamic\ndef many(x: int) -> float:\n    return found(x=x)\n", names)
    first = remote.register(names["many"])
    words = description_entity_pb2.DescriptionEntity(short_description="Other words.")
    control_plane.answers["GetDescriptionEntity"] = words
    names["found"] = remote.fetch(there.name)
    assert remote.register(names["many"]) == first
