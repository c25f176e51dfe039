"""Objects whose ordinary pickles only fit the minor version that wrote them, or lose what they are, reduced otherwise.

Archives call the functions that make and fill by their names in `pickled_names`: their parameters are part of the
format.
"""

import dataclasses
import functools
import sys
import typing
from collections.abc import Callable
from importlib import import_module
from types import CellType, MethodType
from typing import Any, Final

from autocontainer_nb.pickling.portable.functions import fill_cell, make_cell

Reduction = Any  # what pickle's reducer_override may return


def reference(module: str, name: str) -> Any:
    """Return what a module has under a name, dotted or not."""
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def optional_reference(module: str, name: str) -> Any:
    """Return what a module has under a name, or None where this Python's has no such thing."""
    try:
        return reference(module, name)
    except (ImportError, AttributeError):
        return None


def make_method(owner: Any, function: Any) -> MethodType:
    """Return a method that is bound to its object."""
    return MethodType(function, owner)


def make_dataclass_params(values: dict[str, Any]) -> Any:
    """Return the record of a `dataclass` decorator's arguments, with those that this Python's has."""
    kind: Any = dataclasses._DataclassParams  # type: ignore[attr-defined]  # noqa: SLF001 - each dataclass has one
    params = kind.__new__(kind)
    for name in kind.__slots__:
        setattr(params, name, values.get(name, name == "match_args"))
    return params


def make_cached_property(function: Callable[[Any], Any], name: str | None) -> Any:
    """Return a cached property; up to Python 3.11 it has a lock, which never travels."""
    made = functools.cached_property(function)
    made.attrname = name
    return made


def make_lru_cache(function: Callable[..., Any], maxsize: int | None, typed: bool) -> Any:
    """Return the function behind a cache, which is empty here."""
    return functools.lru_cache(maxsize, typed)(function)


def make_single_dispatch(function: Callable[..., Any]) -> Any:
    """Return a generic function that has its default implementation alone."""
    return functools.singledispatch(function)


def fill_single_dispatch(function: Any, state: tuple[dict[str, Any], list[tuple[Any, Any]]]) -> None:
    """Register the other implementations, and give the function its attributes."""
    attributes, registered = state
    for kind, implementation in registered:
        function.register(kind, implementation)
    vars(function).update(attributes)


def make_single_dispatch_method(function: Callable[..., Any]) -> Any:
    """Return a generic method that has its default implementation alone."""
    return functools.singledispatchmethod(function)


def fill_single_dispatch_method(method: Any, dispatcher: Callable[..., Any]) -> None:
    """Give the method its implementations."""
    method.dispatcher = dispatcher


def make_new_type(name: str, qualname: str, module: str, supertype: Any) -> Any:
    """Return a `NewType`."""
    make: Any = typing.NewType
    made = make(name, supertype)
    made.__qualname__ = qualname
    made.__module__ = module
    return made


def make_type_alias(name: str, parameters: tuple[Any, ...], value: Any) -> Any:
    """Return what `type NAME = ...` makes; Python 3.12 and later."""
    kind: Any = reference("typing", "TypeAliasType")
    return kind(name, value, type_params=parameters)


def make_type_variable(
    kind: str, name: str, constraints: tuple[Any, ...], keywords: dict[str, Any], module: str
) -> Any:
    """Return a `TypeVar`, `ParamSpec` or `TypeVarTuple`, with those of the keywords that this Python knows."""
    known = {key: value for key, value in keywords.items() if sys.version_info >= _SINCE.get(key, (3, 10))}
    made = getattr(typing, kind)(name, *constraints, **known)
    made.__module__ = module
    return made


def make_forward_reference(text: str, is_argument: bool, module: str | None, is_class: bool) -> typing.ForwardRef:
    """Return a type that is only known by name so far."""
    return typing.ForwardRef(text, is_argument, module, is_class=is_class)


def is_single_dispatch(function: Any) -> bool:
    """Whether `functools.singledispatch` made the function."""
    names = vars(function)
    return "registry" in names and "dispatch" in names and function.__globals__.get("__name__") == "functools"


def reduce_single_dispatch(function: Any) -> Reduction:
    """Reduce a generic function to its implementations."""
    registry = dict(function.registry)
    default = registry.pop(object)
    machinery = {"register", "dispatch", "registry", "_clear_cache", "__wrapped__"}
    attributes = {name: value for name, value in vars(function).items() if name not in machinery}
    state = (attributes, list(registry.items()))
    return make_single_dispatch, (default,), state, None, None, fill_single_dispatch


