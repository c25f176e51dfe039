"""Dataclasses in the pickle: their generated methods are native code, and are generated anew by another minor version.

Archives call `fill_dataclass` by its name in `pickled_names`: its parameters are part of the format.
"""

import dataclasses
import typing
from types import FunctionType
from typing import Any, Final

from autocontainer_nb.pickling.portable import class_table
from autocontainer_nb.pickling.portable.functions import THIS_MINOR

_METHODS: Final = (
    "__init__", "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__setattr__", "__delattr__",
)  # fmt: skip
_FIELDS: Final = "__dataclass_fields__"
_PARAMS: Final = "__dataclass_params__"

_replace: Final = getattr(dataclasses, "_replace", None)  # since 3.13
_waiting: Final[list[tuple[Any, "_Record"]]] = []  # classes whose bases aren't complete yet

_Record = tuple[str, tuple[str, ...], tuple[type, ...]]  # minor version, generated names, bases that are dataclasses


def fill_dataclass(cls: Any, state: tuple[tuple[dict[str, Any], dict[str, Any]], _Record]) -> None:
    """Give a dataclass its attributes; on another minor version than the writer's, generate its methods again.

    One that was here before this load is left alone.
    """
    if not class_table.is_to_fill(cls):
        return
    attributes, record = state
    class_table.set_attributes(cls, attributes[0])
    if _replace is not None and "__replace__" not in vars(cls):
        cls.__replace__ = _replace
    if record[0] == THIS_MINOR:
        return
    _waiting.append((cls, record))
    _complete()


def generated_methods(cls: type) -> dict[str, FunctionType]:
    """Return the methods of this very class that the decorator wrote, by name, and what it wrapped them in."""
    found: dict[str, FunctionType] = {}
    for name in _METHODS:
        value = vars(cls).get(name)
        inner = getattr(value, "__wrapped__", value)
        if not isinstance(value, FunctionType) or not isinstance(inner, FunctionType):
            continue
        if inner.__code__.co_filename == "<string>":
            found[name] = value
    return found


def has_text(annotation: Any) -> bool:
    """Whether the annotation names a type by a text, as a whole or inside: `"Leaf"`, `Optional["Leaf"]`."""
    if isinstance(annotation, str | typing.ForwardRef):
        return True
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return False
    return any(has_text(each) for each in (arguments[:1] if origin is typing.Annotated else arguments))


def reduce_dataclass(cls: Any, reduced: Any) -> Any:
    """Return cloudpickle's reduction of a dataclass with a record of what another minor version must generate."""
    make, arguments, (attributes, slots), *_ = reduced
    # Since 3.13 each dataclass has one and the same function there.
    attributes = {name: value for name, value in attributes.items() if name != "__replace__" or value is not _replace}
    bases = tuple(base for base in cls.__mro__[1:] if _FIELDS in vars(base))
    record: _Record = (THIS_MINOR, tuple(generated_methods(cls)), bases)
    return make, arguments, ((attributes, slots), record), None, None, fill_dataclass


def _complete() -> None:
    """Generate the methods of the classes whose bases are complete, as long as there are some."""
    progress = True
    while progress:
        progress = False
        for item in list(_waiting):
            cls, (_, names, bases) = item
            if all(_FIELDS in vars(base) for base in bases):
                _waiting.remove(item)
                _generate(cls, names)
                progress = True


def _generate(cls: Any, names: tuple[str, ...]) -> None:
    """Apply the decorator once more, to the fields that the class had; then put back what is the class's own."""
    fields = vars(cls)[_FIELDS]
    params = vars(cls)[_PARAMS]
    annotations = vars(cls).get("__annotations__", {})
    own = {name: fields[name] for name in annotations if name in fields}
    kept = {name: vars(cls)[name] for name in own if name in vars(cls)}
    for name in names:
        delattr(cls, name)
    cls.__annotations__ = {name: _annotation(field) for name, field in own.items()}
    for name, field in own.items():
        if not _is(field, "_FIELD_CLASSVAR"):
            setattr(cls, name, _again(field))
    arguments = {name: getattr(params, name) for name in ("init", "repr", "eq", "order", "unsafe_hash", "frozen")}
    dataclasses.dataclass(cls, **arguments, match_args=False)
    for name in own:
        if name in kept:
            setattr(cls, name, kept[name])
        elif name in vars(cls):
            delattr(cls, name)
    cls.__annotations__ = annotations
    setattr(cls, _FIELDS, fields)
    setattr(cls, _PARAMS, params)


def _annotation(field: Any) -> Any:
    """Return what makes the decorator see the field's kind; a text can only be understood in its own module."""
    if _is(field, "_FIELD_CLASSVAR"):
        return typing.ClassVar
    if _is(field, "_FIELD_INITVAR"):
        return dataclasses.InitVar if isinstance(field.type, str) else field.type
    return field.type


def _is(field: Any, kind: str) -> bool:
    return field._field_type is getattr(dataclasses, kind)  # noqa: SLF001 - nothing else tells a field's kind


def _again(field: Any) -> Any:
    names = ("default", "default_factory", "init", "repr", "hash", "compare", "metadata", "kw_only")
    return dataclasses.field(**{name: getattr(field, name) for name in names})
