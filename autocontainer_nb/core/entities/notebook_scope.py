"""Which tasks are cell-defined, and their registered names."""

from autocontainer_nb.compiler.names import registered_spelling


class NotebookScope:
    """Which tasks are cell-defined: all whose module is `__main__`, while a notebook has opened the scope."""

    def __init__(self) -> None:
        self._prefix: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether a notebook has opened the scope."""
        return self._prefix is not None

    def open(self, prefix: str) -> None:
        """From now on, tasks made in `__main__` resolve from the pickled-entity file and are named `PREFIX.NAME`."""
        self._prefix = prefix

    def close(self) -> None:
        """Undo `open`; tasks made meanwhile keep what they have."""
        self._prefix = None

    def qualify(self, module: str, name: str) -> str:
        """Return the registered name of a function of this module and name, in ASCII."""
        prefix = self._prefix if module == "__main__" and self._prefix else module
        return registered_spelling(f"{prefix}.{name}")

    def qualify_given(self, module: str, name: str) -> str:
        """Return the registered name of what its maker has named, in ASCII: of a cell's, `PREFIX.NAME`."""
        if not self.covers(module) or name.startswith(f"{self._prefix}."):
            return registered_spelling(name)
        return registered_spelling(f"{self._prefix}.{name}")

    def covers(self, module: str) -> bool:
        """Whether a task made in the module is cell-defined."""
        return self.is_open and module == "__main__"


notebook_scope = NotebookScope()


def install_notebook_resolver(prefix: str) -> None:
    """Make tasks that are defined in `__main__` from now on cell-defined, with names that begin with `prefix`."""
    notebook_scope.open(prefix)


def uninstall_notebook_resolver() -> None:
    """Undo `install_notebook_resolver`."""
    notebook_scope.close()
