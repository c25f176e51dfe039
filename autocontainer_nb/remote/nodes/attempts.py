"""The attempts of a node, from the control plane's task executions, with the words for what they wait for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flyteidl.admin import task_execution_pb2
from flyteidl.core import catalog_pb2, execution_pb2
from google.protobuf.message import Message

from autocontainer_nb.idl.times import moment, span

_WAITING: Final = frozenset({"QUEUED", "INITIALIZING", "WAITING_FOR_RESOURCES"})
_NO_CACHE: Final = ("CACHE_DISABLED", "CACHE_SKIPPED")


@dataclass(frozen=True)
class LogLink:
    """A link to an attempt's output, by the name that the cluster gives it."""

    name: str
    uri: str


@dataclass(frozen=True)
class Pod:
    """Where an attempt's output is in Kubernetes; without a container it is the pod's main one."""

    name: str
    namespace: str = ""
    container: str = ""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt of a node, or of one item of a map; `number` counts from 1."""

    number: int
    phase: str
    started_at: datetime | None = None
    duration: timedelta | None = None
    reason: str | None = None
    reasons: tuple[str, ...] = ()
    error: str | None = None
    error_code: str = ""
    cache_status: str = ""
    logs: tuple[LogLink, ...] = ()
    pod: Pod | None = None

    @property
    def waits(self) -> bool:
        """Whether it hasn't begun to run."""
        return self.phase in _WAITING


def task_phase(phase: int) -> str:
    """Return the phase of an attempt as people would tell it: what was just created is QUEUED."""
    names = execution_pb2.TaskExecution.Phase
    if phase == names.UNDEFINED:
        return "QUEUED"
    if phase == names.RETRYABLE_FAILED:
        return "FAILED"
    return names.Name(phase) if phase in names.values() else f"PHASE_{phase}"


def node_phase(phase: int) -> str:
    """Return the phase of a node as people would tell it: what was just created is QUEUED."""
    names = execution_pb2.NodeExecution.Phase
    if phase == names.UNDEFINED:
        return "QUEUED"
    if phase == names.DYNAMIC_RUNNING:
        return "RUNNING"
    return names.Name(phase) if phase in names.values() else f"PHASE_{phase}"


def cache_word(status: int) -> str:
    """Return `HIT`, `POPULATED`, `MISS` and so on; empty where nothing is to be cached."""
    names = catalog_pb2.CatalogCacheStatus
    name = names.Name(status) if status in names.values() else ""
    return "" if name in _NO_CACHE else name.removeprefix("CACHE_")


def attempts_from(tasks: Iterable[task_execution_pb2.TaskExecution]) -> tuple[Attempt, ...]:
    """Return the attempts in their order."""
    return tuple(_attempt(task) for task in sorted(tasks, key=lambda task: task.id.retry_attempt))


def items_from(tasks: Iterable[task_execution_pb2.TaskExecution]) -> dict[int, tuple[Attempt, ...]]:
    """Return the attempts of a map's items, by the item's index."""
    found: dict[int, list[Attempt]] = {}
    for task in sorted(tasks, key=lambda task: task.id.retry_attempt):
        for each in task.closure.metadata.external_resources:
            pods = _pods(each.log_context)
            found.setdefault(each.index, []).append(
                Attempt(
                    number=each.retry_attempt + 1,
                    phase=task_phase(each.phase),
                    cache_status=cache_word(each.cache_status),
                    logs=_links(each.logs),
                    pod=pods or (Pod(each.external_id) if each.external_id else None),
                )
            )
    return {index: tuple(found[index]) for index in sorted(found)}


def timing(closure: Any) -> tuple[datetime | None, timedelta | None]:
    """Return when it started, and how long it ran, as far as the closure says."""
    started = moment(closure.started_at) if closure.HasField("started_at") else None
    return started, span(closure.duration) if closure.HasField("duration") else None


def _attempt(task: task_execution_pb2.TaskExecution) -> Attempt:
    closure = task.closure
    started_at, duration = timing(closure)
    reasons = tuple(dict.fromkeys(each.message for each in closure.reasons if each.message))
    name = closure.metadata.generated_name
    pods = _pods(closure.log_context)
    return Attempt(
        number=task.id.retry_attempt + 1,
        phase=task_phase(closure.phase),
        started_at=started_at,
        duration=duration,
        reason=closure.reason or (reasons[-1] if reasons else None),
        reasons=reasons,
        error=closure.error.message or None,
        error_code=closure.error.code,
        logs=_links(closure.logs),
        pod=pods or (Pod(name) if name and closure.metadata.plugin_identifier != "k8s-array" else None),
    )


def _links(logs: Iterable[execution_pb2.TaskLog]) -> tuple[LogLink, ...]:
    return tuple(LogLink(log.name or "Logs", log.uri) for log in logs if log.uri)


def _pods(context: Message) -> Pod | None:
    """Return the main pod of Flyte's own description of where the logs are, which v1.16 gives."""
    return next(_described(context), None)


def _described(context: Any) -> Iterator[Pod]:
    for pod in sorted(context.pods, key=lambda pod: pod.pod_name != context.primary_pod_name):
        if pod.pod_name:
            yield Pod(pod.pod_name, pod.namespace, pod.primary_container_name)
