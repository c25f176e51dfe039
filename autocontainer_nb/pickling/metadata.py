"""`metadata.json`: what a pickled-entity file says of itself, parsed and checked before anything else is believed."""

import sys
from importlib import import_module
from typing import Any, Final

from autocontainer_nb.errors import ArchiveCorruptError, DigestMismatchError, FormatVersionError, PythonVersionError
from autocontainer_nb.pickling.zip_reader import ZipReader, corrupt
from autocontainer_nb.wire import METADATA_MEMBER, PACKAGE_VERSION, READABLE_FORMAT_VERSIONS

MAX_METADATA_BYTES: Final = 16 << 20
_SMALL_BYTES: Final = 1 << 20
_FIELDS: Final[dict[str, type]] = {
    "format_version": int,
    "python_version": str,
    "python_implementation": str,
    "cloudpickle_version": str,
    "autocontainer_nb_version": str,
    "entities": list,
    "packages": dict,
    "modules": list,
    "sources": list,
    "buffers": list,
    "members": dict,
}
# What format 2 has besides, by field.
_FIELDS_SINCE_2: Final[dict[str, type]] = {}


def read_metadata(archive: ZipReader, digest: str | None) -> tuple[dict[str, Any], str]:
    """Return the parsed metadata and its digest, after the checks of digest and format version, in this order.

    Raises:
        DigestMismatchError: `digest` is given and the file's is another one.
        FormatVersionError: the file has a format version that this package doesn't read.
        ArchiveCorruptError: the metadata isn't what every version of the format has.
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


def check_python(path: str, metadata: dict[str, Any]) -> None:
    """Return if this interpreter can run what the file holds.

    Raises:
        PythonVersionError: another minor version, or another implementation, of Python made the file.
    """
    made = str(metadata["python_version"])
    here = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    implementation = str(metadata["python_implementation"])
    same = made.split(".")[:2] == here.split(".")[:2] and implementation == sys.implementation.name
    if same:
        return
    minor = ".".join(made.split(".")[:2])
    names = ", ".join(repr(str(entity.get("name"))) for entity in metadata["entities"][:5]) or "nothing"
    raise PythonVersionError(
        f"{path!r} (with {names}) was pickled by {implementation} {made} and this interpreter is "
        f"{sys.implementation.name} {here}: the minor versions must be the same. Nothing of it was unpickled. "
        f"Run the task in an image with Python {minor} (@task(container_image=...)), or run the notebook in a kernel "
        f"with Python {here.rsplit('.', 1)[0]} and launch it again."
    )


def sha256_hex(data: bytes | memoryview) -> str:
    """Return the SHA-256 of the bytes, as 64 hexadecimal digits."""
    if len(data) < _SMALL_BYTES:
        sha256 = _builtin_sha256()
        if sha256 is not None:
            return str(sha256(data).hexdigest())
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _builtin_sha256() -> Any:
    """Return CPython's own implementation, which needs no OpenSSL: loading that takes longer than hashing 1 MiB."""
    try:
        return import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
    except ImportError:  # another implementation of Python
        return None


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
    if version in READABLE_FORMAT_VERSIONS and not isinstance(version, bool):
        return
    readable = " and ".join(map(str, READABLE_FORMAT_VERSIONS))
    raise FormatVersionError(
        f"{path!r} has the format version {version!r}; autocontainer_nb {PACKAGE_VERSION} reads versions "
        f"{readable}. Nothing of it was unpickled. It was written by autocontainer_nb "
        f"{metadata.get('autocontainer_nb_version', 'of an unknown version')}: install that version where it is read, "
        "or write the file again with this one."
    )


def _check_fields(path: str, metadata: dict[str, Any]) -> None:
    expected = _FIELDS if metadata["format_version"] == 1 else {**_FIELDS, **_FIELDS_SINCE_2}
    for name, kind in expected.items():
        value = metadata.get(name)
        if not isinstance(value, kind):
            raise _field(path, name, kind, value)
    for name in ("packages", "members"):
        for key, value in metadata[name].items():
            if not isinstance(value, str):
                raise _field(path, f"{name}.{key}", str, value)
    for name in ("entities", "buffers", "sources"):
        for index, value in enumerate(metadata[name]):
            if not isinstance(value, dict):
                raise _field(path, f"{name}[{index}]", dict, value)


def _field(path: str, name: str, expected: type, found: object) -> ArchiveCorruptError:
    return corrupt(path, f"{name!r} in its {METADATA_MEMBER} should be {expected.__name__}, not {type(found).__name__}")
