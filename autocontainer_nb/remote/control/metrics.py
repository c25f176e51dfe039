"""Where the time of an execution went, as the control plane measures it: spans in spans."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flyteidl.admin import execution_pb2
from flyteidl.core import metrics_pb2

from autocontainer_nb.errors import NotFoundError
from autocontainer_nb.idl.identifiers import execution_id
from autocontainer_nb.idl.times import moment
from autocontainer_nb.pickling.wording import shown_duration
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope

DEPTH: Final = 10


@dataclass(frozen=True, kw_only=True)
class Span:
    """A span of time: of the execution, a node, a task's attempt, or one operation of Flyte's on them.

    `duration_s` may be below zero where clocks differ: pods tell their times in whole seconds.
    """

    kind: str  # execution, node, task or operation
    name: str
    started_at: datetime
    ended_at: datetime
    spans: "tuple[Span, ...]" = ()

    @property
    def duration_s(self) -> float:
        """How long it took, in seconds."""
        return (self.ended_at - self.started_at).total_seconds()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield a line for itself and for each span in it, indented."""
        yield f"{'  ' * depth}{self.name}  {shown_duration(self.duration_s)}"
        for span in self.spans:
            yield from span.lines(depth + 1)

    def __str__(self) -> str:
        """Show all of it as an indented text."""
        return "\n".join(self.lines())


def execution_metrics(scope: Scope, name: str, depth: int = DEPTH) -> Span:
    """Return the spans of the execution, `depth` levels of them.

    Flyte can't look into the nodes of a subworkflow, and refuses the whole then: what it can tell is asked for again.

    Raises:
        NotFoundError: there is no such execution.
    """
    while True:
        request = execution_pb2.WorkflowExecutionGetMetricsRequest(
            id=execution_id(scope.project, scope.domain, name), depth=depth
        )
        try:
            return _span(scope.calls.call(methods.GET_EXECUTION_METRICS, request).span)
        except NotFoundError as error:
            if depth <= 0 or "WORKFLOW" not in error.details:
                raise
            depth = 1 if depth > 1 else 0


def _span(message: metrics_pb2.Span) -> Span:
    kind, name = _label(message)
    return Span(
        kind=kind,
        name=name,
        started_at=moment(message.start_time),
        ended_at=moment(message.end_time),
        spans=tuple(_span(each) for each in message.spans),
    )


def _label(message: metrics_pb2.Span) -> tuple[str, str]:
    which = message.WhichOneof("id")
    if which == "workflow_id":
        return "execution", message.workflow_id.name
    if which == "node_id":
        return "node", message.node_id.node_id
    if which == "task_id":
        return "task", f"attempt {message.task_id.retry_attempt + 1}"  # from 1, as attempts are told elsewhere
    return "operation", message.operation_id.replace("_", " ").lower()
