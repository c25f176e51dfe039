"""The shape of `metadata.json`, and the check against it.

After this check, fields can be read without further tests. Other fields may exist, written by a newer version. A type
in a tuple means any of these; `[shape]` is a list, `{str: shape}` for a mapping, and
`{"name": shape}` for an object that has at least these fields.
"""

import sys
from collections.abc import Iterable
from typing import Any, Final

from autocontainer_nb.errors import DigestMismatchError, FormatVersionError, PythonVersionError
from autocontainer_nb.pickling.archive.hashing import sha256_hex
from autocontainer_nb.pickling.archive.zip_reader import ZipReader, corrupt
from autocontainer_nb.wire import ARCHIVE_FORMAT_VERSION, METADATA_MEMBER, PACKAGE_VERSION

_OPTIONAL: Final = "?"  # at the end of a field's name: it may be missing
_SHOWN_KEY_CHARACTERS: Final = 60
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
    "needs?": {"mode?": str, "packages?": [str]},  # what the task itself says of packages
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
MAX_METADATA_BYTES: Final = 16 << 20
PORTABLE_MINORS: Final = frozenset({"3.10", "3.11", "3.12", "3.13"})  # whose code is rebuilt from source by each other
_SHOWN_CHARACTERS: Final = 80


def misshapen(metadata: dict[str, Any]) -> str | None:
    """Return what is wrong with the metadata in words; None where all is as it should be."""
    return None if _is_of(metadata, SHAPE) else _wrong("", metadata, SHAPE)


def _is_of(value: Any, shape: Any) -> bool:
    """Whether the value has the shape: a quick look, whose no `_wrong` puts into words."""
    kind, of = type(value), type(shape)
    if kind is dict and of is dict:
        if str in shape:
            return _are_of(value.values(), shape[str])
        for name, each in shape.items():
            key = name
            if name[-1] == _OPTIONAL:
                key = name[:-1]
                if key not in value:
                    continue
            found = value.get(key)
            if type(found) is not each and not _is_of(found, each):
                return False
        return True
    if kind is list and of is list:
        return _are_of(value, shape[0])
    return kind in shape if of is tuple else kind is shape


def _are_of(values: Iterable[Any], shape: Any) -> bool:
    return all(type(item) is shape or _is_of(item, shape) for item in values)


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
        return _first(_wrong(f"{path}.{key:.{_SHOWN_KEY_CHARACTERS}}", item, shape[str]) for key, item in value.items())
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


def read_metadata(archive: ZipReader, digest: str | None) -> tuple[dict[str, Any], str]:
    """Return the parsed metadata and its digest, after the checks of digest and format version, in this order.

    Raises:
        DigestMismatchError: `digest` is given and the file's is another one.
        FormatVersionError: the file has a format version that this package doesn't read.
        ArchiveCorruptError: the metadata isn't what the format has.
    """
    if next(iter(archive.members), None) != METADATA_MEMBER:
        raise corrupt(archive.path, f"its first member isn't {METADATA_MEMBER!r}")
    raw = bytes(archive.view(METADATA_MEMBER, MAX_METADATA_BYTES))
    found = sha256_hex(raw)
    if digest is not None and found != digest:
        raise DigestMismatchError(
            f"{archive.path!r} has the digest {found}, but {digest} was registered: the file was altered or "
            "replaced after registration. Nothing of it was unpickled. "
            "Register the task again to run what is in the notebook now."
        )
    metadata = _parse(archive.path, raw)
    _check_format_version(archive.path, metadata)
    _check_fields(archive.path, metadata)
    return metadata, found


def check_python(path: str, metadata: dict[str, Any]) -> bool:
    """Return whether the minor version of Python that made the file runs here; else its code must be rebuilt.

    Raises:
        PythonVersionError: another implementation made the file; or another minor version did, and one of the two isn't
            a version that we know.
    """
    made = _shown(metadata["python_version"])
    here = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    implementation = _shown(metadata["python_implementation"])
    minor, own = (version.rpartition(".")[0] for version in (made, here))
    alike = implementation == sys.implementation.name
    if alike and minor == own:
        return True
    if alike and implementation == "cpython" and {minor, own} <= PORTABLE_MINORS:
        return False
    names = ", ".join(repr(_shown(entity["name"])) for entity in metadata["entities"][:5])
    raise PythonVersionError(
        f"{f'{path!r} (with {names})' if names else path} was pickled by {implementation} {made} and this interpreter "
        f"is {sys.implementation.name} {here}: the minor versions must be the same, except that files by CPython "
        f"{', '.join(sorted(PORTABLE_MINORS))} run on each of these. Nothing of it was unpickled. Run the task "
        f"in an image with Python {minor} (@task(container_image=...)), or run the notebook in a kernel with Python "
        f"{own} and launch it again."
    )


def _parse(path: str, raw: bytes) -> dict[str, Any]:
    import json

    try:
        metadata = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise corrupt(path, f"its {METADATA_MEMBER} isn't JSON ({error})") from error
    if not isinstance(metadata, dict):
        raise corrupt(path, f"its {METADATA_MEMBER} isn't a JSON object")
    return metadata


def _check_format_version(path: str, metadata: dict[str, Any]) -> None:
    version = metadata.get("format_version")
    if version == ARCHIVE_FORMAT_VERSION and type(version) is int:
        return
    writer = _shown(metadata.get("autocontainer_nb_version", "of an unknown version"))
    raise FormatVersionError(
        f"{path!r} has the format version {_shown(version)}; autocontainer_nb {PACKAGE_VERSION} reads version "
        f"{ARCHIVE_FORMAT_VERSION}. Nothing of it was unpickled. It was written by autocontainer_nb {writer}: "
        "install that version where it is read, or write the file again with this one."
    )


def _shown(value: object) -> str:
    """Return what a file says of itself as it may stand in a message: not more of it than fits."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _check_fields(path: str, metadata: dict[str, Any]) -> None:
    problem = misshapen(metadata)
    if problem is not None:
        raise corrupt(path, f"in its {METADATA_MEMBER}, {problem}")
