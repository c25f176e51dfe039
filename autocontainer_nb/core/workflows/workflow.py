"""`@workflow`: a function that is called once, when it is defined, to draw a graph of the tasks it calls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import FunctionType
from typing import Any

from flyteidl.core import types_pb2

from autocontainer_nb.core.base_task import wrap_function
from autocontainer_nb.core.entities.documentation import Documentation, documentation_of
from autocontainer_nb.core.entities.entity import Entity
from autocontainer_nb.core.entities.interface import (
    Interface,
    bind_inputs,
    check_inputs,
    function_interface,
    takes_simple,
)
from autocontainer_nb.core.entities.notebook_scope import notebook_scope
from autocontainer_nb.core.graph.binding import Binding, bind
from autocontainer_nb.core.graph.calls import NodeEntity, call_as_node
from autocontainer_nb.core.graph.compilation import CompilationState, compiling, current_calls
from autocontainer_nb.core.graph.gates import refuse_mixed_signals
from autocontainer_nb.core.graph.given_values import settle
from autocontainer_nb.core.graph.node import Node, NodeMetadata
from autocontainer_nb.core.graph.promise import Promise, VoidPromise
from autocontainer_nb.core.workflows.later_names import being_drawn, may_come_later, missing_inside, not_defined
from autocontainer_nb.errors import AutocontainerError, DefinitionError
from autocontainer_nb.type_engine.wording import show_type, with_article

FAILURE_PREFIX = "f"  # of the id of the failure handler's node: `fn0`, as in flytekit


class WorkflowFailurePolicy(Enum):
    """What happens to the other nodes after one has failed; the numbers are the protocol's."""

    FAIL_IMMEDIATELY = 0
    FAIL_AFTER_EXECUTABLE_NODES_COMPLETE = 1


@dataclass(frozen=True, kw_only=True)
class WorkflowMetadata:
    """Settings of a workflow as a whole."""

    on_failure: WorkflowFailurePolicy = WorkflowFailurePolicy.FAIL_IMMEDIATELY
    interruptible: bool = False  # the default for its nodes


