"""An image's name, taken apart and put together: `registry/repository:tag`, `registry/repository@algorithm:hex`.

The grammar is the one of the `distribution/reference` project, read leniently: what a registry would refuse for its
letters is left to the registry, since it knows. `interpreter:/path/to/python` (the sandbox's own form) parses as the
name `interpreter` with the path as its tag, so that placeholders work with it, too.
"""

import re
from typing import Final, NamedTuple

from autocontainer_nb.errors import ImageError
from autocontainer_nb.wire import INTERPRETER_IMAGE_PREFIX

_BLANK: Final = re.compile(r"\s")
_DIGEST: Final = re.compile(r"[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]+")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


class Reference(NamedTuple):
    """An image's name in its parts; a tag and a digest exclude each other."""

    fqn: str
    tag: str | None = None
    digest: str | None = None


def parse_reference(text: str) -> Reference:
    """Return the parts of an image's name: `fqn`, and `tag` or `digest` where it has one.

    With both a tag and a digest, the tag stays a part of `fqn`: the digest alone decides what is pulled.

    Raises:
        ImageError: the text isn't an image's name.
    """
    if text.startswith(INTERPRETER_IMAGE_PREFIX):
        name, _, path = text.partition(":")
        if not path:
            raise ImageError(
                f"Image {text!r} names no interpreter: expected {INTERPRETER_IMAGE_PREFIX}/path/to/python."
            )
        return Reference(name, path)
    if not text or _BLANK.search(text) or "{{" in text:
        raise ImageError(f"Image {text!r} isn't an image's name: expected 'registry/repository:tag', without blanks.")
    fqn, at, digest = text.rpartition("@")
    if at:
        if not fqn or not _DIGEST.fullmatch(digest):
            raise ImageError(f"Image {text!r}: expected a digest such as 'sha256:<64 hex digits>' after '@'.")
        return Reference(fqn, None, digest)
    fqn, colon, tag = text.rpartition(":")
    if not colon or "/" in tag:  # the colon of `host:5000/repository` belongs to the port
        return Reference(text)
    if not fqn or not _TAG.fullmatch(tag):
        raise ImageError(
            f"Image {text!r}: {tag!r} is no tag; expected 'registry/repository:tag', the tag of at most 128 letters, "
            "digits, '_', '.' and '-'."
        )
    return Reference(fqn, tag)


def format_reference(reference: Reference) -> str:
    """Return the name that `parse_reference` takes apart."""
    if reference.digest:
        return f"{reference.fqn}@{reference.digest}"
    return f"{reference.fqn}:{reference.tag}" if reference.tag else reference.fqn
