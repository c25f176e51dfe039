"""The exported names are the real ones: complete, importable, documented, and where the seed's user looks for them."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import autocontainer_nb
from autocontainer_nb.core import python_auto_container

ROOT_FILE = Path(autocontainer_nb.__file__)

# The Directory of the seed (flytekit.core.python_auto_container): each name imports from the module of the same name
# here and from the root.
SEED_DIRECTORY = {
    "DefaultNotebookTaskResolver",
    "DefaultTaskResolver",
    "PickledEntity",
    "PickledEntityMetadata",
    "PythonAutoContainerTask",
    "get_registerable_container_image",
    "update_image_spec_copy_handling",
    "PICKLE_FILE_PATH",
    "T",
    "default_notebook_task_resolver",
    "default_task_resolver",
}

# What the seed tells of its classes, as far as the root shows them; `core/test_seed.py` has all of it.
SEED_CONSTRUCTORS = {
    "PickledEntity": ["metadata", "entities"],
    "PickledEntityMetadata": ["python_version"],
    "PythonAutoContainerTask": [
        "name", "task_config", "task_type", "container_image", "requests", "limits", "environment", "task_resolver",
        "secret_requests", "pod_template", "pod_template_name", "accelerator", "shared_memory", "resources", "kwargs",
    ],
}  # fmt: skip
SEED_METHODS = {
    "PythonAutoContainerTask": [
        "get_command", "get_container", "get_default_command", "reset_command_fn", "set_command_fn", "set_resolver",
    ],
    "DefaultTaskResolver": ["find_lhs", "get_all_tasks", "load_task", "loader_args", "name", "task_name"],
    "DefaultNotebookTaskResolver": ["find_lhs", "get_all_tasks", "load_task", "loader_args", "name", "task_name"],
}  # fmt: skip

NO_DOCSTRING = {"PICKLE_FILE_PATH", "T", "__version__"}  # a string, a type variable, a string


def type_checking_imports() -> dict[str, str]:
    """Return name ► module, as the root tells type checkers."""
    [block] = [node for node in ast.parse(ROOT_FILE.read_text(encoding="utf-8")).body if isinstance(node, ast.If)][:1]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    for node in imports:
        assert [alias.name for alias in node.names] == [alias.asname for alias in node.names], "X as X: an export"
    return {alias.name: node.module for node in imports for alias in node.names}


def test_the_three_lists_of_the_root_agree():
    """`__all__`, the table of homes and the imports for type checkers hold the same names with the same modules."""
    homes = {name: f"autocontainer_nb.{home}" for name, home in autocontainer_nb._HOMES.items()}
    assert homes.pop("__version__") == "autocontainer_nb.wire:PACKAGE_VERSION"
    assert type_checking_imports() == homes
    assert set(autocontainer_nb.__all__) == set(autocontainer_nb._HOMES)


def test_all_is_sorted_and_has_no_name_twice():
    """`__all__` is in the order that ruff keeps: constants, classes, the rest."""

    def place(name: str) -> tuple[int, str]:
        return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name)

    assert autocontainer_nb.__all__ == sorted(set(autocontainer_nb.__all__), key=place)


@pytest.mark.parametrize("name", autocontainer_nb.__all__)
def test_a_public_name_is_importable_and_documented(name):
    """Each name loads, is the object of its home module, shows up in dir(), and has a docstring of its own."""
    value = getattr(autocontainer_nb, name)
    home, _, there = autocontainer_nb._HOMES[name].partition(":")
    assert getattr(importlib.import_module(f"autocontainer_nb.{home}"), there or name) is value
    assert name in dir(autocontainer_nb)
    if name not in NO_DOCSTRING:
        assert inspect.getdoc(value)


def test_star_import_brings_exactly_the_public_names():
    """`from autocontainer_nb import *` gives `__all__` and nothing else."""
    namespace: dict[str, object] = {}
    exec("from autocontainer_nb import *", namespace)
    assert set(namespace) - {"__builtins__"} == set(autocontainer_nb.__all__)


def test_an_unknown_name_is_an_attribute_error():
    """A misspelt name fails as it does for any module, so that hasattr and doctest collectors work."""
    with pytest.raises(AttributeError, match="'autocontainer_nb' has no attribute 'tsak'"):
        autocontainer_nb.tsak  # noqa: B018 - the access is what is tested
    assert not hasattr(autocontainer_nb, "__wrapped__")


@pytest.mark.parametrize("name", sorted(SEED_DIRECTORY))
def test_a_name_of_the_seed_is_in_both_places(name):
    """The seed's name imports from core.python_auto_container and from the root, and is the same object."""
    assert getattr(autocontainer_nb, name) is getattr(python_auto_container, name)
    assert name in python_auto_container.__all__


@pytest.mark.parametrize(("name", "expected"), SEED_CONSTRUCTORS.items())
def test_a_constructor_has_the_seeds_parameters(name, expected):
    """Names and order are the seed's; more may follow where the seed has `kwargs`, or with a default."""
    parameters = inspect.signature(getattr(autocontainer_nb, name)).parameters
    named = [parameter for parameter in expected if parameter != "kwargs"]
    assert [parameter for parameter in parameters if parameter in named] == named
    if "kwargs" in expected:  # what the seed's base takes: collected, or spelled out one by one
        kinds = {parameter.kind for parameter in parameters.values()}
        assert kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    for extra in set(parameters) - set(expected):
        assert parameters[extra].default is not inspect.Parameter.empty, extra


@pytest.mark.parametrize(("owner", "method"), [(owner, m) for owner, methods in SEED_METHODS.items() for m in methods])
def test_a_class_has_the_seeds_methods(owner, method):
    """Each method exists and says what it gives."""
    found = inspect.getattr_static(getattr(autocontainer_nb, owner), method)
    assert callable(getattr(autocontainer_nb, owner).__dict__.get(method, found)) or isinstance(found, property)
    assert inspect.getdoc(getattr(getattr(autocontainer_nb, owner), method))


def test_the_values_that_other_processes_rely_on():
    """The file's name and the resolvers' locations are part of registered tasks: they never change."""
    assert autocontainer_nb.PICKLE_FILE_PATH == "entities.pkl"
    for name in ("default_task_resolver", "default_notebook_task_resolver"):
        location = getattr(autocontainer_nb, name).location
        assert location == f"autocontainer_nb.core.python_auto_container.{name}"
    assert isinstance(autocontainer_nb.default_task_resolver, autocontainer_nb.DefaultTaskResolver)
    assert isinstance(autocontainer_nb.default_notebook_task_resolver, autocontainer_nb.DefaultNotebookTaskResolver)


def test_the_version_is_the_distributions():
    """`__version__`, the installed distribution's metadata and the wire's constant are one."""
    from importlib.metadata import version

    assert autocontainer_nb.__version__ == version("autocontainer-nb")


def test_the_submodules_of_a_fresh_process_are_reachable():
    """`import autocontainer_nb.core.tasks.task` after the root's own `task` was used still gives the module."""
    code = (
        "import autocontainer_nb, sys; from autocontainer_nb import task;"
        "import autocontainer_nb.core.tasks.task as module; assert module.task is task;"
        "assert autocontainer_nb.task is task; assert autocontainer_nb.core.tasks.task is module"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
