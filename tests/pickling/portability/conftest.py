"""The folder's own modules are importable by name, and the interpreters of this machine are found."""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
sys.path.insert(0, str(HERE))

PURE = ("cloudpickle", "attr", "attrs")  # what a bare interpreter is lent: packages without compiled parts


@dataclass(frozen=True)
class Interpreter:
    """A Python of this machine that can run the two scripts of this folder."""

    minor: str
    path: str
    python_path: str

    def run(self, script: str, *arguments: str) -> str:
        """Return what the script prints."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
        environment |= {"PYTHONPATH": self.python_path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
        command = [self.path, "-W", "ignore", str(HERE / script), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stderr[-3000:]}"
        return done.stdout


@pytest.fixture(scope="session")
def interpreters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Interpreter]:
    """The Pythons 3.10 to 3.13 of this machine by minor version: prepared by `make test-portability`, or bare ones."""
    prepared = {
        folder.name.removeprefix(".venv-matrix-"): folder / "bin" / "python"
        for folder in REPOSITORY.glob(".venv-matrix-*")
        if (folder / ".installed").exists()
    }
    lent = tmp_path_factory.mktemp("lent")
    for name in PURE:
        for entry in sys.path:
            if entry and (Path(entry) / name).is_dir():
                (lent / name).symlink_to(Path(entry) / name)
                break
    found = {minor: Interpreter(minor, str(path), str(REPOSITORY)) for minor, path in sorted(prepared.items())} or {
        minor: Interpreter(minor, _find_python(minor), os.pathsep.join([str(REPOSITORY), str(lent)]))
        for minor in sorted(_find_python("--minors").split())
    }
    if len(found) < 2:
        message = f"At least two Pythons of 3.10 to 3.13 are needed, found: {', '.join(found) or 'none'}."
        if os.environ.get("CI") or os.environ.get("PORTABILITY") == "full":
            pytest.fail(message)
        pytest.skip(message)
    return found


def _find_python(*arguments: str) -> str:
    command = [str(REPOSITORY / "tools" / "find-python"), *arguments]
    home = pwd.getpwuid(os.getuid()).pw_dir  # the session's HOME is an empty folder
    done = subprocess.run(command, env={**os.environ, "HOME": home}, capture_output=True, text=True, check=False)
    return done.stdout.strip()
