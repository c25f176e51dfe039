"""What another minor version is told, and that it is told before anything of the file is unpickled."""

import ast
import json
import linecache
import sys
import types
from pathlib import Path

import pytest
from archives import Canary, change_metadata, members_of, rewrite, write

from autocontainer_nb.errors import ArchiveCorruptError, MemberMismatchError, PythonVersionError
from autocontainer_nb.pickling.code.cells import Cell, CellBook
from autocontainer_nb.pickling.inspect.description import inspect_archive
from autocontainer_nb.pickling.portable.functions import load_portable, make_generated
from autocontainer_nb.pickling.reader import open_verified

OTHER = "3.12.99" if sys.version_info[:2] != (3, 12) else "3.11.99"
FILENAME = "/tmp/ipykernel_7/1.py"


def run_cell(book: CellBook, source: str, filename: str = FILENAME, compiled: str = "", label: int = 1) -> dict:
    """Run a cell and return its names; `compiled` is what IPython compiles in its place, under the file name."""
    names = {"__name__": "__main__"}
    book.record(Cell(filename if not compiled else f"{filename}.cell", source, str(label), label))
    for statement in ast.parse(compiled or source).body:
        exec(compile(ast.Module([statement], []), filename, "exec", dont_inherit=True), names)
    return names


@pytest.fixture
def book() -> CellBook:
    return CellBook()


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace"


def as_of_another_python(path: Path, **changes: object) -> None:
    change_metadata(path, python_version=OTHER, **changes)


def test_code_without_source_is_refused_by_name_elsewhere_and_runs_here(tmp_path, trace, book):
    """A function made by exec loads on its own minor version; another one names it and executes nothing of the file."""
    names = run_cell(book, "exec('def made(x): return x + 1')\ndef usual(x): return made(x)")
    path = tmp_path / "entities.pkl"
    write([names["usual"], Canary(trace)], path, names["usual"], book)
    assert open_verified(str(path)).unpickle()[0](1) == 2
    trace.unlink()
    told = inspect_archive(str(path))["unportable"]
    assert [entry["name"] for entry in told] == ["made"]
    as_of_another_python(path)
    with pytest.raises(
        PythonVersionError, match=r"Nothing of it was unpickled.\n- made: its source isn't known"
    ) as caught:
        open_verified(str(path))
    assert f"image with Python {OTHER[:4]}" in str(caught.value)
    assert not trace.exists()


def test_what_the_library_lacks_is_named(tmp_path, trace, book):
    """A class of the standard library that this Python's doesn't have is told before anything is unpickled."""
    path = tmp_path / "entities.pkl"
    write(Canary(trace), path, None, book)
    as_of_another_python(path, references=["enum:Enum", "enum:Nowhere.Inner", "nosuchmodule:", "numpy.strange:x"])
    with pytest.raises(
        PythonVersionError, match=r"- enum\.Nowhere\.Inner: Python 3\.\d+'s standard library has no such"
    ):
        open_verified(str(path))
    assert not trace.exists()


@pytest.mark.parametrize(
    "change", [{"scope": "x"}, {"free": None}, {"source": 3}, {"flags": "f"}, {"key": None}, {"name": None}]
)
def test_damaged_records_are_refused(tmp_path, trace, book, change):
    """A record that isn't of the documented form is a damaged file, not a traceback, and nothing is unpickled."""
    path = tmp_path / "entities.pkl"
    names = run_cell(book, "def f(x): return x")
    write([names["f"], Canary(trace)], path, names["f"], book)
    [record] = inspect_archive(str(path))["code"]
    changed = {key: value for key, value in {**record, **change}.items() if value is not None}
    as_of_another_python(path, code=[changed])
    with pytest.raises(ArchiveCorruptError):
        open_verified(str(path))
    assert not trace.exists()


def test_an_altered_source_is_not_compiled(tmp_path, book):
    """The text that code is rebuilt from counts only with the hash that its record says."""
    path = tmp_path / "entities.pkl"
    names = run_cell(book, "def f(x): return x")
    write(names["f"], path, names["f"], book)
    as_of_another_python(path)
    members = members_of(path)
    [source] = [name for name in members if name.startswith("sources/")]
    rewrite(path, {**members, source: b"def f(x): return 2 * x"})
    with pytest.raises(MemberMismatchError):
        open_verified(str(path))


def test_another_line_or_number_is_not_believed(tmp_path, book):
    """A scope that isn't where the record says is told, never guessed."""
    path = tmp_path / "entities.pkl"
    names = run_cell(book, "\n\ndef f(x): return x\ndef g(): return 2")
    write(names["f"], path, names["f"], book)
    [record] = inspect_archive(str(path))["code"]
    assert (record["scope"], record["line"], record["name"]) == (0, 3, "f")
    for wrong in ({"scope": 1}, {"line": 4}, {"scope": 99}):
        as_of_another_python(path, code=[{**record, **wrong}])
        with pytest.raises(PythonVersionError, match=r"- f: .*can't be found"):
            open_verified(str(path))
    as_of_another_python(path, code=[record])
    open_verified(str(path))


