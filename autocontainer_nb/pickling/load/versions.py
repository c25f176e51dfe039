"""The order of versions, that of PEP 440: an image need not have `packaging`, with which a test compares it."""

import re
from typing import Final

MAX_CHARACTERS: Final = 200
_PRE_RANKS: Final = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}
BEFORE, AFTER = (-1, 0), (3, 0)  # of what has no pre-release: a development version, and a release
# PEP 440, appendix B, without the local part, which says how a version was built and orders nothing here.
_PATTERN: Final = (
    r"v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)"
    r"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>[0-9]*))?"
    r"(?P<post>-(?P<post_only>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>[0-9]*))?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_number>[0-9]*))?"
    r"(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?"
)
Key = tuple[int, tuple[int, ...], tuple[int, int], int, tuple[int, int]]


def order_key(version: str) -> Key | None:
    """Return what orders the version among others, or None if it isn't of PEP 440's form."""
    if len(version) > MAX_CHARACTERS:
        return None
    found = re.fullmatch(_PATTERN, version.strip().lower())
    if found is None:
        return None
    release = tuple(int(part) for part in found["release"].split("."))
    while len(release) > 1 and not release[-1]:
        release = release[:-1]  # 1.0 is 1
    has_pre, has_post, has_dev = (found[name] is not None for name in ("pre", "post", "dev"))
    if has_pre:
        pre = (_PRE_RANKS[found["pre"]], int(found["pre_number"] or 0))
    else:
        pre = BEFORE if has_dev and not has_post else AFTER
    post = int(found["post_only"] or found["post_number"] or 0) if has_post else -1
    dev = (0, int(found["dev_number"] or 0)) if has_dev else (1, 0)
    return int(found["epoch"] or 0), release, pre, post, dev


def is_older(found: str, expected: str) -> bool:
    """Whether a version comes before another one; versions of another form than PEP 440's are never told older."""
    keys = order_key(found), order_key(expected)
    return keys[0] is not None and keys[1] is not None and keys[0] < keys[1]


def is_same_minor(found: str, expected: str) -> bool:
    """Whether two versions have the same epoch, major and minor number; of another form, whether they are equal."""
    keys = order_key(found), order_key(expected)
    if keys[0] is None or keys[1] is None:
        return found == expected
    return (keys[0][0], (*keys[0][1], 0)[:2]) == (keys[1][0], (*keys[1][1], 0)[:2])


def major_of(version: str) -> tuple[int, int] | None:
    """Return epoch and major number, or None if it isn't of PEP 440's form."""
    key = order_key(version)
    return key and (key[0], key[1][0])
