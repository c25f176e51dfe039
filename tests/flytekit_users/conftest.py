"""What came of each file of the corpus, on both sides: played once for all processes of a test run."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
PYTHONS = {"autocontainer_nb": sys.executable, "flytekit": os.environ.get("PEER_PYTHON", ".venv-peer/bin/python")}


def play(package: str, names: list[str], folder: Path) -> dict[str, str]:
    """Play the files in one process and return {file: what went wrong}."""
    python = REPOSITORY / PYTHONS[package]
    if not python.exists():
        pytest.fail(f"no {python}: `make test` makes flytekit's environment; or name a Python that has it: PEER_PYTHON")
    environment = {**os.environ, "AUTOCONTAINER_NB_HOME": str(folder / "home"), "HOME": str(folder)}
    done = subprocess.run(
        [python, "-W", "ignore", HERE / "play_corpus.py", package, folder / "files", *names],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.fixture(scope="session")
def outcome(request, tmp_path_factory):
    """Return a function of package and file's name that gives what went wrong there, "" if nothing has.

    The tests that are chosen decide what is played; of several processes of one test run, one plays for all.
    """
    wanted = sorted({item.callspec.params["name"] for item in request.session.items if is_played(item)})
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    started = []

    def of(package: str, name: str) -> str:
        path = shared / f"corpus-{package}.json"
        with (shared / f"corpus-{package}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                folder = tmp_path_factory.mktemp(package)
                started.append(str(folder / "home"))
                path.write_text(json.dumps(play(package, wanted, folder)))
        return json.loads(path.read_text())[name]

    yield of
    stop(started)


def is_played(item) -> bool:
    """Whether the test asks for the outcome of a file."""
    return "outcome" in getattr(item, "fixturenames", ())


def stop(homes: list[str]) -> None:
    """Stop the sandboxes of these homes, and see that they are gone."""
    from autocontainer_nb.sandbox import process

    for home in homes:
        process.stop(home)
        assert not process.status(home).running
