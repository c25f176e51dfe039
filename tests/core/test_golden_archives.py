"""Files that earlier versions wrote: each loads on its own Python; elsewhere format 2 is rebuilt, format 1 refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autocontainer_nb.core.pickled_entity import inspect_pickled_entity, load_pickled_entity
from autocontainer_nb.core.python_auto_container import default_notebook_task_resolver
from autocontainer_nb.errors import PythonVersionError

GOLDEN = Path(__file__).parent / "golden"
ARCHIVES = sorted(GOLDEN.glob("entities-*.pkl"))
THIS = f"cp{sys.version_info.major}{sys.version_info.minor}"
OURS = [path for path in ARCHIVES if path.stem.endswith(THIS)]
OTHERS = [path for path in ARCHIVES if path not in OURS and path.stem.startswith("entities-1-")]
REBUILT = [path for path in ARCHIVES if path not in OURS and path not in OTHERS]


def digest_of(path: Path) -> str:
    return path.with_suffix(".digest").read_text().strip()


def test_every_supported_python_has_one() -> None:
    assert {path.stem for path in ARCHIVES} == {
        f"entities-{v}-cp3{minor}" for v in (1, 2) for minor in (10, 11, 12, 13)
    }


@pytest.mark.parametrize("path", OURS + REBUILT, ids=lambda path: path.stem)
def test_files_of_this_python_and_rebuilt_ones_load(path: Path) -> None:
    """A file of a released format is loaded by every later version, and its task works."""
    task = load_pickled_entity(str(path), digest_of(path)).entities["golden.train"]
    assert task(3, name="abc") == 4.5
    assert task.task_resolver is default_notebook_task_resolver
    assert (task.metadata.retries, task.environment, task.resources.requests.cpu) == (2, {"A": "1"}, "1")
    with pytest.raises(ValueError, match="red"):
        task(3, name="red")


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.stem)
def test_every_file_can_be_inspected_anywhere(path: Path) -> None:
    """What is in a file, and which Python made it, is told on any Python."""
    told = inspect_pickled_entity(str(path))
    assert told["digest"] == digest_of(path)
    assert told["entities"][0]["inputs"] == {"x": "int", "name": "str"}
    assert "A task as notebooks have them" in told["entities"][0]["source"]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_another_pythons_file_is_refused(path: Path) -> None:
    """A real file of another minor version is refused with both versions named, and the process lives on."""
    with pytest.raises(PythonVersionError, match=r"golden\.train.*was pickled by cpython 3\.1\d"):
        load_pickled_entity(str(path), digest_of(path))


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_the_container_says_so_too(path: Path, tmp_path: Path) -> None:
    """`pyflyte-execute` on another Python's file ends in an error.pb, not in a crash (design section 9, line 1)."""
    (tmp_path / "entities.pkl").write_bytes(path.read_bytes())
    script = Path(sys.executable).parent / "pyflyte-execute"
    resolver = "autocontainer_nb.core.python_auto_container.default_notebook_task_resolver"
    paths = ["--inputs", "none", "--output-prefix", str(tmp_path / "out"), "--resolver", resolver]
    loader = ["--", "entity-name", "golden.train", "digest", digest_of(path)]
    command = [script, *paths, *loader]
    ran = subprocess.run(command, cwd=tmp_path, env={"PATH": os.defpath}, capture_output=True, check=True)
    assert b"PythonVersionError" in ran.stderr
    assert (tmp_path / "out" / "error.pb").exists()
