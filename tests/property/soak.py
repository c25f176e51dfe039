"""`make soak`: plays cases by their seeds, goes on where the last run has ended, and tells each seed that fails.

What passed is noted below `tests/property/passed/` in one file for each version of the generator and of the package.
A hundred seeds are played in one notebook process, the last of them by the installed scripts; then it is killed.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from seeds import case_of, generator_version
from worker import Worker

BLOCK = 100
_TWIN_EVERY = 5  # seeds; the versions of each are asked of a second process, with other hashes


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


def play_block(block: range) -> list[tuple[int, str]]:
    """Return the seeds of a block that fail, and how; each seed at the end of a hundred is run by the scripts."""
    workers = [Worker(1), Worker(2)]
    failures = []
    try:
        for seed in block:
            answer = workers[0].ask(seed=seed, by_script=seed % BLOCK == BLOCK - 1)
            failure = answer.get("failure", "")
            if not failure and seed % _TWIN_EVERY == 0:
                twin = workers[1].ask(seed=seed, only_versions=True)
                failure = twin.get("failure", "")
                if not failure and twin["versions"] != answer["versions"][: len(twin["versions"])]:
                    failure = f"the versions are {answer['versions']}, and in another process {twin['versions']}"
            if failure:
                failures.append((seed, failure))
                print(f"=== seed {seed} fails ===\n{case_of(seed)}\n\n{failure}", flush=True)
                print(f"=== alone: make soak SEEDS={seed}-{seed} ===", flush=True)
                for worker in workers if answer.get("is_dead") else ():
                    worker.kill()
                workers = [Worker(1), Worker(2)] if answer.get("is_dead") else workers
    finally:
        for worker in workers:
            worker.kill()
    return failures


def blocks_of(seeds: range) -> Iterator[range]:
    """Yield the seeds in blocks that begin at multiples of a hundred."""
    first = seeds.start
    while first < seeds.stop:
        last = min(seeds.stop, (first // BLOCK + 1) * BLOCK)
        yield range(first, last)
        first = last


def main() -> int:
    """Play the seeds and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0-99999")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no other block after these")
    arguments = parser.parse_args()
    first, _, last = arguments.seeds.partition("-")
    passed = Passed(HERE / "passed" / f"{generator_version()}-{package_version()}")
    open_blocks = [block for block in blocks_of(range(int(first), int(last or first) + 1)) if block not in passed]
    end = time.monotonic() + arguments.seconds
    failed: list[int] = []

    def one(block: range) -> None:
        if time.monotonic() > end:
            return
        failures = play_block(block)
        failed.extend(seed for seed, _ in failures)
        if not failures:
            passed.add(block)
        print(f"{block[0]}-{block[-1]}: {len(failures)} failed; {len(passed)} seeds passed so far", flush=True)

    with ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(one, open_blocks))
    if failed:
        print(f"{len(failed)} seeds fail: {', '.join(map(str, sorted(failed)))}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
