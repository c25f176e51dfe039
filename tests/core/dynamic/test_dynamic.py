"""Map, dynamic and asynchronous tasks run here and now; their mistakes are told when they can be known."""

import asyncio
from functools import partial
from typing import Any, NamedTuple

import pytest
from flyteidl.core import literals_pb2, workflow_pb2

from autocontainer_nb.core.dynamic.carried_settings import children_settings, encode_settings
from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.run.context import CodeOrigin, local_context
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.reference import reference_launch_plan, reference_task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import ConversionError, DefinitionError, InputError
from autocontainer_nb.image.config import Image, ImageConfig

IMAGES = ImageConfig(Image("default", "example.org/image", "v1"), (Image("gpu", "example.org/gpu", digest="sha256:1"),))
SETTINGS = SerializationSettings(image_config=IMAGES, project="p", domain="d", version="v7", env={"A": "b"})


class Pair(NamedTuple):
    low: int
    high: int


@task
def scale(x: int, by: int = 10) -> int:
    if x < 0:
        raise ValueError("negative")
    return x * by


@task
async def later(x: int) -> int:
    await asyncio.sleep(0)
    return x + 1


@task
def nothing(x: int) -> None:
    del x


@task
def two(x: int) -> Pair:
    return Pair(x, x)


@dynamic
def pairs(count: int) -> Pair:
    values = [scale(x=index) for index in range(count)]
    return Pair(values[0], later(x=values[-1]))


@dynamic
def nested(count: int) -> int:
    return scale(x=pairs(count=count).high)


def test_a_map_task_runs_over_lists() -> None:
    """Defaults don't become lists' defaults; what a partial binds is the same for all items."""
    assert map_task(scale)(x=[1, 2], by=[3, 4]) == [3, 8]
    assert map_task(partial(scale, by=5))(x=[1, 2]) == [5, 10]
    assert map_task(later)(x=[1, 2]) == [2, 3]
    assert map_task(nothing)(x=[1]) is None


def test_some_items_may_fail() -> None:
    """Below a ratio of 1 the failed items' outputs are None, and too many failures raise the last one's error."""
    half = map_task(partial(scale, by=2), min_success_ratio=0.5)
    assert half(x=[1, -1]) == [2, None]
    with pytest.raises(ValueError, match="negative"):
        half(x=[1, -1, -1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: map_task(two), "expected at most one output, got low, high"),
        (lambda: map_task(pairs), "expected a task that runs in its own container, got a DynamicTask"),
        (lambda: map_task(print), r"map_task\(print\): expected a task"),
        (lambda: map_task(partial(scale, z=1)), "binds 'z', but the task has no such input"),
        (lambda: map_task(partial(scale, 1)), "pass a partial's arguments by name"),
        (lambda: map_task(partial(scale, by="a")), r"map_task\(scale\)\(partial\)\.by"),
        (lambda: map_task(scale, concurrency=-1), "concurrency: expected 0"),
        (lambda: map_task(scale, min_success_ratio=2), "between 0 and 1"),
        (lambda: map_task(scale, min_successes=-2), "min_successes: expected 0 or more"),
        (lambda: map_task(scale)(x=[1], by=[1, 2]), "x has 1, by has 2"),
        (lambda: map_task(partial(scale, by=1))(x=3), r"x"),
    ],
)
def test_a_map_that_makes_no_sense_is_told(make: Any, message: str) -> None:
    with pytest.raises((DefinitionError, ConversionError, InputError), match=message):
        make()


def test_what_a_node_overrides_counts_for_the_items() -> None:
    """The array's own node has a name only; retries and resources are the items'."""

    @workflow
    def maps(xs: list[int]) -> list[int]:
        return map_task(partial(scale, by=2), concurrency=3)(x=xs).with_overrides(retries=4)

    (node,) = to_spec(maps, SETTINGS).template.nodes
    assert node.metadata.retries.retries == 0
    assert node.array_node.node.metadata.retries.retries == 4
    assert node.array_node.parallelism == 3
    assert list(node.array_node.bound_inputs) == ["by"]
    assert node.array_node.execution_mode == workflow_pb2.ArrayNode.MINIMAL_STATE
    assert [binding.var for binding in node.array_node.node.inputs] == ["by", "x"]


