"""What pickle would ask an object for, without pickling it: its reduction, as `CapturePickler` would have it."""

import io
from functools import lru_cache
from typing import Any

from autocontainer_nb.pickling.cells import CellBook
from autocontainer_nb.pickling.pickler import PROTOCOL, CapturePickler
from autocontainer_nb.pickling.sources import SourceCollector


def reduction(value: Any) -> Any:
    """Return what `CapturePickler` would write of an object that is no function, class, code or module.

    That is a text, the name that it is imported by, or the tuple of the pickle protocol: (callable, arguments, state,
    list items, dictionary items, state setter), the last four optional.

    Raises:
        Exception: whatever the object's own pickling code raises, and `TypeError` where it can't be pickled.
    """
    pickler = _asked()
    reduced = pickler.reducer_override(value)
    if reduced is not NotImplemented:
        return reduced
    reduce = pickler.dispatch_table.get(type(value))
    return reduce(value) if reduce is not None else value.__reduce_ex__(PROTOCOL)


@lru_cache(maxsize=1)
def _asked() -> CapturePickler:
    """Return a pickler that never writes: only its reducers are asked."""
    return CapturePickler(io.BytesIO(), SourceCollector(CellBook()))
