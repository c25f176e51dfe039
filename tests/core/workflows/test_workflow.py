"""`@workflow`: drawn once, run here and now, registered as Flyte expects; its mistakes are told when it is defined."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from google.protobuf import text_format

from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.graph.compilation import compiling, current_compilation
from autocontainer_nb.core.graph.conditional import conditional
from autocontainer_nb.core.graph.gates import wait_for_input
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.settings.cache import Cache
from autocontainer_nb.core.settings.resources import Resources
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.settings.task_metadata import TaskMetadata
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import reference_launch_plan, reference_task
from autocontainer_nb.core.workflows.workflow import WorkflowFailurePolicy, workflow
from autocontainer_nb.errors import ConversionError, DefinitionError, InputError
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.type_engine.values.flyte_error import FlyteError

GOLDEN = Path(__file__).parent.parent / "golden"
SETTINGS = SerializationSettings(
    image_config=ImageConfig(default_image=Image("default", "example.org/image", "v1")),
    project="flytesnacks",
    domain="development",
    version="v7",
)
calls: list[str] = []


class Pair(NamedTuple):
    count: int
    label: str


@task
def pair(x: int) -> Pair:
    calls.append(f"pair {x}")
    return Pair(x, "a" * x)


@task
def pack(a: int, b: str = "q") -> list[int]:
    calls.append(f"pack {a} {b}")
    return [a, len(b)]


@task
def total(values: list[int]) -> int:
    calls.append(f"total {values}")
    return sum(values)


@task
def note(text: str) -> None:
    calls.append(f"note {text}")


@task
def settings_of(rate: float) -> dict[str, list[int]]:
    return {"sizes": [1, 2, int(rate)]}


@task
def clean_up(x: int, y: str = "hi") -> None:
    calls.append(f"clean {x} {y}")


@workflow
def inner(x: int = 5) -> int:
    return pair(x=x).count


@workflow(
    failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE, interruptible=True, on_failure=clean_up
)
def outer(x: int, y: str = "hi") -> tuple[int, list[int]]:
    first = pair(x=x)
    second = pack(a=first.count, b=y).with_overrides(
        name="second", node_name="My Node", retries=3, timeout=60, requests=Resources(cpu="1"), aliases={"o0": "packed"}
    )
    third = total(values=[first.count, 3])
    last = note(text=first.label)
    second >> last
    third >> last
    deep = settings_of(rate=2.5)
    total(values=[deep["sizes"][1]])
    return inner(x=third), second


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


def test_the_spec_is_the_golden_one() -> None:
    """The message equals the stored one, which equals flytekit's (WRITE_GOLDEN=1 stores it anew)."""
    path = GOLDEN / "outer_workflow.textproto"
    spec = text_format.MessageToString(to_spec(outer, SETTINGS))
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(spec)
    assert spec == path.read_text()


def test_calling_it_runs_it_here_in_order() -> None:
    """Each node runs once, after what it waits for; the outputs come back as Python values."""
    assert outer(2) == (5, [2, 2])
    assert calls.index("note aa") > max(calls.index("pack 2 hi"), calls.index("total [2, 3]"))
    assert "total [2]" in calls
    assert len(calls) == len(set(calls)) == 6
    assert current_compilation() is None


def test_defaults_and_names() -> None:
    assert inner() == 5
    assert outer(x=1, y="abc")[1] == [1, 3]
    with pytest.raises(InputError, match="'outer' needs a value for x: int"):
        outer()


def test_a_failure_runs_the_handler_and_goes_on() -> None:
    """The handler gets the workflow's inputs; the error is the caller's all the same."""

    @task
    def boom(x: int) -> int:
        raise RuntimeError(f"no {x}")

    @workflow(on_failure=clean_up)
    def fails(x: int, y: str = "w") -> int:
        return boom(x=x)

    with pytest.raises(RuntimeError, match="no 4"):
        fails(4)
    assert calls == ["clean 4 w"]


