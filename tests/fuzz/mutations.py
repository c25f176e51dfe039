"""How a file is altered: its bytes, its ZIP structure, its JSON; with or without the hashes made to fit again."""

import io
import json
import struct
import warnings
import zipfile
import zlib
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_INTERESTING = (0, 1, 4, 30, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
_SIGNATURES = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07")
_NAMES = (
    "metadata.json", "pickle", "cells.json", "locations.json", "sources/x.py", "modules/x.py", "../x", "/etc/x",
    "a//b", "a/../b", "C:\\x", "buffers/" + "0" * 64, "buffers/../pickle", ".", "x" * 60_000, "\u00e9", "a\x00b",
    "modules/../../x.py",
)  # fmt: skip
_UNSOUND = (
    None, True, -1, 0, 1, 2, 2**31, 2**63, 10**400, 1.5, float("nan"), "", "x", "../x", "0" * 64, "x" * 100_000,
    "\ud800", [], {}, [[]], [{}], {"": None}, [None] * 5000, {"sha256": "0" * 64}, {"sha256": 5, "size_bytes": -1},
)  # fmt: skip
_NO_JSON = (b"[" * 100_000, b'{"a":' * 50_000, b"1" * 100_000, b'{"a":1,"a":2}', b"\xff\xfe", b"NaN")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)


class Mutator:
    """Alters files, reproducibly for one random generator."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def mutate(self, data: bytes, other: bytes) -> bytes:
        """Return the file altered in one or several ways; `other` is a file to mix in."""
        for _ in range(1 + int(self._random.expovariate(1.2))):
            how = self._random.choices((self._bytes, self._crossed, self._zip, self._deep), (8, 1, 3, 3))[0]
            data = how(data, other)[: 1 << 20]
        return data

    def _bytes(self, data: bytes, _: bytes) -> bytes:
        if not data:
            return self._random.randbytes(30)
        raw, at = bytearray(data), self._place(data)
        size = min(self._random.choice((1, 2, 4, 8, 30, 300)), len(raw) - at)
        ways: list[Callable[[], Any]] = [
            lambda: raw.__setitem__(at, raw[at] ^ (1 << self._random.randrange(8))),
            lambda: raw.__setitem__(slice(at, at + 2), struct.pack("<H", self._random.choice(_INTERESTING) & 0xFFFF)),
            lambda: raw.__setitem__(slice(at, at + 4), struct.pack("<L", self._random.choice(_INTERESTING))),
            lambda: raw.__setitem__(slice(at, at + size), self._random.randbytes(size)),
            lambda: raw.__delitem__(slice(at, at + size)),
            lambda: raw.__setitem__(slice(at, at), raw[at : at + size]),
            lambda: raw.__delitem__(slice(at, None)),
            lambda: raw.__setitem__(slice(at, at), self._random.choice(_SIGNATURES)),
        ]
        self._random.choices(ways, (6, 3, 4, 3, 2, 2, 1, 1))[0]()
        return bytes(raw)

    def _place(self, data: bytes) -> int:
        """Return where to alter: half of the time in or near one of the ZIP's own records."""
        if self._random.random() < 0.5:
            found = data.rfind(self._random.choice(_SIGNATURES), 0, self._random.randrange(len(data)) + 4)
            if found >= 0:
                return min(found + self._random.randrange(60), len(data) - 1)
        return self._random.randrange(len(data))

    def _crossed(self, data: bytes, other: bytes) -> bytes:
        here, there = (self._random.randrange(len(each) + 1) for each in (data, other))
        return data[:here] + other[there:]

    def _zip(self, data: bytes, other: bytes) -> bytes:
        """Alter the list of members: names, order, doubles, kinds, contents of another file."""
        members = _members(data)
        strange = _members(other) or [("x", b"")]
        if not members:
            return data
        at = self._random.randrange(len(members))
        name, content = members[at]
        way = self._random.randrange(8)
        if way == 0:
            members[at] = (self._random.choice(_NAMES), content)
        elif way == 1:
            members.insert(at, (self._random.choice((*_NAMES, name)), self._random.choice(strange)[1]))
        elif way == 2:
            del members[at]
        elif way == 3:
            self._random.shuffle(members)
        elif way == 4:
            members[at] = (name, next((each for known, each in strange if known == name), b""))
        elif way == 5:
            members[at] = (name, self._bytes(content, b""))
        elif way == 6:
            members[at] = (name, bytes(self._random.choice((0, 1, 70_000, 900_000))))
        else:
            return content  # a pickle without its archive, or a text
        return self._written(members)

    def _deep(self, data: bytes, other: bytes) -> bytes:
        """Alter the metadata or a member and make all hashes fit, so that the checks behind the hashes are reached."""
        members = dict(_members(data))
        try:
            metadata = json.loads(members["metadata.json"])
            hashes = metadata["members"]
        except (KeyError, ValueError, TypeError, RecursionError):
            return self._zip(data, other)
        if self._random.random() < 0.3 and len(members) > 1:
            name = self._random.choice(sorted(members.keys() - {"metadata.json"}))
            members[name] = self._json(members[name]) if name.endswith(".json") else self._bytes(members[name], b"")
            if isinstance(hashes, dict) and name in hashes:
                hashes[name] = sha256(members[name]).hexdigest()
            members["metadata.json"] = _dumped(metadata)
        else:
            members["metadata.json"] = self._json(members["metadata.json"])
        return self._written(list(members.items()))

    def _json(self, raw: bytes) -> bytes:
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            return raw
        if self._random.random() < 0.05:
            return self._random.choice(
                (b"[" * 100_000, b'{"a":' * 50_000, b"1" * 100_000, b'{"a":1,"a":2}', b"\xff\xfe", b"NaN")
            )
        holder, node = None, value
        key: Any = None
        while isinstance(node, dict | list) and node and (holder is None or self._random.random() < 0.8):
            holder, key = node, self._random.choice(list(node) if isinstance(node, dict) else range(len(node)))
            node = node[key]
        if holder is None:
            return raw
        way = self._random.randrange(4)
        if way == 0:
            del holder[key]
        elif way == 1 and isinstance(holder, dict):
            holder[self._random.choice(("x", "sha256", "name", "members", "digest"))] = self._random.choice(_UNSOUND)
        elif way == 2 and isinstance(holder, list):
            holder.append(node)
        else:
            holder[key] = self._random.choice(_UNSOUND)
        return _dumped(value)

    def _written(self, members: list[tuple[str, bytes]]) -> bytes:
        """Return the members as an archive, each in one of ZIP's ways, some of which nobody should accept."""
        file = io.BytesIO()
        with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
            warnings.simplefilter("ignore")  # of double names
            for name, content in members:
                info = zipfile.ZipInfo(name[:65_000])
                info.external_attr = self._random.choice((0, 0, 0o644 << 16, 0o120777 << 16))
                method = self._random.choice(
                    (zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
                )
                archive.writestr(info, content, method, compresslevel=1)
        return file.getvalue()


def _members(data: bytes) -> list[tuple[str, bytes]]:
    """Return (name, content) of a file that still is an archive, else an empty list."""
    try:
        with warnings.catch_warnings(), zipfile.ZipFile(io.BytesIO(data)) as archive:
            warnings.simplefilter("ignore")
            return [(info.filename, archive.read(info)) for info in archive.infolist() if info.file_size < 1 << 20]
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, *_BROKEN):
        return []


# What zipfile raises besides for broken archives: it is the fuzzer's tool here, not its target.
_BROKEN = (OSError, EOFError, ValueError, RuntimeError, OverflowError, IndexError, UnicodeError, AttributeError)


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")