def test_a_dynamic_task_sees_its_inputs() -> None:
    """It loops over a real number; one in another runs, too; NamedTuples come back as such."""
    assert pairs(count=3) == Pair(0, 21)
    assert nested(count=2) == 110


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda x: "if scale(x=x)", "no truth value"),
        (lambda x: None, "Dynamic task 'body' declares the output int, but returns nothing"),
    ],
)
def test_a_graph_that_is_not_sound_is_told(body: Any, message: str) -> None:
    def function(x: int) -> int:
        if body(x):
            return 1 if scale(x=x) else 2
        return None

    function.__name__ = "body"
    with pytest.raises(DefinitionError, match=message):
        dynamic(function)(x=1)


def test_without_a_container_it_runs_the_graph() -> None:
    """`dispatch_execute` outside of a container gives outputs, inside one a graph of the task's own version."""
    inputs = literals_pb2.LiteralMap()
    inputs.literals["count"].scalar.primitive.integer = 2
    assert nested.dispatch_execute(local_context(), inputs).literals["o0"].scalar.primitive.integer == 110


def test_the_settings_travel() -> None:
    """Images and variables come back; the text depends on nothing else."""
    from dataclasses import replace

    text = encode_settings(SETTINGS)
    assert encode_settings(replace(SETTINGS, version="other")) == text
    context = replace(local_context(), code=CodeOrigin(distribution="s3://b/e.pkl", destination=".", settings=text))
    settings = children_settings(context)
    assert (settings.image_config, settings.env) == (IMAGES, {"A": "b"})
    assert settings.fast_serialization_settings.distribution_location == "s3://b/e.pkl"


def test_an_asynchronous_task_is_awaited() -> None:
    """It is a coroutine to its caller, a node to a workflow, and runs in a workflow also inside a running loop."""

    @workflow
    def steps(x: int) -> int:
        return scale(x=later(x=x))

    async def notebook() -> tuple[int, int]:
        return await later(x=1), steps(x=1)

    assert asyncio.run(notebook()) == (2, 20)
    assert steps(x=2) == 30


def test_an_asynchronous_tasks_output_is_checked() -> None:
    @task
    async def wrong(x: int) -> int:
        return str(x)

    with pytest.raises(ConversionError, match=r"wrong\(outputs\)"):
        asyncio.run(wrong(x=1))


def test_a_task_inside_a_tasks_body_is_a_mistake() -> None:
    """One error names both, and says what to do instead."""

    @task
    def plain(x: int) -> int:
        return scale(x=x)

    @task
    async def asynchronous(x: int) -> int:
        return await later(x=x)

    message = r"Task '.*{0}' is called inside the body of task '.*{1}'.*@dynamic"
    with pytest.raises(DefinitionError, match=message.format("scale", "plain")):
        plain(x=1)
    with pytest.raises(DefinitionError, match=message.format("later", "asynchronous")):
        asyncio.run(asynchronous(x=1))
    assert scale(x=1) == 10


@reference_task(project="p", domain="d", name="other.task", version="v")
def other(x: int) -> int: ...


@reference_launch_plan(project="p", domain="d", name="other.plan", version="v")
def other_plan(x: int) -> int: ...


@workflow
def with_other(x: int) -> int:
    return other(x=x)


def test_a_registered_task_cannot_be_called_by_a_dynamic_one() -> None:
    """Told when it is defined where the function names it, else when it draws; a registered launch plan can be."""

    def mentions(x: int) -> int:
        return other(x=x)

    message = r"Dynamic task '{0}' uses the reference_task 'other.task', .*Use a reference_launch_plan"
    with pytest.raises(DefinitionError, match=message.format("mentions")):
        dynamic(mentions)

    @dynamic
    def through_a_workflow(x: int) -> int:
        return with_other(x=x)

    @dynamic
    def through_a_map(xs: list[int]) -> list[int]:
        return map_task(globals()["rehto"[::-1]])(x=xs)  # a name that nobody can see before

    for made, inputs in ((through_a_workflow, {"x": 1}), (through_a_map, {"xs": [1]})):
        with pytest.raises(DefinitionError, match=message.format(made.short_name)):
            made.draw(inputs)

    @dynamic
    def starts(x: int) -> int:
        return other_plan(x=x)

    assert [node.entity for node in starts.draw({"x": 1}).nodes] == [other_plan]
