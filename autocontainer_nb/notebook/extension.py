"""The IPython extension, `%load_ext` and `%unload_ext`, and the name of the notebook."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.core.entities.notebook_scope import install_notebook_resolver, uninstall_notebook_resolver
from autocontainer_nb.notebook.cells.cell_capture import CellCapture
from autocontainer_nb.notebook.cells.error_lines import ErrorLines
from autocontainer_nb.notebook.cells.late_workflows import LateWorkflows
from autocontainer_nb.notebook.cells.stale_workflows import StaleWorkflows
from autocontainer_nb.notebook.launched import Session
from autocontainer_nb.notebook.live.executions import ExecutionView
from autocontainer_nb.notebook.live.uploads import UploadView
from autocontainer_nb.notebook.magics.completion import Completer
from autocontainer_nb.notebook.magics.magics import FlyteMagic
from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.wire import ENV_NOTEBOOK

FALLBACK: Final = "notebook"
MAX_LENGTH: Final = 60  # leaves room for the function name within the 100 characters that consoles show
MAGIC_NAME = "flyte"


def notebook_prefix(user_ns: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """Return the prefix of task names: from AUTOCONTAINER_NB_NOTEBOOK, VS Code, Jupyter Server, or `notebook`.

    VS Code puts the file's path into the user's namespace; Jupyter Server 2 passes it as JPY_SESSION_NAME.
    """
    candidates = (environ.get(ENV_NOTEBOOK), user_ns.get("__vsc_ipynb_file__"), environ.get("JPY_SESSION_NAME"))
    for candidate in candidates:
        if isinstance(candidate, str) and candidate.strip():
            return sanitised(_stem(candidate.strip()))
    return FALLBACK


def sanitised(stem: str) -> str:
    """Return the name in letters, digits, `_` and `-`, which every Flyte tool accepts; distinct stems stay distinct.

    If letters had to be dropped altogether (`анализ`), eight digits of the stem's hash are appended.
    """
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode("ascii")
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-")
    lossy = any(character.isalnum() for character in stem if not _has_ascii(character))
    if lossy or len(name) > MAX_LENGTH:
        name = f"{name[: MAX_LENGTH - 9] or FALLBACK}_{hashlib.sha256(stem.encode()).hexdigest()[:8]}"
    return name or FALLBACK


def _has_ascii(character: str) -> bool:
    return bool(unicodedata.normalize("NFKD", character).encode("ascii", "ignore"))


def _stem(path: str) -> str:
    """Return `train` of `/home/me/train.ipynb`, also with what VS Code appends to a session's name."""
    base = re.split(r"[/\\]", path)[-1]
    return re.sub(r"\.ipynb(?:$|[-.].*)", "", base)


class Extension:
    """Everything that the extension installs in one shell, in the order of installation."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        session = Session(shell.user_ns)
        magic = FlyteMagic(shell, session)
        self._magic = magic
        self._parts: list[Any] = [
            CellCapture(shell, cells),
            ErrorLines(shell),
            Completer(shell, session, magic),
            ExecutionView(shell, session),
            LateWorkflows(shell),
            StaleWorkflows(shell, cells),
            UploadView(shell),
        ]

    def install(self) -> None:
        """Make the shell a notebook whose tasks can run remotely."""
        install_notebook_resolver(notebook_prefix(self._shell.user_ns, os.environ))
        magic: Any = self._magic.flyte  # IPython annotates this method by a decorator of another shape
        self._shell.register_magic_function(magic, "line", MAGIC_NAME)
        for part in self._parts:
            part.install()

    def remove(self) -> None:
        """Restore the shell. Executions keep running, and tasks defined meanwhile keep working."""
        for part in reversed(self._parts):
            part.remove()
        self._shell.magics_manager.magics["line"].pop(MAGIC_NAME, None)
        uninstall_notebook_resolver()


_loaded: dict[int, Extension] = {}  # by the shell's identity: a process has one, a test may have several


def load_ipython_extension(ip: InteractiveShell) -> None:
    """Install the extension; loading it again has no effect."""
    if id(ip) not in _loaded:
        extension = Extension(ip)
        extension.install()
        _loaded[id(ip)] = extension


def unload_ipython_extension(ip: InteractiveShell) -> None:
    """Remove the extension; without effect if it isn't loaded."""
    extension = _loaded.pop(id(ip), None)
    if extension is not None:
        extension.remove()
