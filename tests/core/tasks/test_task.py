"""`@task` on a typed function: called here it is the function; its mistakes are told at definition or at the call."""

import inspect
from typing import Any, NamedTuple

import pytest

from autocontainer_nb.core.entities.interface import bind_inputs
from autocontainer_nb.core.settings.resources import Resources
from autocontainer_nb.core.tasks.function_task import PythonFunctionTask
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import ConversionError, DefinitionError, InputError


class Metrics(NamedTuple):
    accuracy: float
    epochs: int


@task
def train(epochs: int, rate: float = 0.1, *, name: str = "m") -> Metrics:
    """Train something."""
    return Metrics(rate * epochs, len(name))


def test_a_task_is_called_like_its_function() -> None:
    """Positional, keyword and default arguments; the NamedTuple comes back as it was returned."""
    assert train(2) == Metrics(0.2, 1)
    assert train(2, 0.5, name="abc") == train(epochs=2, rate=0.5, name="abc") == Metrics(1.0, 3)
    assert train(2).accuracy == 0.2


def test_a_task_looks_like_its_function() -> None:
    """Name, docstring and signature are the function's, for `help` and completion."""
    assert train.__doc__ == "Train something."
    assert str(inspect.signature(train)).startswith("(epochs: int, rate: float = 0.1, *, name: str = 'm')")
    assert train.short_name == "train"
    assert isinstance(train, PythonFunctionTask)


def test_the_interface_is_read_off_the_signature() -> None:
    interface = train.python_interface
    assert interface.inputs == {"epochs": int, "rate": float, "name": str}
    assert interface.defaults == {"rate": 0.1, "name": "m"}
    assert interface.outputs == {"accuracy": float, "epochs": int}
    assert interface.show() == "(epochs: int, rate: float = 0.1, name: str = 'm') -> (float, int)"


@pytest.mark.parametrize(
    ("annotation", "outputs"),
    [(None, {}), (int, {"o0": int}), (tuple[int, str], {"o0": int, "o1": str}), (list[int], {"o0": list[int]})],
)
def test_outputs_by_annotation(annotation: object, outputs: dict) -> None:
    def function():
        pass

    function.__annotations__["return"] = annotation
    assert task(function).python_interface.outputs == outputs


def test_annotations_may_be_strings() -> None:
    """`from __future__ import annotations` in a cell changes nothing."""
    namespace = {"task": task, "__name__": "__main__"}
    exec(
        "from __future__ import annotations\n@task\ndef f(x: int | None = None) -> list[str]:\n    return [str(x)]",
        namespace,
    )
    assert namespace["f"].python_interface.outputs == {"o0": list[str]}
    assert namespace["f"](3) == ["3"]


def no_annotation(x):
    pass


def star(*x: int):
    pass


def double_star(**x: int):
    pass


def wrong_default(x: int = "a"):  # type: ignore[assignment]
    pass


def unbounded() -> tuple[int, ...]:
    return (1,)


def unknown_attribute(x: "inspect.foo"):
    pass


def broken_text(x: "1 +"):  # noqa: F722
    pass