def _reduce_cell(cell: CellType) -> Reduction:
    try:
        return make_cell, (), (cell.cell_contents,), None, None, fill_cell
    except ValueError:  # a variable that isn't bound yet
        return make_cell, ()


def _reduce_params(params: Any) -> Reduction:
    return make_dataclass_params, ({name: getattr(params, name) for name in params.__slots__},)


def _reduce_cached_property(prop: Any) -> Reduction:
    return make_cached_property, (prop.func, prop.attrname)


def _reduce_single_dispatch_method(method: Any) -> Reduction:
    state = method.dispatcher
    return make_single_dispatch_method, (method.func,), state, None, None, fill_single_dispatch_method


def _reduce_lru_cache(cached: Any) -> Reduction:
    if _importable(cached):
        return NotImplemented
    parameters = cached.cache_parameters()
    made_anew = {"__wrapped__", "cache_parameters"}
    attributes = {name: value for name, value in vars(cached).items() if name not in made_anew}
    return make_lru_cache, (cached.__wrapped__, parameters["maxsize"], parameters["typed"]), attributes


def _reduce_new_type(new: Any) -> Reduction:
    if _importable(new):
        return NotImplemented
    return make_new_type, (new.__name__, new.__qualname__, new.__module__, new.__supertype__)


def _reduce_type_alias(alias: Any) -> Reduction:
    if _importable(alias):
        return NotImplemented
    return make_type_alias, (alias.__name__, alias.__type_params__, alias.__value__)


def _reduce_type_variable(variable: Any) -> Reduction:
    if _importable(variable):
        return NotImplemented
    attributes = {key: getattr(variable, f"__{key}__", None) for key in _TYPE_VARIABLE_KEYWORDS}
    keywords = {key: value for key, value in attributes.items() if value}
    if getattr(variable, "has_default", bool)():  # since 3.13
        keywords["default"] = variable.__default__
    constraints = getattr(variable, "__constraints__", ())
    kind = type(variable).__name__
    return make_type_variable, (kind, variable.__name__, constraints, keywords, variable.__module__)


def _reduce_parameters(parameters: Any) -> Reduction:
    """Reduce `P.args` or `P.kwargs`."""
    return type(parameters), (parameters.__origin__,)


def _reduce_forward_reference(forward: typing.ForwardRef) -> Reduction:
    """Reduce a forward reference without the code that it was compiled to."""
    module = forward.__forward_module__
    name = module if isinstance(module, str) else getattr(module, "__name__", None)
    is_class = forward.__forward_is_class__
    return make_forward_reference, (forward.__forward_arg__, forward.__forward_is_argument__, name, is_class)


def _importable(value: Any) -> bool:
    module = getattr(value, "__module__", None)
    if module in (None, "__main__") or module not in sys.modules:
        return False
    found: Any = sys.modules[module]
    for part in getattr(value, "__qualname__", value.__name__).split("."):
        found = getattr(found, part, None)
    return found is value


def _sentinel(name: str) -> Callable[[Any], Reduction]:
    return lambda _: (reference, ("dataclasses", name))


_SINCE: Final = {"infer_variance": (3, 12), "default": (3, 13)}
_TYPE_VARIABLE_KEYWORDS: Final = ("bound", "covariant", "contravariant", "infer_variance")

# By exact type: what isn't here is cloudpickle's.
REDUCERS: Final[dict[type, Callable[[Any], Reduction]]] = {
    CellType: _reduce_cell,
    type(dataclasses.MISSING): _sentinel("MISSING"),
    type(dataclasses.KW_ONLY): _sentinel("KW_ONLY"),
    dataclasses._DataclassParams: _reduce_params,  # type: ignore[attr-defined]  # noqa: SLF001 - see make_dataclass_params
    functools.cached_property: _reduce_cached_property,
    functools._lru_cache_wrapper: _reduce_lru_cache,  # noqa: SLF001 - the type of a function behind a cache
    functools.singledispatchmethod: _reduce_single_dispatch_method,
    typing.NewType: _reduce_new_type,
    typing.TypeVar: _reduce_type_variable,
    typing.ParamSpec: _reduce_type_variable,
    typing.ParamSpecArgs: _reduce_parameters,
    typing.ParamSpecKwargs: _reduce_parameters,
    typing.ForwardRef: _reduce_forward_reference,
}
if sys.version_info >= (3, 11):
    REDUCERS[typing.TypeVarTuple] = _reduce_type_variable
if sys.version_info >= (3, 12):
    REDUCERS[typing.TypeAliasType] = _reduce_type_alias
