"""Eager tasks run here and now with all that they call; what is wrong with one is told when it can be known."""

import asyncio
import inspect
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from autocontainer_nb.core.capture.reachable import reachable_tasks
from autocontainer_nb.core.dynamic.carried_settings import children_settings
from autocontainer_nb.core.dynamic.children import Child, check_callable
from autocontainer_nb.core.dynamic.cleanup import EagerFailureHandlerTask, eager_failure_task_resolver
from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.dynamic.eager import EagerTask, eager
from autocontainer_nb.core.dynamic.eager_deck import calls_html
from autocontainer_nb.core.entities.task_target import ExecutionMode
from autocontainer_nb.core.graph.gates import SleepGate
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.run.context import CodeOrigin, current_context, local_context
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.settings.resources import Resources
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.settings.task_metadata import TaskMetadata
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import ConversionError, DefinitionError, EagerException, ExecutionError, InputError
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.image.spec import ImageSpec

SETTINGS = SerializationSettings(
    image_config=ImageConfig(Image("default", "example.org/image", "v1")), project="p", domain="d", version="v7"
)


class Pair(NamedTuple):
    low: int
    high: int


@task
def double(x: int) -> int:
    return 2 * x


@task
async def later(x: int) -> int:
    await asyncio.sleep(0)
    return x + 1


@task
async def fails(x: int) -> int:
    raise ValueError(f"no {x}")


@workflow
def quadruple(x: int) -> int:
    return double(x=double(x=x))


@dynamic
def total(n: int) -> int:
    return double(x=n)


@eager
async def inner(x: int) -> int:
    return await later(x=x) + double(x=x)


@eager
async def outer(x: int, more: int = 5) -> Pair:
    """Call all kinds."""
    first, second = await asyncio.gather(later(x=x), inner(x=x))
    third = quadruple(x=1) + LaunchPlan.get_or_create(quadruple)(x=1) + total(n=1)
    return Pair(first + second, third + sum(map_task(double)(x=[1, more])))


@eager(retries=2, timeout=60, requests=Resources(cpu="1"), environment={"A": "b"}, enable_deck=False)
async def with_options(x: int) -> int:
    return x


@eager(metadata=TaskMetadata(retries=2, timeout=timedelta(seconds=60), deprecated="old"))
async def with_metadata(x: int) -> int:
    return x


def test_it_runs_here_with_all_that_it_calls() -> None:
    """Tasks, eager tasks, workflows, launch plans, dynamic and map tasks; the default of an input holds."""
    result = asyncio.run(outer(x=1))
    assert result == Pair(2 + 4, 4 + 4 + 2 + 12)
    assert isinstance(result, Pair)
    assert asyncio.run(outer(1, more=0)) == Pair(6, 12)


def test_it_is_a_coroutine_function_to_people_and_tools() -> None:
    assert outer.__doc__ == "Call all kinds."
    assert outer.docs.short_description == "Call all kinds."
    coroutine = outer(x=1)
    assert inspect.iscoroutine(coroutine)
    coroutine.close()


def test_tasks_of_a_plain_function_run_at_once_in_threads() -> None:
    """`asyncio.to_thread` carries the eager task's context: the tasks see that they aren't inside of another one."""
    started = asyncio.Event()

    @task
    def waits(x: int) -> int:
        current_context()
        return x

    @eager
    async def both(x: int) -> int:
        started.set()
        return sum(await asyncio.gather(asyncio.to_thread(waits, x=x), asyncio.to_thread(quadruple, x=x)))

    assert asyncio.run(both(x=1)) == 5


def test_a_childs_own_error_arrives_here() -> None:
    """As in any Python: it can be caught, and the function goes on."""

    @eager
    async def careful(x: int) -> str:
        try:
            await fails(x=x)
        except ValueError as error:
            return f"caught: {error}"
        return "nothing to catch"

    @eager
    async def careless(x: int) -> int:
        return await fails(x=x)

    assert asyncio.run(careful(x=3)) == "caught: no 3"
    with pytest.raises(ValueError, match="no 4"):
        asyncio.run(careless(x=4))


