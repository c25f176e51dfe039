"""What a running eager task needs of the control plane. Declares the slot `eager_children`, which a client fills.

The slot holds a callable `(task, context) -> Children`, called in the container once for each run of an eager task;
`eager_cleanup`, the other slot, one that ends what such a run has left behind: `(execution id) -> number of them`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from autocontainer_nb.errors import DefinitionError

CHILDREN_SLOT: Final = "eager_children"
CLEANUP_SLOT: Final = "eager_cleanup"


@dataclass
class Child:
    """One call of an eager task as its deck shows it: what was called on what, and what came of it so far."""

    entity: Any
    inputs: Mapping[str, Any]
    execution: str = ""  # its name at the control plane
    url: str = ""  # of its page there, where there is one
    phase: str = "QUEUED"
    result: Any = None
    error: str = ""


class Children(Protocol):
    """The executions that one run of an eager task has started."""

    @property
    def calls(self) -> Sequence[Child]:
        """All calls so far, in their order."""

    def run(self, entity: Any, values: Mapping[str, Any]) -> Any:
        """Start an execution of the entity on these bound and checked inputs, wait for it, and return its result.

        Raises:
            EagerException: it ended without outputs.
            RemoteError: the control plane refuses, or can't be reached.
        """

    async def run_async(self, entity: Any, values: Mapping[str, Any]) -> Any:
        """Do as `run` does without blocking the event loop; cancelled, end the execution."""

    def close(self, cause: str) -> None:
        """Start nothing any more, and end the executions that still run; may be called from any thread, repeatedly."""


def check_callable(owner: str, entity: Any) -> None:
    """Return if an eager task in a container can start the entity.

    Raises:
        DefinitionError: it has no form of its own at the control plane, or its call isn't one of a task.
    """
    if not hasattr(type(entity), "remote"):
        name = getattr(entity, "short_name", repr(entity))
        raise DefinitionError(
            f"Eager task {owner!r} calls {name!r}, a {type(entity).__name__}: tasks, workflows and launch plans can be "
            "executions of their own, and nothing else can."
        )
