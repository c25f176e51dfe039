"""The scope of a notebook: which tasks are defined in its cells, and their registered names."""

from autocontainer_nb.compiler.names import registered_spelling


class NotebookScope:
    """The notebook's scope. While it is open, all tasks whose module is `__main__` are cell-defined."""

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
        """Undo `open`; tasks made in the meantime keep their resolvers and names."""
        self._prefix = None

    def qualify(self, module: str, name: str) -> str:
        """Return the registered name, in ASCII, of a function with this module and name."""
        prefix = self._prefix if module == "__main__" and self._prefix else module
        return registered_spelling(f"{prefix}.{name}")

    def qualify_given(self, module: str, name: str) -> str:
        """Return the registered name, in ASCII, of an entity with an explicit name: `PREFIX.NAME` if a cell made it."""
        if not self.covers(module) or name.startswith(f"{self._prefix}."):
            return registered_spelling(name)
        return registered_spelling(f"{self._prefix}.{name}")

    def covers(self, module: str) -> bool:
        """Whether a task made in the module is cell-defined."""
        return self.is_open and module == "__main__"


notebook_scope = NotebookScope()


def install_notebook_resolver(prefix: str) -> None:
    """Treat tasks defined in `__main__` from now on as cell-defined; their names begin with `prefix`."""
    notebook_scope.open(prefix)


def uninstall_notebook_resolver() -> None:
    """Undo `install_notebook_resolver`."""
    notebook_scope.close()
