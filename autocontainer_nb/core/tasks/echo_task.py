"""`Echo`: a task that returns its inputs. Flyte's engine answers it itself, where its `echo` plug-in is enabled."""

from collections.abc import Mapping
from typing import Any, Final

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.entities.interface import Interface

_TASK_TYPE: Final = "echo"


class Echo(PythonTask[None]):
    """A task without a container whose outputs `o0`, `o1` and so on are its inputs, in their order.

    A cluster needs `task-plugins: enabled-plugins: [echo]` in the engine's configuration.
    """

    fetches_code = False

    def __init__(self, name: str, inputs: Mapping[str, Any] | None = None, **settings: Any) -> None:
        """Take the inputs' names and types; `settings` are those of every task, such as `metadata`."""
        given = dict(inputs or {})
        outputs = {f"o{number}": kind for number, kind in enumerate(given.values())}
        super().__init__(
            task_type=_TASK_TYPE,
            name=name,
            task_config=None,
            interface=Interface(inputs=given, outputs=outputs),
            **settings,
        )

    def execute(self, **kwargs: Any) -> Any:
        """Return the input, or a tuple of several."""
        values = tuple(kwargs.values())
        return values[0] if len(values) == 1 else values or None
