"""The tools around the package: which Python is chosen, and that the Makefile has what the documents name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
FIND_PYTHON = REPOSITORY / "tools" / "find-python"
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):(?: |$)", MAKEFILE, re.MULTILINE))


def find_python(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the tool with a PATH that holds the folder alone."""
    environment = {"PATH": str(folder), "HOME": str(folder), **variables}
    return subprocess.run(
        ["/bin/sh", str(FIND_PYTHON), *arguments], env=environment, capture_output=True, text=True, check=False
    )


def program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


REAL = f'exec "{sys.executable}" "$@"'


def test_a_python_that_only_pretends_is_passed_over(tmp_path):
    """A shim that fails and a Python that is too old aren't chosen; the next one that really runs is."""
    program(tmp_path, "python3.13", "echo not installed >&2; exit 127")
    program(tmp_path, "python3.12", "exit 1")
    program(tmp_path, "python3", REAL)
    found = find_python(tmp_path)
    assert (found.returncode, found.stdout.strip(), found.stderr) == (0, sys.executable, "")


def test_the_callers_choice_comes_first_and_is_checked(tmp_path):
    """PYTHON decides alone: a usable one is taken, an unusable one is refused by name, whatever else there is."""
    program(tmp_path, "python3", REAL)
    program(tmp_path, "mine", REAL)
    assert find_python(tmp_path, PYTHON="mine").stdout.strip() == sys.executable
    refused = find_python(tmp_path, PYTHON="/bin/false")
    assert refused.returncode == 1
    assert "PYTHON=/bin/false is not a Python 3.10 to 3.13" in refused.stderr


def test_without_any_python_the_message_says_what_to_do(tmp_path):
    """No interpreter: status 1, what was looked for, and the next step."""
    found = find_python(tmp_path)
    assert (found.returncode, found.stdout) == (1, "")
    assert "No Python 3.10 to 3.13" in found.stderr
    assert "apt-get install python3 python3-venv" in found.stderr


def test_minors_are_those_that_run(tmp_path):
    """--minors lists each minor version once, found on PATH or among pyenv's versions; others are silent."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    program(tmp_path, "python3.10", "exit 1")
    kept = tmp_path / "versions" / f"{own}.99" / "bin"
    kept.mkdir(parents=True)
    program(kept, "python", REAL)
    assert find_python(tmp_path, "--minors", PYENV_ROOT=str(tmp_path)).stdout.split() == [own]
    assert find_python(tmp_path, own, PYENV_ROOT=str(tmp_path)).stdout.strip() == sys.executable
    other = "3.10" if own != "3.10" else "3.11"
    assert f"No Python {other}" in find_python(tmp_path, other).stderr


@pytest.mark.parametrize(
    "target", ["demo", "test", "lint", "bench", "lab", "constraints", "clean", "test-python-versions"]
)
def test_a_target_is_there_and_in_the_help(target):
    """Each target exists, is phony, and tells in one line what it does."""
    assert target in TARGETS
    assert re.search(rf"^{target}:.*## \S", MAKEFILE, re.MULTILINE)
    assert re.search(rf"^\.PHONY:.* {target}\b", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", ".ci/run"])
def test_every_make_command_of_the_documents_exists(path):
    """What a document tells to run can be run."""
    text = (REPOSITORY / path).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^ {4})make (?:PYTHON=\S+ )?([a-z][a-z-]+)", text, re.MULTILINE))
    assert named <= TARGETS


@pytest.mark.parametrize("path", ["tools/find-python", "tools/lock", "tools/test-python-versions", ".ci/run"])
def test_a_script_is_executable_and_reads_no_input(path):
    """A fresh clone can run it as it stands, and nothing waits for an answer."""
    script = REPOSITORY / path
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!")
    assert re.search(r"^set -eu", text, re.MULTILINE)
    assert not re.search(r"^\s*read\b", text, re.MULTILINE)
