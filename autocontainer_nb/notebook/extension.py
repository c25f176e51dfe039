"""`%load_ext autocontainer_nb` and `%unload_ext autocontainer_nb`: installed on the shell, and taken back."""

import os
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.core.resolvers import install_notebook_resolver, uninstall_notebook_resolver
from autocontainer_nb.notebook.cell_capture import CellCapture
from autocontainer_nb.notebook.completion import Completer
from autocontainer_nb.notebook.error_lines import ErrorLines
from autocontainer_nb.notebook.execution_view import ExecutionView
from autocontainer_nb.notebook.magics import FlyteMagic
from autocontainer_nb.notebook.notebook_name import notebook_prefix
from autocontainer_nb.notebook.session import Session
from autocontainer_nb.notebook.stale_workflows import StaleWorkflows
from autocontainer_nb.notebook.upload_view import UploadView
from autocontainer_nb.pickling.cells import cells

MAGIC_NAME = "flyte"


class Extension:
    """All that the extension has put into one shell, in the order in which it was installed."""

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
            StaleWorkflows(shell, cells),
            UploadView(shell),
        ]

    def install(self) -> None:
        """Make the shell a notebook whose tasks run elsewhere."""
        install_notebook_resolver(notebook_prefix(self._shell.user_ns, os.environ))
        magic: Any = self._magic.flyte  # IPython annotates this method by a decorator of another shape
        self._shell.register_magic_function(magic, "line", MAGIC_NAME)
        for part in self._parts:
            part.install()

    def remove(self) -> None:
        """Leave the shell as it was before. Executions go on; tasks made meanwhile keep working."""
        for part in reversed(self._parts):
            part.remove()
        self._shell.magics_manager.magics["line"].pop(MAGIC_NAME, None)
        uninstall_notebook_resolver()


_loaded: dict[int, Extension] = {}  # by the shell's identity: a process has one, a test may have several


def load_ipython_extension(ip: InteractiveShell) -> None:
    """Install the extension; loading it twice is the same as once."""
    if id(ip) not in _loaded:
        extension = Extension(ip)
        extension.install()
        _loaded[id(ip)] = extension


def unload_ipython_extension(ip: InteractiveShell) -> None:
    """Take everything back; nothing happens where the extension isn't loaded."""
    extension = _loaded.pop(id(ip), None)
    if extension is not None:
        extension.remove()
