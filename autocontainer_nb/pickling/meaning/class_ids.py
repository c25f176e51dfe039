"""The lasting ids of classes: the digest of what a class means, and a number where several are equal.

A class's digest covers all that makes it what it is (closures, defaults, bases, what its attributes hold), so what was
made twice by one factory is told apart. Two classes of one capture that mean the same are still two: the second one has
a number. At any moment, a process knows at most one class by an id: no two leave by the same one.
"""

import logging
import sys
from typing import Any, Final

from autocontainer_nb.pickling.capture.buffers import current_hashes
from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter
from autocontainer_nb.pickling.portable import class_table

_DIGITS: Final = 32
_told: Final[set[str]] = set()  # ids of which a person was told that the notebook's class is another one


class ClassIds:
    """The ids of one capture's classes, in the order in which they are met or, if they weren't, asked for.

    All that were met have their ids at once, whether the capture is pickled or not: where its version is registered
    already, what comes back is of these classes, and not of those that the registered file was written from.
    """

    def __init__(self, fingerprinter: Fingerprinter) -> None:
        self._digest = fingerprinter.class_digest
        self._ids: dict[int, str] = {}
        self._kept: list[type] = []
        self._counts: dict[str, int] = {}
        for cls in fingerprinter.classes():
            self.id_of(cls)

    def id_of(self, cls: type) -> str:
        """Return the class's id, and remember that it travels by it."""
        found = self._ids.get(id(cls))
        if found is None:
            digest = self._digest(cls)[:_DIGITS]
            number = self._counts[digest] = self._counts.get(digest, -1) + 1
            found = self._ids[id(cls)] = f"{digest}-{number}" if number else digest
            self._kept.append(cls)
            _leaves(cls, found)
        return found


def _leaves(cls: type, class_id: str) -> None:
    """Note that the class travels by the id now, beside another one that the notebook has under its name, if any."""
    class_table.track(cls, class_id, _in_notebook(cls.__qualname__) if cls.__module__ == "__main__" else None)


def _digest_now(cls: type) -> str:
    return Fingerprinter(SourceCollector(cells), current_hashes()).class_digest(cls)[:_DIGITS]


def identify(cls: type) -> str:
    """Return the id by which a class travels in an input: that of the capture, where it means the same still."""
    found = class_table.known_as(cls)
    if found is None or class_table.tracked(found) is not cls or not _is_still(cls, found):
        digest = found = _digest_now(cls)
        number = 0
        while (another := class_table.tracked(found)) is not None and another is not cls:  # that means the same
            number += 1
            found = f"{digest}-{number}"
    _leaves(cls, found)
    return found


def _is_still(cls: type, known: str) -> bool:
    """Whether the class means what it meant when it travelled by the id; one that came here is what it was there."""
    return class_table.came_here(cls) or known.partition("-")[0] == _digest_now(cls)


def recognize(class_id: str, module: str, qualname: str) -> type | None:
    """Return the class of this process that a pickle means: it left by this id, or has the name and means the same.

    What has the name counts, so that a class whose cell ran again after the launch owns what comes back. Where it had
    the name at the launch already, the value's class was another one here, as it is for a direct call: it stays that.
    """
    known = class_table.tracked(class_id)
    here = _in_notebook(qualname) if module == "__main__" else None
    if here is None or here is known or (known is not None and class_table.left_beside(known) is here):
        return known
    digest = class_id.partition("-")[0]
    other = class_table.known_as(here)
    is_another = other is not None and other != class_id and other.partition("-")[0] == digest  # both in one capture
    if not is_another and _digest_now(here) == digest:
        return here
    if class_id not in _told:
        _told.add(class_id)
        logging.getLogger("autocontainer_nb").warning(
            "A value of the class %s is of the class as it was when the task was launched: the notebook has another %s "
            "now, so isinstance() tells them apart. Launch the task again to get one of the new class.",
            qualname,
            qualname,
        )
    return known


def _in_notebook(qualname: str) -> type | None:
    """Return the class that the notebook has under the name, None if it has none."""
    outer, *inner = qualname.split(".")
    found: Any = getattr(sys.modules.get("__main__"), outer, None)
    for part in inner:
        found = vars(found).get(part) if isinstance(found, type) else None
    return found if isinstance(found, type) else None
