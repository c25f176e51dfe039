"""Texts that no repr shows and no pickle holds: tokens, secrets, and what they are made of."""

from typing import Any


class Hidden(str):
    """A secret. It is sent as the text that it is; tracebacks, logs and displays show its place only."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show that there is a secret."""
        return "'…'" if self else "''"

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Refuse: what is pickled gets uploaded, and anyone who can read the file could use the secret."""
        if not self:
            return str, ()
        raise TypeError("A token or a secret isn't pickled: let the code that needs it get its own.")


def without(words: str, secrets: "tuple[str, ...] | list[str]") -> str:
    """Return another party's words without the secrets that it may have repeated."""
    for secret in sorted({each for each in secrets if each}, key=len, reverse=True):
        words = words.replace(secret, "…")
    return words