def test_inputs_and_outputs_are_checked() -> None:
    """Of the eager task, and of what it calls."""

    @eager
    async def wrong_output(x: int) -> int:
        return str(x)

    @eager
    async def wrong_call(x: int) -> int:
        return await later(x="1")

    with pytest.raises(ConversionError, match=r"wrong_output\(outputs\)"):
        asyncio.run(wrong_output(x=1))
    with pytest.raises(ConversionError, match=r"later\(inputs\)\.x"):
        asyncio.run(wrong_call(x=1))
    with pytest.raises(InputError, match="y"):
        asyncio.run(outer(y=1))


def test_an_await_too_many_is_told() -> None:
    """A plain task gives its value; the error of Python alone wouldn't say what to do."""

    @eager
    async def awaits(x: int) -> int:
        return await double(x=x)

    @eager
    async def gathers(x: int) -> int:
        return sum(await asyncio.gather(double(x=x), double(x=2)))

    for mistaken in (awaits, gathers):
        name = mistaken.short_name
        with pytest.raises(DefinitionError, match=rf"Eager task '{name}'.*leave out `await`.*asyncio\.to_thread"):
            asyncio.run(mistaken(x=1))


def test_other_type_errors_stay_what_they_are() -> None:
    """Also one of the same words that a helper's own code raises."""

    async def helper() -> int:
        return await 3

    @eager
    async def calls_helper(x: int) -> int:
        return await helper()

    @eager
    async def adds(x: int) -> int:
        return x + "1"

    for mistaken in (calls_helper, adds):
        with pytest.raises(TypeError) as caught:
            asyncio.run(mistaken(x=1))
        assert type(caught.value) is TypeError


def test_a_plain_def_is_refused() -> None:
    with pytest.raises(DefinitionError, match="@eager: expected an `async def`, but 'plain' is a plain `def`"):

        @eager
        def plain(x: int) -> int:
            return x


def test_a_task_can_not_call_it() -> None:
    """A plain asynchronous task stays one: its body can't run another task."""

    @task
    async def outside(x: int) -> int:
        return await inner(x=x)

    with pytest.raises(DefinitionError, match=r"'.*inner' is called inside the body of task '.*outside'"):
        asyncio.run(outside(x=1))


def test_a_workflow_has_it_as_a_node() -> None:
    """It runs within the graph, also where a loop runs already, and its node names it."""

    @workflow
    def steps(x: int) -> int:
        return double(x=inner(x=x))

    async def notebook() -> int:
        return steps(x=1)

    assert steps(x=1) == 8
    assert asyncio.run(notebook()) == 8
    assert to_spec(steps, SETTINGS).template.nodes[0].task_node.reference_id.name.endswith(".inner")


def test_the_options_of_a_task_are_its_options() -> None:
    """By themselves, or in one metadata object as flytekit takes them; the deck is always there."""
    for made in (with_options, with_metadata):
        template = to_spec(made, SETTINGS).template
        assert (template.metadata.retries.retries, template.metadata.timeout.seconds) == (2, 60)
        assert template.metadata.is_eager
        assert template.metadata.generates_deck.value
        assert template.type == "python-task"
    assert with_metadata.metadata.deprecated == "old"
    assert with_options.environment == {"A": "b"}
    with pytest.raises(DefinitionError, match="retries was passed both directly and in metadata"):
        eager(metadata=TaskMetadata(retries=2), retries=1)


def test_the_registered_form_carries_what_the_children_need() -> None:
    """Images and variables travel in one variable; nothing else of the container differs from a task's."""
    environment = {pair.key: pair.value for pair in to_spec(inner, SETTINGS).template.container.env}
    assert list(environment) == ["_F_SS_C"]
    assert inner.local_execution_mode() is ExecutionMode.EAGER_LOCAL_EXECUTION


@task(container_image=ImageSpec(name="special", packages=["six"], builder="podman"))
def special(x: int) -> int:
    return x


@eager
async def calls_special(x: int) -> int:
    return special(x=x)


@dynamic
def draws_special(x: int) -> int:
    return special(x=x)


@pytest.mark.parametrize("parent", [calls_special, draws_special])
def test_a_childs_image_is_built_with_the_parents_registration(parent, tmp_path, monkeypatch) -> None:
    """The container that registers the child finds it among the images that it was told of."""
    builder = tmp_path / "podman"
    builder.write_text("#!/bin/sh\nexit 0\n")
    builder.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    environment = {pair.key: pair.value for pair in to_spec(parent, SETTINGS).template.container.env}
    told = replace(local_context(), code=CodeOrigin(settings=environment["_F_SS_C"]))
    config = children_settings(told).image_config
    monkeypatch.setenv("PATH", "")
    assert special.get_image(replace(SETTINGS, image_config=config)) == special.container_image.image_name()
    assert config.default_image == SETTINGS.image_config.default_image


