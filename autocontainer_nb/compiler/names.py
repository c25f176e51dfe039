"""Rules for names: which ones Flyte accepts, and the ASCII spelling of the others."""

import re
from typing import Final

_VARIABLE: Final = re.compile(r"[A-Za-z0-9_]+")
_GERMAN: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae",
     "ø": "oe", "Ø": "Oe", "å": "aa", "Å": "Aa", "œ": "oe", "Œ": "Oe", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"}
)  # fmt: skip
_DIGEST_CHARS: Final = 6
RESERVED_NODE_IDS: Final = frozenset({"start-node", "end-node"})


def is_variable(name: str) -> bool:
    """Whether Flyte can refer to an input or output of this name: ASCII letters, digits and `_`."""
    return _VARIABLE.fullmatch(name) is not None


def ascii_spelling(name: str) -> str:
    """Return the name in ASCII as people would spell it: `größe` is `groesse`; other characters become numbers."""
    import unicodedata  # with OpenSSL's library below, several milliseconds: no container needs them for an ASCII name

    spelt = []
    for char in unicodedata.normalize("NFC", name).translate(_GERMAN):
        plain = "".join(each for each in unicodedata.normalize("NFKD", char) if each.isascii())
        spelt.append(plain or f"u{ord(char):x}")
    return "".join(spelt)


def variable_spelling(name: str) -> str:
    """Return the nearest name that Flyte accepts for an input or output."""
    return re.sub(r"[^A-Za-z0-9_]", "_", ascii_spelling(name))


def registered_spelling(name: str) -> str:
    """Return the name under which an entity is registered: the same, or its ASCII spelling with a unique digest.

    `größe` and `groesse` are two tasks: the first one is registered as `groesse_` and six digits.
    """
    return ".".join(part if part.isascii() else f"{ascii_spelling(part)}_{_digest(part)}" for part in name.split("."))


def _digest(name: str) -> str:
    import unicodedata
    from hashlib import sha256

    return sha256(unicodedata.normalize("NFC", name).encode()).hexdigest()[:_DIGEST_CHARS]
