"""Submit to result in the sandbox, in turns with the bare container process that each trip contains.

Run by the bench environment's Python:

    python sandbox_trip.py RUNS < COMMAND.json       prints {"trip": [s, ...], "bare": [s, ...]}
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from timing import Command, Samples

TRIP = "sandbox: submit to result of a trivial task"
BARE = "the bare pyflyte-execute process, in turns with it"


def samples(python: Path, bare: Command, folder: Path, *, runs: int) -> list[Samples]:
    """Return `runs` samples of the trip and of the bare process, made in a process with a sandbox of its own."""
    folder.mkdir()
    given = json.dumps({"args": bare.args, "cwd": str(bare.cwd), "env": dict(bare.env)})
    done = subprocess.run(
        [str(python), __file__, str(runs)],
        env={"PATH": bare.env["PATH"], "HOME": str(folder), "AUTOCONTAINER_NB_HOME": str(folder / "state")},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the sandbox benchmark ended with {done.returncode}:\n{done.stderr}")
    measured = json.loads(done.stdout.splitlines()[-1])
    return [Samples(TRIP, measured["trip"]), Samples(BARE, measured["bare"])]


def main(runs: int) -> None:
    """Make trips and bare runs in turns, then stop the sandbox."""
    from autocontainer_nb import FlyteRemote
    from autocontainer_nb.sandbox.process import stop
    from ours import double

    home = os.environ["AUTOCONTAINER_NB_HOME"]
    given = json.load(sys.stdin)
    bare = Command(args=given["args"], cwd=Path(given["cwd"]), env=given["env"])
    remote = FlyteRemote(home=home)
    measured: dict[str, list[float]] = {"trip": [], "bare": []}
    try:
        for turn in range(-2, runs):
            started = time.perf_counter()
            result = remote.launch(double, x=turn).result(timeout_s=60)
            trip_s = time.perf_counter() - started
            if result != 2 * turn:
                raise RuntimeError(f"the task returned {result}, expected {2 * turn}")
            bare_s = bare.run()
            if turn >= 0:
                measured["trip"].append(trip_s)
                measured["bare"].append(bare_s)
    finally:
        stop(home)
    print(json.dumps(measured))


if __name__ == "__main__":
    main(int(sys.argv[1]))