def test_a_failure_handler_is_told_the_error() -> None:
    """An input of type FlyteError has the failed node and the message; without a failure nothing has it."""
    told: list[FlyteError | None] = []

    @task
    def boom(x: int) -> int:
        raise RuntimeError(f"no {x}")

    @task
    def explain(x: int, err: FlyteError | None) -> None:
        told.append(err)

    @workflow
    def explain_whole(x: int, note: str = "w", error: FlyteError | None = None) -> None:
        explain(x=x, err=error)

    for handler in (explain, explain_whole):

        @workflow(on_failure=handler)
        def fails(x: int) -> int:
            return boom(x=pair(x=x).count).with_overrides(node_name="second")

        with pytest.raises(RuntimeError, match="no 4"):
            fails(4)
        assert told.pop() == FlyteError(message="no 4", failed_node_id="second")
    assert not told
    node = to_spec(fails, SETTINGS).template.failure_node
    assert [binding.var for binding in node.inputs] == ["error", "note", "x"]
    assert node.inputs[0].binding.scalar.union.value.scalar.HasField("none_type")


def test_a_redefined_task_is_used_by_the_next_definition() -> None:
    """A workflow keeps the tasks that it was drawn with."""

    def define(factor: int):
        @task
        def scale(x: int) -> int:
            return x * factor

        return scale

    scale = define(2)

    @workflow
    def scaled(x: int) -> int:
        return scale(x=x)

    scale = define(3)
    assert scaled(1) == 2


HOUR = timedelta(hours=1)


@dataclass
class Record:
    label: str
    items: list[int]


@task
def one(x: int) -> int:
    return x


@task
def record(x: int) -> Record:
    return Record("a", [x])


@task
def numbered(x: int) -> dict[str, int]:
    return {"0": x}


@task
def anything(x: int) -> Any:
    return {"k": x}


@task
def maybe(x: int) -> Record | None:
    return record(x=x)


@task
def untyped(x: int) -> dict:
    return {"a": x}


@reference_task(project="p", domain="d", name="other.task", version="v")
def registered(x: int) -> int: ...


@reference_launch_plan(project="p", domain="d", name="other.plan", version="v")
def registered_plan(x: int) -> int: ...


def chosen():
    found = one(x=1)
    return conditional("c").if_(found == 1).then(one(x=2)).else_().then(one(x=3))


def drawn(body, annotations: dict):
    body.__annotations__.update(annotations)
    return workflow(body)


def wrong_type(x: str) -> int:
    return total(values=[x])


def wrong_constant() -> int:
    return total(values=[1, "a"])


def nothing_passed_on() -> int:
    return total(values=note(text="a"))


def all_at_once(x: int) -> int:
    return total(values=pair(x=x))


def no_return(x: int) -> int:
    pair(x=x)


def superfluous_return(x: int) -> None:
    return pair(x=x)


def too_many(x: int) -> tuple[int, str, int]:
    return pair(x=x).count, pair(x=x).label


def wrong_output(x: int) -> str:
    return pair(x=x).count


def cycle(x: int) -> None:
    first, second = note(text="a"), note(text="b")
    first >> second
    second >> first


def truth(x: bool) -> int:
    return inner(x=1) if x else inner(x=2)


def comparison(x: int) -> int:
    return inner(x=1) if x > 3 else inner(x=2)


def iteration(x: list[int]) -> int:
    return total(values=[inner(x=each) for each in x])


def missing_input() -> int:
    return total()


def twice(x: int) -> int:
    return pack(x, a=x)[0]


def same_name(x: int) -> int:
    inner(x=x).with_overrides(node_name="n1")
    return inner(x=x)


def bad_override(x: int) -> int:
    return inner(x=x).with_overrides(retires=3)


def promised_override(x: int) -> int:
    return inner(x=x).with_overrides(retries=x)


def both_resources(x: int) -> int:
    return inner(x=x).with_overrides(resources=Resources(cpu="1"), limits=Resources(cpu="1"))


def bad_name(x: int) -> int:
    return inner(x=x).with_overrides(node_name="-")


