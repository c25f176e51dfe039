"""Which fields of a model were given, and which have their defaults: it shows in `model_fields_set` and in dumps.

The packed form has all fields, so that Flyte can look them up. A text beside it tells which were given, where not all
were. pydantic isn't imported for it.
"""

import functools
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_GIVEN = "__pydantic_fields_set__"
_LEAVES: Final = {int, float, str, bool, bytes, type(None)}
_Steps = tuple[str | int, ...]


def given_fields(value: Any) -> str:
    """Return the text for a model, and the models in it, or "" where all fields were given."""
    import json

    found: list[Any] = []
    _find(value, (), (), found)
    return json.dumps(found, separators=(",", ":")) if found else ""


def restore_given(made: Any, text: str) -> None:
    """Let the model, and those in it, have the fields that the text tells; what isn't there is left as it is."""
    import json

    for steps, names in json.loads(text):
        model = made
        try:
            for step in steps:
                model = (
                    getattr(model, step)
                    if hasattr(type(model), "__dataclass_fields__") or _is_model(model)
                    else model[step]
                )
        except (AttributeError, LookupError, TypeError):  # it is read as another type
            continue
        if _is_model(model):
            object.__setattr__(model, _GIVEN, set(names))


@functools.lru_cache(maxsize=256)
def _fields(kind: Any) -> frozenset[str] | None:
    """Return the names of a model's fields, None for what is no model: asking pydantic takes its time."""
    found = getattr(kind, "model_fields", None)
    return None if found is None else frozenset(found)


def _fields_of(value: Any) -> frozenset[str] | None:
    kind: Any = type(value)
    return _fields(kind) if hasattr(kind, "__pydantic_core_schema__") else None


def _is_model(value: Any) -> bool:
    return _fields_of(value) is not None


def _is_full(model: Any, fields: frozenset[str]) -> bool:
    given: set[str] = getattr(model, _GIVEN)
    return given >= fields and given >= (getattr(model, "__pydantic_extra__", None) or {}).keys()


def _find(value: Any, steps: _Steps, around: tuple[int, ...], found: list[Any]) -> None:
    """Add the steps and the given fields of each model in the value that also has others."""
    if id(value) in around:  # it contains itself: it will be pickled
        return
    around = (*around, id(value))
    parts: Iterable[tuple[Any, Any]]
    fields = _fields_of(value)
    if fields is not None:
        if not _is_full(value, fields):
            found.append([steps, sorted(getattr(value, _GIVEN))])
        parts = value.__dict__.items()
    elif isinstance(value, (list, tuple)):
        parts = () if set(map(type, value)) <= _LEAVES else enumerate(value)
    elif isinstance(value, dict):
        parts = [(key, each) for key, each in value.items() if isinstance(key, str)]
    elif hasattr(type(value), "__dataclass_fields__"):
        parts = [(name, getattr(value, name)) for name in type(value).__dataclass_fields__ if hasattr(value, name)]
    else:
        return
    for step, part in parts:
        if type(part) not in _LEAVES:
            _find(part, (*steps, step), around, found)
