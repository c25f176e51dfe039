"""The description of a pickle outside pickled-entity files: flytekit's `pkl.gz` or any other. Nothing is executed."""

import gzip
import io
import os
from collections.abc import Mapping
from typing import Any, Final

from autocontainer_nb.errors import ArchiveCorruptError
from autocontainer_nb.pickling.symbolic.entities import (
    Budget,
    contents_of,
    entities_of,
    function_json,
    is_pickled_entity,
    python_version_of,
)
from autocontainer_nb.pickling.symbolic.machine import Walk
from autocontainer_nb.pickling.symbolic.opcodes import MAX_STREAM_BYTES, Source
from autocontainer_nb.pickling.symbolic.values import type_of
from autocontainer_nb.pickling.symbolic.walk import walk_pickle

MAX_FUNCTIONS: Final = 100  # to describe, for a pickle without entities
_GZIP: Final = b"\x1f\x8b"
_OTHERS: Final = {
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by Zstandard",
    b"\x78\x01": "compressed by zlib",
    b"\x78\x9c": "compressed by zlib",
    b"\x78\xda": "compressed by zlib",
    b"\x7fELF": "an executable file",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a Parquet file",
    b"\x93NUMPY": "a NumPy file",
}
_CHUNK_BYTES: Final = 1 << 20


def inspect_pickle(path: str) -> dict[str, Any]:
    """Return the description of a pickle file, plain or compressed by gzip: a dictionary that fits JSON.

    Keys: `kind` (`flytekit` for its `PickledEntity` and for a dict of its entities, else `pickle`), `path`,
    `size_bytes`, `compression` (`gzip` or None), `sha256` of the file, `type` of the outermost object,
    `python_version` (if a `PickledEntity` has it), `entities` (as in `inspect_archive`; `source` is None, since
    such pickles have none, and `file` and `line` are the origin of the code), `contents` (the items of a dict: `name`,
    `type`, `bytes`), `functions` (that a pickle without entities carries: `name`, `file`, `line`, `captures`), `pickle`
    (see `walk_json`), `problem` (why it could not be read to its end, or None).

    Raises:
        ArchiveCorruptError: the file isn't a pickle.
        OSError: the file can't be read.
    """
    with open(path, "rb") as raw:
        head = raw.read(8)
    compressed = head.startswith(_GZIP)
    with _opened(path, compressed=compressed) as file:
        source = Source(file, limit_bytes=MAX_STREAM_BYTES if compressed else None)
        walk = walk_pickle(source)
    _check_is_pickle(path, head, walk)
    root = walk.roots[0] if walk.roots else None
    budget = Budget()
    entities = entities_of(root, budget)
    functions = [] if entities else [function_json(function, budget) for function in walk.functions[:MAX_FUNCTIONS]]
    return {
        "kind": "flytekit" if is_pickled_entity(root) or entities else "pickle",
        "path": path,
        "size_bytes": os.stat(path).st_size,
        "compression": "gzip" if compressed else None,
        "sha256": _sha256(path),
        "type": type_of(root) if walk.roots else None,
        "python_version": python_version_of(root),
        "entities": entities,
        "contents": [] if entities else contents_of(root),
        "functions": functions,
        "pickle": walk_json(walk),
        "problem": walk.problem,
    }


def walk_json(walk: Walk) -> dict[str, Any]:
    """Return the result of a walk in a form that fits JSON.

    Keys: `protocol`, `size_bytes` (unpacked), `operations` (opcodes), `pickles` (one after the other), `buffers`
    (out-of-band ones that it expects), `persistent_ids`, `problem`, `references` ({module: names looked up in it}) and
    `calls`, dangerous ones first: `what` is called, `how` (called, made, state set, items added, looked up),
    `severity` (danger, unknown, harmless), `reason`, `count`, `position` of the first one in bytes, `arguments` of the
    first ones: values of dangerous calls, kinds of others.
    """
    return {
        "protocol": walk.protocol,
        "size_bytes": walk.size_bytes,
        "operations": walk.operations,
        "pickles": walk.pickles,
        "buffers": walk.buffers,
        "persistent_ids": walk.persistent_ids,
        "problem": walk.problem,
        "references": walk.findings.references_json(),
        "calls": walk.findings.calls_json(),
    }


def walk_view(view: memoryview, holes: Mapping[int, int]) -> dict[str, Any]:
    """Return what the pickle in memory would do, see `walk_json`; `holes` as in `Source`."""
    return walk_json(walk_pickle(Source(io.BufferedReader(_ViewFile(view)), holes)))


class _ViewFile(io.RawIOBase):
    """A file that reads from memory without copying it."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        part = self._view[self._position : self._position + len(target)]
        target[: len(part)] = part
        self._position += len(part)
        return len(part)


def _check_is_pickle(path: str, head: bytes, walk: Walk) -> None:
    """Return if the content can be a pickle.

    Raises:
        ArchiveCorruptError: it isn't a pickle.
    """
    begun = walk.protocol >= 2 or walk.findings.has_names  # noqa: PLR2004 - from 2 on a pickle begins with its protocol
    if walk.problem is None or walk.pickles or begun:
        return
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise ArchiveCorruptError(
                f"{path!r} is {what}, not a pickled-entity file or a pickle. If it contains one, unpack it first."
            )
    raise ArchiveCorruptError(
        f"{path!r} is neither a pickled-entity file nor a pickle: read as a pickle, {walk.problem}. "
        "Is this the right file?"
    )


def _opened(path: str, *, compressed: bool) -> Any:
    return gzip.open(path, "rb") if compressed else open(path, "rb")


def _sha256(path: str) -> str:
    import hashlib

    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(_CHUNK_BYTES):
            digest.update(data)
    return digest.hexdigest()