class WorkflowBase(Entity):
    """A graph with an interface: nodes, and the sources of the outputs."""

    noun = "Workflow"

    def __init__(
        self,
        *,
        name: str,
        interface: Interface,
        metadata: WorkflowMetadata | None = None,
        docs: Documentation | None = None,
    ) -> None:
        super().__init__()
        self._docs = docs
        self._name = name
        self._python_interface = interface
        self._workflow_metadata = metadata or WorkflowMetadata()
        self._nodes: list[Node] = []
        self._output_bindings: list[Binding] = []
        self._failure_node: Node | None = None

    @property
    def docs(self) -> Documentation | None:
        """The workflow's documentation: its docstring and `docs`."""
        return documentation_of(self._python_interface.docstring, self._docs)

    @property
    def workflow_metadata(self) -> WorkflowMetadata:
        """The settings of the workflow as a whole."""
        return self._workflow_metadata

    @property
    def nodes(self) -> Sequence[Node]:
        """The graph's nodes in the order of their calls."""
        return tuple(self._nodes)

    @property
    def output_bindings(self) -> Sequence[Binding]:
        """The source of each output."""
        return tuple(self._output_bindings)

    @property
    def failure_node(self) -> Node | None:
        """The node that runs after another one has failed, or None."""
        return self._failure_node

    def construct_node_metadata(self) -> NodeMetadata:
        """Return the metadata of a node that runs this workflow inside another one."""
        return NodeMetadata(name=self.short_name, interruptible=self._workflow_metadata.interruptible)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the workflow here and now; while a graph is being drawn, add a node to it."""
        state = current_calls()
        if state is not None:
            return call_as_node(state, self, args, kwargs)
        values = bind_inputs(self.short_name, self._python_interface, args, kwargs, self.noun)
        check_inputs(self.short_name, self._python_interface, values)
        return self.local_execute(**values)

    def local_execute(self, **values: Any) -> Any:
        """Run the graph in this process, node by node, on bound and checked values."""
        from autocontainer_nb.core.graph.local_run import run_workflow

        return run_workflow(self, values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}: {len(self._nodes)} nodes>"


class PythonFunctionWorkflow(WorkflowBase):
    """A workflow made from a decorated function.

    Its body may name what a later line or cell defines: then it is drawn when it is first used.
    """

    missing_name: str | None = None  # what the body names and nothing has defined yet; None once the graph is drawn

    def __init__(
        self,
        function: FunctionType,
        *,
        metadata: WorkflowMetadata | None = None,
        on_failure: NodeEntity | None = None,
        docs: Documentation | None = None,
    ) -> None:
        """Draw the graph by calling the function once, with promises for its inputs.

        Raises:
            DefinitionError: the function can't be a workflow, or its graph is invalid.
        """
        if not isinstance(function, FunctionType):
            raise DefinitionError(
                f"@workflow: expected a Python function, got {with_article(type(function))}. Decorate a `def`."
            )
        name = function.__name__
        super().__init__(
            name=notebook_scope.qualify(function.__module__, name),
            interface=function_interface(name, function),
            metadata=metadata,
            docs=docs,
        )
        wrap_function(self, function)
        self.attempt()
        if on_failure is not None:
            self._failure_node = failure_node_of(name, self._python_interface, on_failure)

    @property
    def nodes(self) -> Sequence[Node]:
        """The graph's nodes in the order of their calls."""
        self.draw()
        return tuple(self._nodes)

    @property
    def output_bindings(self) -> Sequence[Binding]:
        """The source of each output."""
        self.draw()
        return tuple(self._output_bindings)

    def draw(self) -> None:
        """Draw the graph, unless that is done.

        Raises:
            DefinitionError: the body names something that still isn't defined, or the graph is invalid.
        """
        if self.missing_name is not None and self.attempt() is not None:
            raise not_defined(self, self.missing_name)

    def attempt(self) -> str | None:
        """Draw the graph, or return the name that isn't defined yet, in this body or that of a workflow in it.

        Raises:
            DefinitionError: the graph is invalid.
        """
        missing = self._drawn()
        if missing is not None:
            self.missing_name = missing
        elif self.missing_name is not None:
            del self.missing_name
        return missing

    def _drawn(self) -> str | None:
        function: Any = self.__dict__["__wrapped__"]
        name = function.__name__
        state = CompilationState(owner=name)
        with being_drawn(self):
            try:
                with compiling(state):
                    returned = function(**_input_promises(self._python_interface))
            except NameError as error:
                if not may_come_later(error, function):
                    raise
                return error.name
            missing = missing_inside(state.nodes)
        if missing is not None:
            return missing
        settle(state)
        bindings = bind_outputs(name, self._python_interface, returned)
        if not state.nodes:
            raise DefinitionError(
                f"Workflow {name!r} has no nodes, which Flyte refuses. Call a task in it. If it only passes its "
                f"inputs on, let a task do that, `@task def {name}_step(...)`, and return its result."
            )
        refuse_mixed_signals(name, state.nodes)
        self._nodes, self._output_bindings = state.nodes, bindings
        return None

    def __repr__(self) -> str:
        if self.missing_name is None:
            return super().__repr__()
        return f"<{type(self).__name__} {self._name!r}: not drawn before {self.missing_name!r} is defined>"


