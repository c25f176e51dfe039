"""Which modules and installed packages a capture needs, noted while its meaning is read: no pickle is needed to know.

What is noted of an object is what `capture.pickler` notes of it when it is written.
"""

import re
from contextlib import suppress
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final, TypeVar

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.capture.packages import UsedModules, needs_of
from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.references import imported_modules, walk_code
from autocontainer_nb.pickling.code.submodules import submodules_of
from autocontainer_nb.pickling.load.packages import Need
from autocontainer_nb.pickling.meaning.parts import VALUE, Parts
from autocontainer_nb.pickling.modules.collector import ModuleSource, collect
from autocontainer_nb.pickling.modules.referenced import LocalNames, current
from autocontainer_nb.pickling.portable.naming import stand_in
from autocontainer_nb.pickling.surroundings.found import Mentions
from autocontainer_nb.pickling.surroundings.restore import Item

_WORD: Final = re.compile(r"[^\W\d]\w*")


class NamesMet:
    """The names of modules that one walk has met; `release` it when the walk is over."""

    def __init__(self) -> None:
        self.modules: set[str] = set()  # that unpickling, or the captured code, imports
        self.local_names = LocalNames()  # of the user's own modules
        self._used = UsedModules()
        self._words: set[str] | None = None  # in code and local modules
        self._kinds: set[type] = set()  # of instances, which say no more than their class does

    @property
    def all(self) -> list[str]:
        """All names, in a fixed order."""
        return sorted({*self.modules, *self.local_names.wanted})

    def needs(self, files: list[ModuleSource]) -> list[Need]:
        """Return the installed distributions that are needed, those of the local modules' files too."""
        return needs_of(self._used.code | self.local_names.wanted, self._used.data, self.modules, files)

    def with_those_of(self, pickler: CapturePickler) -> "NamesMet":
        """Return these names and those that the pickler has met, to be sure that nothing is missing in a file."""
        both = NamesMet()
        both.modules = self.modules | pickler.modules
        both.local_names.wanted = self.local_names.wanted | pickler.local_names.wanted
        both._used.code = self._used.code | pickler.used.code
        both._used.data = self._used.data | pickler.used.data
        return both

    def note(self, value: Any, parts: Parts) -> None:
        """Note what one object refers to."""
        kind = type(value)
        if kind in self._kinds:
            return
        if kind is CodeType:
            self.modules.update(imported_modules(value))
            self.local_names.note_code(value)
            return
        self._used.note(value)
        if issubclass(kind, FunctionType | BuiltinFunctionType | type):
            if stand_in(value) is None:
                self._note_named(value)
            if kind is FunctionType and parts.how == VALUE:
                for module in submodules_of(value):
                    self._used.note(module)
                    self._note(module.__name__)
        elif issubclass(kind, ModuleType):
            self._note(value.__name__)
        else:
            self.local_names.note_object(value)
            if not isinstance(value, TypeVar):
                self._kinds.add(kind)

    def note_instance(self, value: Any) -> None:
        """Note what an instance of an ordinary class refers to."""
        kind = type(value)
        if kind not in self._kinds:
            self._used.note(value)
            self.local_names.note_object(value)
            self._kinds.add(kind)

    def mentions(self) -> Mentions:
        """Return what all that was met mentions."""
        return Mentions(
            {*self.modules, *self._used.code, *self._used.data, *self.local_names.wanted}, self._is_mentioned
        )

    def _is_mentioned(self, name: str) -> bool:
        """Whether captured code has the name of an attribute, or a local module's text."""
        if self._words is None:
            parts = [part for code in self.local_names.codes for part in walk_code(code)]
            self._words = {name for part in parts for name in part.co_names}
            self._words.update(one for part in parts for one in part.co_consts if type(one) is str)
            with suppress(CaptureError):  # that is told later
                for file in collect(self.local_names.wanted):
                    self._words.update(_WORD.findall(file.text or ""))
        return name in self._words

    def note_surroundings(self, item: Item) -> None:
        """Note the module that a task's process is to import because the notebook has."""
        _, kind, name, content = item
        if kind == "import":
            self._note(name)
        elif kind == "progress":
            self._note(content[0])

    def release(self) -> None:
        """Let cloudpickle forget the modules that were made at run time."""
        self.local_names.release()

    def _note_named(self, value: Any) -> None:
        is_local = self._note(getattr(value, "__module__", None), getattr(value, "__qualname__", ""))
        newer = current(value) if is_local and type(value) is not BuiltinFunctionType else None
        if newer is not None:
            self.local_names.note_older(value, getattr(*newer))

    def _note(self, module: object, attribute: str = "") -> bool:
        if self.local_names.note(module, attribute):
            return True
        if isinstance(module, str):
            self.modules.add(module)
        return False
