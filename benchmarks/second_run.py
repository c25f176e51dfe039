"""What a run costs after an edit of the function, while its 100 MB array is what it was: bytes uploaded, and time.

Run by the bench environment's Python, with a sandbox of its own:

    python second_run.py       prints {"first_s": s, "second_s": s, "first_bytes": n, "second_bytes": n}

The time is that of the launch: capture, upload, registration, up to the execution's name.
"""

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from timing import Samples

FIRST = "launch of a task with a 100 MB array that is new"
SECOND = "launch after an edit of the function, the array unchanged"


@dataclass
class SecondRuns:
    """The samples of some processes."""

    first: Samples = field(default_factory=lambda: Samples(FIRST))
    second: Samples = field(default_factory=lambda: Samples(SECOND))
    second_bytes: list[int] = field(default_factory=list)


def samples(python: Path, folder: Path, *, runs: int) -> SecondRuns:
    """Return the samples of `runs` processes, each with a new sandbox that knows nothing yet."""
    found = SecondRuns()
    folder.mkdir()
    for turn in range(runs):
        done = subprocess.run(
            [str(python), __file__],
            env={
                "PATH": f"{python.parent}:/usr/bin:/bin",
                "HOME": str(folder),
                "AUTOCONTAINER_NB_HOME": str(folder / str(turn)),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"second_run.py ended with {done.returncode}:\n{done.stderr}")
        measured = json.loads(done.stdout.splitlines()[-1])
        found.first.seconds.append(measured["first_s"])
        found.second.seconds.append(measured["second_s"])
        found.second_bytes.append(measured["second_bytes"])
    return found


def uploaded_bytes(home: str) -> int:
    """Return how much the sandbox's store holds that clients have uploaded."""
    uploads = Path(home, "sandbox").rglob("autocontainer-nb*/**/*")
    return sum(path.stat().st_size for path in uploads if path.is_file())


def main() -> None:
    """Launch a task, edit it, launch it again."""
    import numpy as np

    from autocontainer_nb import FlyteRemote, task
    from autocontainer_nb.sandbox.process import ensure_running, stop

    home = os.environ["AUTOCONTAINER_NB_HOME"]
    ensure_running(home)
    remote = FlyteRemote(home=home)
    array = np.random.default_rng(0).random(100_000_000 // 8)
    measured: dict[str, float] = {}
    sizes = [uploaded_bytes(home)]

    @task
    def total(x: int) -> float:
        return float(array[x])

    first = total

    @task
    def total(x: int) -> float:
        return float(array[x]) + 1

    try:
        for name, one, added in (("first", first, 0), ("second", total, 1)):
            started = time.perf_counter()
            run = remote.launch(one, x=3)
            measured[f"{name}_s"] = time.perf_counter() - started
            if run.result(timeout_s=120) != float(array[3]) + added:
                raise RuntimeError("the task returned another number")
            sizes.append(uploaded_bytes(home))
            measured[f"{name}_bytes"] = sizes[-1] - sizes[-2]
    finally:
        stop(home)
    if not 99_000_000 < measured["first_bytes"] < 101_000_000:
        raise RuntimeError(f"the first run should upload 100 MB: {measured}")
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
