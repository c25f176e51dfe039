"""Annotations that are text: made types before a class travels, since its module stays behind.

After `from __future__ import annotations` a dataclass holds the names of its fields' types, and nothing else refers to
these types: where the class is loaded, they couldn't be found. The user's class is left as it is.
"""

from typing import Any, get_type_hints


def with_types(cls: type, reduced: Any) -> Any:
    """Return cloudpickle's reduction of a class by value, its text annotations replaced by the types they name.

    A class whose annotations name something unknown stays as it is: who needs the type says so.
    """
    own = vars(cls).get("__annotations__", {})
    if not isinstance(reduced, tuple) or not any(isinstance(annotation, str) for annotation in own.values()):
        return reduced
    try:
        hints = get_type_hints(cls, include_extras=True)
    except Exception:  # noqa: BLE001 - annotations are the user's code, which may raise anything
        return reduced
    make, arguments, (attributes, slots), *rest = reduced
    resolved = {name: hints.get(name, annotation) for name, annotation in own.items()}
    return (make, arguments, ({**attributes, "__annotations__": resolved}, slots), *rest)