def no_such_output(x: int) -> int:
    return pair(x=x).cuont


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (wrong_type, r"wrong_type ► n0 total\(inputs\)\.values\[0\] is int, but gets str from <promise of input\.x>"),
        (wrong_constant, r"wrong_constant ► n0 total\(inputs\)\.values\[1\]: expected an int, got 'a'"),
        (
            nothing_passed_on,
            r"n1 total\(inputs\)\.values gets the result of <n0 without outputs>, which has no outputs",
        ),
        (all_at_once, r"gets all outputs of node n0 at once \(count, label\)\. Pass one of them, such as \.count"),
        (no_return, "'no_return' declares the output int, but returns nothing"),
        (superfluous_return, "'superfluous_return' returns .*, but declares no output"),
        (too_many, r"declares 3 outputs \(o0, o1, o2\), but returns 2"),
        (wrong_output, r"wrong_output ► outputs\.o0 is str, but gets int from <promise of n0\.count>"),
        (cycle, "n1 can't run before n0, since it waits for it: the order would be a cycle"),
        (truth, "no truth value while the workflow is being drawn.*conditional"),
        (comparison, "no truth value while the workflow is being drawn.*conditional"),
        (iteration, r"can't be iterated over while the workflow is being drawn.*map_task"),
        (missing_input, r"'total' needs a value for values: list\[int\]"),
        (twice, "got the input 'a' twice"),
        (same_name, "two nodes named 'n1'"),
        (bad_override, "there is no override 'retires'"),
        (promised_override, "the override retries: expected a plain value, got a promise"),
        (both_resources, "pass either resources, or requests and limits"),
        (bad_name, "Node name: expected .* got '-'"),
        (no_such_output, "no output 'cuont'. Its outputs: count, label"),
    ],
)
def test_a_graph_that_is_not_sound_is_told_when_it_is_drawn(function, message: str) -> None:
    """One message with workflow, node, variable, expected and given; nothing is left half drawn."""
    with pytest.raises((DefinitionError, ConversionError, InputError), match=message):
        workflow(function)
    assert current_compilation() is None


def test_a_failure_handler_must_take_the_workflows_inputs() -> None:
    def other(z: int) -> int:
        return inner(x=z)

    with pytest.raises(
        DefinitionError, match=r"handler 'clean_up' gets the workflow's inputs \(z\), but takes \(x, y\)"
    ):
        workflow(on_failure=clean_up)(other)


def test_what_is_no_function_cannot_be_a_workflow() -> None:
    with pytest.raises(DefinitionError, match="expected a Python function, got an int"):
        workflow(3)


def test_a_missing_part_is_told_when_the_graph_runs() -> None:
    """What a value holds is known only when it is there."""

    @workflow
    def looks(rate: float) -> int:
        return total(values=[settings_of(rate=rate)["no"][0]])

    with pytest.raises(ConversionError, match=r"<promise of n0\.o0\.no\[0\]>: a dict has no such part"):
        looks(1.0)


def test_messages_say_what_it_is() -> None:
    """A workflow's, a launch plan's and a task's inputs are told as such, here and as nodes."""
    plan = LaunchPlan.get_or_create(inner)
    for call, words in (
        (lambda: outer(z=1), r"^Workflow 'outer' has no input 'z'\..*The workflow is outer\(x: int"),
        (lambda: plan(z=1), "^Launch plan 'inner' has no input 'z'.*The launch plan is inner"),
        (lambda: pair(z=1), "^Task 'pair' has no input 'z'.*The task is pair"),
    ):
        with pytest.raises(InputError, match=words):
            call()
    with pytest.raises(InputError, match="drawn ► n0: Workflow 'inner' has no input 'z'"):
        workflow(_drawn_with(lambda: inner(z=1)))
    with pytest.raises(InputError, match="drawn ► n0: Launch plan 'inner' has no input 'z'"):
        workflow(_drawn_with(lambda: plan(z=1)))


def _drawn_with(call):
    def drawn() -> None:
        call()

    return drawn


