"""What data costs: capturing a task with a 100 MB array, and values of several kinds to literals and back."""

import json
import subprocess
import tempfile
from pathlib import Path

from container_process import HERE, environment
from timing import Samples

WHAT = {  # by the keys that data_ours.py and data_peer.py print
    "capture": "capture and write a task with a 100 MB array",
    "ready": "a task with a 100 MB array until its upload begins",
    "load": "load that task, and read the array",
    "list": "list[int] of 100,000 to literals and back",
    "dict": "dict[str, float] of 100,000 to literals and back",
    "dataclasses": "list of 10,000 dataclasses to literals and back",
    "frame": "DataFrame of 1,000,000 rows to literals and back",
}


def measured(python: Path, script: str, folder: Path) -> dict[str, float]:
    """Return the times of one process that runs the script; it writes into a new folder, as both packages do."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        done = subprocess.run(
            [str(python), str(HERE / script), fresh],
            env=environment(python, folder),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(f"{script} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def samples(python: Path, peer: Path | None, folder: Path, *, runs: int) -> dict[tuple[str, str], Samples]:
    """Return the samples by (package, what): a process of each package in turn, `runs` times; nothing for no runs."""
    if not runs:
        return {}
    packages = {"autocontainer_nb": (python, "data_ours.py")}
    if peer:
        packages["flytekit"] = (peer, "data_peer.py")
    found = {(package, key): Samples(f"{what}, {package}") for key, what in WHAT.items() for package in packages}
    for _ in range(runs):
        for package, (interpreter, script) in packages.items():
            for key, elapsed_s in measured(interpreter, script, folder / package).items():
                found[package, key].seconds.append(elapsed_s)
    return found
