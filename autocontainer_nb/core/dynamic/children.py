"""What an eager task needs of the control plane, and the names of its executions.

The slot holds a callable `(task, context) -> Children`, called in the container once for each run of an eager task;
`eager_cleanup`, the other slot, one that ends what such a run has left behind: `(execution id) -> number of them`.

So a further attempt of the eager task finds what an earlier one has started, and waits for it instead of starting it
again. The form is flytekit's: `e-TASK-PARENT-CHILD-HASH`, with 8, 5, 8 and 16 characters at the most.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, Protocol

from flyteidl.core import literals_pb2

from autocontainer_nb.errors import DefinitionError

CHILDREN_SLOT: Final = "eager_children"
CLEANUP_SLOT: Final = "eager_cleanup"
_FOREIGN = re.compile(r"[^a-z0-9]+")


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


class Names:
    """The names of one run's calls. Equal calls are told apart by their order, in which they are alike anyway."""

    def __init__(self, task: Any, parent: str) -> None:
        self._parent = parent
        self._prefix = f"e-{_part(task.short_name, 8)}-{_part(parent, 5)}"
        self._seen: Counter[bytes] = Counter()
        self._lock = Lock()

    def call(self, child: Child, inputs: literals_pb2.LiteralMap) -> bytes:
        """Return what tells this call from all others of the run."""
        content = hashlib.sha256(f"{self._parent}\0{type(child.entity).__name__}\0{child.entity.name}\0".encode())
        content.update(inputs.SerializeToString(deterministic=True))
        with self._lock:
            self._seen[content.digest()] += 1
            content.update(str(self._seen[content.digest()]).encode())
        return content.digest()

    def name(self, child: Child, call: bytes, generation: int) -> str:
        """Return the name of an execution of the call; of a later generation, when those before it have failed."""
        digest = hashlib.sha256(call + str(generation).encode()).hexdigest()[:16]
        return f"{self._prefix}-{_part(child.entity.short_name, 8)}-{digest}"


def _part(text: str, length: int) -> str:
    return _FOREIGN.sub("-", text.lower())[:length].strip("-") or "x"
