"""References to registered tasks, workflows and launch plans: their identifiers and interfaces, without their code."""

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, Final

from flyteidl.core import identifier_pb2, interface_pb2

from autocontainer_nb.core.base_task import wrap_function
from autocontainer_nb.core.entities.interface import Interface, bind_inputs, check_inputs, function_interface
from autocontainer_nb.core.entities.with_options import WithOptions
from autocontainer_nb.core.graph.calls import call_as_node
from autocontainer_nb.core.graph.compilation import current_calls, current_compilation
from autocontainer_nb.core.graph.node import NodeMetadata
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.errors import DefinitionError, UserError
from autocontainer_nb.idl.identifiers import show_identifier
from autocontainer_nb.slots import filled
from autocontainer_nb.type_engine.wording import with_article


class ReferenceEntity:
    """A registered entity. It can be a node or be started remotely, but can't run here."""

    noun = "Reference"
    is_fetched = False  # whether its interface is known to be the registered one

    def __init__(self, reference: identifier_pb2.Identifier, interface: Interface) -> None:
        """Keep the identifier and the interface; only the control plane can tell whether they are right."""
        missing = [part for part in ("project", "domain", "name", "version") if not getattr(reference, part)]
        if missing:
            raise DefinitionError(f"A reference needs project, domain, name and version, but {missing[0]} is empty.")
        self._reference = reference
        self._interface = interface

    @property
    def id(self) -> identifier_pb2.Identifier:
        """A copy of the identifier under which it is registered."""
        found = identifier_pb2.Identifier()
        found.CopyFrom(self._reference)
        return found

    @property
    def name(self) -> str:
        """The name under which it is registered."""
        return self._reference.name

    @property
    def short_name(self) -> str:
        """The last part of the name."""
        return self._reference.name.rpartition(".")[2]

    @property
    def python_interface(self) -> Interface:
        """Inputs and outputs in Python types."""
        return self._interface

    @property
    def interface(self) -> interface_pb2.TypedInterface:
        """Inputs and outputs in Flyte's types."""
        return self._interface.typed()

    def construct_node_metadata(self) -> NodeMetadata:
        """Return the metadata of its node, which is shown by the name's last part."""
        return NodeMetadata(name=self.short_name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a node to the workflow that is being drawn.

        Raises:
            UserError: none is being drawn, and the code of a reference isn't here.
        """
        state = current_calls()
        if state is not None:
            return call_as_node(state, self, args, kwargs)
        values = bind_inputs(self.short_name, self._interface, args, kwargs, self.noun)
        check_inputs(self.short_name, self._interface, values)
        raise UserError(
            f"{type(self).__name__} {show_identifier(self._reference)!r} is a reference: its code isn't here. Start it "
            "on the control plane with .remote(...)."
        )

    def remote(self, *args: Any, **kwargs: Any) -> Any:
        """Start it on the control plane; returns the `Execution` at once, while it runs."""
        return filled("launcher")(self, args, kwargs)

    async def remote_async(self, *args: Any, **kwargs: Any) -> Any:
        """Do what `remote` does, without blocking the running event loop."""
        import asyncio

        return await asyncio.to_thread(self.remote, *args, **kwargs)

    def with_options(self, **options: Any) -> WithOptions:
        """Return this with options for its executions, see `Entity.with_options`."""
        return WithOptions(self, options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {show_identifier(self._reference)!r}>"


class ReferenceTask(ReferenceEntity):
    """A registered task."""


class ReferenceLaunchPlan(ReferenceEntity):
    """A registered launch plan."""


class ReferenceWorkflow(ReferenceEntity, WorkflowBase):
    """A registered workflow. A launch plan can start it, but it can't be a node: the protocol has none for it."""

    def __init__(self, reference: identifier_pb2.Identifier, interface: Interface) -> None:
        """Keep the identifier and the interface; only the control plane can tell whether they are right."""
        WorkflowBase.__init__(self, name=reference.name, interface=interface)
        ReferenceEntity.__init__(self, reference, interface)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raise an error: its code isn't here, and it can't be a node.

        Raises:
            DefinitionError: a workflow is being drawn; the nodes of a sub-workflow would have to be here.
            UserError: no workflow is being drawn.
        """
        state = current_compilation()
        if state is not None:
            raise DefinitionError(
                f"{state.owner} ► {state.next_id()} {self.short_name}: a reference to a workflow can't be a node. Use "
                "reference_launch_plan(...)."
            )
        return super().__call__(*args, **kwargs)

    def local_execute(self, **values: Any) -> Any:
        """Raise an error: its code isn't here."""
        return self(**values)


_KINDS: Final[dict[int, Callable[[identifier_pb2.Identifier, Interface], ReferenceEntity]]] = {
    identifier_pb2.TASK: ReferenceTask,
    identifier_pb2.WORKFLOW: ReferenceWorkflow,
    identifier_pb2.LAUNCH_PLAN: ReferenceLaunchPlan,
}


def reference_task(project: str, domain: str, name: str, version: str) -> Callable[[Callable[..., Any]], ReferenceTask]:
    """Return a decorator; the function's signature must be the registered task's, its body is ignored."""
    return _decorator(identifier_pb2.TASK, project, domain, name, version)


def reference_workflow(
    project: str, domain: str, name: str, version: str
) -> Callable[[Callable[..., Any]], ReferenceWorkflow]:
    """Return a decorator; the function's signature must be the registered workflow's, its body is ignored."""
    return _decorator(identifier_pb2.WORKFLOW, project, domain, name, version)


def reference_launch_plan(
    project: str, domain: str, name: str, version: str
) -> Callable[[Callable[..., Any]], ReferenceLaunchPlan]:
    """Return a decorator; the function's signature must be the registered launch plan's, its body is ignored."""
    return _decorator(identifier_pb2.LAUNCH_PLAN, project, domain, name, version)


def get_reference_entity(
    resource_type: int,
    project: str,
    domain: str,
    name: str,
    version: str,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
) -> Any:
    """Return the reference to a registered task, workflow or launch plan, whose interface is given as {name: type}.

    Raises:
        DefinitionError: the resource type is another one.
    """
    if resource_type not in _KINDS:
        raise DefinitionError(
            f"Reference: expected the type of a task, workflow or launch plan, got {resource_type!r}."
        )
    reference = _identifier(resource_type, project, domain, name, version)
    return _KINDS[resource_type](reference, Interface(inputs=dict(inputs), outputs=dict(outputs)))


def _decorator(kind: int, project: str, domain: str, name: str, version: str) -> Callable[[Callable[..., Any]], Any]:
    def make(function: Callable[..., Any]) -> ReferenceEntity:
        if not isinstance(function, FunctionType):
            raise DefinitionError(f"Reference: expected a Python function, got {with_article(type(function))}.")
        interface = function_interface(function.__name__, function)
        made = _KINDS[kind](_identifier(kind, project, domain, name, version), interface)
        wrap_function(made, function)
        return made

    return make


def _identifier(kind: Any, project: str, domain: str, name: str, version: str) -> identifier_pb2.Identifier:
    return identifier_pb2.Identifier(resource_type=kind, project=project, domain=domain, name=name, version=version)
