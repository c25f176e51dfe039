"""Files that each Python has written load on every other, and wherever the modules of this package are by then."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autocontainer_nb
from autocontainer_nb.core.capture.pickled_file import inspect_pickled_entity
from autocontainer_nb.core.python_auto_container import default_notebook_task_resolver
from autocontainer_nb.core.resolvers.pickled_entity import load_pickled_entity
from autocontainer_nb.errors import FormatVersionError, UserError
from autocontainer_nb.pickled_names import PLACES
from autocontainer_nb.wire import ARCHIVE_FORMAT_VERSION

HERE = Path(__file__).parent.parent
GOLDEN = HERE / "golden"
PACKAGE = Path(autocontainer_nb.__file__).parent
ARCHIVES = sorted(GOLDEN.glob("entities-*.pkl"))
THIS = f"entities-{ARCHIVE_FORMAT_VERSION}-cp{sys.version_info.major}{sys.version_info.minor}"

# Of the task model, of what makes code and classes anew, and of what values are: what the golden files name.
NAMED = [
    "PickledEntity", "PythonFunctionTask", "Resources", "Interface", "TaskMetadata", "DefaultNotebookTaskResolver",
    "make_function", "load_portable", "make_enum", "make_class", "fill_dataclass", "make_named_tuple", "FlyteFile",
    "UserError",
]  # fmt: skip
MOVED = sorted({PLACES[name].partition(":")[0] for name in NAMED})  # the modules that have them


def digest_of(path: Path) -> str:
    return path.with_suffix(".digest").read_text().strip()


def test_every_supported_python_has_one() -> None:
    wanted = {f"entities-{ARCHIVE_FORMAT_VERSION}-cp3{minor}" for minor in (10, 11, 12, 13)}
    assert {path.stem for path in ARCHIVES} == wanted


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.stem)
def test_every_file_loads_here(path: Path) -> None:
    """A file of each supported Python is loaded, its code rebuilt where it is another's, and its task works."""
    task = load_pickled_entity(str(path), digest_of(path)).entities["golden.train"]
    assert task(3, name="abc") == 4.5
    assert task.task_resolver is default_notebook_task_resolver
    assert (task.metadata.retries, task.environment, task.resources.requests.cpu) == (2, {"A": "1"}, "1")
    with pytest.raises(ValueError, match="red"):
        task(3, name="red")
    with pytest.raises(UserError, match=r"\['green'\], at most 2 of FlyteFile\['csv'\]"):
        task(3, name="blue")


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.stem)
def test_every_file_can_be_inspected_anywhere(path: Path) -> None:
    """What is in a file, and which Python made it, is told on any Python; names are told as people know them."""
    told = inspect_pickled_entity(str(path))
    assert told["digest"] == digest_of(path)
    assert told["entities"][0]["inputs"] == {"x": "int", "name": "str"}
    assert "A task as notebooks have them" in told["entities"][0]["source"]
    ours = {module for module in told["pickle"]["references"] if module.startswith("autocontainer_nb")}
    assert ours == {"autocontainer_nb", "autocontainer_nb.pickled_names"}
    assert {call["severity"] for call in told["pickle"]["calls"]} == {"harmless"}


def test_another_format_is_refused(tmp_path: Path) -> None:
    """A file of another format, such as a draft's, is refused with both numbers."""
    raw = (GOLDEN / f"{THIS}.pkl").read_bytes()
    ours, other = f'"format_version": {ARCHIVE_FORMAT_VERSION}'.encode(), b'"format_version": 9'
    assert raw.count(ours) == 1
    path = tmp_path / "entities.pkl"
    with_other = raw.replace(ours, other)
    path.write_bytes(_with_right_checksums(with_other, tmp_path))
    with pytest.raises(FormatVersionError, match=rf"format version 9;.*reads version {ARCHIVE_FORMAT_VERSION}\."):
        load_pickled_entity(str(path))


def _with_right_checksums(raw: bytes, folder: Path) -> bytes:
    """Return the archive with checksums of the content that it has: of its first member, which alone was changed."""
    import struct
    import zlib

    length = struct.unpack_from("<I", raw, 18)[0]
    start = 30 + sum(struct.unpack_from("<HH", raw, 26))
    right = struct.pack("<I", zlib.crc32(raw[start : start + length]))
    return raw.replace(raw[14:18], right)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this package whose modules stand at other places: each of `MOVED`, with all that imports it."""
    root = tmp_path_factory.mktemp("moved")
    package = root / "autocontainer_nb"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    texts = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    for old in MOVED:
        new = f"elsewhere.{old.replace('.', '_')}"
        imported = re.compile(rf"\bautocontainer_nb\.{re.escape(old)}\b")
        placed = re.compile(rf'"{re.escape(old)}(?=["\.:])')
        texts = {
            path: placed.sub(f'"{new}', imported.sub(f"autocontainer_nb.{new}", text)) for path, text in texts.items()
        }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    (package / "elsewhere").mkdir()
    (package / "elsewhere" / "__init__.py").touch()
    for old in MOVED:
        package.joinpath(*old.split(".")).with_suffix(".py").rename(
            package / "elsewhere" / f"{old.replace('.', '_')}.py"
        )
    return root


def in_the_copy(moved: Path, code: str, *arguments: str) -> str:
    """Run the code with the copy of the package, and return what it printed."""
    environment = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join([str(moved), str(HERE)])}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=environment, cwd=moved, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


LOAD = """
import sys, autocontainer_nb
from autocontainer_nb import load_pickled_entity, Resources, UserError
assert Resources.__module__.startswith("autocontainer_nb.elsewhere.")
task = load_pickled_entity(*sys.argv[1:]).entities["golden.train"]
assert type(task).__module__.startswith("autocontainer_nb.elsewhere.")
assert task(3, name="abc") == 4.5
try:
    task(3, name="blue")
except UserError as error:
    print(error)
"""
WRITE = """
import sys
from pathlib import Path
import write_golden_archives
del write_golden_archives.__file__
print(write_golden_archives.write(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.stem)
def test_files_load_after_modules_have_moved(moved: Path, path: Path) -> None:
    """No move of a module is a new format: a file finds what it names at its new place, and its task works."""
    assert in_the_copy(moved, LOAD, str(path), digest_of(path)).strip() == "['green'], at most 2 of FlyteFile['csv']"


def test_a_move_changes_no_version_and_no_byte(moved: Path, tmp_path: Path) -> None:
    """What is written after the move is what was written before: the same version as the golden file's, each byte.

    Where what a task is made of has changed, versions are new: until the first release, write the golden files anew.
    """
    before, after = tmp_path / "before.pkl", tmp_path / "after.pkl"
    in_the_copy(moved, WRITE, str(after))
    in_the_copy(PACKAGE.parent, WRITE, str(before))
    assert before.read_bytes() == after.read_bytes()
    golden = inspect_pickled_entity(str(GOLDEN / f"{THIS}.pkl"))
    assert inspect_pickled_entity(str(after))["version"] == golden["version"]