def test_what_it_mentions_is_captured_with_it() -> None:
    names = {name.rpartition(".")[2] for name in reachable_tasks(outer)}
    assert {"outer", "inner", "later", "double", "total"} <= names


def test_as_a_workflow_it_has_a_clean_up() -> None:
    """The handler takes the same inputs, runs in the same image, and its container needs nothing of the notebook."""

    @eager(container_image="example.org/eager:v3")
    async def cleaned(x: int, text: str = "t") -> Pair:
        return Pair(x, x)

    made = cleaned.get_as_workflow()
    assert made.name == cleaned.name
    assert list(made.python_interface.inputs) == ["x", "text"]
    assert list(made.python_interface.outputs) == ["low", "high"]
    assert made(x=1, text="") == (1, 1)
    handler = made.failure_node.entity
    assert handler.name == f"{cleaned.name}-cleanup"
    template = to_spec(handler, SETTINGS).template
    assert template.type == "eager_failure_handler_task"
    assert template.container.image == "example.org/eager:v3"
    arguments = list(template.container.args)
    assert arguments[-4:] == ["--", "eager", "failure", "handler"]
    assert isinstance(eager_failure_task_resolver.load_task(arguments[-3:]), EagerFailureHandlerTask)
    with pytest.raises(DefinitionError, match="can run only in a container"):
        handler(x=1, text="")


def test_outside_of_a_container_dispatch_runs_it_here() -> None:
    """Literals in, literals out, as for any task."""
    from flyteidl.core import literals_pb2

    inputs = literals_pb2.LiteralMap()
    inputs.literals["x"].scalar.primitive.integer = 1
    assert inner.dispatch_execute(local_context(), inputs).literals["o0"].scalar.primitive.integer == 4
    assert local_context().code is None
    assert CodeOrigin().digest == ""


def test_what_has_no_execution_of_its_own_is_refused_in_a_container() -> None:
    check_callable("outer", double)
    check_callable("outer", quadruple)
    with pytest.raises(
        DefinitionError,
        match=r"Eager task 'outer' calls 'sleep-gate': expected a task, workflow or launch plan, got a SleepGate",
    ):
        check_callable("outer", SleepGate(timedelta(seconds=1)))


def test_the_exception_is_one_of_an_execution() -> None:
    """It carries the execution that failed, and the code of its error."""
    error = EagerException("gone", code="USER:ValueError", execution_id="e-1")
    assert isinstance(error, ExecutionError)
    assert (str(error), error.code, error.execution_id) == ("gone", "USER:ValueError", "e-1")


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError("<no>")


@pytest.mark.parametrize(
    ("child", "expected", "absent"),
    [
        (Child(later, {"x": 1}, "e-1", "https://c/?a&b", "SUCCEEDED", 2), ["Asynchronous task", "?a&amp;b", ">2<"], []),
        (Child(inner, {}, "e-2", "", "FAILED", None, "<p x>"), ["Eager task", "&lt;p x&gt;"], ["<p x>", "href"]),
        (Child(quadruple, {"x": "<b>"}, "e-3"), ["Workflow", "&lt;b&gt;", "none yet", "QUEUED"], ["<b>"]),
        (Child(double, {"x": Unshowable()}, "e-4"), ["can&#x27;t be shown", "RuntimeError: &lt;no&gt;"], ["<no>"]),
        (Child(double, {"x": "y" * 9000}), [" ..."], ["y" * 2001]),
    ],
)  # fmt: skip
def test_the_deck_shows_each_call(child: Any, expected: list[str], absent: list[str]) -> None:
    """Kind, name, execution, inputs and outcome; nothing of a value is HTML."""
    html = calls_html([child])
    for text in [child.entity.name, child.execution, *expected]:
        assert text in html
    for text in absent:
        assert text not in html
    assert isinstance(inner, EagerTask)


def test_a_deck_without_calls_says_so() -> None:
    assert calls_html([]) == "<p>Nothing has been called yet.</p>"
