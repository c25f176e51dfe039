"""Which class has which lasting id in this process. The tables of cloudpickle, which others use, are never touched.

A class that travels by value has an id in its pickle, so that one which comes back is the one that left. The process
that owns a class keeps it as it is: unpickling finds it here, and what the pickle says of its content is passed over.
"""

import abc
import threading
import weakref
from collections.abc import Callable
from typing import Any, Final

from autocontainer_nb.pickling.portable.main_module import welcome

# The class that this process has under an id (id, module, qualified name), better than the table knows; the id of a
# class that the table doesn't know. `meaning.class_ids` sets both in a process that can tell what a class means.
recognize: Callable[[str, str, str], "type | None"] | None = None
identify: Callable[[type], str] | None = None

REGISTERED: Final = "_abc_impl"  # the name by which the classes registered with an abstract one travel
WAITING: Final = "<waiting>"  # the name that says how often more attributes come when the class is complete otherwise
_lock: Final = threading.Lock()
_by_id: Final[weakref.WeakValueDictionary[str, type]] = weakref.WeakValueDictionary()
_ids: Final[dict[int, str]] = {}  # by the identity of the class: hashing it may run the user's code
_watched: Final[dict[int, "weakref.ref[type]"]] = {}
_unfilled: Final[dict[int, type]] = {}  # made by a load, and not complete yet
_to_complete: Final[dict[int, tuple[type, int]]] = {}  # filled by a load; how often attributes that wait will come
_came: Final[set[int]] = set()  # classes that a load has made
_beside: Final[dict[int, "weakref.ref[type]"]] = {}  # of a class: the one that had its name when it travelled last


def track(cls: type, class_id: str, namesake: type | None = None) -> None:
    """Remember the id by which the class travels; it may have had others. `namesake` has its name by now."""
    key = id(cls)
    with _lock:
        _by_id[class_id] = cls
        _ids[key] = class_id
        if namesake is None or namesake is cls:
            _beside.pop(key, None)
        else:
            _beside[key] = weakref.ref(namesake)
        if key not in _watched:
            _watched[key] = weakref.ref(cls, lambda _: _forget(key))


def _forget(key: int) -> None:
    _watched.pop(key, None)
    _ids.pop(key, None)
    _came.discard(key)
    _beside.pop(key, None)


def known_as(cls: type) -> str | None:
    """Return the id by which the class travelled last, None for one that never did."""
    return _ids.get(id(cls))


def tracked(class_id: str) -> type | None:
    """Return the class that has travelled by this id, if it is alive."""
    return _by_id.get(class_id)


def left_beside(cls: type) -> type | None:
    """Return the class that had this one's name when this one travelled last, None if it had its name itself."""
    other = _beside.get(id(cls))
    return None if other is None else other()


def has_travelled(cls: type) -> bool:
    """Whether the class came here, or left, by value: an installed one never does."""
    return id(cls) in _ids


def came_here(cls: type) -> bool:
    """Whether the class was made by a load, and has kept the id that it came by."""
    return id(cls) in _came


def lasting_id(cls: type) -> str:
    """Return the id by which a class travels apart from captures; one that never travelled gets a new id."""
    if identify is not None:
        return identify(cls)
    found = known_as(cls)
    if found is None:
        import uuid  # which loads `platform`: a container needs neither for what has an id

        found = uuid.uuid4().hex
        track(cls, found)
    return found


def existing(class_id: str, module: str, qualname: str) -> type | None:
    """Return the class that a pickle means by the id, if this process has it."""
    return recognize(class_id, module, qualname) if recognize is not None else tracked(class_id)


def made(cls: type, class_id: str) -> type:
    """Note a class that a load has made, to be filled; return it, or the one that another thread made first."""
    with _lock:
        first = _by_id.get(class_id)
        if first is not None and id(first) in _unfilled:
            return first
        _unfilled[id(cls)] = cls
        _came.add(id(cls))
    track(cls, class_id)
    welcome(cls)
    return cls


def is_to_fill(cls: type) -> bool:
    """Whether the class was made by a load and has no content yet; asked once for each class, by who fills it."""
    return _unfilled.pop(id(cls), None) is not None


def is_being_made(cls: type) -> bool:
    """Whether the class was made by a load and has no content yet, or not all of it."""
    return id(cls) in _unfilled or id(cls) in _to_complete


def is_to_complete(cls: type) -> bool:
    """Whether the class was filled by a load but for attributes that waited; asked each time that some come."""
    found = _to_complete.pop(id(cls), None)
    if found is not None and found[1] > 1:
        _to_complete[id(cls)] = cls, found[1] - 1
    return found is not None


def set_attributes(cls: Any, attributes: dict[str, Any]) -> None:
    """Set a class's attributes without asking its metaclass."""
    for name, value in attributes.items():
        if name == WAITING:
            _to_complete[id(cls)] = cls, int(value)
        elif name != REGISTERED:
            type.__setattr__(cls, name, value)
    if "__firstlineno__" in attributes:  # since 3.13; setting some of the others deletes it
        type.__setattr__(cls, "__firstlineno__", attributes["__firstlineno__"])
    for one in attributes.get(REGISTERED, ()):
        abc.ABCMeta.register(cls, one)
