"""What a task does to the content of its inputs is its own: the store keeps what it has, and outputs are what was made.

The sandbox's store and a mounted one are files that the container could write to.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from container_fixture import Container
from flyteidl.core import literals_pb2

from autocontainer_nb.type_engine.values.flyte_directory import FlyteDirectory
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile

CELL = """
import dataclasses, os, shutil
from pathlib import Path
from typing import Annotated, Any
import numpy as np
from autocontainer_nb import FlyteDirectory, FlyteFile, kwtypes

@dataclasses.dataclass
class Holder:
    file: FlyteFile
    folder: FlyteDirectory

def append(path: Any) -> None:
    with open(path, "a") as file:
        file.write("!")

def content(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return str(value.tolist())
    if isinstance(value, Holder):
        return content(value.file) + content(value.folder)
    if isinstance(value, (list, tuple)):
        return str([content(each) for each in value])
    path = Path(value)
    if path.is_dir():
        files = [each for each in path.rglob("*") if each.is_file()]
        return str(sorted((str(each.relative_to(path)), each.read_text()) for each in files))
    return path.read_text()

@task
def train(value: {kind}) -> tuple[{kind}, str]:
    {change}
    return value, content(value)
"""
APPEND = "append({})"
CHANGES = {
    "open": ("FlyteFile", APPEND.format("value")),
    "open itself": ("FlyteFile", "with value.open('a') as file: file.write('!')"),
    "open anew": ("FlyteFile", "with value.open('w') as file: file.write('new')"),
    "path": ("FlyteFile", APPEND.format("value.path")),
    "text": ("FlyteFile", APPEND.format("str(value)")),
    "download": ("FlyteFile", APPEND.format("value.download()")),
    "same size": ("FlyteFile", "Path(value).write_text(content(value).upper())"),
    "replaced": ("FlyteFile", "Path('new').write_text('other'); os.replace('new', value)"),
    "plain path": ("Path", APPEND.format("value")),
    "list": ("list[FlyteFile]", APPEND.format("value[0]")),
    "folder": ("FlyteDirectory", APPEND.format("Path(value) / 'inner' / 'b.txt'")),
    "folder's new file": ("FlyteDirectory", "(Path(value) / 'new.txt').write_text('new')"),
    "folder without a file": ("FlyteDirectory", "(Path(value) / 'a.txt').unlink()"),
    "folder anew": ("FlyteDirectory", "shutil.rmtree(value); Path(value).mkdir(); (value / 'c.txt').write_text('c')"),
    "field": ("Holder", APPEND.format("value.file") + "; (value.folder / 'a.txt').write_text('other')"),
    "mapped array": ("Annotated[np.ndarray, kwtypes(mmap_mode='r+')]", "value[0] = 9; value.flush()"),
    "array": ("np.ndarray", "value[0] = 9"),
    "nothing": ("FlyteFile", "content(value)"),
    "nothing in a folder": ("FlyteDirectory", "content(value)"),
}


def _given(kind: str, folder: Path, holder: Any) -> Any:
    """Return a value of the kind, whose files are below the folder."""
    inside = folder / "d" / "inner"
    inside.mkdir(parents=True)
    for path in (folder / "a.txt", folder / "d" / "a.txt", inside / "b.txt"):
        path.write_text(path.stem, encoding="utf-8")
    file, directory = FlyteFile(folder / "a.txt"), FlyteDirectory(folder / "d")
    if "ndarray" in kind:
        return np.array([1, 2])
    made: dict[str, Any] = {"FlyteFile": file, "FlyteDirectory": directory, "Path": folder / "a.txt"}
    return {**made, "list[FlyteFile]": [file], "Holder": holder(file, directory)}[kind]


def _stored(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(("kind", "change"), CHANGES.values(), ids=CHANGES)
def test_a_stored_input_stays_as_it_is_and_the_output_is_what_was_made(
    kind: str, change: str, container: Container, tmp_path: Path
) -> None:
    """Whatever the task does to the content, the value is that of a direct call, and the store is as before."""
    captured = container.capture(CELL.replace("{kind}", kind).replace("{change}", change))
    holder = captured.task.task_function.__globals__["Holder"]
    content = captured.task.task_function.__globals__["content"]
    if "mmap" in kind:
        expected = "[9, 2]"  # an array in memory has no file to flush
    else:
        returned, expected = captured.task(value=_given(kind, tmp_path / "here", holder))
        assert content(returned) == expected
    arguments = container.arguments(captured, value=_given(kind, tmp_path / "there", holder))
    store = Path(container.files.prefix)
    before = _stored(store)
    assert before
    outcome = container.run("pyflyte-execute", arguments, captured.task.python_interface.outputs)
    assert outcome.outputs is not None, outcome.log
    assert outcome.outputs["o1"] == expected
    assert content(outcome.outputs["o0"]) == expected
    assert {path: found for path, found in _stored(store).items() if path in before} == before


def test_two_tasks_read_the_same_input(container: Container, tmp_path: Path) -> None:
    """The second one gets what was stored, not what the first one has made of it."""
    captured = container.capture(CELL.replace("{kind}", "FlyteFile").replace("{change}", APPEND.format("value")))
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    arguments = container.arguments(captured, value=FlyteFile(tmp_path / "a.txt"))
    for _ in range(2):
        outcome = container.run("pyflyte-execute", arguments, captured.task.python_interface.outputs)
        assert outcome.outputs is not None, outcome.log
        assert outcome.outputs["o1"] == "a!"


def test_two_inputs_of_one_content_are_two(container: Container, tmp_path: Path) -> None:
    """A store may keep equal files once: what the task writes to one, the other one hasn't."""
    source = """
from pathlib import Path
from autocontainer_nb import FlyteDirectory, FlyteFile
@task
def train(a: FlyteFile, b: FlyteFile, c: Path, d: list[FlyteDirectory]) -> list[str]:
    for each in (a, c, Path(d[0]) / "a.txt"):
        with open(each, "a") as file:
            file.write("!")
    return [Path(each).read_text() for each in (a, b, c, Path(d[0]) / "a.txt", Path(d[1]) / "a.txt")]
"""
    captured = container.capture(source)
    arguments = container.arguments(
        captured,
        a=_one(tmp_path),
        b=_one(tmp_path),
        c=Path(_one(tmp_path)),
        d=[FlyteDirectory(tmp_path)],
    )
    stored = container.prefix / "inputs.pb"
    literals = literals_pb2.LiteralMap.FromString(stored.read_bytes())
    for name in ("b", "c"):
        literals.literals[name].scalar.blob.uri = literals.literals["a"].scalar.blob.uri
    folders = literals.literals["d"].collection.literals
    folders.append(folders[0])
    stored.write_bytes(literals.SerializeToString())
    outcome = container.run("pyflyte-execute", arguments, captured.task.python_interface.outputs)
    assert outcome.outputs is not None, outcome.log
    assert outcome.outputs["o0"] == ["a!", "a", "a!", "a!", "a"]


def _one(folder: Path) -> FlyteFile:
    path = folder / "a.txt"
    path.write_text("a", encoding="utf-8")
    return FlyteFile(path)


def test_an_unchanged_input_is_passed_on_as_it_is(container: Container, tmp_path: Path) -> None:
    """Nothing is stored again: the output has the input's URI."""
    captured = container.capture(CELL.replace("{kind}", "FlyteFile").replace("{change}", "content(value)"))
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    arguments = container.arguments(captured, value=FlyteFile(tmp_path / "a.txt"))
    outcome = container.run("pyflyte-execute", arguments)
    assert outcome.code == 0, outcome.log
    given = literals_pb2.LiteralMap.FromString((container.prefix / "inputs.pb").read_bytes()).literals["value"]
    left = literals_pb2.LiteralMap.FromString((container.prefix / "out" / "outputs.pb").read_bytes()).literals["o0"]
    assert left.scalar.blob.uri == given.scalar.blob.uri
