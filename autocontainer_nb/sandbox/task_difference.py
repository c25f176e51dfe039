"""What differs between two messages, field by field: for those who registered two things under one version."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from google.protobuf.message import Message

SHOWN_DIFFERENCES: Final = 10
_SHOWN_CHARACTERS: Final = 120
_NOTHING: Final = object()


def _show(value: Any) -> str:
    if value is _NOTHING:
        return "nothing"
    text = " ".join(str(value).split()) if isinstance(value, Message) else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def _children(value: Any) -> dict[str, Any] | None:
    if isinstance(value, Message):
        return {f".{descriptor.name}": child for descriptor, child in value.ListFields()}
    if isinstance(value, Mapping):
        return {f"[{key!r}]": child for key, child in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return {f"[{index}]": child for index, child in enumerate(value)}
    return None


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield one line `path: old -> new` for each field in which two messages differ."""
    old_children, new_children = _children(old), _children(new)
    if old_children is None or new_children is None or type(old) is not type(new):
        if old is _NOTHING or new is _NOTHING or old != new:
            yield f"{path.lstrip('.')}: {_show(old)} -> {_show(new)}"
        return
    for name in [*old_children, *(name for name in new_children if name not in old_children)]:
        yield from differences(old_children.get(name, _NOTHING), new_children.get(name, _NOTHING), path + name)


def show_differences(old: Message, new: Message) -> str:
    """Return the first differences as lines, old value first."""
    lines = list(differences(old, new))
    more = [f"... and {len(lines) - SHOWN_DIFFERENCES} more"] if len(lines) > SHOWN_DIFFERENCES else []
    return "\n".join(f"  {line}" for line in [*lines[:SHOWN_DIFFERENCES], *more])
