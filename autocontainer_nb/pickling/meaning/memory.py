"""Arrays that share memory: a write into one is visible in the other."""

import sys
from collections.abc import Iterable
from typing import Any

from autocontainer_nb.pickling.portable.shared_memory import span


def is_array(value: Any) -> bool:
    """Whether it is an array of numpy's."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, getattr(numpy, "ndarray", ()))


def overlapping(objects: list[Any], numbers: Iterable[int]) -> list[list[tuple[int, int]]]:
    """Return the groups of the numbered arrays that overlap, with their places from the first on."""
    spans = [(*span(objects[number]), number) for number in numbers]
    spans = sorted((start, stop, number) for start, stop, number in spans if stop > start)
    groups: list[list[tuple[int, int]]] = []
    end = first = 0
    for start, stop, number in spans:
        if groups and start < end:
            groups[-1].append((number, start - first))
            end = max(end, stop)
        else:
            groups.append([(number, 0)])
            first, end = start, stop
    return [group for group in groups if len(group) > 1]
