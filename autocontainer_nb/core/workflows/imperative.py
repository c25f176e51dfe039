"""`ImperativeWorkflow`: a workflow whose graph is built by method calls instead of a function."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from autocontainer_nb.core.entities.interface import Interface, check_variable_names
from autocontainer_nb.core.entities.notebook_scope import notebook_scope
from autocontainer_nb.core.graph.binding import bind, promises_in
from autocontainer_nb.core.graph.branches import BranchState
from autocontainer_nb.core.graph.calls import NodeEntity
from autocontainer_nb.core.graph.compilation import CompilationState, compiling, current_compilation, draw_on
from autocontainer_nb.core.graph.conditional import ConditionalSection, begin_conditional
from autocontainer_nb.core.graph.node import Node
from autocontainer_nb.core.graph.promise import Promise
from autocontainer_nb.core.workflows.workflow import (
    WorkflowBase,
    WorkflowFailurePolicy,
    WorkflowMetadata,
    failure_node_of,
)
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.wording import show_type

_FAILURE_NODE_ID: Final = "efn"  # flytekit's, for workflows of this kind


class ImperativeWorkflow(WorkflowBase):
    """A workflow that is built step by step: inputs, then nodes, then outputs. `ready()` tells whether it can run."""

    def __init__(
        self, name: str, failure_policy: WorkflowFailurePolicy | None = None, *, interruptible: bool = False
    ) -> None:
        """Make an empty workflow of this name; in a notebook, the name gets the notebook's prefix."""
        metadata = WorkflowMetadata(
            on_failure=failure_policy or WorkflowFailurePolicy.FAIL_IMMEDIATELY, interruptible=interruptible
        )
        super().__init__(name=name, interface=Interface(), metadata=metadata)
        self._name = notebook_scope.qualify_given(self.instantiated_in, name)
        self._state = CompilationState(owner=name)
        self._nodes = self._state.nodes
        self._inputs: dict[str, Promise] = {}

    @property
    def inputs(self) -> dict[str, Promise]:
        """A copy of the inputs' promises by name, to pass to nodes."""
        return dict(self._inputs)

    def add_workflow_input(self, input_name: str, python_type: Any) -> Promise:
        """Add an input, and return its promise.

        Raises:
            DefinitionError: the workflow already has an input of that name.
        """
        if input_name in self._inputs:
            raise DefinitionError(f"Workflow {self.name!r} already has an input {input_name!r}. Use another name.")
        check_variable_names(self.name, [input_name])
        self._inputs[input_name] = Promise(None, input_name, python_type)
        self._grow(inputs={**self._python_interface.inputs, input_name: python_type})
        return self._inputs[input_name]

    def add_entity(self, entity: Any, **kwargs: Any) -> Node:
        """Add a node that runs a task, workflow or launch plan on these inputs; `node.outputs[...]` are its promises.

        Raises:
            InputError: an input is missing or unknown.
            DefinitionError: an input gets a promise of another type, or another workflow is being drawn.
            ConversionError: an input gets a plain value of another type.
        """
        self._check_idle()
        with compiling(self._state):
            entity(**kwargs)
        self._state.originals.clear()  # what it was given is a constant from now on
        return self._nodes[-1]

    def add_task(self, task: Any, **kwargs: Any) -> Node:
        """Add a node that runs a task: see `add_entity`."""
        return self.add_entity(task, **kwargs)

    def add_launch_plan(self, launch_plan: Any, **kwargs: Any) -> Node:
        """Add a node that starts a launch plan: see `add_entity`."""
        return self.add_entity(launch_plan, **kwargs)

    def add_subwf(self, sub_wf: WorkflowBase, **kwargs: Any) -> Node:
        """Add a node that runs another workflow: see `add_entity`."""
        return self.add_entity(sub_wf, **kwargs)

    def create_conditional(self, name: str) -> ConditionalSection:
        """Begin a conditional; end it in the same expression: `.if_(...).then(train(...)).else_().fail("...")`."""
        self._check_idle()
        return begin_conditional(name, self._state, after=None, frame=sys._getframe(1))  # noqa: SLF001 - the caller's

    def add_workflow_output(self, output_name: str, p: Any, python_type: Any = None) -> None:
        """Add an output from a promise, or from a list or dict of promises; those need `python_type`.

        Raises:
            DefinitionError: the workflow already has an output of that name, or its type is unknown or wrong.
        """
        if output_name in self._python_interface.outputs:
            raise DefinitionError(f"Workflow {self.name!r} already has an output {output_name!r}. Use another name.")
        check_variable_names(self.name, [output_name])
        if python_type is None:
            python_type = p.python_type if isinstance(p, Promise) and not p.attr_path else None
        if python_type is None:
            raise DefinitionError(
                f"Workflow {self.name!r}: the type of the output {output_name!r} can't be told from {p!r}. Pass it: "
                "add_workflow_output(name, value, python_type=...)."
            )
        self._output_bindings.append(bind(output_name, p, python_type, f"{self.name} ► outputs"))
        self._grow(outputs={**self._python_interface.outputs, output_name: python_type})

    def add_on_failure_handler(self, entity: NodeEntity) -> Node:
        """Set the task or workflow that runs when a node has failed; it gets the workflow's inputs.

        Raises:
            DefinitionError: its inputs aren't those of the workflow.
        """
        self._failure_node = failure_node_of(self.name, self._python_interface, entity)
        self._failure_node.id = _FAILURE_NODE_ID
        return self._failure_node

    def ready(self) -> bool:
        """Whether there are nodes, and each input is used by one."""
        return bool(self._nodes) and not self._unused()

    def local_execute(self, **values: Any) -> Any:
        """Run the graph in this process.

        Raises:
            DefinitionError: the workflow isn't ready; the message says what is missing.
        """
        if not self.ready():
            unused = [f"{name}: {show_type(self._inputs[name].python_type)}" for name in self._unused()]
            missing = f"no node takes the input {', '.join(unused)}" if unused else "it has no nodes"
            raise DefinitionError(f"Workflow {self.name!r} isn't ready: {missing}. Add one with add_entity(...).")
        return super().local_execute(**values)

    def _grow(self, **changes: Any) -> None:
        self._python_interface = replace(self._python_interface, **changes)

    def _unused(self) -> list[str]:
        used = {promise.var for node in _all_nodes(self._nodes) for promise in _input_promises(node)}
        return [name for name in self._inputs if name not in used]

    def _check_idle(self) -> None:
        state = current_compilation()
        if isinstance(state, BranchState) and state.is_abandoned:
            draw_on(None)
            raise state.left_open()
        if state is not None:
            raise DefinitionError(
                f"Workflow {self.name!r} can't be changed while {state.owner!r} is being drawn. Finish that one first."
            )


def _all_nodes(nodes: Any) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _all_nodes(getattr(node.entity, "branch_nodes", ()))


def _input_promises(node: Node) -> Iterator[Promise]:
    for binding in node.bindings:
        yield from (promise for promise in promises_in(binding.value) if promise.node is None)


Workflow = ImperativeWorkflow  # another name that flytekit has for it
