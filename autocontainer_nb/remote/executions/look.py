"""A look inside one execution for a display: its newest attempt, why that waits, its links, its last lines.

A look costs two calls for a task, and one more for each level of nodes in nodes; it goes down to the newest node that
hasn't ended, and leaves out those that never have a container. Who looks says by `turn` when a call may be made. Links
that gave no text are remembered: most clusters' links are pages for people, and lead where no kernel comes to.
"""

from collections.abc import Callable, Iterable
from typing import Final

from flyteidl.admin import common_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import catalog_pb2, execution_pb2, identifier_pb2

from autocontainer_nb.remote import environment
from autocontainer_nb.remote.config.network import THIS_MACHINES, Network
from autocontainer_nb.remote.logs.links import fetch_text, host_of
from autocontainer_nb.remote.nodes.attempts import Attempt, attempts_from, items_from
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.wire import OWN_LINE

Turn = Callable[[], None]

TAIL_LINES: Final = 8
_DEPTH: Final = 4  # of nodes in nodes
_NODES: Final = 30  # the newest ones are enough
_ATTEMPTS: Final = 30
_ENDS: Final = frozenset({"start-node", "end-node"})
_LONG_TAIL: Final = 2048  # characters from which on the beginning of the output may not be in its end
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 600.0
_SLOW_S: Final = 1.0
_REMEMBERED: Final = 1000  # links
_SLOW_PAUSE_S: Final = 60.0

_Phase = execution_pb2.NodeExecution
_ENDED: Final = frozenset({_Phase.SUCCEEDED, _Phase.FAILED, _Phase.ABORTED, _Phase.TIMED_OUT, _Phase.SKIPPED})
_FAILED: Final = frozenset({_Phase.FAILED, _Phase.FAILING, _Phase.TIMED_OUT})


class LogLinks:
    """Which links to ask again, and when: those that gave no text rarely, a host that let us wait not for a minute."""

    def __init__(self) -> None:
        self._failures: dict[str, tuple[int, float]] = {}  # by link, and by host: how often in a row, and until when

    def text(self, uri: str, network: Network = THIS_MACHINES, *, head: bool = False) -> str | None:
        """Return the end of the text at a link, or its beginning; None if there is none, or it isn't asked for now."""
        host = host_of(uri)
        now_s = environment.monotonic_s()
        if any(now_s < self._failures.get(key, (0, 0.0))[1] for key in (uri, host)):
            return None
        found = fetch_text(uri, tail=not head, head=head, network=network)
        took_s = environment.monotonic_s() - now_s
        if found is None:
            self._note(uri, _FIRST_PAUSE_S)
            if took_s >= _SLOW_S:
                self._note(host, _SLOW_PAUSE_S)
        else:
            self._failures.pop(uri, None)
            self._failures.pop(host, None)
        return found

    def _note(self, key: str, first_s: float) -> None:
        times = self._failures.get(key, (0, 0.0))[0]
        now_s = environment.monotonic_s()
        if len(self._failures) >= _REMEMBERED:
            self._failures = {key: known for key, known in self._failures.items() if now_s < known[1]}
        self._failures[key] = times + 1, now_s + min(_LONGEST_PAUSE_S, first_s * 2.0 ** min(times, 16))