def test_two_tasks_of_one_name_are_refused_when_the_graph_is_written() -> None:
    """Only one of them could be registered; the same map made twice is one."""

    def make(factor: int):
        @task
        def scale(x: int) -> int:
            return x * factor

        return scale

    one, two = make(2), make(3)

    @workflow
    def both(x: int) -> int:
        return one(x=two(x=x))

    with pytest.raises(
        DefinitionError, match=r"two different PythonFunctionTasks named '.*scale'.*run the cell of that as well"
    ):
        to_spec(both, SETTINGS)

    @workflow
    def maps(xs: list[int]) -> list[int]:
        return map_task(one)(x=map_task(one)(x=xs))

    assert len(to_spec(maps, SETTINGS).template.nodes) == 2

    @workflow
    def other_maps(xs: list[int]) -> list[int]:
        return map_task(one)(x=map_task(one, metadata=TaskMetadata(retries=3))(x=xs))

    with pytest.raises(DefinitionError, match="two different ArrayNodeMapTasks"):
        to_spec(other_maps, SETTINGS)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda: pack(a=1).with_overrides(cache=True), r"n0: the override cache has no effect.*@task\(cache=True\)"),
        (lambda: pack(a=1).with_overrides(cache=Cache(version="1")), "the override cache has no effect"),
        (lambda: pack(a=1).with_overrides(cache_version="2"), "the override cache_version has no effect"),
        (lambda: pack(a=1).with_overrides(cache_serialize=True), "the override cache_serialize has no effect"),
        (lambda: map_task(one)(x=[1]).with_overrides(cache=True), "cache has no effect"),
        (lambda: pack(a=1).with_overrides(pod_template=3), r"pod_template has no effect.*@task\(pod_template=...\)"),
        (lambda: map_task(one)(x=[1]).with_overrides(pod_template=3), "pod_template has no effect"),
        (
            lambda: inner(x=1).with_overrides(requests=Resources(cpu="1")),
            "requests has no effect on a node that runs the workflow 'inner'. Pass it to the tasks that 'inner' runs",
        ),
        (lambda: inner(x=1).with_overrides(retries=3), "retries has no effect on a node that runs the workflow"),
        (lambda: inner(x=1).with_overrides(interruptible=True), "interruptible has no effect"),
        (
            lambda: LaunchPlan.get_or_create(inner)(x=1).with_overrides(container_image="a:b"),
            "container_image has no effect on a node that runs the launch plan 'inner'",
        ),
        (lambda: registered_plan(x=1).with_overrides(retries=1), "retries has no effect on .* the reference 'plan'"),
        (lambda: chosen().with_overrides(limits=Resources(mem="1Gi")), "limits has no effect on .* the conditional"),
        (lambda: wait_for_input("ok", HOUR, int).with_overrides(interruptible=True), "no effect on .* the gate 'ok'"),
    ],
)
def test_an_override_that_flyte_drops_is_refused(body, message: str) -> None:
    """Each is an error at its line, with where to say it instead."""
    with pytest.raises(DefinitionError, match=message):
        workflow(_drawn_with(body))


def test_overrides_with_an_effect_are_kept() -> None:
    """A task's node takes all others; of what runs tasks, the name and the timeout, and with it the retries, count."""

    @workflow
    def drawn(x: int) -> None:
        one(x=x).with_overrides(retries=2, interruptible=True, requests=Resources(cpu="1"), container_image="a:b")
        map_task(one)(x=[x]).with_overrides(limits=Resources(cpu="1"), retries=2)
        inner(x=x).with_overrides(name="shown", timeout=60, retries=2)
        registered(x=x).with_overrides(retries=3, requests=Resources(cpu="2"))

    single, array, sub, there = to_spec(drawn, SETTINGS).template.nodes
    assert single.metadata.retries.retries == 2
    assert single.task_node.overrides.container_image == "a:b"
    assert array.array_node.node.task_node.overrides.resources.limits[0].value == "1"
    assert (sub.metadata.name, sub.metadata.timeout.seconds, sub.metadata.retries.retries) == ("shown", 60, 2)
    assert there.metadata.retries.retries == 3


