"""The user's own modules that a pickle refers to, recorded while it is written."""

import sys
from contextlib import suppress
from threading import Lock
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, TypeVar

import cloudpickle

from autocontainer_nb.pickling.code.imports import imports_of_code
from autocontainer_nb.pickling.code.ownership import is_local_module, is_made_at_run_time

_lock: Final = Lock()
_claims: Final[dict[str, int]] = {}  # modules that cloudpickle was told of here: how many picklers need that


class LocalNames:
    """The local modules that one pickler has met, and the names in them that it refers to.

    Their sources travel, so their definitions are pickled by name. A module that was created at run time has no source:
    its content is pickled, and cloudpickle has to know it while the pickler runs: where that is so, `claims`.
    """

    def __init__(self, *, claims: bool = True) -> None:
        self._claims = claims
        self.wanted: set[str] = set()  # names of possible local modules, or of modules in one
        self.referred: dict[str, set[str]] = {}  # by module
        self.older: dict[str, dict[str, tuple[Any, Any]]] = {}  # by module and name: (old, new)
        self.codes: list[CodeType] = []  # all code that travels
        self._known: dict[str, bool] = {}  # a cache: whether a module is the user's own
        self._claimed: list[str] = []

    def note(self, module: object, attribute: str = "") -> bool:
        """Record a reference to a module; return whether it is the user's own and travels as source."""
        if not isinstance(module, str):
            return False
        if module not in self._known:
            self._known[module] = self._travels(module)
        if not self._known[module]:
            return False
        self.wanted.add(module)
        if attribute and "<" not in attribute:
            self.referred.setdefault(module, set()).add(attribute.partition(".")[0])
        return True

    def note_code(self, code: CodeType) -> None:
        """Record the modules that the code imports when it runs."""
        self.wanted.update(imports_of_code(code))
        self.codes.append(code)

    def note_older(self, obj: Any, newer: Any) -> None:
        """Record that the newer function or class travels in place of this one, because its module was reloaded."""
        self.older.setdefault(obj.__module__, {})[obj.__qualname__] = (obj, newer)

    def note_object(self, obj: Any) -> None:
        """Record the module of an object that may be pickled by its name, as the object or its class says."""
        module = getattr(obj, "__module__", None) if isinstance(obj, TypeVar) else type(obj).__module__
        self.note(module)

    def release(self) -> None:
        """Let cloudpickle forget the modules that were created at run time, unless another thread still needs them."""
        with _lock:
            for name in self._claimed:
                _claims[name] -= 1
                if not _claims[name]:
                    del _claims[name]
                    with suppress(ValueError):  # somebody else has taken it back
                        cloudpickle.unregister_pickle_by_value(ModuleType(name))
        self._claimed.clear()

    def _travels(self, module: str) -> bool:
        if is_made_at_run_time(module):
            if self._claims:
                self._claim(sys.modules[module])
            return False
        return is_local_module(module) and not _is_by_value(module)

    def _claim(self, module: ModuleType) -> None:
        with _lock:
            name = next((each for each in _claims if _is_within(module.__name__, each)), None)
            if name is None and _is_by_value(module.__name__):
                return  # the user has said so
            if name is None:
                name = module.__name__
                cloudpickle.register_pickle_by_value(module)
            _claims[name] = _claims.get(name, 0) + 1
            self._claimed.append(name)


def current(obj: Any) -> tuple[Any, str] | None:
    """Return (module or class, attribute) where a local module now has another object than this one, or None.

    This happens after a reload: the notebook has the older function, the module the newer one, which travels. An object
    that the module doesn't define at its top level doesn't count.
    """
    owner: Any = sys.modules.get(obj.__module__)
    *outer, name = obj.__qualname__.split(".")
    for each in outer:
        owner = vars(owner).get(each) if isinstance(owner, ModuleType | type) else None
    found: Any = vars(owner).get(name) if isinstance(owner, ModuleType | type) else None
    if found is obj or type(found) is not type(obj):
        return None
    if (found.__module__, found.__qualname__) != (obj.__module__, obj.__qualname__):
        return None
    if isinstance(obj, FunctionType) and (
        found.__code__.co_filename != obj.__code__.co_filename or hasattr(found, "__wrapped__")
    ):
        return None
    return owner, name


def _is_by_value(module: str) -> bool:
    """Whether the user, or this pickler, has told cloudpickle to pickle the content of the module."""
    return any(_is_within(module, each) for each in cloudpickle.list_registry_pickle_by_value())


def _is_within(module: str, outer: str) -> bool:
    return module == outer or module.startswith(f"{outer}.")
