"""The tools around the package: which Python is chosen, which tests belong to a file, what a check runs and tells."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

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
    "target",
    [
        *("demo", "check", "guards", "test-one", "test", "test-portability", "test-python-versions", "fuzz", "lint"),
        *("format", "bench", "lab", "docs", "wheel", "constraints", "clean"),
    ],
)
def test_a_target_is_there_and_in_the_help(target):
    """Each target exists, is phony, and tells in one line what it does."""
    assert target in TARGETS
    assert re.search(rf"^{target}:.*## \S", MAKEFILE, re.MULTILINE)
    assert re.search(rf"^\.PHONY:.* {target}\b", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/development.md", ".ci/run"])
def test_every_make_command_of_the_documents_exists(path):
    """What a document tells to run can be run."""
    text = (REPOSITORY / path).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^ {4})make (?:PYTHON=\S+ )?([a-z][a-z-]+)", text, re.MULTILINE))
    assert named <= TARGETS


@pytest.mark.parametrize(
    "path", ["tools/check", "tools/find-python", "tools/lock", "tools/test-python-versions", ".ci/run"]
)
def test_a_script_is_executable_and_reads_no_input(path):
    """A fresh clone can run it as it stands, and nothing waits for an answer."""
    script = REPOSITORY / path
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!")
    assert re.search(r"^set -eu", text, re.MULTILINE)
    assert not re.search(r"^\s*read\b", text, re.MULTILINE)


def belonging(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tool that says which tests belong to a file."""
    command = [sys.executable, str(REPOSITORY / "tools" / "tests-of"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        pytest.param("autocontainer_nb/core/graph/conditional.py", "tests/core/graph/test_conditional.py", id="mirror"),
        pytest.param("autocontainer_nb/errors.py", "tests/test_errors.py", id="mirror at the top"),
        pytest.param("autocontainer_nb/core/graph/__init__.py", "tests/core/graph", id="contents of a folder"),
        pytest.param("autocontainer_nb/core/graph", "tests/core/graph", id="folder"),
        pytest.param("tests/core/graph/test_conditional.py", "tests/core/graph/test_conditional.py", id="test"),
        pytest.param("tests/test_tools.py::test_x", "tests/test_tools.py::test_x", id="test by name"),
        pytest.param("tests/core/graph", "tests/core/graph", id="folder of tests"),
        pytest.param("tests/sandbox/conftest.py", "tests/sandbox", id="beside tests"),
        pytest.param("tools/tests-of", "tests/test_tools.py", id="tool"),
        pytest.param("docs/index.md", "tests/docs tests/test_documents.py", id="page"),
    ],
)
def test_a_file_has_its_tests(path, tests):
    """A module has the test that mirrors it, a test itself, a helper its folder, all else what a table says."""
    found = belonging(path)
    assert (found.returncode, found.stdout.split(), found.stderr) == (0, tests.split(), "")


def test_a_module_without_a_mirror_has_the_tests_that_import_it_or_its_folders(tmp_path):
    """Each form of import counts, in cells' text too; a module that no test imports has the tests of its folder."""
    (tmp_path / "tools").mkdir()
    shutil.copy(REPOSITORY / "tools" / "tests-of", tmp_path / "tools")
    texts = {
        "autocontainer_nb/core/graph/node.py": "",
        "autocontainer_nb/core/graph/lonely.py": "",
        "tests/core/graph/test_other.py": "from autocontainer_nb.core.graph.node import Node",
        "tests/core/test_whole.py": "from autocontainer_nb.core.graph import (\n    binding,\n    node,\n)",
        "tests/test_cell.py": "CELL = 'import autocontainer_nb.core.graph.node as n'",
        "tests/test_near.py": "from autocontainer_nb.core.graph.nodes import x\nfrom autocontainer_nb.core import node",
    }
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")

    def found(path):
        command = [sys.executable, str(tmp_path / "tools" / "tests-of"), path]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    importing = ["tests/core/graph/test_other.py", "tests/core/test_whole.py", "tests/test_cell.py"]
    assert found("autocontainer_nb/core/graph/node.py") == importing
    assert found("autocontainer_nb/core/graph/lonely.py") == ["tests/core/graph"]


