"""Inputs of a mapped task that have a default needn't be passed to the map."""

import pytest

from autocontainer_nb import conditional, dynamic, map_task, task, to_spec, workflow
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.errors import InputError
from autocontainer_nb.image.config import Image, ImageConfig


@task
def scale(value: float, factor: float = 2.0, offset: float = 0.5) -> float:
    return value * factor + offset


@task
def first(values: list[float]) -> float:
    return values[0]


SETTINGS = SerializationSettings(
    image_config=ImageConfig(default_image=Image("default", "example.org/image", "v1")),
    project="p",
    domain="d",
    version="v",
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [2.5, 4.5]),
        ({"factor": [3.0, 4.0]}, [3.5, 8.5]),
        ({"offset": [0.0, 1.0]}, [2.0, 5.0]),
        ({"factor": [1.0, 1.0], "offset": [0.0, 0.0]}, [1.0, 2.0]),
    ],
)
def test_an_omitted_input_is_its_default_for_all_items(given, expected):
    """Called by itself, as a node, and within a dynamic task: what is passed is a list, the rest the default."""
    assert map_task(scale)(value=[1.0, 2.0], **given) == expected

    @workflow
    def run(values: list[float]) -> list[float]:
        return map_task(scale)(value=values, **given)

    @dynamic
    def spread(values: list[float]) -> list[float]:
        return map_task(scale)(value=values, **given)

    assert run(values=[1.0, 2.0]) == expected
    assert spread(values=[1.0, 2.0]) == expected


def test_a_default_is_registered_as_one_value():
    """The array node binds the default as a constant, not a list, and its task says which inputs are single."""

    @workflow
    def run(values: list[float]) -> list[float]:
        return map_task(scale, concurrency=3)(value=values)

    [node] = to_spec(run, SETTINGS).template.nodes
    bound = {each.var: each.binding for each in node.inputs}
    assert bound["factor"].scalar.primitive.float_value == 2.0
    assert bound["offset"].scalar.primitive.float_value == 0.5
    assert bound["value"].promise.var == "values"
    assert node.array_node.parallelism == 3
    assert run.nodes[0].entity.bound_inputs == {"factor", "offset"}


def test_it_works_as_a_branch():
    @workflow
    def run(values: list[float], x: float) -> list[float]:
        mapped = map_task(scale)
        return conditional("c").if_(x > 1.0).then(mapped(value=values)).else_().then(mapped(value=values))

    assert run(values=[1.0], x=2.0) == [2.5]


def test_an_input_without_a_default_is_still_missing():
    with pytest.raises(InputError, match="needs a value for value"):
        map_task(scale)(factor=[1.0])


def test_the_map_itself_is_unchanged():
    """A call with defaults leaves the map as it is: the next call may pass lists."""
    mapped = map_task(scale)
    assert mapped(value=[1.0]) == [2.5]
    assert mapped.bound_inputs == frozenset()
    assert mapped(value=[1.0], factor=[10.0]) == [10.5]
    assert mapped.name != map_task(scale).for_call((), {"value": [1.0]}).name