def unknown_name(x: "Nowhere"):  # noqa: F821
    pass


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_annotation, r"Task 'no_annotation': the parameter 'x' has no annotation.*`x: int`"),
        (star, r"'\*x: int' accepts any number"),
        (double_star, r"'\*\*x: int' accepts any number"),
        (wrong_default, r"wrong_default\(default of x\): expected an int, got 'a'"),
        (unbounded, "no fixed number of outputs"),
        (unknown_name, "'Nowhere', which isn't defined"),
        (unknown_attribute, "can't be read: AttributeError: module 'inspect' has no attribute 'foo'. Write it without"),
        (broken_text, r"can't be read: SyntaxError: .*'1 \+'"),
        (print, "expected a Python function, got a builtin_function_or_method"),
        (3, "got an int"),
    ],
)
def test_what_cannot_be_a_task_is_told_at_its_definition(function: object, message: str) -> None:
    """One sentence with the task, the parameter, what is wrong and what to write; also a TypeError."""
    with pytest.raises(TypeError, match=message):
        task(function)


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, r"'train' needs a value for epochs: int\. The task is train\(epochs: int"),
        ((1, 2.0, "x"), {}, r"takes 2 positional arguments, but got 3"),
        ((1,), {"rte": 2.0}, r"has no input 'rte'\. Did you mean 'rate'\?"),
        ((1,), {"epochs": 2}, r"got the input 'epochs' twice"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(args: tuple, kwargs: dict, message: str) -> None:
    """Missing, superfluous, unknown and doubled arguments name task and input, and show the signature."""
    with pytest.raises(InputError, match=message) as caught:
        train(*args, **kwargs)
    assert "\n" not in str(caught.value)


def test_an_argument_of_another_type_is_told_with_its_path() -> None:
    @task
    def sizes(batches: list[int]) -> int:
        return sum(batches)

    with pytest.raises(ConversionError, match=r"sizes\(inputs\)\.batches\[1\]: expected an int, got 'x'"):
        sizes([1, "x"])


@pytest.mark.parametrize("returned", ["text", 3.5, None])
def test_a_result_of_another_type_is_told(returned: object) -> None:
    @task
    def give() -> int:
        return returned

    with pytest.raises(ConversionError, match=r"give\(outputs\)\.o0: expected an int, got"):
        give()


def test_a_wrong_number_of_results_is_told() -> None:
    @task
    def give() -> tuple[int, str]:
        return (1, "a", 3)

    with pytest.raises(
        ConversionError, match=r"give\(outputs\): expected a tuple of 2 values \(o0: int, o1: str\), got a tuple of 3"
    ):
        give()


def test_bound_inputs_are_complete_and_in_order() -> None:
    bound = bind_inputs("train", train.python_interface, (), {"name": "z", "epochs": 1})
    assert list(bound.items()) == [("epochs", 1), ("rate", 0.1), ("name", "z")]


def test_tasks_of_a_factory_keep_their_own_closure() -> None:
    """Two tasks that one function made are two tasks."""

    def make(offset: int):
        @task
        def add(x: int) -> int:
            return x + offset

        return add

    assert (make(1)(1), make(10)(1)) == (2, 11)


@pytest.mark.parametrize("quantity", ["500m", "2", 2, 0.5, "1.5Gi", "1e3", ("1", "2")])
def test_quantities_that_kubernetes_takes(quantity: object) -> None:
    Resources(cpu=quantity)


@pytest.mark.parametrize("quantity", ["2 GB", "1.5gb", "", "-1", -1, True, ("1",) * 3, "Gi", [None, "x"]])
def test_quantities_that_kubernetes_refuses(quantity: object) -> None:
    with pytest.raises(DefinitionError, match=r"Resources\.mem: .*expected"):
        Resources(mem=quantity)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retries": -1}, "retries"),
        ({"retries": "3"}, "retries"),
        ({"timeout": "1h"}, "timeout: expected seconds or a timedelta, got '1h'"),
        ({"timeout": -5}, "positive duration"),
        ({"resources": Resources(), "limits": Resources()}, "pass either `resources`.*, or `requests` and `limits`"),
        (
            {"requests": Resources(cpu="2"), "limits": Resources(cpu="1")},
            "requests '2' of cpu, .* more than the limit '1'",
        ),
        ({"requests": Resources(mem="1Gi"), "limits": Resources(mem="1G")}, "requests '1Gi' of mem"),
        ({"resources": Resources(gpu=(2, 1))}, "requests 2 of gpu"),
        ({"secret_requests": ["key"]}, "expected Secret objects, got a str"),
    ],
)
def test_contradictory_options_are_told_at_the_definition(options: dict, message: str) -> None:
    def function() -> None:
        pass

    with pytest.raises(DefinitionError, match=message):
        task(**options)(function)


@pytest.mark.parametrize(
    ("request_", "limit"),
    [("700m", 0.7), ("1G", "1Gi"), ("1e3", "1k"), ("2", None), (None, "1"), ("500000u", "0.5"), ("1024Ki", "1Mi")],
)
def test_a_request_up_to_its_limit_is_taken(request_: Any, limit: Any) -> None:
    """In whatever units the two are written."""

    @task(requests=Resources(cpu=request_), limits=Resources(cpu=limit))
    def function() -> None:
        pass

    assert (function.resources.requests.cpu, function.resources.limits.cpu) == (request_, limit)


def test_a_value_without_an_annotation_is_told() -> None:
    """What a task without declared outputs returns is kept nowhere, and a warning says so, here and in a container."""

    @task
    def silent(x: int):
        return x

    with pytest.warns(UserWarning, match=r"'silent' returned an int, .*Write `-> type`"):
        silent(x=1)
