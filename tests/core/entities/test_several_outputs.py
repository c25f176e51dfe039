"""Several outputs in parentheses, `-> (int, str)`, and outputs with names: everywhere a signature is read."""

from typing import Any, NamedTuple

import pytest

from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.dynamic.eager import eager
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import reference_task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import ConversionError, DefinitionError

HALVES = "def halves(x: int) -> {}:\n    return x // 2, x / 2"
NAMES: dict[str, Any] = {"task": task, "workflow": workflow, "dynamic": dynamic, "eager": eager, "__name__": "__main__"}


class Named(NamedTuple):
    value: int


class Pair(NamedTuple):
    count: int
    label: str


def module(source: str) -> dict[str, Any]:
    found = dict(NAMES)
    exec(source, found)
    return found


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
@pytest.mark.parametrize("written", ["(int, float)", "'(int, float)'", "('int', 'float')", "tuple[int, float]"])
@pytest.mark.parametrize("decorator", ["@task\n", "@dynamic\n", "@eager\nasync "])
def test_a_tuple_of_types_is_as_many_outputs(decorator: str, written: str, future: str) -> None:
    """Written out, as text, or with the types of `typing`: the outputs are o0 and o1, as for `tuple[int, float]`."""
    made = module(f"{future}{decorator}{HALVES.format(written)}")["halves"]
    assert dict(made.python_interface.outputs) == {"o0": int, "o1": float}
    assert sorted(made.interface.outputs.variables) == ["o0", "o1"]


def test_such_a_call_can_be_unpacked_everywhere() -> None:
    """Run directly, in a workflow, by a launch plan, in a dynamic task."""
    found = module(
        f"@task\n{HALVES.format('(int, float)')}\n"
        "@workflow\ndef pipe(x: int) -> (float, int):\n    whole, exact = halves(x=x)\n    return exact, whole\n"
        "@dynamic\ndef loop(x: int) -> (float, int):\n    exact, whole = pipe(x=x)\n    return exact, whole\n"
    )
    assert found["halves"](x=5) == (2, 2.5)
    assert found["pipe"](x=5) == (2.5, 2)
    assert found["loop"](x=5) == (2.5, 2)
    assert LaunchPlan.get_or_create(found["pipe"], "halves_plan", default_inputs={"x": 3})() == (1.5, 1)


def test_parts_may_be_any_type_and_name_a_later_class_by_text() -> None:
    """The parts are resolved one by one, in the names of the function's module, with their annotations."""
    source = """
from __future__ import annotations
import typing
@task
def several(x: int) -> (list[Late], typing.Optional[str], typing.Annotated[int, "note"]):
    return [], None, x
"""
    with pytest.raises(DefinitionError, match="an annotation refers to 'Late', which isn't defined"):
        module(source)
    found = module(source.replace("import typing", "import typing\nclass Late(str): ..."))
    assert found["several"](x=1) == ([], None, 1)


def test_one_type_in_parentheses_and_a_comma_is_told() -> None:
    with pytest.raises(DefinitionError, match=r"`-> \(int,\)` declares a single output. Write `-> int`"):
        module("@task\ndef one(x: int) -> (int,):\n    return x")


def test_a_reference_takes_them_too() -> None:
    def halves(x: int) -> (int, float):  # type: ignore[syntax] # the form that is tested
        raise NotImplementedError

    assert list(reference_task("p", "d", "halves", "v")(halves).python_interface.outputs) == ["o0", "o1"]


def test_the_only_field_of_a_named_tuple_may_be_returned_bare() -> None:
    """The call gives the NamedTuple, as a workflow, a map and the control plane do."""

    @task
    def bare(x: int) -> Named:
        return x  # type: ignore[return-value] # the form that is tested

    @task
    def wrapped(x: int) -> Named:
        return Named(x)

    @workflow
    def pipe(x: int) -> Named:
        return Named(bare(x=wrapped(x=x).value).value)

    @workflow
    def mapped(xs: list[int]) -> list[int]:
        return map_task(bare)(x=xs)  # type: ignore[no-any-return] # a promise

    @dynamic
    def loop(x: int) -> int:
        return bare(x=x).value

    assert bare(x=3) == wrapped(x=3) == pipe(x=3) == Named(3)
    assert type(bare(x=3)) is Named
    assert mapped(xs=[1, 2]) == map_task(bare)(x=[1, 2]) == [1, 2]
    assert loop(x=4) == 4


def test_a_plain_tuple_becomes_the_named_one() -> None:
    """Its fields can be asked for by name, whichever of the two the function returned."""

    @task
    def pair(x: int) -> Pair:
        return x, "a" * x  # type: ignore[return-value] # the form that is tested

    assert pair(x=2).label == "aa"

    @task
    def three(x: int) -> Pair:
        return x, "a", 3  # type: ignore[return-value] # the mistake

    with pytest.raises(ConversionError, match=r"2 values \(count: int, label: str\), got a tuple of 3"):
        three(x=1)
