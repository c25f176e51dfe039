"""The pickler: cloudpickle, with code objects in a form of ours. Local modules are noted: their sources travel."""

import uuid
from collections.abc import Callable
from pickle import PickleBuffer
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import IO, Any

from autocontainer_nb.pickling.archive.pieces import PieceWriter
from autocontainer_nb.pickling.capture.members import Members
from autocontainer_nb.pickling.capture.packages import UsedModules
from autocontainer_nb.pickling.capture.reducer import PortableReducer
from autocontainer_nb.pickling.code.mentions import named_by_class
from autocontainer_nb.pickling.code.references import definitions_below, imported_modules, travels_by_value
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.modules.referenced import LocalNames, current
from autocontainer_nb.pickling.portable.in_turn import End, Later, Rest, in_turn, runs_when_loaded
from autocontainer_nb.pickling.portable.instances import Instances
from autocontainer_nb.pickling.portable.main_module import MAIN, MainNames
from autocontainer_nb.pickling.portable.naming import PROTOCOL, NamingPickler, stand_in
from autocontainer_nb.pickling.portable.objects import REDUCERS
from autocontainer_nb.pickling.portable.shared_memory import SharedMemory, reduce_memory_view
from autocontainer_nb.pickling.portable.tensors import TensorReducer
from autocontainer_nb.pickling.surroundings.loggers import is_logger, reduce_logger


class NumberedIds:
    """Ids of classes that hold within one pickle, which nobody else's are equal to."""

    def __init__(self) -> None:
        self._kept: list[type] = []
        self._prefix = uuid.uuid4().hex

    def id_of(self, cls: type) -> str:
        """Return the id of the next class."""
        self._kept.append(cls)
        return f"{self._prefix}-{len(self._kept)}"


