"""The pickler: cloudpickle, with code objects in a form of ours and the user's own modules carried by value."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from pickle import PickleBuffer
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import IO, Any, Final

import cloudpickle

from autocontainer_nb.pickling.class_ids import give_lasting_id
from autocontainer_nb.pickling.code import dump_code, imported_modules, load_code
from autocontainer_nb.pickling.modules import is_local_module
from autocontainer_nb.pickling.sources import SourceCollector
from autocontainer_nb.pickling.text_annotations import with_types

PROTOCOL: Final = 5


class CapturePickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle ships no types
    """Pickles one object graph by value and notes which modules, local modules and sources it touched."""

    def __init__(
        self,
        file: IO[bytes],
        sources: SourceCollector,
        buffer_callback: Callable[[PickleBuffer], bool | None] | None = None,
    ) -> None:
        super().__init__(file, protocol=PROTOCOL, buffer_callback=buffer_callback)
        self.sources = sources
        self.modules: set[str] = set()  # modules that unpickling, or the captured code, imports
        self.local_modules: list[str] = []  # the user's own, carried by value
        self._claimed: list[ModuleType] = []

    def reducer_override(self, obj: Any) -> Any:
        """Reduce code objects in our own way; note and claim modules; leave all else to cloudpickle."""
        if type(obj) is CodeType:
            self.modules.update(imported_modules(obj))
            return load_code, (dump_code(obj, self.sources.rename),)
        if isinstance(obj, FunctionType):
            self._name_globals(obj.__globals__)
        if isinstance(obj, FunctionType | BuiltinFunctionType | type):
            module = getattr(obj, "__module__", None)
            self._note(module)
            if isinstance(obj, type) and (module == "__main__" or module in self.local_modules):
                give_lasting_id(obj, self.sources.rename)
        elif isinstance(obj, ModuleType):
            self._note(obj.__name__)
        reduced = super().reducer_override(obj)
        return with_types(obj, reduced) if isinstance(obj, type) and is_dataclass(obj) else reduced

    def dump(self, obj: Any) -> None:
        """Pickle the object; local modules are claimed for this call only."""
        with self._modules_by_value():
            super().dump(obj)

    def _note(self, name: object) -> None:
        if not isinstance(name, str) or name in self.modules or name in self.local_modules:
            return
        if not is_local_module(name):
            self.modules.add(name)
            return
        self.local_modules.append(name)
        if name not in cloudpickle.list_registry_pickle_by_value():
            module = sys.modules[name]
            cloudpickle.register_pickle_by_value(module)
            self._claimed.append(module)

    def _name_globals(self, module: dict[str, Any]) -> None:
        """Say what the globals of a function that travels begin with: its module's names, less this machine's folders.

        cloudpickle keeps one such dictionary for each module, and fills only those that it finds empty.
        """
        begun = self.globals_ref.setdefault(id(module), {})
        if not begun:
            begun.update({key: module[key] for key in ("__package__", "__name__") if key in module})
            if isinstance(module.get("__file__"), str):
                begun["__file__"] = self.sources.rename(module["__file__"])

    @contextmanager
    def _modules_by_value(self) -> Iterator[None]:
        try:
            yield
        finally:
            for module in self._claimed:
                cloudpickle.unregister_pickle_by_value(module)
            self._claimed.clear()
