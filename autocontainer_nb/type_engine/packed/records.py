"""Packing of dataclasses: field by field, and back through their own `__init__`."""

import abc
import dataclasses
import inspect
import typing
from collections.abc import Callable
from typing import Any, Final, get_type_hints

from autocontainer_nb.type_engine.packed.base import Packer, would_change
from autocontainer_nb.type_engine.packed.sameness import difference
from autocontainer_nb.type_engine.wording import ANOTHER_DEFINITION, Misfit, show_type, show_value, with_article

_PLAIN_BASES: Final = (object, typing.Generic, abc.ABC)
_HOOKS: Final = ("__post_init__", "__setattr__", "__getattribute__", "__new__", "__reduce__", "__reduce_ex__")


def fields_of(dataclass: type) -> dict[str, tuple[dataclasses.Field[Any], Any]]:
    """Return name ► (field, resolved type) of a dataclass, in order.

    Raises:
        Misfit: an annotation is a string with a name that can't be resolved.
    """
    try:
        hints = get_type_hints(dataclass)
    except NameError:
        hints = _late_hints(dataclass)
    return {field.name: (field, hints[field.name]) for field in dataclasses.fields(dataclass)}


def _late_hints(dataclass: type) -> dict[str, Any]:
    # A class of a function isn't in its module, and one pickled by value has left it behind: its own name, which a tree
    # or a chain mentions, and the names that most annotations use are known.
    own = {base.__name__: base for base in reversed(dataclass.__mro__)}
    try:
        return get_type_hints(dataclass, localns={"typing": typing, **vars(typing), **own})
    except NameError as error:
        raise Misfit(
            "a dataclass whose annotations are types",
            f"{show_type(dataclass)} whose annotations are strings: {error}",
            "define that name before the class, and leave out `from __future__ import annotations`",
        ) from error


def is_missing(default: Any) -> bool:
    """Whether a default is missing. In a class pickled by value, the marker for that is a copy of Python's own."""
    return isinstance(default, type(dataclasses.MISSING))


def is_restored_by_fields(cls: type) -> bool:
    """Whether an instance is all in its fields, and its `__init__` does nothing but set them.

    Otherwise only unpacking shows whether a value comes back: `__post_init__` runs again on what it has made, a class
    with an `__init__` of its own or an `InitVar` wants other arguments, a base may have attributes of its own.
    """
    parameters = cls.__dict__.get("__dataclass_params__")
    init = cls.__dict__.get("__init__")
    if parameters is None or not parameters.init or init is None:
        return False
    if any(base not in _PLAIN_BASES and "__dataclass_params__" not in base.__dict__ for base in cls.__mro__):
        return False
    fields = dataclasses.fields(cls)
    # What the decorator makes is compiled from a text without a file.
    wanted = {field.name for field in fields if field.init}
    made = init.__code__.co_filename == "<string>" and _arguments(init) == wanted
    return made and type(cls) in (type, abc.ABCMeta) and not _has_hooks(cls, parameters.frozen, fields)


def _arguments(function: Any) -> set[str]:
    code = function.__code__
    return set(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])


def _has_hooks(cls: type, frozen: bool, fields: tuple[dataclasses.Field[Any], ...]) -> bool:
    own = [name for name in _HOOKS if getattr(cls, name, None) is not getattr(object, name, None)]
    if frozen and own == ["__setattr__"]:
        own = []
    found = (inspect.getattr_static(cls, field.name, None) for field in fields)
    return bool(own) or any(hasattr(each, "__set__") and not inspect.ismemberdescriptor(each) for each in found)


def record(cls: Any, compiled: Callable[[Any], Packer]) -> Packer:
    """Return the packer of a dataclass; `compiled` returns the packer of a field's type."""
    fields = [(name, compiled(hint), field.init, _is_required(field)) for name, (field, hint) in fields_of(cls).items()]
    names = {name for name, *_ in fields}
    # Slots have no room for more than the fields.
    has_dict = cls.__dictoffset__ != 0
    in_slots = {name for base in cls.__mro__ for name in base.__dict__.get("__slots__", ())}
    has_late = any(not init for _, _, init, _ in fields)  # which an instance may lack
    in_dict = len(fields) - sum(name in in_slots for name, *_ in fields)

    def pack(value: Any) -> dict[str, Any]:
        if type(value) is not cls:
            _check_instance(value, cls)
        packed = {}
        name = ""
        try:
            for name, packer, _, _ in fields:
                packed[name] = packer.pack(getattr(value, name))
        except Misfit as misfit:
            raise misfit.inside(f".{name}") from misfit.__cause__
        except AttributeError:
            if hasattr(value, name):
                raise
            would_change(f"the field {name} of {show_type(cls)} has no value")
        if has_dict and (has_late or len(value.__dict__) != in_dict) and not value.__dict__.keys() <= names:
            would_change(f"{show_type(cls)} has attributes besides its fields")
        return packed

    return Packer(pack, _unpacking(cls, fields), lambda value: type(value) is cls, forms=frozenset({dict}))


def _unpacking(cls: Any, fields: list[tuple[str, Packer, bool, bool]]) -> Callable[[Any], Any]:
    """Return the function that makes an instance; of each field it gets name, packer, init, and whether it must be."""

    def unpack(plain: Any) -> Any:
        if not isinstance(plain, dict):
            raise Misfit(with_article(cls), show_value(plain))
        given: dict[str, Any] = {}
        later: dict[str, Any] = {}
        name = ""
        try:
            for name, packer, init, required in fields:
                if name in plain:
                    (given if init else later)[name] = packer.unpack(plain[name])
                elif required:
                    _refuse_missing(cls, plain)
        except Misfit as misfit:
            raise misfit.inside(f".{name}") from misfit.__cause__
        made = _made(cls, given)
        for name, value in later.items():
            if difference(getattr(made, name, is_missing), value) is not None:  # a default stays the class's
                object.__setattr__(made, name, value)
        return made

    return unpack


def _check_instance(value: Any, cls: type) -> None:
    if not isinstance(value, cls):
        same_name = type(value).__qualname__ == cls.__qualname__
        raise Misfit(with_article(cls), show_value(value), ANOTHER_DEFINITION if same_name else "")
    would_change(f"{with_article(type(value))} would come back as {with_article(cls)}")


def _made(cls: Any, given: dict[str, Any]) -> Any:
    try:
        return cls(**given)
    except Exception as error:  # a user's __init__ and __post_init__ may raise anything
        hint = f"making one of it fails with {type(error).__name__}: {error}"
        raise Misfit(with_article(cls), show_value(given), hint) from error


def _is_required(field: "dataclasses.Field[Any]") -> bool:
    return field.init and is_missing(field.default) and is_missing(field.default_factory)


def _refuse_missing(cls: type, plain: dict[str, Any]) -> None:
    stored = f"the fields {', '.join(map(str, plain))}" if plain else "no fields"
    raise Misfit("a value", "none", f"the stored {show_type(cls)} has {stored}")
