"""The store for objects, through obstore: `s3://`, `gs://`, `abfs(s)://` and `az://`. Imported for such URIs only.

Azure's URIs come in two forms: `abfs://CONTAINER/KEY` (the account comes from the environment) and
`abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/KEY`.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import AzureStore, GCSStore, S3Store

from autocontainer_nb.errors import StorageError
from autocontainer_nb.storage.environment import METADATA_SERVER, azure_settings, s3_settings, variables_of
from autocontainer_nb.storage.local import replacing
from autocontainer_nb.storage.uris import split_bucket

_T = TypeVar("_T")
_RETRIES: Any = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
_CHUNK_BYTES = 8 * 2**20  # of a download: one request, written as it arrives
_BLOCK_BYTES = 4 * 2**20  # of a read in blocks ...
_BLOCKS_AT_A_TIME = 8
_WORDS_CHARS = 300  # of the store's own message; it can hold a whole XML page

_stores: dict[tuple[Any, ...], Any] = {}


def _open(uri: str) -> tuple[Any, str]:
    scheme, bucket, key = split_bucket(uri)
    if scheme in ("s3", "s3a"):
        settings = s3_settings()
        kind: Any = S3Store
    elif scheme == "gs":
        settings, kind = {}, GCSStore
    else:
        settings, kind = azure_settings(), AzureStore
        bucket, _, host = bucket.partition("@")
        if host:
            settings["account_name"] = host.partition(".")[0]
    # The settings are part of the key: a process may point the variables at another store.
    identity = (kind, bucket, *sorted(settings.items()))
    if identity not in _stores:
        plain = settings.get("endpoint", "").startswith("http://")
        _stores[identity] = kind(
            bucket, config=settings, client_options={"allow_http": True} if plain else None, retry_config=_RETRIES
        )
    return _stores[identity], key


def _attempt(verb: str, uri: str, action: Callable[[Any, str], _T]) -> _T:
    try:
        store, key = _open(uri)
        return action(store, key)
    except StorageError:
        raise
    except FileNotFoundError as error:
        raise StorageError(
            f"Can't {verb} {uri!r}: no such object or bucket. Check the URI, and that the object was written. "
            f"The store says: {_words(error)}"
        ) from error
    except (PermissionError, PermissionDeniedError, UnauthenticatedError) as error:
        raise StorageError(
            f"Can't {verb} {uri!r}: the credentials were refused. Check the variables {variables_of(uri)}, or the role "
            f"of the container. The store says: {_words(error)}"
        ) from error
    except (BaseError, OSError, ValueError) as error:
        if METADATA_SERVER in str(error):  # asked where nothing else is known; its answer is nobody's mistake
            raise StorageError(
                f"Can't {verb} {uri!r}: this process has no credentials of the store. Set the variables "
                f"{variables_of(uri)}."
            ) from error
        raise StorageError(
            f"Can't {verb} {uri!r}: {_words(error)}. Check the address and the variables {variables_of(uri)}."
        ) from error


def _words(error: Exception) -> str:
    text = " ".join(str(error).partition("\n\nDebug source")[0].split()).rstrip(".")
    return text if len(text) <= _WORDS_CHARS else text[: _WORDS_CHARS - 1] + "…"


def read(uri: str) -> bytes:
    """Return the object's content."""
    return _attempt("read", uri, lambda store, key: bytes(obstore.get(store, key).bytes()))


def write(uri: str, data: bytes) -> None:
    """Write exactly `data` to the object."""
    _attempt("write", uri, lambda store, key: obstore.put(store, key, data))


def fetch_file(uri: str, path: str) -> None:
    """Stream the object to the local file `path`."""

    def action(store: Any, key: str) -> None:
        answer = obstore.get(store, key)
        with replacing(path) as partial, open(partial, "xb") as file:
            file.writelines(answer.stream(min_chunk_size=_CHUNK_BYTES))

    _attempt("read", uri, action)


def blocks(uri: str, limit_bytes: int) -> Iterator[memoryview]:
    """Yield the object's content in blocks, several of which are fetched at the same time, by ranges."""
    size_bytes = int(_attempt("read", uri, lambda store, key: obstore.head(store, key)["size"]))
    if size_bytes > limit_bytes:
        raise StorageError(f"Can't read {uri!r}: expected at most {limit_bytes} bytes, got {size_bytes}.")
    for first in range(0, size_bytes, _BLOCK_BYTES * _BLOCKS_AT_A_TIME):
        last = min(first + _BLOCK_BYTES * _BLOCKS_AT_A_TIME, size_bytes)
        starts = list(range(first, last, _BLOCK_BYTES))
        found: list[memoryview] = [memoryview(b"")] * len(starts)
        # Neighbouring ranges would be merged into one request; every second range isn't, so those run in parallel.
        for turn in (0, 1):
            wanted = [(start, min(start + _BLOCK_BYTES, last)) for start in starts[turn::2]]
            found[turn::2] = _attempt("read", uri, partial(_ranges, wanted))
        yield from found


def _ranges(wanted: list[tuple[int, int]], store: Any, key: str) -> list[memoryview]:
    starts, ends = [start for start, _ in wanted], [end for _, end in wanted]
    parts = obstore.get_ranges(store, key, starts=starts, ends=ends, coalesce=0) if wanted else []
    return [memoryview(part) for part in parts]


def store_file(path: str, uri: str) -> None:
    """Stream the local file to the object, in parts if it is large."""

    def action(store: Any, key: str) -> None:
        with open(path, "rb") as file:
            obstore.put(store, key, file)

    _attempt("write", uri, action)


def is_file(uri: str) -> bool:
    """Whether there is an object with exactly that key."""

    def action(store: Any, key: str) -> bool:
        if not key:
            return False
        try:
            obstore.head(store, key)
        except FileNotFoundError:
            return False
        return True

    return _attempt("look up", uri, action)


def list_files(uri: str) -> list[str]:
    """Return the names of the objects below the URI, relative to it, sorted."""

    def action(store: Any, key: str) -> list[str]:
        start = key.strip("/") + "/" if key.strip("/") else ""
        pages = obstore.list(store, prefix=start or None)
        names = [item["path"][len(start) :] for page in pages for item in page]
        return sorted(name for name in names if name)

    return _attempt("list", uri, action)


def exists(uri: str) -> bool:
    """Whether there is an object at the URI or below it."""
    return (not uri.endswith("/") and is_file(uri)) or bool(list_files(uri))