class Look:
    """What the last looks into one execution have found."""

    def __init__(self, scope: Scope, identifier: identifier_pb2.WorkflowExecutionIdentifier) -> None:
        self._scope = scope
        self._identifier = identifier
        self.attempt: Attempt | None = None
        self.is_without_attempt = False  # a gate, say
        self.is_cached = False  # nothing was run: the cache had the outputs of all its nodes
        self.lines: tuple[str, ...] = ()
        self._has_text = False
        self.has_only_pages = False  # whether the links were asked, and none has ever given text

    def at_nodes(self, turn: Turn = lambda: None) -> None:
        """Find the newest attempt, of the node that failed, or else of the newest that hasn't ended.

        Raises:
            RemoteError: the control plane refuses a call, or can't be reached.
        """
        node = self._newest_node(turn)
        if node is None:
            return
        turn()
        request = task_execution_pb2.TaskExecutionListRequest(node_execution_id=node.id, limit=_ATTEMPTS)
        tasks = self._scope.calls.call(
            methods.LIST_TASK_EXECUTIONS, request, may_restart=False, patience_s=0.0
        ).task_executions
        attempts = attempts_from(tasks)
        items = [item[-1] for item in items_from(tasks).values()]
        running = [item for item in items if item.phase == "RUNNING"]
        self.is_without_attempt = not attempts
        if attempts:
            self.attempt = attempts[-1] if attempts[-1].logs else (running or items or attempts)[-1]

    def at_log(self, links: LogLinks, *, is_done: bool = False) -> None:
        """Fetch the last lines of the attempt's output, if one of its links gives text now.

        What the container itself has said (`OWN_LINE`) comes first. It is at the beginning of the output, which is
        asked for as well once the execution `is_done`.
        """
        if self.attempt is None or not self.attempt.logs:
            return
        network = self._scope.calls.endpoint.network
        for log in self.attempt.logs:
            text = links.text(log.uri, network)
            self._has_text = self._has_text or text is not None
            if text:
                lines = text.rstrip("\n").split("\n")
                last = lines[-TAIL_LINES:]
                if is_done and len(text) > _LONG_TAIL:
                    lines = (links.text(log.uri, network, head=True) or "").split("\n")[:-1] + lines
                own = dict.fromkeys(line for line in lines if line.startswith(OWN_LINE))
                self.lines = (*(line for line in own if line not in last), *last)
                break
        self.has_only_pages = not self._has_text

    def _newest_node(self, turn: Turn) -> node_execution_pb2.NodeExecution | None:
        found, execution, parent = None, self._identifier, ""
        for _ in range(_DEPTH):
            turn()
            request = node_execution_pb2.NodeExecutionListRequest(
                workflow_execution_id=execution,
                unique_parent_id=parent,
                limit=_NODES,
                sort_by=common_pb2.Sort(key="created_at", direction=common_pb2.Sort.DESCENDING),
            )
            answer = self._scope.calls.call(methods.LIST_NODE_EXECUTIONS, request, may_restart=False, patience_s=0.0)
            if execution is self._identifier and not parent:
                self.is_cached = _all_cached(answer.node_executions)
            node = _of_interest(answer.node_executions)
            if node is None:
                break
            child = node.closure.workflow_node_metadata.executionId
            if child.name:  # a launch plan's node: what runs is in another execution
                found, execution, parent = None, child, ""
                continue
            holds_only_others = node.metadata.is_parent_node and not (
                node.metadata.is_dynamic or node.metadata.is_array
            )
            found = None if holds_only_others else node
            if not node.metadata.is_parent_node or node.metadata.is_array:
                break
            parent = node.id.node_id
        return found


def _all_cached(nodes: Iterable[node_execution_pb2.NodeExecution]) -> bool:
    real = [node for node in nodes if (node.metadata.spec_node_id or node.id.node_id) not in _ENDS]
    hit = catalog_pb2.CACHE_HIT
    return bool(real) and all(node.closure.task_node_metadata.cache_status == hit for node in real)


def _of_interest(nodes: Iterable[node_execution_pb2.NodeExecution]) -> node_execution_pb2.NodeExecution | None:
    """Return the node to look at, of the newest first: one that failed, or one that hasn't ended, or the last one."""
    real = [node for node in nodes if (node.metadata.spec_node_id or node.id.node_id) not in _ENDS]
    for kind in (
        [node for node in real if node.closure.phase in _FAILED],
        [node for node in real if node.closure.phase not in _ENDED],
        real,
    ):
        if kind:
            return kind[0]
    return None
