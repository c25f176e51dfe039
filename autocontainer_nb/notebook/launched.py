"""The executions launched or listed in this notebook while the extension is loaded."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from autocontainer_nb.errors import UserError

if TYPE_CHECKING:
    from autocontainer_nb.remote.executions.execution import Execution

_MAX_LAUNCHED: Final = 100


class Session:
    """The last executions launched from this kernel, latest last, and the ids listed in it.

    No result is kept: what the notebook drops is gone.
    """

    def __init__(self, user_ns: Mapping[str, Any]) -> None:
        self._user_ns = user_ns
        self._launched: dict[str, Execution] = {}
        self._listed: list[str] = []
        self.connection: dict[str, Any] = {}  # the arguments of the last `%flyte connect`

    def on_launch(self, execution: "Execution") -> None:
        """Remember the execution as the latest one."""
        self._launched.pop(execution.id, None)
        self._launched[execution.id] = execution.reopened()
        if len(self._launched) > _MAX_LAUNCHED:
            del self._launched[next(iter(self._launched))]

    def listed(self, ids: list[str]) -> None:
        """Remember ids that were shown, for completion."""
        self._listed = ids

    def known_ids(self) -> list[str]:
        """Return the ids launched or listed here, latest first, then the variables that hold executions."""
        variables = [
            name for name in sorted(self._user_ns) if not name.startswith("_") and self._variable(name) is not None
        ]
        return list(dict.fromkeys([*reversed(self._launched), *self._listed, *variables]))

    def execution(self, text: str) -> "Execution":
        """Return the execution with that id or in that variable; for an empty text, the latest one launched here.

        Raises:
            UserError: the text is empty and nothing was launched from this kernel.
        """
        from autocontainer_nb.remote.client import default_remote

        if not text:
            if not self._launched:
                raise UserError(
                    "No execution was launched from this kernel yet. Pass an execution's id; %flyte runs lists them."
                )
            return next(reversed(self._launched.values()))
        held = self._variable(text)
        if held is not None:
            return held
        return self._launched.get(text) or default_remote().execution(text)

    def _variable(self, name: str) -> "Execution | None":
        # If the value is an execution, its class is loaded already: nothing needs to be imported.
        import sys

        module = sys.modules.get("autocontainer_nb.remote.executions.execution")
        value = self._user_ns.get(name)
        return value if module is not None and isinstance(value, module.Execution) else None
