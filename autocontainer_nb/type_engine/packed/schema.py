"""JSON schemas of dataclasses, as flytekit puts them into the literal type (JSON Schema 2020-12, by mashumaro)."""

import base64
import dataclasses
import datetime as dt
import enum
import sys
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from autocontainer_nb.type_engine.packed.composites import packer_for
from autocontainer_nb.type_engine.packed.records import fields_of, is_missing

_SCALARS: dict[Any, dict[str, Any]] = {
    Any: {},
    None: {"type": "null"},
    type(None): {"type": "null"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    str: {"type": "string"},
    bytes: {"type": "string", "format": "base64"},
    dt.datetime: {"type": "string", "format": "date-time"},
    dt.date: {"type": "string", "format": "date"},
    dt.time: {"type": "string", "format": "time"},
    dt.timedelta: {"type": "number", "format": "time-delta"},
}
_TEXT_FORMATS = (("decimal", "Decimal", "decimal"), ("uuid", "UUID", "uuid"), ("pathlib", "PurePath", "path"))


def dataclass_schema(cls: type) -> dict[str, Any]:
    """Return the JSON schema of a packable dataclass; one that contains itself is cut off at its second appearance."""
    return _dataclass(cls, ())


def _dataclass(cls: type, outer: tuple[type, ...]) -> dict[str, Any]:
    if cls in outer:
        return {"type": "object", "title": cls.__name__}
    properties = {}
    required = []
    for name, (field, hint) in fields_of(cls).items():
        if not field.init:
            continue
        found = dict(_schema(hint, (*outer, cls)))
        if not is_missing(field.default):
            found["default"] = _json(packer_for(hint).pack(field.default))
        elif is_missing(field.default_factory):
            required.append(name)
        properties[name] = found
    schema: dict[str, Any] = {"type": "object", "title": cls.__name__}
    if properties:
        schema["properties"] = properties
    schema["additionalProperties"] = False
    if required:
        schema["required"] = required
    return schema


def _schema(hint: Any, outer: tuple[type, ...]) -> dict[str, Any]:  # noqa: PLR0911 - one return for each form of type
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _schema(args[0], outer)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(arg, outer) for arg in args]}
    if origin is Literal:
        return {"enum": list(args)}
    base = origin or hint
    if base in (dict, Mapping):
        return _mapping(args, outer)
    if base in (list, Sequence, tuple, set, frozenset):
        return _array(base, args, outer)
    if hasattr(hint, "__supertype__"):
        return _schema(hint.__supertype__, outer)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint, outer)
    if hasattr(hint, "packed_schema"):
        own: dict[str, Any] = hint.packed_schema()
        return own
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [_json(member.value) for member in hint]}
    return _SCALARS[hint] if hint in _SCALARS else _text_schema(hint)


def _mapping(args: tuple[Any, ...], outer: tuple[type, ...]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    if args:
        key, value = (_schema(arg, outer) for arg in args)
        # mashumaro leaves out empty schemas.
        schema.update(
            {name: found for name, found in (("additionalProperties", value), ("propertyNames", key)) if found}
        )
    return schema


def _array(base: Any, args: tuple[Any, ...], outer: tuple[type, ...]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array"}
    if base in (set, frozenset):
        schema["uniqueItems"] = True
    if base is tuple and args and args[-1] is not Ellipsis:
        schema.update(prefixItems=[_schema(arg, outer) for arg in args], minItems=len(args), maxItems=len(args))
    elif args and (items := _schema(args[0], outer)):
        schema["items"] = items
    return schema


def _text_schema(hint: type) -> dict[str, Any]:
    for module, name, form in _TEXT_FORMATS:
        wanted = getattr(sys.modules.get(module), name, None)
        if wanted is not None and issubclass(hint, wanted):
            return {"type": "string", "format": form}
    return {}


def _json(plain: Any) -> Any:
    """Return the packed value as JSON: bytes as base64 in lines, keys as strings."""
    if isinstance(plain, bytes):
        return base64.encodebytes(plain).decode()
    if isinstance(plain, dict):
        return {str(key): _json(value) for key, value in plain.items()}
    if isinstance(plain, (list, tuple)):
        return [_json(value) for value in plain]
    return plain
