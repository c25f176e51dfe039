"""Where two templates differ, as {path: (ours, theirs)}; a path is `tasks[notebook.inc].metadata.runtime.version`."""

import base64
import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

_GZIP = "H4sI"  # how the base64 of anything compressed by gzip begins
# Whose keys are names, not fields.
_NAMED = re.compile(r"tasks|workflows|executions|.*\.(variables|properties)|executions\[[^]]+\]\.inputs")


def field_differences(ours: Any, theirs: Any) -> dict[str, tuple[Any, Any]]:
    """Return each part that differs, the smallest parts possible; an absent part is None."""
    return {path: (one, other) for path, one, other in _differing(ours, theirs, "")}


def _differing(ours: Any, theirs: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    ours, theirs = _unpacked(ours), _unpacked(theirs)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        are_names = _NAMED.fullmatch(path)
        for key in sorted({*ours, *theirs}):
            inner = f"{path}[{key}]" if are_names else f"{path}.{key}".lstrip(".")
            yield from _differing(ours.get(key), theirs.get(key), inner)
    elif isinstance(ours, list) and isinstance(theirs, list):
        yield from _differing_lists(ours, theirs, path)
    elif ours != theirs or type(ours) is not type(theirs):
        yield path, ours, theirs


def _differing_lists(ours: list[Any], theirs: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
    one, other = _by_identifier(ours), _by_identifier(theirs)
    if one is None or other is None:
        one, other = dict(enumerate(ours)), dict(enumerate(theirs))
    elif [key for key in one if key in other] != [key for key in other if key in one]:
        yield f"{path}: order", list(one), list(other)
    for key in {**one, **other}:
        yield from _differing(one.get(key), other.get(key), f"{path}[{key}]")


def _by_identifier(values: list[Any]) -> dict[Any, Any] | None:
    """Return nodes by their identifiers, and bindings by their variables; None where the items have no names."""
    for field in ("id", "var"):
        found = {each[field]: each for each in values if isinstance(each, dict) and isinstance(each.get(field), str)}
        if values and len(found) == len(values):
            return found
    return None


def _unpacked(value: Any) -> Any:
    """Return what a compressed text holds: its bytes depend on the build of zlib."""
    if isinstance(value, str) and value.startswith(_GZIP):
        return json.loads(gzip.decompress(base64.b64decode(value)))
    return value