def test_a_file_edited_since_it_was_imported_is_not_carried(tmp_path, book):
    """The text on disk is no proof: where it compiles to other code, other minor versions are refused."""
    script = tmp_path / "script.py"
    script.write_text("def f(x):\n    return x + 1\n", encoding="utf-8")
    names = {"__name__": "__main__"}
    exec(compile(script.read_text(encoding="utf-8"), str(script), "exec"), names)
    script.write_text("def f(x):\n    return x + 2\n", encoding="utf-8")
    linecache.checkcache(str(script))
    written = write(names["f"], tmp_path / "entities.pkl", names["f"], book)
    assert written.metadata["unportable"] == [
        {"name": "f", "reason": "script.py compiles to other code: it was edited after it had been imported"}
    ]


def test_the_body_of_a_cell_magic_is_its_source(tmp_path, book):
    """What `%%time` runs has the file name of no cell; the body that compiles to the code is found and travels."""
    body = "def timed(x):\n    return x * 2\n"
    wrapped = f"get_ipython().run_cell_magic('time', '', {body!r})\n"
    names = run_cell(book, wrapped, "<timed exec>", compiled=body)
    written = write(names["timed"], tmp_path / "entities.pkl", names["timed"], book)
    assert written.metadata["unportable"] == []
    [record] = written.metadata["code"]
    assert members_of(tmp_path / "entities.pkl")[f"sources/{record['source']}.py"].decode() == body


def test_both_ways_of_compiling_are_proofs(tmp_path, book):
    """IPython compiles statement by statement, a script is compiled at once: the same text gives other instructions."""
    text = "import json\ndef f(x):\n    return json.dumps(x)\n"
    for number, at_once in enumerate((True, False)):
        names = {"__name__": "__main__"}
        filename = f"{FILENAME}{number}"
        book.record(Cell(filename, text))
        parts = [ast.parse(text)] if at_once else [ast.Module([part], []) for part in ast.parse(text).body]
        for part in parts:
            exec(compile(part, filename, "exec", dont_inherit=True), names)
        assert write(names["f"], tmp_path / f"{number}.pkl", names["f"], book).metadata["unportable"] == []


def test_installed_code_is_found_in_its_module(tmp_path, book):
    """A wrapper that the standard library has made is recorded by its place in that library, not by a copy of it."""
    names = run_cell(book, "from contextlib import contextmanager\n@contextmanager\ndef opened():\n    yield 1")
    written = write(names["opened"], tmp_path / "entities.pkl", None, book)
    [record] = [entry for entry in written.metadata["code"] if "module" in entry]
    assert (record["module"], record["path"]) == ("contextlib", [["contextmanager", 0], ["helper", 0]])
    as_of_another_python(tmp_path / "entities.pkl")
    open_verified(str(tmp_path / "entities.pkl"))
    for wrong, reason in (({"path": [["nothing", 0]]}, "has no nothing"), ({"arguments": ["x"]}, "other parameters")):
        as_of_another_python(tmp_path / "entities.pkl", code=[{**record, **wrong}])
        with pytest.raises(PythonVersionError, match=reason):
            open_verified(str(tmp_path / "entities.pkl"))


def test_a_variable_that_was_not_captured_is_told(tmp_path, book):
    """If this Python's code needs a free variable that the file doesn't have, that is known before unpickling."""
    names = run_cell(book, "def make(a):\n    def inner():\n        return a\n    return inner\ninner = make(1)")
    path = tmp_path / "entities.pkl"
    write(names["inner"], path, names["inner"], book)
    [record] = inspect_archive(str(path))["code"]
    as_of_another_python(path, code=[{**record, "free": []}])
    with pytest.raises(PythonVersionError, match=r"make\.<locals>\.inner: .*weren't captured \(a\)"):
        open_verified(str(path))


def test_nothing_is_rebuilt_without_the_reader():
    """A pickle of another minor version that didn't pass the reader's checks raises, and never runs its native code."""
    with pytest.raises(PythonVersionError, match="load_pickled_entity"):
        load_portable("3.1", "key", b"not even marshalled")


def test_a_generated_method_apart_from_its_class_says_so():
    """The stand-in of a method that another minor version generated is a function, and raises when it is called."""
    stand_in = make_generated(("3.1", "Point.__init__"), b"", {"__name__": "__main__"}, ("a",), (types.CellType(),))
    assert isinstance(stand_in, types.FunctionType)
    with pytest.raises(PythonVersionError, match=r"Point\.__init__ was generated by Python 3\.1 "):
        stand_in()


def test_the_records_are_part_of_the_digest(tmp_path, book):
    """Who alters what code is rebuilt from alters the digest."""
    names = run_cell(book, "def f(x): return x")
    written = write(names["f"], tmp_path / "entities.pkl", names["f"], book)
    raw = json.loads(members_of(tmp_path / "entities.pkl")["metadata.json"])
    assert raw["code"] == list(written.metadata["code"])
    assert change_metadata(tmp_path / "entities.pkl", code=[]) != written.digest
