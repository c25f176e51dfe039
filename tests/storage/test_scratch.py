"""The process's temporary folder."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from autocontainer_nb.storage import scratch


def told_by(code: str, tmp_path: Path) -> str:
    """Return what a fresh process prints, whose temporary folders are made in `tmp_path`."""
    imports = "import os, sys; from autocontainer_nb.storage import scratch\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", imports + code],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_all_that_needs_one_has_the_same_folder(tmp_path):
    """Folders, paths and file accesses are below one folder, which is gone when the process has ended."""
    code = """
made = [scratch.new_local_folder(), scratch.new_path(), scratch.new_path("name"), scratch.scratch_files().prefix,
        scratch.local_file_access().scratch]
assert all(os.path.commonpath([each, scratch.local_prefix()]) == scratch.local_prefix() for each in made)
assert len(set(made[:3])) == 3 and os.path.basename(made[2]) == "name"
print(len(os.listdir(os.environ["TMPDIR"])))
"""
    assert told_by(code, tmp_path) == "1\n"
    assert list(tmp_path.iterdir()) == []


def test_importing_it_makes_nothing_and_loads_little(tmp_path):
    """A container that needs no such folder doesn't pay for one."""
    code = """
import os, sys
before = set(sys.modules)
from autocontainer_nb.storage import scratch
print(sorted({"tempfile", "shutil", "random", "pathlib"} & set(sys.modules) - before), os.listdir(os.environ["TMPDIR"]))
"""
    command, environment = [sys.executable, "-c", code], {**os.environ, "TMPDIR": str(tmp_path)}
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == "[] []\n"


def test_a_forked_process_has_its_own_and_leaves_its_parents(tmp_path):
    """A child that ends in the usual way removes what it has made, and nothing else."""
    code = """
import warnings
mine = scratch.local_prefix()
child = os.fork()
if not child:
    assert scratch.local_prefix() != mine
    sys.exit()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print(os.listdir(os.environ["TMPDIR"]) == [os.path.basename(mine)])
"""
    assert told_by(code, tmp_path) == "True\n"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_cleared_away_is_made_anew(tmp_path):
    """Some systems empty their temporary folder while a kernel runs."""
    code = """
import shutil
first = scratch.local_prefix()
shutil.rmtree(first)
assert os.path.isdir(scratch.new_local_folder())
with open(scratch.scratch_files().get(scratch.scratch_files().put_bytes(b"x", "name")), "rb") as file:
    print(file.read())
"""
    assert told_by(code, tmp_path) == "b'x'\n"


def test_threads_get_the_same_one(tmp_path, monkeypatch):
    """Two values that are first to need it at the same moment share it."""
    monkeypatch.setattr(scratch, "_folder", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    found = []
    threads = [threading.Thread(target=lambda: found.append(scratch.local_prefix())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
