"""`make soak`: plays cases by their seeds, goes on where the last run has ended, and tells each seed that fails.

What passed is noted below `tests/property/passed/` in one file for each version of the generator and of the package.
Of a hundred seeds the last one is run by the installed scripts. Each tenth is played a second time, in another kernel
with the files that the first one has written; each five-hundredth, the first kernel is killed in the middle of
something, and a new one goes on with its files.
"""

import argparse
import hashlib
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from seeds import case_of, generator_version
from worker import Worker

BLOCK = 100
_TWIN_EVERY = 10  # seeds; each of them is played in a second kernel, with the files of the first
_KILLED_EVERY = 500  # seeds; there the first kernel is killed, and a new one goes on with its files


def package_version() -> str:
    """Return a hash of the package's sources."""
    import autocontainer_nb

    digest = hashlib.sha256()
    for path in sorted(Path(autocontainer_nb.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Passed:
    """The blocks that have passed, in a file that any number of runs add to."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        self._path = path
        lines = path.read_text().split() if path.exists() else []
        self._blocks = {tuple(map(int, line.split("-"))) for line in lines}

    def __contains__(self, block: range) -> bool:
        return (block[0], block[-1]) in self._blocks

    def add(self, block: range) -> None:
        """Note a block."""
        self._blocks.add((block[0], block[-1]))
        with self._path.open("a") as file:
            file.write(f"{block[0]}-{block[-1]}\n")

    def __len__(self) -> int:
        return len({seed for first, last in self._blocks for seed in range(first, last + 1)})


class Kernels:
    """Two notebook processes with different hashes: the second one is the restarted kernel of the first one's user."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        # The second one collects garbage as often as Python does: no fault hides behind what is freed later than usual.
        self._workers = [Worker(1, collects_rarely=True), Worker(2)]

    def failure_of(self, seed: int) -> str:
        """Play the seed, and return what is different there, or in another kernel; empty for nothing."""
        answer = self._asked(0, seed=seed, by_script=seed % BLOCK == BLOCK - 1)
        if "failure" in answer:
            return str(answer["failure"])
        folder = ""
        if seed % _KILLED_EVERY == 0:
            folder = self._killed(seed + 1)
        if seed % _KILLED_EVERY == 0 or seed % _TWIN_EVERY == 0:
            second = self._asked(0 if folder else 1, seed=seed, known=answer["known"])
            if folder:
                shutil.rmtree(folder, ignore_errors=True)
            if "failure" in second:
                return f"in another kernel, with the files of the first: {second['failure']}"
            if second["versions"] != answer["versions"]:
                return f"the versions are {answer['versions']}, and in another kernel {second['versions']}"
        return ""

    def _killed(self, seed: int) -> str:
        """Kill the first kernel while it plays a seed, and start it anew; return the folder of its files."""
        self._workers[0].begin(seed=seed, folder="unfinished")
        time.sleep(0.05)
        self.counts["killed kernels"] += 1
        folder = self._workers[0].kill(keep_files=True)
        self._workers[0] = Worker(3, collects_rarely=True)
        return folder

    def _asked(self, number: int, **request: Any) -> dict[str, Any]:
        answer = self._workers[number].ask(**request)
        self.counts.update(answer.get("counts", {}))
        if answer.get("is_dead"):
            self._workers[number].kill()
            self._workers[number] = Worker(number + 1, collects_rarely=number == 0)
        return answer

    def close(self) -> None:
        """End both."""
        for worker in self._workers:
            worker.kill()


def play_block(kernels: Kernels, block: range) -> list[int]:
    """Return the seeds of a block that fail, and tell how; the last one of a hundred is run by the scripts."""
    failed = []
    for seed in block:
        failure = kernels.failure_of(seed)
        if failure:
            failed.append(seed)
            print(f"=== seed {seed} fails ===\n{case_of(seed)}\n\n{failure}", flush=True)
            print(f"=== alone: make soak SEEDS={seed}-{seed} ===", flush=True)
    return failed


def blocks_of(seeds: range) -> Iterator[range]:
    """Yield the seeds in blocks that begin at multiples of a hundred."""
    first = seeds.start
    while first < seeds.stop:
        last = min(seeds.stop, (first // BLOCK + 1) * BLOCK)
        yield range(first, last)
        first = last


_TAKING = threading.Lock()


def _next(blocks: Iterator[range]) -> range | None:
    with _TAKING:
        return next(blocks, None)


def main() -> int:
    """Play the seeds and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0-99999")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no other block after these")
    arguments = parser.parse_args()
    first, _, last = arguments.seeds.partition("-")
    passed = Passed(HERE / "passed" / f"{generator_version()}-{package_version()}")
    blocks = blocks_of(range(int(first), int(last or first) + 1))
    waiting = iter([block for block in blocks if block not in passed])
    end = time.monotonic() + arguments.seconds
    failed: list[int] = []

    def work() -> None:
        kernels = Kernels()
        try:
            while (block := _next(waiting)) is not None:
                if time.monotonic() > end:
                    return
                found = play_block(kernels, block)
                failed.extend(found)
                if not found:
                    passed.add(block)
                counts = ", ".join(f"{name} {count}" for name, count in sorted(kernels.counts.items()))
                print(
                    f"{block[0]}-{block[-1]}: {len(found)} failed; {len(passed)} seeds passed so far ({counts})",
                    flush=True,
                )
        finally:
            kernels.close()

    with ThreadPoolExecutor(arguments.jobs) as pool:
        for each in [pool.submit(work) for _ in range(arguments.jobs)]:
            each.result()
    if failed:
        print(f"{len(failed)} seeds fail: {', '.join(map(str, sorted(failed)))}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
