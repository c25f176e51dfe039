"""URIs and paths: their schemes and parts, and how to join them.

Plain paths and `file://` URIs are local; in the latter the path is percent-encoded (RFC 8089).
"""

from autocontainer_nb.errors import StorageError


def scheme_of(uri: str) -> str:
    """Return the URI's scheme in lower case, or `""` for a plain path."""
    scheme, mark, _ = uri.partition("://")
    if not mark or not scheme or not scheme.replace("+", "").replace("-", "").replace(".", "").isalnum():
        return ""
    return scheme.lower()


def is_uri(text: str) -> bool:
    """Whether the text has a scheme (`s3://…`, `file://…`) and isn't a plain path."""
    return bool(scheme_of(text))


def is_local(uri: str) -> bool:
    """Whether the address is a path of this machine: a plain path or a `file://` URI."""
    return scheme_of(uri) in ("", "file")


def local_path(uri: str) -> str:
    """Return the path that a plain path or a `file://` URI names, percent-decoded in the latter case.

    Raises:
        StorageError: the URI names another machine, or isn't local at all.
    """
    scheme = scheme_of(uri)
    if not scheme:
        return uri
    if scheme != "file":
        raise StorageError(f"Expected a plain path or a file:// URI of this machine, got {uri!r}.")
    host, _, rest = uri[len("file://") :].partition("/")
    if host not in ("", "localhost"):
        raise StorageError(
            f"{uri!r} names the host {host!r}, but file:// works only on this machine. Write file:///{host}/… for an "
            "absolute path, or use a plain path."
        )
    path = "/" + rest
    if "%" not in path:
        return path
    from urllib.parse import unquote

    return unquote(path)


def file_uri(path: str) -> str:
    """Return the percent-encoded `file://` URI of a local path (made absolute first)."""
    import os
    from urllib.parse import quote

    return "file://" + quote(os.path.abspath(path))


def join(prefix: str, *parts: str) -> str:
    """Return the prefix with the parts below it, joined by single slashes.

    A part is a plain name, not percent-encoded: below `file://`, a `%` in it becomes `%25`.
    """
    scheme = scheme_of(prefix)
    joined = prefix
    for part in parts:
        name = part.strip("/")
        if name:
            joined = joined.rstrip("/") + "/" + written(name, scheme)
    return joined


def written(name: str, scheme: str) -> str:
    """Return a plain name or path as it is written in a URI of the scheme."""
    return name.replace("%", "%25") if scheme == "file" else name


def split_bucket(uri: str) -> tuple[str, str, str]:
    """Return scheme, bucket (up to the first slash) and key of an object's URI.

    Raises:
        StorageError: the URI has no bucket.
    """
    scheme = scheme_of(uri)
    bucket, _, key = uri[len(scheme) + 3 :].partition("/")
    if not bucket:
        raise StorageError(f"Expected {scheme}://BUCKET/KEY, got {uri!r} without a bucket.")
    return scheme, bucket, key


def base_name(uri: str) -> str:
    """Return the last part of a path or URI, percent-decoded for `file://` URIs."""
    is_url = scheme_of(uri) in ("http", "https")
    text = local_path(uri) if is_local(uri) else uri.partition("?")[0] if is_url else uri
    return text.rstrip("/").rpartition("/")[2]


def as_url(uri: str) -> str:
    """Return an object's URI, in which names stand as they are, as a URL; local addresses and URLs stay the same."""
    scheme = scheme_of(uri)
    if scheme in ("", "file", "memory", "http", "https"):
        return uri
    from urllib.parse import quote

    return f"{scheme}://{quote(uri[len(scheme) + 3 :], safe='/@:')}"
