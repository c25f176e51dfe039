"""Names outside ASCII: refused where Flyte would have to read them, spelt in ASCII where an entity is registered."""

# ruff: noqa: PLC2401 - such names are what is tested
from typing import NamedTuple

import pytest
from golden_message import SETTINGS

from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.entities.notebook_scope import install_notebook_resolver, uninstall_notebook_resolver
from autocontainer_nb.core.resolvers.default import DefaultNotebookTaskResolver
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.tasks.container_task import ContainerTask
from autocontainer_nb.core.tasks.shell_task import ShellTask
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.imperative import ImperativeWorkflow
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import DefinitionError, InputError


class Measures(NamedTuple):
    länge: int


@task
def größe(x: int) -> int:
    return x + 1


@task
def groesse(x: int) -> int:
    return x + 2


@workflow
def überblick(x: int) -> tuple[int, int]:
    return größe(x=x), groesse(x=x)


def _input(länge: int) -> int:
    return länge


def _output(x: int) -> Measures:
    return Measures(x)


@pytest.mark.parametrize("decorate", [task, dynamic, workflow])
@pytest.mark.parametrize("function", [_input, _output])
def test_inputs_and_outputs_are_refused_with_a_name_to_take(decorate, function) -> None:
    """Flyte's parser can't read them; the line that defines them says so."""
    with pytest.raises(DefinitionError, match=r"'länge' can't be registered: .*ASCII.*Call it 'laenge'\."):
        decorate(function)


def test_inputs_that_no_function_names_are_refused_too() -> None:
    """Of tasks by script and image, and of workflows that are put together call by call."""
    built = ImperativeWorkflow("built")
    for make in (
        lambda: ShellTask("shell", script="true", inputs={"größe": int}),
        lambda: ContainerTask("tool", "a/b:1", ["true"], inputs={"a-b": int}),
        lambda: built.add_workflow_input("größe", int),
        lambda: built.add_workflow_output("größe", 3, int),
    ):
        with pytest.raises(
            DefinitionError, match="can't be registered: Flyte accepts only ASCII letters, digits and `_`"
        ):
            make()


def test_entities_are_registered_in_ascii_and_called_by_their_own_names() -> None:
    """Messages, results and calls keep the name; two names of one spelling are two tasks."""
    assert überblick(x=1) == (2, 3)
    assert größe.name.isascii()
    assert größe.name.rpartition(".")[2].startswith("groesse_")
    assert groesse.name.rpartition(".")[2] == "groesse"
    assert (größe.short_name, überblick.short_name) == ("größe", "überblick")
    with pytest.raises(InputError, match=r"Task 'größe' needs a value for x: int\. The task is größe\(x: int\)"):
        größe()
    template = to_spec(überblick, SETTINGS).template
    assert template.id.name == überblick.name
    assert [node.task_node.reference_id.name for node in template.nodes] == [größe.name, groesse.name]
    assert [node.metadata.name for node in template.nodes] == ["groesse", "groesse"]


@pytest.fixture
def _notebook():
    install_notebook_resolver("übung")
    yield
    uninstall_notebook_resolver()


@pytest.mark.usefixtures("_notebook")
def test_a_notebooks_names_are_spelt_too() -> None:
    """The notebook's own part, functions, and names that are given; the container is told the registered one."""

    def länge(x: int) -> int:
        return x

    länge.__module__ = "__main__"
    made = task(länge)
    prefix, _, name = made.name.partition(".")
    assert prefix.startswith("uebung_")
    assert name.startswith("laenge_")
    assert made.name.isascii()
    assert DefaultNotebookTaskResolver().loader_args(SETTINGS, made)[1] == made.name
    assert LaunchPlan.create("tägliche größe", überblick).name.isascii()
