"""How the tree of an execution's nodes grows: what is listed becomes a `Node`, whose children are listed in turn."""

import re
from collections.abc import Sequence

from flyteidl.admin import execution_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.idl.phases import execution_phase_name, is_terminal
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.nodes.attempts import (
    Attempt,
    attempts_from,
    cache_word,
    items_from,
    node_phase,
    timing,
)
from autocontainer_nb.remote.nodes.graph import (
    DYNAMIC,
    EAGER,
    HIDDEN_NODES,
    LAUNCH_PLAN,
    MAP,
    TASK,
    Entity,
    Graph,
    short_name,
)
from autocontainer_nb.remote.nodes.node import ENDED, Listed, Node
from autocontainer_nb.remote.nodes.once import asked_once
from autocontainer_nb.remote.nodes.run import Run, running_for, values_of
from autocontainer_nb.remote.nodes.values import Values, item_of, item_types

# An error's message in flyteadmin's lists is cut to 100 bytes, less what a character cut through had of them.
_CUT_BYTES = 97
_ITEM_ERROR = re.compile(r"^\[(\d+)\]: ", re.MULTILINE)


def nodes_of(run: Run, graph: Graph | None = None, parent: str = "") -> list[Node]:
    """Return the nodes inside one, or the outermost ones, without the start and end that each graph has."""
    listed = run.nodes(parent)
    return [_grown(run, graph, each) for each in listed if _spec_id(each) not in HIDDEN_NODES]


def _spec_id(message: node_execution_pb2.NodeExecution) -> str:
    return message.metadata.spec_node_id or message.id.node_id


def _grown(run: Run, graph: Graph | None, message: node_execution_pb2.NodeExecution) -> Node:
    closure = message.closure
    phase = node_phase(closure.phase)
    started_at, duration = timing(closure)
    if started_at and duration is None and phase not in ENDED:
        duration = running_for(environment.now_s(), started_at.timestamp())
    metadata = message.metadata
    child = closure.workflow_node_metadata.executionId.name
    listed = Listed(
        id=message.id.node_id,
        execution_id=run.identifier.name,
        phase=phase,
        started_at=started_at,
        duration=duration,
        cache_status=cache_word(closure.task_node_metadata.cache_status),
        may_have_children=metadata.is_parent_node or metadata.is_array or bool(child),
        started_execution=child,
    )
    return Node(listed, _NodeLooks(run, graph, message))


class _NodeLooks:
    """What can be asked about a node of a workflow."""

    def __init__(self, run: Run, graph: Graph | None, message: node_execution_pb2.NodeExecution) -> None:
        self._run, self._graph, self._message = run, graph, message
        self._spec_id = _spec_id(message)

    def entity(self) -> Entity:
        """Return what it runs."""
        found = self._run.entity(self._graph, self._spec_id)
        metadata = self._message.metadata
        if not found.name and self._tasks:  # a graph that the control plane doesn't show
            found = Entity(kind=TASK, name=short_name(self._tasks[0].id.task_id.name), local=found.local)
        if metadata.is_dynamic:
            return Entity(**{**vars(found), "kind": DYNAMIC})
        if self._message.closure.workflow_node_metadata.executionId.name and not found.kind:
            return Entity(kind=LAUNCH_PLAN, local=found.local)
        if metadata.is_array:
            return Entity(**{**vars(found), "kind": MAP})
        # Flyte runs a map that was launched by itself in one container: there it is a task.
        return Entity(**{**vars(found), "kind": TASK}) if found.kind == MAP else found

    def attempts(self) -> tuple[Attempt, ...]:
        """Return its attempts."""
        return attempts_from(self._tasks)

    def values(self) -> tuple[Values, Values]:
        """Return inputs and outputs."""
        data, entity, path = self._data, self.entity(), self._message.id.node_id
        return (
            values_of(self._run, data.full_inputs, data.inputs.url, entity, "inputs", path),
            values_of(self._run, data.full_outputs, data.outputs.url, entity, "outputs", path),
        )

    def children(self) -> Sequence[Node]:
        """Return the nodes inside it."""
        metadata, started = self._message.metadata, self._message.closure.workflow_node_metadata.executionId
        if started.name:
            return nodes_of(Run(self._run.scope, started))
        if metadata.is_parent_node:
            return nodes_of(self._run, self._inner_graph(), self._message.id.node_id)
        if metadata.is_array:
            return self._items()
        if self.entity().kind == EAGER:
            return [_execution_node(self._run, each) for each in self._run.started_by_eager()]
        return []

    def deck(self) -> str | None:
        """Return the HTML of its deck."""
        closure = self._message.closure
        if node_phase(closure.phase) in ENDED and not closure.deck_uri:
            return None
        return self._run.deck(self._message.id)

    def error(self) -> tuple[str, str]:
        """Return code and message of its error, both empty without one."""
        return self._error

    @asked_once
    def _error(self) -> tuple[str, str]:
        """Code and message: a list cuts the message, or leaves the error out; an attempt has all of it."""
        error = self._message.closure.error
        if not error.message or len(error.message.encode()) >= _CUT_BYTES:
            whole = self._run.node(self._message.id).closure.error
            if len(whole.message) > len(error.message):
                return whole.code, whole.message
            failed = [attempt for attempt in self.attempts() if attempt.error]
            if failed:
                return error.code or failed[-1].error_code, failed[-1].error or ""
        return error.code, error.message

    @asked_once
    def _data(self) -> node_execution_pb2.NodeExecutionGetDataResponse:
        return self._run.node_data(self._message.id)

    @asked_once
    def _tasks(self) -> list[task_execution_pb2.TaskExecution]:
        return self._run.tasks(self._message.id)

    def _inner_graph(self) -> Graph:
        graph = self._graph
        if self._message.metadata.is_dynamic:
            made = self._data.dynamic_workflow.compiled_workflow
            return Graph(made.primary.template, made)
        return (graph or self._run.graph).inside(self._spec_id)

    def _items(self) -> list[Node]:
        items = items_from(self._tasks)
        shared = _MapLooks(self, len(items))
        return [
            Node(
                Listed(
                    id=f"{self._message.id.node_id}[{index}]",
                    execution_id=self._run.identifier.name,
                    phase=attempts[-1].phase,
                    cache_status=attempts[-1].cache_status,
                ),
                _ItemLooks(shared, index, attempts),
            )
            for index, attempts in items.items()
        ]


