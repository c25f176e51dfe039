"""Times of whole processes, taken in turns so that a machine that slows down slows all of them."""

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Command:
    """One process to time: its arguments, its working directory, its whole environment."""

    args: list[str]
    cwd: Path
    env: Mapping[str, str]
    check: Callable[[], None] = lambda: None  # raises if the process did not do its work

    def run(self) -> float:
        """Return the wall time in seconds from before the start to after the end."""
        started = time.perf_counter()
        done = subprocess.run(self.args, cwd=self.cwd, env=dict(self.env), capture_output=True, text=True, check=False)
        elapsed_s = time.perf_counter() - started
        if done.returncode != 0:
            raise RuntimeError(f"{self.args} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        self.check()
        return elapsed_s


@dataclass(frozen=True)
class Samples:
    """Measured times of one thing, in seconds."""

    what: str
    seconds: list[float] = field(default_factory=list)

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p90_s(self) -> float:
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(len(self.seconds) * 0.9))]


def in_turns(commands: Mapping[str, Callable[[], float]], *, runs: int, warm_up: int = 2) -> dict[str, Samples]:
    """Return `runs` samples of each: one of every command, then the next round; the first rounds don't count.

    Every second round goes backwards, so that none always follows the same one.
    """
    samples = {what: Samples(what) for what in commands}
    for turn in range(-warm_up, runs):
        for what in list(commands)[:: 1 if turn % 2 else -1]:
            elapsed_s = commands[what]()
            if turn >= 0:
                samples[what].seconds.append(elapsed_s)
    return samples
