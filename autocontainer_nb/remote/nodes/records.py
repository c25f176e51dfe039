"""The tree of an execution's nodes as plain data, for JSON."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from autocontainer_nb.remote.nodes.attempts import Attempt
from autocontainer_nb.remote.nodes.node import Node
from autocontainer_nb.remote.nodes.nodes import walk
from autocontainer_nb.remote.nodes.run import side_by_side


def node_records(nodes: Sequence[Node]) -> list[dict[str, Any]]:
    """Return one record a node, with those of the nodes inside; attempts and errors of all are asked for."""
    side_by_side(lambda node: (node.attempts, node.reason, node.error), [node for _, node in walk(nodes)])
    return [_record(node) for node in nodes]


def _record(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "entity": node.entity,
        "phase": node.phase,
        "execution": node.execution_id,
        "started_execution": node.started_execution or None,
        "started_at": _moment(node.started_at),
        "duration_s": _seconds(node.duration),
        "cache_status": node.cache_status or None,
        "reason": node.reason,
        "error": node.error,
        "attempts": [_attempt(each) for each in node.attempts],
        "children": [_record(child) for child in node.children],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "phase": attempt.phase,
        "started_at": _moment(attempt.started_at),
        "duration_s": _seconds(attempt.duration),
        "reason": attempt.reason,
        "error": attempt.error,
        "logs": [{"name": log.name, "uri": log.uri} for log in attempt.logs],
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
