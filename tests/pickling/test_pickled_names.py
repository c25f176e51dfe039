"""What is ours has lasting names in pickles: every public thing has one, nothing else of ours gets into a pickle."""

import importlib.util
import io
import pickle
import pickletools
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar

import pytest
from archives import write

import autocontainer_nb
from autocontainer_nb.core.python_auto_container import default_notebook_task_resolver
from autocontainer_nb.core.settings.resources import Resources
from autocontainer_nb.errors import UnpicklingError
from autocontainer_nb.pickled_names import MAKERS, PLACES, REFERENCES, VALUES, lasting_path, name_of, named
from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.inspect.description import inspect_archive
from autocontainer_nb.pickling.portable.naming import NamingPickler
from autocontainer_nb.pickling.reader import open_verified
from autocontainer_nb.pickling.values import dumps
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile

ROOT = "autocontainer_nb"
PACKAGE = Path(autocontainer_nb.__file__).parent
CONFORMANCE = Path(__file__).parent.parent / "conformance"
# Machinery of a launch, a run or a conversion: no variable of a user's, and no task, holds one beyond it.
HELD_BY_NOBODY = {
    "Capture", "CheckedInputs", "Child", "Children", "CodeOrigin", "DynamicGraph", "EagerDeck", "Engine", "Failure",
    "FlyteContext", "Graph", "GraphWriter", "Names", "NodeEntity", "NotPackableError", "NotYet", "NotebookScope",
    "OffloadLimits", "Packer", "Page", "ParametersBuilder", "RunsInGraph", "SecretsManager", "SimpleUnion",
    "SpawnedMain", "Stored", "TaskTarget", "Waiting",
}  # fmt: skip
NEEDS_TORCH = {"ModuleTransformer", "TensorTransformer"}


def texts_in(data: bytes) -> set[str]:
    """Return the texts in a pickle, among them all modules that it names."""
    return {argument for _, argument, _ in pickletools.genops(data) if isinstance(argument, str)}


def paths_in(data: bytes) -> set[str]:
    """Return the paths of modules of ours that stand in a pickle."""
    return {text for text in texts_in(data) if text.startswith(f"{ROOT}.")}


def captured(value: Any) -> bytes:
    file = io.BytesIO()
    CapturePickler(file, SourceCollector(CellBook())).dump(value)
    return file.getvalue()


def known() -> Iterator[tuple[str, Any]]:
    """Yield (name, what it stands for) of the whole table, less what needs torch where there is none."""
    for name in PLACES:
        if name not in NEEDS_TORCH or importlib.util.find_spec("torch"):
            yield name, named(name)


def test_every_name_leads_to_its_thing_and_back():
    """The place of each name is right, and is where the thing is defined: else it would be pickled by its path."""
    for name, found in known():
        if isinstance(found, FunctionType | type | TypeVar):
            assert name_of(found) == name
        else:
            assert name in {"default_notebook_task_resolver", "default_task_resolver"}


def test_no_name_stands_in_two_tables():
    assert len(PLACES) == len(VALUES) + len(MAKERS) + len(REFERENCES)


def test_public_things_have_their_public_names():
    """Each class and function of the package root has a lasting name; where the root has the name, it is that thing."""
    for name in set(autocontainer_nb.__all__) - {"__version__", "PICKLE_FILE_PATH"}:
        thing = getattr(autocontainer_nb, name)
        found = name_of(thing) if isinstance(thing, FunctionType | type | TypeVar) else name
        assert found is not None, f"{name} has no lasting name: give it one in autocontainer_nb/pickled_names.py"
        assert named(found) is thing
        assert name not in PLACES or named(name) is thing


def test_every_class_of_ours_has_a_name_or_is_held_by_nobody():
    """A class of core, type_engine, image or errors is in the table, or stated as one that nothing pickled holds."""
    missing = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] not in {"core", "type_engine", "image", "errors", "slots"} or parts[-1] in {
            "__init__",
            "torch_files",
        }:
            continue
        module = importlib.import_module(".".join([ROOT, *parts]))
        for name, value in vars(module).items():
            is_own = isinstance(value, type) and value.__module__ == module.__name__ and not name.startswith("_")
            if is_own and name_of(value) is None and name not in HELD_BY_NOBODY:
                missing.append(f"{module.__name__}.{name}")
    assert missing == [], "give them names in autocontainer_nb/pickled_names.py"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Resources, "Resources"),
        (FlyteFile["csv"], "FlyteFile:csv"),
        (FlyteFile["tar.gz"], "FlyteFile:tar.gz"),
        (FlyteFile.__fspath__, f"{FlyteFile.__fspath__.__qualname__}"),
        (default_notebook_task_resolver, "default_notebook_task_resolver"),
        (autocontainer_nb.T, "T"),
    ],
)
@pytest.mark.parametrize("pickled", [captured, dumps])
def test_what_is_ours_is_pickled_by_its_name_and_comes_back_as_itself(value, name, pickled):
    """A class, one with a format, a method, a resolver, a type variable: the pickle holds the name and no path."""
    data = pickled(value)
    assert name in texts_in(data)
    assert paths_in(data) == {f"{ROOT}.pickled_names"}
    assert pickle.loads(data) is value


