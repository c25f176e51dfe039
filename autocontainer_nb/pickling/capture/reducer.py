"""Reducing what differs between minor versions of Python: code, functions, classes, and what stands at other places."""

import sys
from collections.abc import Callable
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from cloudpickle import cloudpickle

from autocontainer_nb.pickling.capture.code_records import CodeRecorder
from autocontainer_nb.pickling.capture.members import Members
from autocontainer_nb.pickling.code.references import names_of
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.code.submodules import submodules_of
from autocontainer_nb.pickling.portable.class_table import WAITING
from autocontainer_nb.pickling.portable.classes import (
    attributes_in,
    generated_functions,
    reduce_class,
    with_attributes,
)
from autocontainer_nb.pickling.portable.functions import (
    THIS_MINOR,
    dump_code,
    fill_cell,
    fill_function,
    fill_member,
    fill_member_cell,
    load_portable,
    make_function,
    make_generated,
    make_member,
    make_member_cell,
    state_of,
)
from autocontainer_nb.pickling.portable.generated_typing import alias_parameter, reduce_lazy_alias
from autocontainer_nb.pickling.portable.in_turn import (
    Later,
    attribute_waits,
    bind_attributes,
    bind_globals,
    complete_class,
    is_simple,
    waits,
)
from autocontainer_nb.pickling.portable.main_module import MainGlobals
from autocontainer_nb.pickling.portable.naming import found_at, lasting_place
from autocontainer_nb.pickling.portable.objects import (
    REDUCERS,
    is_single_dispatch,
    make_method,
    optional_reference,
    reduce_single_dispatch,
    reference,
)

_ALIAS: Final[Any] = optional_reference("typing", "TypeAliasType")  # since Python 3.12


