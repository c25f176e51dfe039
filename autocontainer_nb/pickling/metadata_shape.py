"""The shape of `metadata.json`: which fields there are, and of what types, down to the last of them.

Whoever reads a field behind this check needn't ask again. Fields that aren't listed may be there: they are a newer
version's business. A type in a tuple stands for any of these; `[shape]` for a list, `{str: shape}` for a mapping, and
`{"name": shape}` for an object that has at least these fields.
"""

from typing import Any, Final

_OPTIONAL: Final = "?"  # at the end of a field's name: it may be missing
_SHOWN_CHARACTERS: Final = 60

_NEED: Final = {"distribution": str, "version": str, "modules": [str], "by": [str]}
_CONTENT: Final = {"sha256": str, "size_bytes": int, "stored?": str, "name?": str}
_ENTITY: Final = {
    "name": str,
    "kind": str,
    "inputs": {str: str},
    "outputs": {str: str},
    "source": (str, type(None)),
    "line": (int, type(None)),
    "captures": [{"name": str, "type": str, "how": str, "bytes": int}],
    "imports": [str],
    "version": str,
}
_CODE: Final = {
    "key": str,
    "name": str,
    "source?": str,
    "scope?": int,
    "line?": int,
    "flags?": int,
    "free?": [str],
    "module?": str,
    "path?": list,
    "arguments?": [str],
    "kind?": int,
    "reason?": str,
}
SHAPE: Final[dict[str, Any]] = {
    "version": str,
    "python_version": str,
    "python_implementation": str,
    "cloudpickle_version": str,
    "autocontainer_nb_version": str,
    "entities": [_ENTITY],
    "parts": [{"name": str, "kind": str, "type": str, "digest": str, "shown": str}],
    "packages": {str: str},
    "needs": [_NEED],
    "modules": [{"name": str, "member": str, "is_package": bool, "size_bytes": int}],
    "sources": [{"name": str, "sha256": str}],
    "buffers": [_CONTENT],
    "splices": [{**_CONTENT, "offset": int}],
    "code": [_CODE],
    "references": [str],
    "unportable": [{"name": str, "reason": str}],
    "members": {str: str},
}


def misshapen(metadata: dict[str, Any]) -> str | None:
    """Return what is wrong with the metadata in words; None where all is as it should be."""
    return _wrong("", metadata, SHAPE)


def _wrong(path: str, value: Any, shape: Any) -> str | None:
    if isinstance(shape, list):
        if not isinstance(value, list):
            return _told(path, "list", value)
        return _first(_wrong(f"{path}[{index}]", item, shape[0]) for index, item in enumerate(value))
    if not isinstance(shape, dict):
        # A bool is an int for Python, not for the format.
        is_of_it = isinstance(value, shape) and (not isinstance(value, bool) or shape is bool)
        kinds = shape if isinstance(shape, tuple) else (shape,)
        return None if is_of_it else _told(path, " or ".join(kind.__name__ for kind in kinds), value)
    if not isinstance(value, dict):
        return _told(path, "dict", value)
    if str in shape:
        return _first(_wrong(f"{path}.{key:.{_SHOWN_CHARACTERS}}", item, shape[str]) for key, item in value.items())
    return _first(_wrong_field(path, value, name, each) for name, each in shape.items())


def _wrong_field(path: str, value: dict[str, Any], name: str, shape: Any) -> str | None:
    key = name.removesuffix(_OPTIONAL)
    if key not in value and key != name:
        return None
    return _wrong(f"{path}.{key}" if path else key, value.get(key), shape)


def _first(found: Any) -> str | None:
    return next((each for each in found if each is not None), None)


def _told(path: str, expected: str, value: Any) -> str:
    return f"{path!r} should be {expected}, not {type(value).__name__}"
