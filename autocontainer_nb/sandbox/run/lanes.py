"""The queues of executions that wait for a worker, each queue with workers of its own.

An eager task waits for executions that it has started. If they had to wait for its worker, none would ever continue. So
ordinary tasks have one lane, and eager tasks one for each depth of nesting: an execution with a worker in one lane only
waits for lanes below it.
"""

import queue
import threading
from collections.abc import Callable
from typing import Final

from flyteidl.admin import execution_pb2

from autocontainer_nb.errors import NotFoundError
from autocontainer_nb.sandbox.blobs.execution_paths import ExecutionKey
from autocontainer_nb.sandbox.environment import monotonic_s
from autocontainer_nb.sandbox.records.executions import get_execution
from autocontainer_nb.sandbox.records.state import State
from autocontainer_nb.wire import LABEL_EAGER_PARENT

MAX_DEPTH: Final = 16  # of nested eager tasks; beyond it, endless recursion is more likely
_PLAIN: Final = 0


class Lanes:
    """Hands each execution to a worker of its lane; a lane's workers start with its first execution after `start`."""

    def __init__(self, work: Callable[[ExecutionKey], None], workers: int) -> None:
        self._work = work
        self._workers = workers
        self._queues: dict[int, queue.SimpleQueue[ExecutionKey | None]] = {}
        self._threads: list[threading.Thread] = []
        self._started = self._stopped = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start running the executions in the lanes, and all later ones."""
        with self._lock:
            self._started = True
            for thread in self._threads:
                thread.start()

    def put(self, key: ExecutionKey, depth: int = _PLAIN) -> None:
        """Run the execution as soon as its lane has a free worker."""
        with self._lock:
            if self._stopped:
                return
            if depth not in self._queues:
                self._open(depth)
            self._queues[depth].put(key)

    def stop(self, timeout_s: float) -> None:
        """Start no more executions, and wait for the running ones, up to the time limit."""
        with self._lock:
            self._stopped = True
            for lane in self._queues.values():
                for _ in range(self._workers):
                    lane.put(None)
        deadline_s = monotonic_s() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline_s - monotonic_s()))

    def _open(self, depth: int) -> None:
        lane: queue.SimpleQueue[ExecutionKey | None] = queue.SimpleQueue()
        self._queues[depth] = lane
        for index in range(self._workers):
            name = f"worker-{depth}-{index}" if depth else f"worker-{index}"
            thread = threading.Thread(target=self._take, args=(lane,), name=name, daemon=True)
            self._threads.append(thread)
            if self._started:
                thread.start()

    def _take(self, lane: "queue.SimpleQueue[ExecutionKey | None]") -> None:
        while (key := lane.get()) is not None:
            self._work(key)


def eager_depth(state: State, execution: execution_pb2.Execution) -> int:
    """Return the lane of an eager task: 1, plus one for each eager task above it; bounded."""
    depth = 1
    while depth <= MAX_DEPTH:
        parent = execution.spec.labels.values.get(LABEL_EAGER_PARENT)
        if not parent:
            break
        try:
            execution = get_execution(state, ExecutionKey(execution.id.project, execution.id.domain, parent))
        except NotFoundError:  # started by one at another control plane, or a label with another meaning
            break
        depth += 1
    return depth
