"""What a launch costs beside pickling: 100,000 captured dictionaries, and 30,000 instances of a cell's class.

Run by the bench environment's Python, with a sandbox of its own:

    python launches.py ROUNDS       prints {"dictionaries": {"dump": [s, ...], "unchanged": ..., "first": ...}, ...}

In turns: cloudpickle's own dump of the data; an unchanged launch until its version is known, which is when the control
plane is asked for the first time; the whole first launch after a change of the data, without the trial load.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from timing import Samples, in_turns

KINDS = {"dictionaries": "100,000 captured dictionaries", "instances": "30,000 captured instances"}
STEPS = {
    "dump": "{}: cloudpickle's dump",
    "unchanged": "{}: unchanged launch until its version is known",
    "first": "{}: first launch, without the trial load",
}


def samples(python: Path, folder: Path, *, runs: int) -> dict[tuple[str, str], Samples]:
    """Return the samples by kind and step, taken in one process with a sandbox of its own; nothing for no runs."""
    if not runs:
        return {}
    folder.mkdir()
    done = subprocess.run(
        [str(python), __file__, str(runs)],
        env={
            "PATH": f"{python.parent}:/usr/bin:/bin",
            "HOME": str(folder),
            "AUTOCONTAINER_NB_HOME": str(folder / "state"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"launches.py ended with {done.returncode}:\n{done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    return {
        (kind, step): Samples(what.format(KINDS[kind]), found[kind][step])
        for kind in KINDS
        for step, what in STEPS.items()
    }


class Point:
    """A record as cells define them."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.label = f"p{number}"
        self.weight = number / 7


class AskedError(Exception):
    """The control plane would be asked now."""


CELL = """
@task
def count_dictionaries() -> int:
    return len(dictionaries)

@task
def count_instances() -> int:
    return len(instances)
"""


def measured(remote: Any, runs: int) -> dict[str, dict[str, list[float]]]:
    """Return the times of both kinds by step."""
    from autocontainer_nb import task

    names = vars(sys.modules["__main__"])
    names["task"] = task
    names["dictionaries"] = [{"id": n, "name": f"n{n}", "score": n / 7} for n in range(100_000)]
    names["instances"] = [Point(n) for n in range(30_000)]
    exec(CELL, names)
    found = {}
    for kind in KINDS:
        data, entity = names[kind], names[f"count_{kind}"]
        commands = {
            "dump": dump_of(data),
            "first": first_launch(remote, entity, data),
            "unchanged": unchanged(remote, entity),
        }
        found[kind] = {step: each.seconds for step, each in in_turns(commands, runs=runs, warm_up=1).items()}
    return found


def dump_of(data: Any) -> Callable[[], float]:
    import cloudpickle

    def timed() -> float:
        started = time.perf_counter()
        cloudpickle.dumps(data)
        return time.perf_counter() - started

    return timed


def first_launch(remote: Any, entity: Any, data: list[Any]) -> Callable[[], float]:
    """Time a launch after something was added to the data, up to the execution's name; then its result is awaited."""

    def timed() -> float:
        data.append({"id": len(data)} if isinstance(data[0], dict) else Point(len(data)))
        started = time.perf_counter()
        run = remote.submit(entity, (), {}, trial="off")
        elapsed_s = time.perf_counter() - started
        if run.result(timeout_s=120) != len(data):
            raise RuntimeError("the task returned another number")
        return elapsed_s

    return timed


def unchanged(remote: Any, entity: Any) -> Callable[[], float]:
    """Time a launch of what the last launch had, up to its first question to the control plane."""
    from autocontainer_nb.remote.rpc.calls import Calls

    def asked(*_: Any, **__: Any) -> None:
        raise AskedError

    def timed() -> float:
        own, Calls.call = Calls.call, asked
        started = time.perf_counter()
        try:
            remote.launch(entity)
        except AskedError:
            return time.perf_counter() - started
        finally:
            Calls.call = own
        raise RuntimeError("nothing was asked")

    return timed


def main(runs: int) -> None:
    from autocontainer_nb import FlyteRemote
    from autocontainer_nb.sandbox.process import stop

    home = os.environ["AUTOCONTAINER_NB_HOME"]
    remote = FlyteRemote(home=home)
    try:
        found = measured(remote, runs)
    finally:
        stop(home)
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
