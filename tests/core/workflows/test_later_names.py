"""A workflow's body may name what a later line defines: it is drawn at first use, and a slip is told then."""

from typing import Any

import pytest

from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.graph.conditional import conditional
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.image.config import Image, ImageConfig

NAMES: dict[str, Any] = {
    "task": task,
    "workflow": workflow,
    "dynamic": dynamic,
    "conditional": conditional,
    "map_task": map_task,
    "LaunchPlan": LaunchPlan,
}
EARLY = """
@workflow
def pipe(x: int) -> int:
    return later(x=x)
"""
LATER = """
@task
def later(x: int) -> int:
    return x + 1
"""


def module(*sources: str) -> dict[str, Any]:
    """Return the names of a module with these lines."""
    found = {"__name__": "__main__", **NAMES}
    for source in sources:
        exec(source, found)
    return found


@pytest.mark.parametrize(
    ("more", "name", "value"),
    [
        ("", "pipe", 4),
        ("@workflow\ndef outer(x: int) -> int:\n    return pipe(x=pipe(x=x))", "outer", 5),
        ("@dynamic\ndef outer(x: int) -> int:\n    return pipe(x=pipe(x=x))", "outer", 5),
        ("outer = LaunchPlan.get_or_create(pipe, 'plan', default_inputs={'x': 9})", "outer", 4),
        ("def outer(x):\n    return [pipe(x=i) for i in range(x)]", "outer", [1, 2, 3]),
    ],
)
def test_a_task_of_a_later_line_is_drawn_at_first_use(more: str, name: str, value: Any) -> None:
    """Directly, within another workflow, a dynamic task, a launch plan, a plain function."""
    assert module(EARLY, more, LATER)[name](x=3) == value


def test_a_branch_and_a_map_may_come_later() -> None:
    """Whatever the graph has, its names are looked up when it is drawn."""
    body = """
@workflow
def pipe(x: int, xs: list[int]) -> tuple[int, list[int]]:
    chosen = conditional("sign").if_(x > 0).then(later(x=x)).else_().then(other(x=x))
    return chosen, map_task(other)(x=xs)
"""
    found = module(body, LATER, "@task\ndef other(x: int) -> int:\n    return -x")
    assert found["pipe"](x=1, xs=[1, 2]) == (2, [-1, -2])
    assert found["pipe"](x=-1, xs=[]) == (1, [])


def test_the_order_of_lines_changes_nothing_that_is_registered() -> None:
    """The workflow is the same, byte for byte, whichever comes first."""
    image = ImageConfig(default_image=Image("default", "example.org/image", "v1"))
    settings = SerializationSettings(image_config=image, project="p", domain="d", version="v")
    forms = [to_spec(module(*lines)["pipe"], settings) for lines in ((EARLY, LATER), (LATER, EARLY))]
    assert forms[0].SerializeToString(deterministic=True) == forms[1].SerializeToString(deterministic=True)
    assert forms[0].template.nodes[0].task_node.reference_id.name == "__main__.later"


def test_it_is_drawn_once_with_the_task_of_that_time() -> None:
    """What is redefined after the first use is for a workflow of a later line; before it, the newer one counts."""
    found = module(EARLY, LATER, LATER.replace("+ 1", "+ 100"))
    assert found["pipe"](x=1) == 101
    exec(LATER.replace("+ 1", "+ 1000"), found)
    assert found["pipe"](x=1) == 101
    assert found["pipe"].nodes is not None
    assert "missing_name" not in vars(found["pipe"])


def test_two_workflows_may_name_each_others_tasks() -> None:
    """Each is drawn as soon as its own names are there."""
    found = module(
        "@workflow\ndef one(x: int) -> int:\n    return second(x=x)",
        "@task\ndef first(x: int) -> int:\n    return x * 10",
        "@workflow\ndef two(x: int) -> int:\n    return first(x=one(x=x))",
        "@task\ndef second(x: int) -> int:\n    return x + 1",
    )
    assert (found["two"](x=1), found["one"](x=1)) == (20, 2)


def test_names_of_an_outer_function_may_come_later() -> None:
    """In a function, too, the workflow may stand above its task."""
    source = """
def make(factor):
    @workflow
    def pipe(x: int) -> int:
        return scaled(x=x)
    @task
    def scaled(x: int) -> int:
        return x * factor
    return pipe
"""
    assert module(source)["make"](7)(x=6) == 42


def test_a_name_that_is_nowhere_is_told_at_first_use() -> None:
    """In one line, with what it may be meant for; and it goes on working once that is defined."""
    found = module(EARLY.replace("later(", "latre("), LATER)
    assert "not drawn before 'latre' is defined" in repr(found["pipe"])
    with pytest.raises(
        DefinitionError, match=r"Workflow 'pipe' uses 'latre', which isn't defined\. Did you mean 'later'"
    ):
        found["pipe"](x=1)
    found["latre"] = found["later"]
    assert found["pipe"](x=1) == 2


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        ("@workflow\ndef pipe(x: int) -> int:\n    later(x=x)", DefinitionError, "declares the output int"),
        ("@workflow\ndef pipe(x: int) -> str:\n    return later(x=x)", DefinitionError, "is str, but gets int"),
        (
            "@workflow\ndef pipe(x: int) -> int:\n    y = later(x=y)\n    return y",
            UnboundLocalError,
            "local variable 'y'",
        ),
    ],
)
def test_mistakes_are_told_where_the_workflow_is_defined(source: str, error: type[Exception], words: str) -> None:
    """Only a missing name can wait; a local variable without a value never gets one."""
    with pytest.raises(error, match=words):
        module(LATER, source)


def test_a_missing_name_in_a_library_is_told_at_once() -> None:
    """It isn't the user's to define."""
    library: dict[str, Any] = {"__name__": "library"}
    exec("def broken():\n    return nowhere", library)
    with pytest.raises(NameError, match="nowhere"):
        exec("@workflow\ndef pipe() -> int:\n    return broken()", {**NAMES, "broken": library["broken"]})


def test_a_workflow_that_runs_itself_is_refused() -> None:
    """Directly, or by way of another workflow or a launch plan: it would never end."""
    found = module(
        "@workflow\ndef me(x: int) -> int:\n    return me(x=x)",
        "@workflow\ndef ping(x: int) -> int:\n    return pong(x=x)",
        "plan = LaunchPlan.get_or_create(ping, 'ping_plan')",
        "@workflow\ndef pong(x: int) -> int:\n    return plan(x=x)",
    )
    with pytest.raises(DefinitionError, match="Workflow 'me' runs itself: it would never end"):
        found["me"](x=1)
    with pytest.raises(DefinitionError, match="Workflow 'ping' runs itself, by way of 'pong'"):
        found["ping"](x=1)
    with pytest.raises(DefinitionError, match="Workflow 'pong' runs itself, by way of 'ping'"):
        found["pong"](x=1)
