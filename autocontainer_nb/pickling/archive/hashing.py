"""SHA-256, by whichever implementation is quicker for the size."""

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any, Final

_SMALL_BYTES: Final = 1 << 20


def sha256_hex(data: bytes | memoryview) -> str:
    """Return the SHA-256 of the bytes, as 64 hexadecimal digits."""
    if len(data) < _SMALL_BYTES:
        sha256 = _builtin_sha256()
        if sha256 is not None:
            return str(sha256(data).hexdigest())
    import hashlib

    return hashlib.sha256(data).hexdigest()


def sha256_of_parts(parts: Iterable[bytes | memoryview]) -> str:
    """Return the SHA-256 of the parts, one after the other, as 64 hexadecimal digits."""
    first, *rest = parts
    if not rest:
        return sha256_hex(first)
    import hashlib

    digest = hashlib.sha256(first)
    for part in rest:
        digest.update(part)
    return digest.hexdigest()


def _builtin_sha256() -> Any:
    """Return CPython's own implementation, which needs no OpenSSL: loading that takes longer than hashing 1 MiB."""
    try:
        return import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
    except ImportError:  # another implementation of Python
        return None