def test_every_module_has_tests():
    """No module of the package falls through to the guards of the whole house but what stands at its top."""
    names = [str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "autocontainer_nb").rglob("*.py")]
    for name in [name for name in names if name.count("/") > 1]:
        assert (REPOSITORY / "tests" / name.split("/")[1]).is_dir(), name
    found = belonging(*names)
    assert found.returncode == 0
    assert all((REPOSITORY / test).exists() for test in found.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Name a file: make test-one F="),
        (("core/graph/conditional.py",), "there is no file 'core/graph/conditional.py', but autocontainer_nb/core/gr"),
        (("autocontainer_nb/nothing_like_it.py",), "there is no file 'autocontainer_nb/nothing_like_it.py'."),
        (("/etc/hostname",), "'/etc/hostname' is outside of the repository."),
        (("LICENSE",), "no test belongs to 'LICENSE'"),
    ],
)
def test_a_wrong_path_is_one_sentence(arguments, sentence):
    """What can't be resolved is status 2 and a line that says what to give instead; nothing is printed to run."""
    found = belonging(*arguments)
    assert (found.returncode, found.stdout, found.stderr.count("\n")) == (2, "", 1)
    assert sentence in found.stderr


def checked(folder: Path, *arguments: str, types: str = "exit 0", tests: str = "exit 0"):
    """Run the check in a tree with these programs for mypy and pytest."""
    (folder / "tools").mkdir()
    (folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(REPOSITORY / "tools" / "check", folder / "tools")
    for name, body in {"ruff": "echo ruff is happy", "mypy": types, "python": tests}.items():
        program(folder / ".venv" / "bin", name, body)
    command = [str(folder / "tools" / "check"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_check_tells_each_part_in_a_line(tmp_path):
    """All parts passed: status 0 and one line for each."""
    done = checked(tmp_path, types="echo no types are wrong", tests="echo many dots; echo 7 passed")
    assert done.returncode == 0, done.stderr
    lines = [re.sub(r" \d+ s", " N s", line) for line in done.stdout.splitlines()]
    assert lines == [
        "lint: passed in N s: ruff is happy",
        "format: passed in N s: ruff is happy",
        "types: passed in N s: no types are wrong",
        "tests: passed in N s: 7 passed",
    ]


def test_a_failed_part_of_a_check_is_shown_whole(tmp_path):
    """One part failed: the others still run, its output is there, and the status is 1."""
    done = checked(tmp_path, types="echo first; echo second >&2; exit 1", tests="echo 7 passed")
    assert (done.returncode, done.stderr) == (1, "Failed: types.\n")
    assert re.search(r"^types: failed after \d+ s\nfirst\nsecond$", done.stdout, re.MULTILINE)
    assert "7 passed" in done.stdout


def test_the_guards_alone_are_run_by_pytest(tmp_path):
    """With `guards`, a check runs those tests only, and ends as they do."""
    done = checked(tmp_path, "guards", types="echo types ran", tests='echo "$@"; exit 3')
    assert done.returncode == 3
    assert "tests/test_layers.py" in done.stdout.split()
    assert "types ran" not in done.stdout


def test_a_check_runs_tests_that_are_there():
    """Each path of the check exists; the guards are all that stand at the top of the tests but the slow one."""
    text = (REPOSITORY / "tools" / "check").read_text(encoding="utf-8")
    guards, quick = (
        re.search(rf'^{name}="([^"]+)"', text, re.MULTILINE).group(1).split() for name in ("GUARDS", "QUICK")
    )
    assert [path for path in guards + quick if not (REPOSITORY / path).exists()] == []
    top = {f"tests/{path.name}" for path in (REPOSITORY / "tests").glob("test_*.py")}
    assert top - {*guards} == {"tests/test_benchmarks.py"}
    sources = [path for place in quick for path in [REPOSITORY / place, *(REPOSITORY / place).rglob("*.py")]]
    texts = [path.read_text(encoding="utf-8") for path in sources if path.is_file()]
    assert not any(re.search(r"mark\.(kernel|sandbox)", each) for each in texts)


def test_commit_hooks_are_the_projects_own():
    """Nothing is fetched: each hook is local, and runs a tool of the repository or a program that the lock names."""
    configuration = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {repository["repo"] for repository in configuration["repos"]} == {"local"}
    hooks = [hook for repository in configuration["repos"] for hook in repository["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    assert [hook["id"] for hook in hooks] == ["ruff-check", "ruff-format", "guards"]
    locked = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8")
    for hook in hooks:
        first = hook["entry"].split()[0]
        name = first.removeprefix(".venv/bin/")
        assert os.access(REPOSITORY / first, os.X_OK) if name == first else f"\n{name}==" in locked, hook["entry"]