def workflow(
    _workflow_function: Callable[..., Any] | None = None,
    /,
    *,
    failure_policy: WorkflowFailurePolicy | None = None,
    interruptible: bool = False,
    on_failure: NodeEntity | None = None,
    docs: Documentation | None = None,
) -> Any:
    """Turn a typed function that calls tasks into a workflow: `@workflow`, or `@workflow(on_failure=clean_up)`.

    The function is called once, when it is defined, to draw the graph: its calls become nodes, which return promises.
    If it names a task of a later line or cell, the graph is drawn when it is first used. Calling the workflow runs it
    here and now.

    Args:
        _workflow_function: The function, if the decorator is used without parentheses.
        failure_policy: Whether nodes that don't depend on a failed one still run.
        interruptible: Whether its nodes may run on machines that can be reclaimed (spot instances).
        on_failure: A task or workflow to run after a node has failed; it gets the inputs of this workflow.
        docs: Documentation beside the docstring.

    Raises:
        DefinitionError: the graph is invalid; the message says where.
    """

    def make(function: Callable[..., Any]) -> PythonFunctionWorkflow:
        metadata = WorkflowMetadata(
            on_failure=failure_policy or WorkflowFailurePolicy.FAIL_IMMEDIATELY, interruptible=interruptible
        )
        return PythonFunctionWorkflow(function, metadata=metadata, on_failure=on_failure, docs=docs)  # type: ignore[arg-type]  # refused there

    return make if _workflow_function is None else make(_workflow_function)


def _input_promises(interface: Interface) -> dict[str, Promise]:
    return {name: Promise(None, name, kind) for name, kind in interface.inputs.items()}


def bind_outputs(name: str, interface: Interface, returned: Any, what: str = "Workflow") -> list[Binding]:
    """Return the source of each declared output, from what the function that drew the graph returned.

    Raises:
        DefinitionError: the number of values or a type isn't the declared one.
    """
    declared = interface.outputs
    if not declared:
        if returned is not None and not isinstance(returned, VoidPromise):
            raise DefinitionError(
                f"{what} {name!r} returns {returned!r}, but declares no output. Annotate it with `-> ...`."
            )
        return []
    if returned is None:
        kinds = ", ".join(show_type(kind) for kind in declared.values())
        raise DefinitionError(
            f"{what} {name!r} declares the output {kinds}, but returns nothing. Is a `return` missing?"
        )
    values = (returned,) if len(declared) == 1 and not _is_tuple_of_one(interface, returned) else returned
    if not isinstance(values, tuple) or len(values) != len(declared):
        found = len(values) if isinstance(values, tuple) else 1
        raise DefinitionError(
            f"{what} {name!r} declares {len(declared)} outputs ({', '.join(declared)}), but returns {found}."
        )
    where = f"{name} ► outputs"
    return [bind(var, value, kind, where) for (var, kind), value in zip(declared.items(), values, strict=True)]


def _is_tuple_of_one(interface: Interface, returned: Any) -> bool:
    return interface.output_tuple is not None and isinstance(returned, tuple)


def failure_node_of(name: str, interface: Interface, handler: NodeEntity) -> Node:
    """Return the failure handler's node, which gets the workflow's inputs by name.

    Inputs that only the handler has need a default or a type that accepts None; a `FlyteError | None` gets the error.

    Raises:
        DefinitionError: the handler's inputs aren't those of the workflow.
    """
    wanted = handler.python_interface
    inputs: Mapping[str, Any] = interface.inputs
    own = [key for key in wanted.inputs if key not in inputs and key not in wanted.defaults]
    nothing = {key: None for key in own if takes_simple(wanted.inputs[key], types_pb2.NONE)}
    missing = [key for key in own if key not in nothing]
    unknown = [key for key in inputs if key not in wanted.inputs]
    if missing or unknown:
        raise DefinitionError(
            f"Workflow {name!r}: the failure handler {handler.short_name!r} gets the workflow's inputs "
            f"({', '.join(inputs) or 'none'}), but takes ({', '.join(wanted.inputs) or 'none'}). Make them the same. "
            "Additional inputs need a default, such as the error: err: FlyteError | None = None."
        )
    promises = _input_promises(interface)
    state = CompilationState(owner=name, prefix=FAILURE_PREFIX)
    try:
        call_as_node(state, handler, (), {**promises, **nothing})
    except AutocontainerError as error:
        raise DefinitionError(f"Workflow {name!r}, failure handler: {error}") from error
    made: Node = state.nodes[0]
    return made