class CapturePickler(NamingPickler):
    """Pickles one object graph by value and notes which modules, local modules and sources it touched.

    `id_of` tells the lasting ids of classes (`meaning.class_ids`); without, they are numbered, for this pickle alone.
    `home` is the namespace that becomes `__main__` of the task's process; `memory` knows which arrays overlap.
    Without `is_written` it is only asked for the parts of objects.
    """

    def __init__(
        self,
        file: IO[bytes] | PieceWriter,
        sources: SourceCollector,
        buffer_callback: Callable[[PickleBuffer], bool | None] | None = None,
        id_of: Callable[[type], str] | None = None,
        home: dict[str, Any] | None = None,
        memory: SharedMemory | None = None,
        *,
        is_written: bool = True,
        members: Members | None = None,
    ) -> None:
        super().__init__(file, protocol=PROTOCOL, buffer_callback=buffer_callback)
        self._home = home  # the namespace of the notebook, where it becomes `__main__` of who loads this
        self._at_home: dict[str, Any] = {}  # functions, classes and the like that it has, by their own names
        self._told: set[str] = set()
        self.memory = memory  # what is done about arrays that share some
        self.sources = sources
        self.modules: set[str] = set()  # modules that unpickling, or the captured code, imports
        self.local_names = LocalNames(claims=is_written)  # of the user's own modules
        self.portable = PortableReducer(sources, self.globals_ref, id_of or NumberedIds().id_of, home, members)
        self._tensors = TensorReducer()
        self._instances = Instances(is_written=is_written)
        self._waiting: dict[int, Later] = {}  # what is to be written, and hasn't begun
        self._unfinished: dict[int, Later] = {}  # the same, and what has begun
        self._ready: set[int] = set()  # instances behind which nothing waits that hasn't begun
        self._reached: dict[type, set[int]] = {}  # what a class's code can refer to, by identity
        self._begun: dict[int, Any] = {}  # the reduction of an outermost definition, by its identity
        self.used = UsedModules()  # and what asks for them
        self.pass_by: Callable[[object], None] | None = None  # told of every object that isn't of a plain type

    def reducer_override(self, obj: Any) -> Any:
        """Reduce code objects in our own way; note and claim modules; leave all else to cloudpickle."""
        if self.pass_by is not None:
            self.pass_by(obj)
        self.used.note(obj)
        kind: Any = type(obj)  # not isinstance: proxies give themselves out for functions, classes and modules
        if kind is Rest:
            return self._rest()
        if kind is End:
            self._unfinished.pop(id(obj.done))
        self._waiting.pop(id(obj), None)
        if kind is CodeType:
            self.modules.update(imported_modules(obj))
            self.local_names.note_code(obj)
            return self.portable.reduce(obj)
        is_definition = issubclass(kind, FunctionType | type)
        own = self._named(obj) if is_definition or kind is BuiltinFunctionType else self._other(obj)
        if own is not NotImplemented:
            return own
        reduced = self._definition(obj) if is_definition else self.portable.reduce(obj)
        if reduced is NotImplemented:
            reduced = self.by_name(obj)
        if reduced is not NotImplemented or (kind is not FunctionType and isinstance(obj, FunctionType)):
            return reduced
        return super(NamingPickler, self).reducer_override(obj)

    def _named(self, obj: Any) -> Any:
        """Note a function or class; return the reduction of one that is ours, or of which a module has a newer one."""
        if type(obj) is FunctionType:
            self._name_globals(obj.__globals__)
        module = getattr(obj, "__module__", None)
        if module == MAIN and self._home is not None:
            self._note_main(obj, self._home)
        is_local = stand_in(obj) is None and self._note(module, getattr(obj, "__qualname__", ""))
        own = self.by_name(obj)
        newer = current(obj) if own is NotImplemented and is_local and type(obj) is not BuiltinFunctionType else None
        if newer is None:
            return own
        self.local_names.note_older(obj, getattr(*newer))
        return getattr, newer

    def _other(self, obj: Any) -> Any:
        """Note a module or an instance; return the reduction of an instance that isn't to be pickled as usual."""
        if issubclass(type(obj), ModuleType):
            self._note(obj.__name__)
            return NotImplemented
        own = self._of_main(obj) if self._home is not None else NotImplemented
        if own is NotImplemented and self._unfinished:
            own = self._after_what_waits(obj)
        return self._instance(obj) if own is NotImplemented else own

    def _definition(self, obj: Any) -> Any:
        """Return the reduction of a function or class; that of an outermost one has behind it the data that waits."""
        known = self._begun.pop(id(obj), None)
        if known is not None:
            return known
        if self.portable.later is not None:
            return self.portable.reduce(obj)
        self.portable.later = []
        reduced = self.portable.reduce(obj)
        if not isinstance(reduced, tuple) or len(reduced) != 6:  # noqa: PLR2004 - it isn't filled: it has a name
            self.portable.later = None
            return reduced
        self._begun[id(obj)] = reduced
        return in_turn, (obj, Rest())

    def _rest(self) -> Any:
        """Return the reduction of what has waited: the last first, since it belongs to what the others have reached."""
        waiting, self.portable.later = self.portable.later or [], None
        waiting.reverse()
        ordered = sorted(waiting, key=lambda one: not one.is_simple)
        self._waiting.update({id(one): one for one in ordered})
        self._unfinished.update(self._waiting)
        return in_turn, tuple(ordered)

    def _after_what_waits(self, obj: Any) -> Any:
        """Return the reduction of an instance behind what code of its class that runs when it is loaded refers to."""
        kind = type(obj)
        if not travels_by_value(kind) or not runs_when_loaded(kind):
            return NotImplemented
        if kind not in self._reached:
            self._reached[kind] = definitions_below(kind)
        first = [one for one in self._waiting.values() if id(one.target) in self._reached[kind]]
        if id(obj) in self._ready or not first:
            is_part = any(id(one.target) in self._reached[kind] for one in self._unfinished.values())
            return self._instances.reduce_without_new(obj) if is_part else NotImplemented
        self._ready.add(id(obj))
        return in_turn, (*first, obj)

    def _instance(self, obj: Any) -> Any:
        """Note what is no definition; return the reduction of one that shows memory, which others may show as well."""
        kind = type(obj)
        self.local_names.note_object(obj)
        if is_logger(kind):
            return reduce_logger(obj)
        if kind is memoryview:
            return reduce_memory_view(obj)
        if self.memory is not None and self.memory.concerns(kind):
            return self.memory.reduce(obj)
        reduced = self._instances.reduce(obj)
        return self._tensors.reduce(obj) if reduced is NotImplemented else reduced

    def dump(self, obj: Any) -> None:
        """Pickle the object; cloudpickle's registry is afterwards what it was before."""
        try:
            super().dump(obj)
        finally:
            self.local_names.release()

    def _of_main(self, obj: Any) -> Any:
        """Note another object that the notebook may have under its name; reduce what stands for all these names."""
        if type(obj) is MainNames:
            fresh = {name: one for name, one in self._at_home.items() if name not in self._told}
            self._told.update(fresh)
            return obj.reduced(fresh)
        if self._home is not None and type(obj) in REDUCERS and getattr(obj, "__module__", None) == MAIN:
            self._note_main(obj, self._home)
        return NotImplemented

    def _note_main(self, obj: Any, home: dict[str, Any]) -> None:
        """Note what the notebook has under its own name, and what the annotations of its classes name."""
        is_definition = issubclass(type(obj), FunctionType | type)
        name = obj.__qualname__ if is_definition else getattr(obj, "__name__", None)
        if name is not None and home.get(name) is obj:
            self._at_home[name] = obj
        if issubclass(type(obj), type):
            self._at_home.update(named_by_class(obj, home))

    def _note(self, module: object, attribute: str = "") -> bool:
        """Note a module that unpickling imports; whether it is one of the user's own."""
        if self.local_names.note(module, attribute):
            return True
        if isinstance(module, str):
            self.modules.add(module)
        return False

    def _name_globals(self, module: dict[str, Any]) -> None:
        """Say what the globals of a function that travels begin with: its module's names, less this machine's folders.

        cloudpickle keeps one such dictionary for each module, and fills only those that it finds empty.
        """
        begun = self.globals_ref.setdefault(id(module), {})
        if not begun:
            begun.update({key: module[key] for key in ("__package__", "__name__") if key in module})
            if isinstance(module.get("__file__"), str):
                begun["__file__"] = self.sources.name_only(module["__file__"])
