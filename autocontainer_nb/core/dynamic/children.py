"""`Children`, the executions that an eager task starts at the control plane, and their names.

The slot `eager_children` holds a callable `(task, context) -> Children`, called in the container once per run of an
eager task. The slot `eager_cleanup` holds one that ends the executions left by such a run: `(execution id) -> count`.

The names let a further attempt of the eager task find the executions of an earlier one, and wait for them instead of
starting them again. Their form is flytekit's: `e-TASK-PARENT-CHILD-HASH`, with at most 8, 5, 8 and 16 characters.
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
from autocontainer_nb.type_engine.wording import with_article

CHILDREN_SLOT: Final = "eager_children"
CLEANUP_SLOT: Final = "eager_cleanup"
_FOREIGN = re.compile(r"[^a-z0-9]+")


@dataclass
class Child:
    """One call of an eager task as its deck shows it: the entity, its inputs, and its outcome so far."""

    entity: Any
    inputs: Mapping[str, Any]
    execution: str = ""  # its name at the control plane
    url: str = ""  # of its page there, if there is one
    phase: str = "QUEUED"
    result: Any = None
    error: str = ""


class Children(Protocol):
    """The executions that one run of an eager task has started."""

    @property
    def calls(self) -> Sequence[Child]:
        """All calls so far, in order."""

    def run(self, entity: Any, values: Mapping[str, Any]) -> Any:
        """Start an execution of the entity on these bound and checked inputs, wait for it, and return its result.

        Raises:
            EagerException: it ended without outputs.
            RemoteError: the control plane refuses the call, or can't be reached.
        """

    async def run_async(self, entity: Any, values: Mapping[str, Any]) -> Any:
        """Do the same as `run` without blocking the event loop; if cancelled, end the execution."""

    def close(self, cause: str) -> None:
        """Stop starting executions and end those that still run; may be called repeatedly and from any thread."""


def check_callable(owner: str, entity: Any) -> None:
    """Check that an eager task in a container can start the entity.

    Raises:
        DefinitionError: it isn't a task, workflow or launch plan.
    """
    if not hasattr(type(entity), "remote"):
        name = getattr(entity, "short_name", repr(entity))
        raise DefinitionError(
            f"Eager task {owner!r} calls {name!r}: expected a task, workflow or launch plan, got "
            f"{with_article(type(entity))}, which can't be an execution."
        )


class Names:
    """The names of one run's calls. Equal calls are numbered in their order, since they are interchangeable."""

    def __init__(self, task: Any, parent: str) -> None:
        self._parent = parent
        self._prefix = f"e-{_part(task.short_name, 8)}-{parent_part(parent)}"
        self._seen: Counter[bytes] = Counter()
        self._lock = Lock()

    def call(self, child: Child, inputs: literals_pb2.LiteralMap) -> bytes:
        """Return a digest that distinguishes this call from all others of the run."""
        content = hashlib.sha256(f"{self._parent}\0{type(child.entity).__name__}\0{child.entity.name}\0".encode())
        content.update(inputs.SerializeToString(deterministic=True))
        with self._lock:
            self._seen[content.digest()] += 1
            content.update(str(self._seen[content.digest()]).encode())
        return content.digest()

    def name(self, child: Child, call: bytes, generation: int) -> str:
        """Return the name of an execution of the call; each failed execution leads to the next generation."""
        digest = hashlib.sha256(call + str(generation).encode()).hexdigest()[:16]
        return f"{self._prefix}-{_part(child.entity.short_name, 8)}-{digest}"


def parent_part(parent: str) -> str:
    """Return what the names of all executions have that an eager task of this execution has started."""
    return _part(parent, 5)


def _part(text: str, length: int) -> str:
    return _FOREIGN.sub("-", text.lower())[:length].strip("-") or "x"
