"""The folder's own modules are importable by name; one notebook process serves all tests of a session."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
if str(HERE) not in sys.path:  # pytest's importlib mode adds nothing
    sys.path.insert(0, str(HERE))


class Notebook:
    """A notebook in a process of its own, where cells are run and entities launched; see notebook_process.py."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder  # what is uploaded is kept here, at its place within the bucket
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(HERE / "notebook_process.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=folder,
                env={**os.environ, "IPYTHONDIR": str(folder / "ipython")},
            )

    def launched(self, **given: Any) -> list[tuple[str, dict[str, Any]]]:
        """Run the cells in a fresh notebook, launch the entity, and return the requests that create something."""
        self._process.stdin.write(json.dumps(given) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline() or "{}")
        if "requests" not in reply:
            pytest.fail(f"The notebook can't launch it.\n{reply.get('error') or self._log.read_text(errors='replace')}")
        return [(name, request) for name, request in reply["requests"]]

    def stop(self) -> None:
        """Let the process end by itself, which it does when nothing more can be asked."""
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
        assert self._process.returncode == 0, self._log.read_text(errors="replace")


@pytest.fixture(scope="session")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """Return the notebook, which lives as long as the session."""
    started = Notebook(tmp_path_factory.mktemp("notebook"))
    yield started
    started.stop()
