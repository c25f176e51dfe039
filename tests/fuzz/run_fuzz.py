"""`make fuzz`: alter pickled-entity files a million times, guided by what each one reaches in the reader.

Each process grows a corpus of its own from the specimens and the kept seeds: a file that took a new step is altered
further. What breaks a promise (see `judge`) is kept as a file and fails the run.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import traceback
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent))

from coverage_map import CoverageMap
from judge import MEMORY_BOUND_BYTES, MODULES, Judge, bound_memory, peak_bytes
from mutations import Mutator
from specimens import Specimen, specimens

SEEDS = Path(__file__).parent / "seeds"
FAILURES = Path(__file__).parent / "failures"
_GUIDED_SHARE = 0.25  # of the cases whose steps are traced, which makes them some times slower
_MAX_SEED_BYTES = 16 << 10  # larger ones aren't kept in the repository


@dataclass
class Result:
    """What one process found."""

    cases: int = 0
    steps: int = 0
    corpus: int = 0
    peak_bytes: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    found: list[bytes] = field(default_factory=list)  # files that took new steps, small ones
    failures: list[str] = field(default_factory=list)


def fuzz(cases: int, seed: int) -> Result:
    """Return what came of altering files `cases` times."""
    random = Random(seed)
    mutator, coverage, result = Mutator(random), CoverageMap(MODULES), Result()
    with tempfile.TemporaryDirectory(dir=_memory_folder()) as folder:
        originals = specimens(Path(folder))
        corpus = [(each.data, each) for each in originals] + [(data, originals[0]) for data in kept_seeds()]
        judge = Judge(Path(folder))
        for data, original in corpus:  # what is known already guides nobody
            coverage.run(lambda data=data, original=original: judge.judge(data, original))
        bound_memory()
        start = peak_bytes()
        for _ in range(cases):
            data, original = random.choice(corpus)
            altered = mutator.mutate(data, random.choice(corpus)[0])
            try:
                if random.random() < _GUIDED_SHARE:
                    _, new = coverage.run(lambda altered=altered, original=original: judge.judge(altered, original))
                    if new:
                        corpus.append((altered, original))
                        result.found += [altered] if len(altered) <= _MAX_SEED_BYTES else []
                else:
                    judge.judge(altered, original)
            except (Exception, MemoryError):  # noqa: BLE001 - every exception is a finding
                result.failures.append(_keep_failure(altered, original))
                if len(result.failures) >= 10:
                    break
            result.cases += 1
        result.steps, result.corpus, result.peak_bytes = len(coverage), len(corpus), peak_bytes() - start
        result.verdicts = judge.verdicts
    return result


def kept_seeds() -> list[bytes]:
    """Return the files that earlier runs found worth keeping."""
    return [path.read_bytes() for path in sorted(SEEDS.glob("*.bin"))]


def main() -> int:
    """Run all processes and print what they found; returns 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the files that took new steps as seeds")
    options = parser.parse_args()
    shares = [(options.cases // options.jobs, options.seed * 1000 + job) for job in range(options.jobs)]
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        results = pool.starmap(fuzz, shares)
    for result in results:
        print(  # noqa: T201 - what the command is for
            f"{result.cases:,} cases, {result.steps} steps, corpus {result.corpus}, "
            f"{max(result.peak_bytes, 0) / 2**20:.0f} MiB more than at the start (bound {MEMORY_BOUND_BYTES >> 20} MiB)"
        )
    verdicts = sum((result.verdicts for result in results), Counter())
    print(", ".join(f"{name} {count:,}" for name, count in verdicts.most_common()))  # noqa: T201 - likewise
    if options.keep:
        _keep_seeds([data for result in results for data in result.found])
    failures = [failure for result in results for failure in result.failures]
    total = sum(result.cases for result in results)
    print("\n".join(failures) or f"No promise broken in {total:,} cases.")  # noqa: T201 - likewise
    return 1 if failures else 0


def _keep_seeds(files: list[bytes]) -> None:
    SEEDS.mkdir(exist_ok=True)
    for data in files:
        (SEEDS / f"{sha256(data).hexdigest()[:16]}.bin").write_bytes(data)


def _keep_failure(data: bytes, original: Specimen) -> str:
    FAILURES.mkdir(exist_ok=True)
    path = FAILURES / f"{sha256(data).hexdigest()[:16]}.bin"
    path.write_bytes(data)
    return f"{path.name}, altered from {original.name!r}:\n{traceback.format_exc(limit=-4, chain=False)[:2000]}"


def _memory_folder() -> str | None:
    """Return a folder in memory, where there is one: a million files needn't reach a disk."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


if __name__ == "__main__":
    sys.exit(main())
