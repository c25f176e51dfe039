"""Counts what the cases of a range of seeds show: alone, and beside another family. `python breadth.py 0-1999`."""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from seeds import case_of

# The families of definitions: in one case, two of them are combined.
FAMILIES = frozenset(
    (
        *("class", "function", "enum", "dataclass", "named tuple", "pydantic model", "attrs", "numpy", "pandas"),
        *("local module", "container"),
    )
)


def counted(seeds: Iterable[int]) -> tuple[Counter[str], Counter[str]]:
    """Return how many cases show each thing, and how many of them beside two or more families of definitions."""
    all_of_them: Counter[str] = Counter()
    combined: Counter[str] = Counter()
    for seed in seeds:
        labels = set(case_of(seed).labels)
        all_of_them.update(labels)
        if len(labels & FAMILIES) > 1:
            combined.update(labels)
    return all_of_them, combined


if __name__ == "__main__":
    first, _, last = (sys.argv[1:] or ["0-1999"])[0].partition("-")
    every, beside = counted(range(int(first), int(last) + 1))
    for label, count in sorted(every.items()):
        print(f"{label:40} {count:6} {beside[label]:6} combined")
