"""Trials: whether one object can be pickled as a capture would pickle it, and what inside of it can't."""

from collections.abc import Iterator
from typing import Any, Final

from autocontainer_nb.pickling.cells import CellBook
from autocontainer_nb.pickling.meaning.parts import parts_of
from autocontainer_nb.pickling.pickler import CapturePickler
from autocontainer_nb.pickling.sources import SourceCollector

MAX_TRIALS: Final = 500  # of one search that has nothing but trials
_MAX_DEPTH: Final = 30
_MAX_CAUSE: Final = 300


def trial(value: Any, book: CellBook) -> str | None:
    """Return why the object can't be pickled by itself; None if it can. Nothing is kept of what is written."""
    try:
        CapturePickler(_Nowhere(), SourceCollector(book), lambda _: False).dump(value)  # type: ignore[arg-type]  # all that a pickler asks of a file is write()
    except RecursionError:
        return "it is nested too deeply for pickle"
    except Exception as error:  # noqa: BLE001 - any class's own pickling code runs here, and may raise anything
        text = f"{error}".strip().rstrip(".") or type(error).__name__
        return text if len(text) <= _MAX_CAUSE else text[: _MAX_CAUSE - 1] + "…"
    return None


def narrowed(
    name: str, value: Any, book: CellBook, seen: dict[int, Any], failed: set[int]
) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Yield (path, object, cause) of the innermost objects that fail, found by trying the parts of what fails.

    For what the objects' own reductions don't tell. What is in `seen` is left out, what is tried is put there, and
    what fails in `failed`, too. The number of trials is limited; what is left then isn't searched.
    """
    cause = None if id(value) in seen else trial(value, book)
    if cause is None:
        return
    seen[id(value)] = value
    failed.add(id(value))
    left = MAX_TRIALS
    stack: list[tuple[tuple[str, ...], Any, str]] = [((name,), value, cause)]
    while stack:
        path, value, cause = stack.pop()
        failing: list[tuple[tuple[str, ...], Any, str]] = []
        has_known = False
        for part in parts_of(value).children if len(path) < _MAX_DEPTH else ():
            if id(part.value) in seen or left <= 0:
                has_known = has_known or id(part.value) in failed
                continue
            seen[id(part.value)] = part.value
            left -= 1
            inner = trial(part.value, book)
            if inner is not None:
                failed.add(id(part.value))
                step = part.step.removeprefix(".")
                failing.append(((*path, step) if step else path, part.value, inner))
        if failing:
            stack.extend(reversed(failing))
        elif not has_known:  # else it fails because of what has been found already
            yield path, value, cause


class _Nowhere:
    """A file that keeps nothing."""

    def write(self, data: Any) -> int:
        return memoryview(data).nbytes