class PortableReducer:
    """Reduces the objects of one pickle, and collects what its metadata says for other minor versions."""

    def __init__(
        self,
        sources: SourceCollector,
        globals_ref: dict[int, dict[str, Any]],
        id_of: Callable[[type], str],
        home: dict[str, Any] | None = None,
        members: Members | None = None,
    ) -> None:
        self.codes = CodeRecorder(sources)
        self.references: set[str] = set()  # "module:name" of the standard library's
        self._sources = sources
        self._id_of = id_of
        self._globals_ref = globals_ref  # what the globals of functions begin with, by the module's identity
        self._home = home
        self._members = members  # of classes that whoever loads this may have
        self._own: dict[type, Callable[[Any], Any]] = {CellType: self._cell}
        if _ALIAS is not None:
            self._own[_ALIAS] = self._alias
        self._parameters: dict[int, tuple[Any, int]] = {}  # of aliases that lead to themselves: alias and index
        if members is not None:  # a method's object comes first, since its class has the function
            self._own[MethodType] = lambda method: (make_method, (method.__self__, method.__func__))
        self._globals_at_home: MainGlobals | None = None
        self._owners: dict[int, FunctionType] = {}  # by the identity of their code
        self._generated: dict[int, tuple[FunctionType, str]] = {}  # functions without source, with their labels
        self.later: list[Later] | None = None  # what waits for the definition that is being written; None without one

    def reduce(self, obj: Any) -> Any:
        """Return the object's reduction; NotImplemented where pickle's own or cloudpickle's will do."""
        kind = type(obj)
        if kind is CodeType:
            key, data = self.codes.dump(obj, self._owners.get(id(obj)))
            return load_portable, (THIS_MINOR, key, data)
        if kind is FunctionType:
            return self._function(obj)
        if issubclass(kind, type):  # in 3.10, list[int] is an instance of type as well
            return self._class(obj)
        reducer = self._own.get(kind) or REDUCERS.get(kind)
        if reducer is not None:
            return reducer(obj)
        if kind is BuiltinFunctionType and isinstance(obj.__self__, ModuleType | None):
            return self._by_name(obj)
        if kind is ModuleType:
            self._note(obj.__name__, "")
        elif kind.__module__ == "typing":
            self._note("typing", str(getattr(obj, "_name", None)))
        return NotImplemented

    def _function(self, function: FunctionType) -> Any:
        if cloudpickle._should_pickle_by_reference(function):  # noqa: SLF001 - cloudpickle offers no other way
            return self._by_name(function)
        if is_single_dispatch(function):
            return reduce_single_dispatch(function)
        names = self._names(function.__globals__)
        code = function.__code__
        free, cells = code.co_freevars, function.__closure__ or ()
        state = self._divided(function, _state(function))
        generated = self._generated.get(id(function))
        if generated is not None:
            data = dump_code(code, self._sources.rename)
            arguments: Any = ((THIS_MINOR, generated[1]), data, names, free, cells)
            return make_generated, arguments, state, None, None, fill_function
        self._owners[id(code)] = function
        place = self._members and self._members.of(function)
        if place is not None:
            return make_member, (place, code, names, free, cells), state, None, None, fill_member
        return make_function, (code, names, free, cells), state, None, None, fill_function

    def _divided(self, function: FunctionType, state: Any) -> Any:
        """Return the function's state without the data that waits."""
        if self.later is None:
            return state
        own, slots, names, modules = state
        attributes = {name: value for name, value in own.items() if waits(value)}
        defaults = {name: slots[name] for name in ("__defaults__", "__kwdefaults__") if waits(slots[name])}
        if attributes or defaults:
            self.later.append(Later(bind_attributes, function, attributes, defaults))
        late = {name: value for name, value in names.items() if waits(value)}
        if late:
            self.later.append(Later(bind_globals, function, late))
        own = {name: None if name in attributes else value for name, value in own.items()}  # each keeps its place
        slots = {name: value for name, value in slots.items() if name not in defaults}
        return own, slots, {name: value for name, value in names.items() if name not in late}, modules

    def _cell(self, cell: CellType) -> Any:
        """Return the reduction of a closure's variable, whose content waits if it is data."""
        reduced = REDUCERS[CellType](cell)
        place, fill = self._members and self._members.of(cell), fill_cell
        if place is not None:
            fill = fill_member_cell
            reduced = make_member_cell, (place,), *reduced[2:5], *(fill for _ in reduced[5:])
        if self.later is None or len(reduced) == 2 or not waits(cell.cell_contents):  # noqa: PLR2004 - it isn't bound
            return reduced
        self.later.append(Later(fill, cell, (cell.cell_contents,)))
        return reduced[:2]

    def _alias(self, alias: Any) -> Any:
        """Return the reduction of what `type NAME = ...` makes."""
        self._note("typing", "TypeAliasType")
        reduced = reduce_lazy_alias(alias)
        if reduced is NotImplemented:
            return REDUCERS[type(alias)](alias)
        for index, one in enumerate(alias.__type_params__):
            self._parameters[id(one)] = alias, index
            self._own[type(one)] = self._parameter
        return reduced

    def _parameter(self, parameter: Any) -> Any:
        """Return the reduction of a type parameter; that of an alias which leads to itself is the alias's own."""
        place = self._parameters.get(id(parameter))
        return REDUCERS[type(parameter)](parameter) if place is None else (alias_parameter, place)

    def _names(self, space: dict[str, Any]) -> Any:
        """Return what stands for the globals of functions, one object for each namespace."""
        begun = self._globals_ref.setdefault(id(space), {})
        if space is not self._home:
            return begun
        if self._globals_at_home is None:
            self._globals_at_home = MainGlobals(begun)
        return self._globals_at_home

    def _class(self, cls: type) -> Any:
        reduced = reduce_class(cls, self._id_of)
        if reduced is NotImplemented:
            return self._by_name(cls)
        for function, label in generated_functions(cls):
            self._generated[id(function)] = (function, label)
        if self._members is not None:
            self._members.note(cls, (attributes_in(reduced) or {}).items())
        return self._without_data(cls, reduced)

    def _without_data(self, cls: type, reduced: Any) -> Any:
        """Return the reduction of a class without those of its attributes that wait."""
        attributes = attributes_in(reduced)
        late = {name: value for name, value in (attributes or {}).items() if attribute_waits(name, value)}
        if attributes is None or not late or self.later is None:
            return reduced
        # Tables of classes first, and what holds instances by itself: to load these may ask for the other attributes.
        tables = {name: value for name, value in late.items() if is_simple(value)}
        groups = [*([tables] if tables else []), *({name: value} for name, value in late.items() if name not in tables)]
        self.later += [Later(complete_class, cls, group) for group in groups]
        kept = {name: value for name, value in attributes.items() if name not in late}
        return with_attributes(reduced, {**kept, WAITING: len(groups)})

    def _by_name(self, obj: Any) -> Any:
        """Let an object of the standard library be imported by a name that every minor version has, if there is one."""
        module, name = str(getattr(obj, "__module__", None)), obj.__qualname__
        if module.partition(".")[0] not in sys.stdlib_module_names:
            return NotImplemented
        lasting = lasting_place(module, name, obj)
        if lasting is not None:
            self._note(*lasting)
            return reference, lasting
        self._note(module, name)
        return NotImplemented

    def _note(self, module: str, name: str) -> None:
        if module.partition(".")[0] in sys.stdlib_module_names and found_at(module, name) is not None:
            self.references.add(f"{module}:{name}")


def _state(function: FunctionType) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], Any]:
    own, slots, names, _ = state_of(function)  # cloudpickle passes over submodules that nested code reaches
    for name in names_of(function):  # cloudpickle passes over bodies of classes, and texts
        if name not in names:
            names[name] = function.__globals__[name]
    return own, slots, names, submodules_of(function)
