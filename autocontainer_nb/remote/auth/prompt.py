"""What a person is shown and asked while signing in. A notebook, or a test, may put others in their place."""

import sys
import threading
from collections.abc import Callable, Mapping
from typing import Final

# Where the kernel runs on a machine that nobody sits at, though it may have a browser.
_ELSEWHERE: Final = (
    "JUPYTERHUB_SERVICE_PREFIX",
    "KUBERNETES_SERVICE_HOST",
    "COLAB_RELEASE_TAG",
    "CODESPACES",
    "SSH_CONNECTION",
    "SSH_CLIENT",
)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _line() -> str:
    return input()  # looked up now: a kernel replaces it


def _open(address: str) -> bool:
    import webbrowser

    return webbrowser.open(address)


announce: Callable[[str], None] = _say  # shows a text
ask: Callable[[], str] = _line  # a line that the person types or pastes
open_page: Callable[[str], bool] = _open  # False if no browser could be started


NOBODY: Final = (
    "Nobody can be asked to sign in here, where no input is possible. Sign in once on this machine in a terminal "
    "(`autocontainer-nb connect`) or in a notebook: the sign-in is kept. For programs, use admin.authType ClientSecret "
    "or ExternalCommand (FLYTE_CREDENTIALS_* variables)."
)


class WrongThreadError(Exception):
    """Something must be typed in, which only the main thread can ask for: a kernel's input belongs to its cell."""


def is_main_thread() -> bool:
    """Return whether this is the thread that a person waits for."""
    return threading.current_thread() is threading.main_thread()


def _has_terminal() -> bool:
    return "ipykernel" in sys.modules or (sys.stdin is not None and sys.stdin.isatty())


is_attended: Callable[[], bool] = _has_terminal  # whether somebody sees what is shown


def has_browser(variables: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Return whether a browser that opens here is one that the person sees, and one that reaches this loopback."""
    if any(variables.get(name) for name in _ELSEWHERE):
        return bool(variables.get("BROWSER"))  # set by VS Code and the like: it opens the page on the person's side
    if platform in ("darwin", "win32"):
        return True
    return any(variables.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
