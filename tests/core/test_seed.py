"""The seed, whole: every class, method, property, function and variable is there, with its parameters in their order.

`seed_table.json` is made from the seed's own text by `write_seed_table.py`; nothing is left out of it.
"""

import inspect
import json
from pathlib import Path

import pytest

from autocontainer_nb.core import python_auto_container
from autocontainer_nb.core.python_auto_container import default_notebook_task_resolver, default_task_resolver
from autocontainer_nb.core.tasks.task import task

TABLE = json.loads((Path(__file__).parent / "seed_table.json").read_text(encoding="utf-8"))
CLASSES = TABLE["classes"]
METHODS = [(owner, name, given) for owner, told in CLASSES.items() for name, given in told["methods"].items()]
PROPERTIES = [(owner, name) for owner, told in CLASSES.items() for name in told["properties"]]


@task(environment={"A": "1"})
def train(x: int) -> int:
    """Train."""
    return x


INSTANCES = {
    "DefaultTaskResolver": default_task_resolver,
    "DefaultNotebookTaskResolver": default_notebook_task_resolver,
    "PythonAutoContainerTask": train,
}


def assert_parameters(function: object, expected: list[str]) -> None:
    """Names and order are the seed's; `args` and `kwargs` collect, or what they stand for is spelled out."""
    parameters = {name: each for name, each in inspect.signature(function).parameters.items() if name != "self"}
    kinds = {each.kind for each in parameters.values()}
    named = [name for name in expected if name not in {"args", "kwargs"}]
    assert [name for name in parameters if name in named] == named
    if "args" in expected:
        assert inspect.Parameter.VAR_POSITIONAL in kinds
    if "kwargs" in expected:
        assert kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    for name, extra in parameters.items():
        if name not in expected:
            assert "kwargs" in expected, f"{name} isn't the seed's"
            assert extra.kind is extra.VAR_KEYWORD or extra.default is not extra.empty, name


def test_the_table_is_the_whole_seed() -> None:
    """The table's size is the seed's: a parser that loses entries would make the tests below pass for nothing."""
    counts = {name: (len(told["methods"]), len(told["properties"])) for name, told in CLASSES.items()}
    assert counts == {
        "DefaultNotebookTaskResolver": (6, 3),
        "DefaultTaskResolver": (6, 3),
        "PickledEntity": (0, 0),
        "PickledEntityMetadata": (0, 0),
        "PythonAutoContainerTask": (25, 19),
    }
    assert list(TABLE["functions"]) == ["get_registerable_container_image", "update_image_spec_copy_handling"]
    variables = ["PICKLE_FILE_PATH", "T", "default_notebook_task_resolver", "default_task_resolver"]
    assert TABLE["variables"] == variables


@pytest.mark.parametrize("name", [*CLASSES, *TABLE["functions"], *TABLE["variables"]])
def test_a_name_of_the_module_is_exported(name: str) -> None:
    assert name in python_auto_container.__all__
    assert hasattr(python_auto_container, name)


@pytest.mark.parametrize(("name", "expected"), TABLE["functions"].items())
def test_a_function_has_the_seeds_parameters(name: str, expected: list[str]) -> None:
    assert_parameters(getattr(python_auto_container, name), expected)


@pytest.mark.parametrize("name", CLASSES)
def test_a_constructor_has_the_seeds_parameters(name: str) -> None:
    assert_parameters(getattr(python_auto_container, name).__init__, CLASSES[name]["parameters"])


@pytest.mark.parametrize(("owner", "name", "expected"), METHODS)
def test_a_method_has_the_seeds_parameters(owner: str, name: str, expected: list[str]) -> None:
    method = getattr(getattr(python_auto_container, owner), name)
    assert callable(method)
    assert inspect.getdoc(method)
    assert_parameters(method, expected)


@pytest.mark.parametrize(("owner", "name"), PROPERTIES)
def test_a_property_is_one_and_has_a_value(owner: str, name: str) -> None:
    """Each property is documented, and reading it gives something rather than an error."""
    found = inspect.getattr_static(getattr(python_auto_container, owner), name)
    assert isinstance(found, property)
    assert inspect.getdoc(found)
    getattr(INSTANCES[owner], name)
