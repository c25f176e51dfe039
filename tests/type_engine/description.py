"""What a program can see of a value: types, content, order, attributes. The judge of tests that send values."""

import dataclasses
import datetime as dt
import enum
import os
from typing import Any


def described(value: Any, depth: int = 60) -> Any:  # noqa: PLR0911 - one return for each family
    """Return nested tuples and texts that are equal for values that no program tells apart."""
    kind = type(value)
    if depth == 0 or value is None or isinstance(value, (type, enum.Enum)):
        return repr(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        return name, bytes(value) if not isinstance(value, str) else str.__str__(value), _attributes(value, depth)
    if isinstance(value, (int, float, complex)):
        base = next(each for each in (int, float, complex) if isinstance(value, each))
        return name, base.__repr__(value), _attributes(value, depth)
    if isinstance(value, dict):
        return (
            name,
            [(described(k, depth - 1), described(v, depth - 1)) for k, v in value.items()],
            _attributes(value, depth),
        )
    if isinstance(value, (set, frozenset)):
        return name, sorted(repr(described(each, depth - 1)) for each in value), _attributes(value, depth)
    if isinstance(value, (dt.datetime, dt.time)):
        return name, value.isoformat(), str(value.tzinfo), value.fold
    if (
        hasattr(value, "__iter__")
        and hasattr(value, "__len__")
        and not hasattr(value, "dtype")
        and not _is_record(value)
    ):
        return name, [described(each, depth - 1) for each in value], _attributes(value, depth)
    attributes = _attributes(value, depth)
    return name, attributes or repr(value)


def _is_record(value: Any) -> bool:
    return dataclasses.is_dataclass(value) or hasattr(value, "model_fields_set")


def _attributes(value: Any, depth: int) -> Any:
    if isinstance(value, os.PathLike):
        return None
    found = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        names = (slots,) if isinstance(slots, str) else slots
        found |= {slot: getattr(value, slot) for slot in names if not slot.startswith("__") and hasattr(value, slot)}
    if hasattr(type(value), "model_fields"):
        found["model_fields_set"] = sorted(value.model_fields_set)
        found["private"] = value.__pydantic_private__
        found["extra"] = value.__pydantic_extra__
    return [(key, described(each, depth - 1)) for key, each in found.items()]