def test_two_nodes_of_one_name_are_refused() -> None:
    """The second would get the outputs of the first: names that Kubernetes spells alike, too."""

    def pair_of(first: str, second: str):
        def drawn(x: int) -> tuple[int, int]:
            return one(x=x).with_overrides(node_name=first), one(x=x).with_overrides(node_name=second)

        return drawn

    for first, second in (("s", "s"), ("my step", "my_step"), ("größe", "groesse"), ("Step", "step")):
        with pytest.raises(DefinitionError, match=f"drawn already has a node named '{second}'"):
            workflow(pair_of(first, second))
    spelt = workflow(pair_of("größe", "b"))
    assert [node.id for node in spelt.nodes] == ["groesse", "b"]
    assert spelt(x=2) == (2, 2)
    with pytest.raises(DefinitionError, match="none of end-node, start-node, got 'start-node'"):
        workflow(pair_of("start-node", "b"))

    @dynamic
    def loop(n: int) -> list[int]:
        return [one(x=i).with_overrides(node_name="step") for i in range(n)]

    assert loop(n=1) == [0]
    with pytest.raises(DefinitionError, match="loop already has a node named 'step'"):
        loop(n=2)


def test_a_workflow_without_nodes_is_refused() -> None:
    """Flyte takes none; the message says what to do."""

    def handed_on(x: int) -> int:
        return x

    with pytest.raises(DefinitionError, match=r"Workflow 'handed_on' has no nodes, .*@task def handed_on_step"):
        workflow(handed_on)


def test_a_part_is_bound_as_flyte_knows_it() -> None:
    """A field's type is checked like any other; of a dict without types no part has one."""

    def wrong_part(x: int) -> int:
        return one(x=record(x=x).label)

    def no_such_field(x: int) -> int:
        return one(x=record(x=x).labl)

    def unknown(x: int) -> int:
        return one(x=untyped(x=x)["a"])

    with pytest.raises(DefinitionError, match=r"n1 one\(inputs\).x is int, but gets <promise of n0.o0.label>, a"):
        workflow(wrong_part)
    with pytest.raises(DefinitionError, match="but Record has no such field"):
        workflow(no_such_field)
    with pytest.raises(DefinitionError, match=r"a part of dict whose type is unknown\. Let a task extract"):
        workflow(unknown)

    @workflow
    def right(x: int) -> int:
        found = record(x=x)
        return one(x=found.items[0])

    assert right(x=4) == 4


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (lambda x: record(x=x).items[-1], r"\[-1\]>, but Flyte counts items from 0, and never from the end: .* a task"),
        (lambda x: record(x=x).items["first"], "'first' isn't a number, by which its parts are looked up"),
        (lambda x: numbered(x=x)[0], "0 isn't a str, by which its parts are looked up"),
        (
            lambda x: anything(x=x)["k"],
            r"Flyte can't look into a value of this type, Any\. Let a task extract the part",
        ),
        (lambda x: maybe(x=x).label, r"Flyte can't look into a value of this type, Record \| None"),
    ],
    ids=["from the end", "text", "number", "pickle", "optional"],
)
def test_a_part_that_flyte_cannot_look_up_is_refused(part: Callable[[Any], Any], why: str) -> None:
    """It would pass another item, or all of the value, and say nothing."""

    def uses(x: int) -> int:
        return one(x=part(x))

    with pytest.raises(DefinitionError, match=why):
        workflow(uses)


def test_drawing_inside_a_run_is_not_possible() -> None:
    """Tasks that a graph runs are run, also while another graph is drawn around it."""
    with compiling(None):
        assert inner(3) == 3


def test_overrides_stay_with_their_node() -> None:
    """The task and the other nodes of it keep what they have."""
    plain, changed = inner, next(node for node in outer.nodes if node.id == "my-node")
    assert changed.metadata.timeout == timedelta(seconds=60)
    assert pack.metadata.retries == 0
    assert all(node.metadata.retries == 0 for node in plain.nodes)