class _MapLooks:
    """What all items of a map share: its values and its error, asked for once."""

    def __init__(self, looks: _NodeLooks, count: int) -> None:
        self._looks, self.count = looks, count

    @asked_once
    def entity(self) -> Entity:
        """The mapped task."""
        return self._looks.entity()

    @asked_once
    def values(self) -> tuple[Values, Values]:
        """The values of all items, as lists."""
        return self._looks.values()

    @asked_once
    def errors(self) -> dict[int, str]:
        """The messages by index, from the one that Flyte makes of them."""
        parts = _ITEM_ERROR.split(self._looks.error()[1])
        return {int(index): text.rstrip("\n") for index, text in zip(parts[1::2], parts[2::2], strict=True)}


class _ItemLooks:
    """What can be asked about one item of a map; Flyte keeps no node of it."""

    def __init__(self, shared: _MapLooks, index: int, attempts: tuple[Attempt, ...]) -> None:
        self._shared, self._index, self._attempts = shared, index, attempts

    def entity(self) -> Entity:
        """Return the mapped task; its interface is the map's, of lists."""
        found = self._shared.entity
        return Entity(kind=TASK, name=found.name, retries=found.retries)

    def attempts(self) -> tuple[Attempt, ...]:
        """Return its attempts."""
        return self._attempts

    def values(self) -> tuple[Values, Values]:
        """Return the parts of the map's values that are this item's."""
        inputs, outputs = self._shared.values
        return self._part(inputs, "inputs"), self._part(outputs, "outputs")

    def children(self) -> Sequence[Node]:
        """Return nothing: there is a container inside."""
        return []

    def deck(self) -> str | None:
        """Return nothing: Flyte keeps none of items."""
        return None

    def error(self) -> tuple[str, str]:
        """Return what the map's message says of this item."""
        return "", self._shared.errors.get(self._index, "")

    def _part(self, values: Values, side: str) -> Values:
        return values.part(
            item_of(values.literals, self._index, self._shared.count),
            lambda declared: item_types(declared, values.literals, self._shared.count),
            f"[{self._index}]({side})",
        )


def _execution_node(parent: Run, message: execution_pb2.Execution) -> Node:
    run = Run(parent.scope, message.id, message=message)
    closure = message.closure
    started_at, duration = timing(closure)
    is_done = is_terminal(closure.phase)
    if started_at and duration is None and not is_done:
        duration = running_for(environment.now_s(), started_at.timestamp())
    listed = Listed(
        id=message.id.name,
        execution_id=message.id.name,
        phase=execution_phase_name(closure.phase),
        started_at=started_at,
        duration=duration,
        may_have_children=not run.is_single_task,
        started_execution=message.id.name,
    )
    return Node(listed, _ExecutionLooks(run))


class _ExecutionLooks:
    """What can be asked about an execution that an eager task has started."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def entity(self) -> Entity:
        """Return what was launched."""
        launched = self._run.message.spec.launch_plan
        if launched.resource_type == identifier_pb2.TASK:
            return self._run.single_task
        return Entity(kind=LAUNCH_PLAN, name=short_name(launched.name))

    def attempts(self) -> tuple[Attempt, ...]:
        """Return those of the task, where a task was launched."""
        return self._only.attempts if self._only else ()

    def values(self) -> tuple[Values, Values]:
        """Return inputs and outputs."""
        data = self._run.data()
        entity, path = self.entity(), self._run.identifier.name
        return (
            values_of(self._run, data.full_inputs, data.inputs.url, entity, "inputs", path),
            values_of(self._run, data.full_outputs, data.outputs.url, entity, "outputs", path),
        )

    def children(self) -> Sequence[Node]:
        """Return its nodes; where a task was launched, what is inside that one."""
        return self._only.children if self._only else self._nodes

    def deck(self) -> str | None:
        """Return that of the task, where a task was launched."""
        return self._only.deck if self._only else None

    def error(self) -> tuple[str, str]:
        """Return the execution's error: lists cut it."""
        whole = Run(self._run.scope, self._run.identifier).message.closure.error
        return whole.code, whole.message

    @asked_once
    def _nodes(self) -> list[Node]:
        return nodes_of(self._run)

    @property
    def _only(self) -> Node | None:
        return self._nodes[0] if self._run.is_single_task and self._nodes else None
