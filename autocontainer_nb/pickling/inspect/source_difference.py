"""The source texts of two files that belong together, and their differences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from typing import Final

from autocontainer_nb.pickling.credentials.finder import masked

MAX_PAIRED: Final = 40  # texts on each side that are paired by similarity
MAX_LINES: Final = 5000  # of a text, for a comparison line by line
MIN_LIKENESS: Final = 0.4


@dataclass(frozen=True)
class Named:
    """A source text. `key` identifies it in the other file: the name of an entity or module, or empty."""

    key: str
    label: str
    text: str


def source_changes(before: Sequence[Named], after: Sequence[Named]) -> Iterator[tuple[str, str, str]]:
    """Yield (label, sentence, unified diff) for each text that differs."""
    same = {one.text for one in before} & {one.text for one in after}
    old = [one for one in before if one.text not in same]
    new = [one for one in after if one.text not in same]
    for was, now in _pairs(old, new):
        if was is None or now is None:
            one = was or now
            if one is not None:
                yield one.label, f"{one.label} is {'new' if was is None else 'gone'}", _diff(was, now)
            continue
        label = now.label if was.label == now.label else f"{was.label} ► {now.label}"
        yield now.label, f"{label} changed", _diff(was, now)


def _pairs(old: list[Named], new: list[Named]) -> Iterator[tuple[Named | None, Named | None]]:
    """Yield pairs by key, then by label, then by similarity; the remaining texts alone."""
    for attribute in ("key", "label"):
        known = {getattr(one, attribute): one for one in old if getattr(one, attribute)}
        for now in list(new):
            was = known.pop(getattr(now, attribute), None)
            if was is not None:
                old.remove(was)
                new.remove(now)
                yield was, now
    for now in list(new[:MAX_PAIRED]):
        likeness = [(_likeness(was.text, now.text), index) for index, was in enumerate(old[:MAX_PAIRED])]
        best, index = max(likeness, default=(0.0, 0))
        if best >= MIN_LIKENESS:
            new.remove(now)
            yield old.pop(index), now
    yield from ((was, None) for was in old)
    yield from ((None, now) for now in new)


def _likeness(was: str, now: str) -> float:
    """Return the similarity of two texts, from 0 to 1, by their lines."""
    return SequenceMatcher(None, was.splitlines()[:MAX_LINES], now.splitlines()[:MAX_LINES], autojunk=True).ratio()


def _diff(was: Named | None, now: Named | None) -> str:
    old, new = (masked(one.text).splitlines() if one else [] for one in (was, now))
    if max(len(old), len(new)) > MAX_LINES:
        return f"(too long to compare line by line: more than {MAX_LINES} lines)"
    names = [f"{side}: {one.label}" if one else "/dev/null" for side, one in (("a", was), ("b", now))]
    if old == new:
        return "(the only differences are in lines that may contain a credential, which aren't shown)"
    return "\n".join(unified_diff(old, new, names[0], names[1], lineterm=""))