def test_a_value_of_a_type_without_a_form_of_its_own_names_ours_too(tmp_path):
    """Inputs and outputs that travel as pickles hold no path, either."""
    from autocontainer_nb.storage.access import PrefixAccess
    from autocontainer_nb.type_engine.engine import type_engine

    files = PrefixAccess(str(tmp_path / "raw"), tmp_path / "scratch")
    given = {("limits",): Resources(cpu="2")}
    literal = type_engine.to_literal(given, object, files=files)
    [stored] = [path for path in (tmp_path / "raw").rglob("*") if path.is_file()]
    assert paths_in(stored.read_bytes()) == {f"{ROOT}.pickled_names"}
    assert type_engine.from_literal(literal, object, files=files) == given


def test_every_entity_of_the_conformance_corpus_names_nothing_by_its_path(monkeypatch):
    """Tasks, workflows, launch plans and values of more than a hundred cells: nothing of ours lacks a name."""
    monkeypatch.syspath_prepend(str(CONFORMANCE))
    from definition_cells import OURS, read_definitions

    unnamed: list[object] = []
    monkeypatch.setattr(NamingPickler, "unnamed", staticmethod(unnamed.append))
    pickled = 0
    for definition in read_definitions().values():
        names: dict[str, Any] = {"__name__": "__main__"}
        opening, body = definition.texts_for(OURS)
        try:
            exec(compile(opening, definition.path, "exec"), names)
            exec(compile(body, definition.path, "exec"), names)
        except Exception:  # noqa: BLE001 - what is to be refused, or needs a package that isn't here
            continue
        names.pop("__builtins__", None)  # Python's, and what a task's process has added to them
        for value in list(names.values()):
            try:
                captured(value)
            except Exception:  # noqa: BLE001 - a value that can't be pickled at all
                continue
            pickled += 1
    assert unnamed == []
    assert pickled > 1000


def test_what_is_no_name_is_refused_by_name(tmp_path):
    """A file of a newer version, which names what this one doesn't have, says so."""
    with pytest.raises(ImportError, match="doesn't know 'Tomorrow': a newer version wrote the file"):
        named("Tomorrow.today")

    class Newer:
        def __reduce__(self) -> Any:
            return named, ("Tomorrow",)

    path = tmp_path / "entities.pkl"
    write(Newer(), path)
    with pytest.raises(UnpicklingError, match="a newer version wrote the file"):
        open_verified(str(path)).unpickle()


class Calling:
    """Pickled as a call of what a name stands for."""

    def __init__(self, name: str, *arguments: Any) -> None:
        self.name = name
        self.arguments = arguments

    def __reduce__(self) -> Any:
        return _Named(self.name), self.arguments


class _Named:
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self) -> None:
        """Be something that pickle takes for a function."""

    def __reduce__(self) -> Any:
        return named, (self.name,)


@pytest.mark.parametrize(
    ("value", "what", "severity"),
    [
        (Resources(cpu="1"), "autocontainer_nb.Resources", "harmless"),
        (Calling("Resources"), "autocontainer_nb.Resources", "harmless"),
        (Calling("Tomorrow"), "autocontainer_nb.Tomorrow", "unknown"),
        (Calling("dump_pickled_entity", None, "/etc/passwd"), "autocontainer_nb.dump_pickled_entity", "unknown"),
        (Calling("FlyteFile.__init__.__globals__"), "autocontainer_nb.FlyteFile.__init__.__globals__", "danger"),
        ([Calling("map_task"), _Named("Tomorrow")], "autocontainer_nb.pickled_names.named", "unknown"),
    ],
)
def test_inspecting_shows_names_and_trusts_those_of_the_table_alone(tmp_path, value, what, severity):
    """A class by its lasting name makes an object and no more; other names do what the package makes of them."""
    path = tmp_path / "entities.pkl"
    write(value, path)
    calls = inspect_archive(str(path))["pickle"]["calls"]
    assert severity in {call["severity"] for call in calls if call["what"] == what}


def test_what_is_looked_up_through_a_name_is_judged_as_itself(tmp_path):
    """`importlib_attribute` looks up any name: what it finds is judged, not the way to it."""
    path = tmp_path / "entities.pkl"

    class Sly:
        def __reduce__(self) -> Any:
            return _Looked(), ("true",)

    class _Looked:
        def __call__(self) -> None:
            """Be something that pickle takes for a function."""

        def __reduce__(self) -> Any:
            return Calling("importlib_attribute").__reduce__()[0], ("os", "system")

    write(Sly(), path)
    calls = inspect_archive(str(path))["pickle"]["calls"]
    assert ("os.system", "danger") in {(call["what"], call["severity"]) for call in calls}


def test_a_plain_pickle_of_ours_is_told_by_lasting_names_too(tmp_path):
    """`pickle.dumps` writes paths: where they are places of the table, inspecting knows what they are."""
    from autocontainer_nb.pickling.inspect.description import inspect_file

    path = tmp_path / "plain.pkl"
    path.write_bytes(pickle.dumps(Resources(cpu="1")))
    told = inspect_file(str(path))
    assert "Resources" in told["pickle"]["references"][ROOT]
    assert {call["severity"] for call in told["pickle"]["calls"]} == {"harmless"}


def test_names_of_others_are_none():
    """What isn't ours, what has no name, and what only looks like ours has no lasting name."""
    assert [name_of(one) for one in (int, pickle.dumps, Calling, importlib_twin())] == [None] * 4
    assert lasting_path(Resources) == "autocontainer_nb.Resources"


def importlib_twin() -> type:
    """Return another class that has the module and the name of one of ours."""
    return type("Resources", (), {"__module__": Resources.__module__})


@pytest.fixture(autouse=True)
def _no_module_is_left(monkeypatch):
    yield
    sys.modules.pop("definition_cells", None)
