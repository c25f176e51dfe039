"""Names of the executions that an eager task starts: the same call of the same run has the same name.

So a further attempt of the eager task finds what an earlier one has started, and waits for it instead of starting it
again. The form is flytekit's: `e-TASK-PARENT-CHILD-HASH`, with 8, 5, 8 and 16 characters at the most.
"""

import hashlib
import re
from collections import Counter
from threading import Lock
from typing import Any

from flyteidl.core import literals_pb2

from autocontainer_nb.core.eager_children import Child

_FOREIGN = re.compile(r"[^a-z0-9]+")


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
