"""Which resolver a task gets, what it writes into the command, and what it makes of it."""

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity, pickled_entity_of
from autocontainer_nb.core.entities.notebook_scope import install_notebook_resolver, uninstall_notebook_resolver
from autocontainer_nb.core.python_auto_container import default_notebook_task_resolver, default_task_resolver
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import DefinitionError, EntityNotFoundError
from autocontainer_nb.image.config import ImageConfig

SETTINGS = SerializationSettings(image_config=ImageConfig(), pickled_entity_digest="ab" * 32)


@task
def installed(x: int) -> int:
    return x


def define(source: str = "@task\ndef cell_task(x: int) -> int:\n    return x + 1\n"):
    namespace = {"__name__": "__main__", "task": task}
    exec(source, namespace)
    return namespace["cell_task"]


@pytest.fixture
def _notebook() -> Iterator[None]:
    install_notebook_resolver("my_notebook")
    yield
    uninstall_notebook_resolver()


@pytest.mark.usefixtures("_notebook")
def test_cell_defined_tasks_get_the_notebook_resolver() -> None:
    """Inside a notebook's scope, a task of `__main__` is named after the notebook; a module's task isn't."""
    cell_task = define()
    assert cell_task.task_resolver is default_notebook_task_resolver
    assert cell_task.name == "my_notebook.cell_task"
    assert task(installed.task_function).task_resolver is default_task_resolver


def test_the_scope_closes() -> None:
    assert define().task_resolver is default_task_resolver


def test_locations_can_be_imported() -> None:
    """A resolver's location is what the container's command carries; importing it gives the same object."""
    for resolver in (default_task_resolver, default_notebook_task_resolver):
        module, _, name = resolver.location.rpartition(".")
        assert getattr(sys.modules[module], name) is resolver
        assert module == "autocontainer_nb.core.python_auto_container"
        assert resolver.instantiated_in == module
        assert resolver.lhs == name
        assert pickle.loads(pickle.dumps(resolver)) is resolver


def test_the_notebook_resolver_finds_what_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loader args name the entity and the digest; loading them gives the task from the file here."""
    cell_task = define()
    digest = dump_pickled_entity(pickled_entity_of(cell_task), str(tmp_path / "entities.pkl"))
    settings = SerializationSettings(image_config=ImageConfig(), pickled_entity_digest=digest)
    arguments = default_notebook_task_resolver.loader_args(settings, cell_task)
    assert arguments == ["entity-name", "__main__.cell_task", "digest", digest]
    monkeypatch.chdir(tmp_path)
    assert default_notebook_task_resolver.load_task(arguments)(1) == 2
    assert [found.name for found in default_notebook_task_resolver.get_all_tasks()] == ["__main__.cell_task"]
    with pytest.raises(EntityNotFoundError, match=r"Its entities: '__main__\.cell_task'"):
        default_notebook_task_resolver.load_task(["entity-name", "other"])


def test_the_default_resolver_finds_what_it_wrote() -> None:
    arguments = default_task_resolver.loader_args(SETTINGS, installed)
    assert arguments == ["task-module", __name__, "task-name", "installed"]
    assert default_task_resolver.load_task(arguments) is installed
    assert installed in default_task_resolver.get_all_tasks()


@pytest.mark.parametrize(
    "arguments", [[], ["task-module"], ["task-module", "sys", "task-name", "path"], ["a", "b", "c"]]
)
def test_loader_args_of_another_form_are_told(arguments: list[str]) -> None:
    with pytest.raises(DefinitionError, match=r"loader arguments|has no task"):
        default_task_resolver.load_task(arguments)


def test_a_task_that_no_variable_holds_cannot_be_found_by_name() -> None:
    with pytest.raises(DefinitionError, match="isn't held by a variable"):
        default_task_resolver.loader_args(SETTINGS, task(installed.task_function))
