"""Pickles of values: inputs that go to a task, outputs that come from one.

Most need nothing but installed code, and are plain pickles that anybody reads. Where a value holds code of the notebook
or of a local module, it is pickled as a task is: the same pickler, and ahead of the value what loading it needs.
"""

import io
import os
import pickle
import sys
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from cloudpickle import cloudpickle

from autocontainer_nb.pickling.portable.instances import Instances
from autocontainer_nb.pickling.portable.naming import PROTOCOL, NamingPickler, lasting_place
from autocontainer_nb.pickling.portable.objects import REDUCERS, reference
from autocontainer_nb.pickling.portable.shared_memory import SharedMemory, reduce_memory_view
from autocontainer_nb.wire import PACKAGE_NAME

_TOO_DEEP: Final = (
    "it is nested too deeply for pickle, which takes some hundred levels, or some thousand since Python 3.12: "
    "make a flat list of its parts"
)
_LIBRARY: Final = os.path.dirname(os.__file__) + os.sep
_PACKAGES: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_WITH_CODE: Final = frozenset({CodeType, ModuleType, *REDUCERS})


def dumps(value: Any) -> bytes:
    """Return the value's pickle, with all code that isn't installed.

    Raises:
        RecursionError: it is nested more deeply than can be pickled.
        Exception: what a part of the value raises that can't be pickled.
    """
    try:
        try:
            return _plain(value)
        except _NeedsCodeError:
            from autocontainer_nb.pickling.capture.value_code import dumps_with_code

            return dumps_with_code(value)
    except pickle.PicklingError as error:
        if isinstance(error.__cause__ or error.__context__, RecursionError):
            raise RecursionError(_TOO_DEEP) from None
        raise


def _plain(value: Any) -> bytes:
    file = io.BytesIO()
    pickler = PlainPickler(file)
    pickler.dump(value)
    plan = pickler.memory.plan(pickler.holds)
    if plan is not None:
        file = io.BytesIO()
        PlainPickler(file, plan).dump(value)
    return file.getvalue()


class _NeedsCodeError(Exception):
    """The value holds code that isn't installed; never leaves this module."""


class PlainPickler(NamingPickler):
    """Pickles what needs installed code only; ends at the first object that needs other code, or may do."""

    def __init__(self, file: io.BytesIO, memory: SharedMemory | None = None) -> None:
        super().__init__(file, protocol=PROTOCOL)
        self.memory = memory or SharedMemory()
        self._instances = Instances()
        self._simple: set[type] = set()  # whose instances have nothing that concerns us
        self._installed: dict[str, bool] = {}

    def reducer_override(self, obj: Any) -> Any:
        """Reduce an object that isn't of a built-in type.

        Raises:
            _NeedsCodeError: code has to travel with it.
        """
        kind = type(obj)
        if kind in self._simple:
            return NotImplemented
        if kind is FunctionType or issubclass(kind, type):
            return self._definition(obj)
        if kind in _WITH_CODE or not self._is_installed(kind.__module__):
            raise _NeedsCodeError
        if kind is memoryview:
            return reduce_memory_view(obj)
        if self.memory.concerns(kind):
            return self.memory.reduce(obj)
        reduced = self._instances.reduce(obj)
        if reduced is NotImplemented:
            self._simple.add(kind)
        return reduced

    def _definition(self, obj: Any) -> Any:
        own = self.by_name(obj)
        if own is not NotImplemented:
            return own
        module = obj.__module__
        if not self._is_installed(module) or not cloudpickle._should_pickle_by_reference(obj):  # noqa: SLF001 - cloudpickle offers no other way
            raise _NeedsCodeError
        lasting = lasting_place(module, obj.__qualname__, obj)
        return NotImplemented if lasting is None else (reference, lasting)

    def _is_installed(self, module: Any) -> bool:
        """Whether the module's code is wherever the value may go, as far as anybody can tell."""
        if not isinstance(module, str):
            return False
        found = self._installed.get(module)
        if found is None:
            found = self._installed[module] = _is_installed(module)
        return found


def _is_installed(name: str) -> bool:
    top = name.partition(".")[0]
    if top == PACKAGE_NAME:
        return True
    file = getattr(sys.modules.get(name), "__file__", None)
    if isinstance(file, str):
        # What lies below the library or a folder of packages is installed; of what doesn't, more has to be asked.
        if file.startswith(_LIBRARY) or (file.startswith(sys.prefix) and any(part in file for part in _PACKAGES)):
            return True
    elif top in sys.stdlib_module_names:
        return True
    from autocontainer_nb.pickling.code.ownership import is_local_module, is_made_at_run_time

    return name != "__main__" and not is_local_module(name) and not is_made_at_run_time(name)
