"""Sign-ins that last: kept for the next kernel, the commands, and every other client of this person on this machine.

What isn't secret (expiry, metadata key) is in a file `sign-in/<address>-<hash>.json` below the state directory. The
tokens are in the system's keyring, by the package `keyring`; where that isn't installed, or there is no keyring, in
the same file, which only the person can read. A lock file beside it is held over a renewal: two processes never send
the same refresh token, which providers that rotate them take for theft (RFC 6819, 5.2.2.3).
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from autocontainer_nb.remote import environment
from autocontainer_nb.remote.auth import prompt
from autocontainer_nb.remote.config.hidden import Hidden

FOLDER: Final = "sign-in"
_FORMAT: Final = 1
_SERVICE: Final = "autocontainer-nb"
_LOCK_LIMIT_S: Final = 600.0  # somebody else may be signing in
_LOCK_SILENCE_S: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A token with what is needed to use and renew it. `expires_at_s` counts from 1970, None if nobody says."""

    token: str = field(repr=False)
    header_key: str
    expires_at_s: float | None = None
    refresh_token: str = field(default="", repr=False)


class TokenStore:
    """The place of one sign-in: of a control plane, a client and what was asked for (`parts`)."""

    def __init__(self, address: str, parts: tuple[str, ...]) -> None:
        digest = hashlib.sha256(json.dumps([address, *parts]).encode()).hexdigest()[:12]
        self._name = f"{re.sub('[^A-Za-z0-9.-]', '_', address)}-{digest}"

    @property
    def path(self) -> Path:
        """The file."""
        return Path(environment.state_directory(), FOLDER, f"{self._name}.json")

    def load(self) -> Kept | None:
        """Return what is kept; None if nothing is, or it can't be read any more."""
        try:
            record: Any = json.loads(self.path.read_text("utf-8"))
            if record["format"] != _FORMAT:
                return None
            secrets = record if record["place"] == "file" else _from_keyring(self._name)
            expires, texts = record["expires_at_s"], (secrets["token"], record["header_key"], secrets["refresh_token"])
            if not (all(map(_is_text, texts)) and all(texts[:2])):
                return None
            return Kept(
                token=Hidden(texts[0]),
                header_key=texts[1],
                expires_at_s=None if expires is None else float(expires),
                refresh_token=Hidden(texts[2]),
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def save(self, kept: Kept) -> None:
        """Keep it, in the keyring if there is one. That it can't be kept at all is told, and no error."""
        secrets = {"token": str(kept.token), "refresh_token": str(kept.refresh_token)}
        record: dict[str, Any] = {"format": _FORMAT, "header_key": kept.header_key, "expires_at_s": kept.expires_at_s}
        is_new = not self.path.exists()
        place = _to_keyring(self._name, json.dumps(secrets))
        if place == "nowhere":
            return
        record |= {"place": place, **(secrets if place == "file" else {})}
        try:
            _write(self.path, json.dumps(record))
        except OSError as error:
            prompt.announce(
                f"The sign-in can't be kept in {str(self.path)!r} ({error.strerror}): it ends with this process."
            )
            return
        if is_new and place == "file":
            prompt.announce(
                f"The sign-in is kept in {str(self.path)!r}, which only you can read. With `pip install "
                "'autocontainer-nb[keyring]'` and a system keyring, it is kept there."
            )

    def forget(self) -> None:
        """Remove it: nobody accepts it any more. Where it can't be removed, the refusal tells so again."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        _forget_in_keyring(self._name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of this sign-in among processes; where files can't be locked, go without it."""
        from filelock import FileLock, Timeout

        lock = FileLock(str(self.path.with_suffix(".lock")))
        try:
            _make_folder(self.path.parent)
            try:
                lock.acquire(timeout=_LOCK_SILENCE_S)
            except Timeout:
                prompt.announce("Another process of yours is signing in at this control plane: waiting for it.")
                lock.acquire(timeout=_LOCK_LIMIT_S)
        except (OSError, NotImplementedError, Timeout):
            yield
            return
        try:
            yield
        finally:
            lock.release()


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write(path: Path, text: str) -> None:
    _make_folder(path.parent)
    part = path.with_suffix(f".{environment.random_hex(8)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        part.replace(path)
    except BaseException:  # an interrupt, too: nobody else would remove a file with tokens
        part.unlink(missing_ok=True)
        raise


def _is_text(told: object) -> bool:
    """Whether it can be sent as metadata: a damaged file has anything."""
    return isinstance(told, str) and told.isascii() and told.isprintable()


def _keyring() -> Any:
    """Return the module `keyring` if it is installed and has a place to keep things, else None."""
    try:
        import keyring
        from keyring.backends import fail
    except ImportError:
        return None
    return None if isinstance(keyring.get_keyring(), fail.Keyring) else keyring


def _to_keyring(name: str, text: str) -> str:
    """Return where the secrets are to be: "keyring", where they are now, "file", or "nowhere"."""
    module = _keyring()
    if module is None:
        return "file"
    from keyring.backends import null

    if isinstance(module.get_keyring(), null.Keyring):
        return "nowhere"  # that is how people switch keyrings off
    try:
        module.set_password(_SERVICE, name, text)
        return "keyring" if module.get_password(_SERVICE, name) == text else "file"
    except Exception:  # noqa: BLE001 - each system's keyring has errors of its own: locked, too long, no session
        return "file"


def _from_keyring(name: str) -> Any:
    module = _keyring()
    try:
        text = module.get_password(_SERVICE, name) if module else None
    except Exception:  # noqa: BLE001 - as above
        text = None
    return json.loads(text or "{}")


def _forget_in_keyring(name: str) -> None:
    module = _keyring()
    try:
        if module and module.get_password(_SERVICE, name) is not None:
            module.delete_password(_SERVICE, name)
    except Exception:  # noqa: BLE001 - as above: what is left there is of no use to anybody
        return
