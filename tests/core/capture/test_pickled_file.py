"""`dump_pickled_entity`, `load_pickled_entity`, `inspect_pickled_entity`, as the package root offers them."""

import platform
from pathlib import Path

import pytest

from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity, inspect_pickled_entity
from autocontainer_nb.core.resolvers.pickled_entity import PickledEntity, PickledEntityMetadata, load_pickled_entity
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import CaptureError, DefinitionError, DigestMismatchError, UnpicklingError
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.writer import write_archive

FACTOR = 3


def tripled(x: int) -> int:
    return x * FACTOR


@task
def triple(x: int) -> int:
    return tripled(x)


@task
def six(x: int) -> int:
    return tripled(x) * 2


def test_a_dumped_entity_is_loaded_by_its_digest(tmp_path: Path) -> None:
    """Tasks come back under their names, work, and reach the helper that they share."""
    path = str(tmp_path / "entities.pkl")
    entity = PickledEntity(PickledEntityMetadata("3.12.1"), {"a": triple, "b": six})
    digest = dump_pickled_entity(entity, path)
    loaded = load_pickled_entity(path, digest)
    assert loaded.metadata == PickledEntityMetadata("3.12.1")
    assert (loaded.entities["a"](2), loaded.entities["b"](2)) == (6, 12)
    with pytest.raises(DigestMismatchError):
        load_pickled_entity(path, "0" * 64)


def test_the_metadata_is_told_without_loading(tmp_path: Path) -> None:
    path = str(tmp_path / "entities.pkl")
    digest = dump_pickled_entity(PickledEntity(PickledEntityMetadata("x"), {"a": six}), path)
    told = inspect_pickled_entity(path)
    assert told["digest"] == digest
    assert told["python_version"] == platform.python_version()
    (entity,) = told["entities"]
    assert entity["name"] == "a"
    assert (entity["kind"], entity["inputs"], entity["outputs"]) == ("task", {"x": "int"}, {"o0": "int"})
    assert [capture["name"] for capture in entity["captures"]] == [
        "tripled"
    ]  # FACTOR is its module's, which travels as source
    assert "def six" in entity["source"]


@workflow
def both(x: int) -> int:
    return six(x=triple(x=x))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (six, {"six": 12}),
        ([triple, six], {"triple": 6, "six": 12}),
        ((six, six), {"six": 12}),
        (both, {"triple": 6, "six": 12}),
        (LaunchPlan.create("both", both), {"triple": 6, "six": 12}),
        ([both, triple], {"triple": 6, "six": 12}),
    ],
)
def test_tasks_and_graphs_are_dumped_as_they_are(given, expected, tmp_path: Path) -> None:
    """A task, several, a workflow or a launch plan: its tasks are in the file, by their registered names."""
    path = tmp_path / "entities.pkl"
    digest = dump_pickled_entity(given, path)
    loaded = load_pickled_entity(str(path), digest)
    assert loaded.metadata == PickledEntityMetadata(platform.python_version())
    prefix = triple.name.removesuffix("triple")
    assert {name.removeprefix(prefix): each(2) for name, each in loaded.entities.items()} == expected


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (tripled, "got a function, tripled: write @task above `def tripled`"),
        ([six, 3], "got an int, 3"),
        ("six", "got a str, 'six'"),
        ([], "there is nothing to write"),
    ],
)
def test_what_is_no_entity_is_refused_in_words(given, words, tmp_path: Path) -> None:
    """What was passed and what to pass are told, and no file is left behind."""
    with pytest.raises(DefinitionError) as raised:
        dump_pickled_entity(given, str(tmp_path / "entities.pkl"))
    assert words in str(raised.value)
    assert str(raised.value).startswith("dump_pickled_entity: ")
    assert list(tmp_path.iterdir()) == []


def test_something_else_than_an_entity_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "entities.pkl")
    write_archive(path, [1], [], CellBook())
    with pytest.raises(UnpicklingError, match="expected a PickledEntity, got a list"):
        load_pickled_entity(path)


def test_what_cannot_travel_is_told_with_the_tasks_name(tmp_path: Path) -> None:
    stream = (x for x in range(3))

    @task
    def reads() -> int:
        return next(stream)

    with pytest.raises(CaptureError, match=r"'nb\.reads' can't be captured: `reads ► stream` is a generator"):
        dump_pickled_entity(PickledEntity(PickledEntityMetadata("x"), {"nb.reads": reads}), str(tmp_path / "e.pkl"))
