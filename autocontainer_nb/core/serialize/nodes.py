"""The messages of a graph's nodes and bindings; constants are converted here, with the caller's file access."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from flyteidl.core import identifier_pb2, literals_pb2, types_pb2, workflow_pb2

from autocontainer_nb.compiler.names import ascii_spelling
from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture.reachable import is_registered_alike
from autocontainer_nb.core.graph.binding import Binding, promises_in
from autocontainer_nb.core.graph.node import Node, Overrides, cache_version_of
from autocontainer_nb.core.graph.passed_values import Stored
from autocontainer_nb.core.graph.promise import Promise
from autocontainer_nb.core.settings.pod import resources_message
from autocontainer_nb.core.settings.resources import Resources, ResourceSpec
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.constants import scalar_of_constant
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import with_article

NodeWriter = Callable[[Node, "GraphWriter"], workflow_pb2.Node]
_WRITERS: Final[list[tuple[type, NodeWriter]]] = []  # writers of other entities than tasks and workflows


def register_node_writer(kind: type, writer: NodeWriter) -> None:
    """Use `writer` for nodes whose entity is a `kind`; later registrations take precedence."""
    _WRITERS.insert(0, (kind, writer))


class GraphWriter:
    """Writes the nodes of one workflow, and remembers the entities that they refer to."""

    def __init__(self, settings: SerializationSettings, files: FileAccess) -> None:
        self.settings = settings
        self.files = files
        self.entities: dict[tuple[int, str], Any] = {}  # by kind and registered name, in order of appearance

    def node(self, node: Node) -> workflow_pb2.Node:
        """Return the node's message.

        Raises:
            DefinitionError: its entity can't be a node.
        """
        for kind, writer in _WRITERS:
            if isinstance(node.entity, kind):
                return writer(node, self)
        message = self.base(node)
        if isinstance(node.entity, WorkflowBase):
            message.workflow_node.sub_workflow_ref.CopyFrom(self.refer(node.entity, identifier_pb2.WORKFLOW))
        elif isinstance(node.entity, PythonTask):
            message.task_node.reference_id.CopyFrom(self.refer(node.entity, identifier_pb2.TASK))
            message.task_node.overrides.CopyFrom(self.overrides(node))
        else:
            raise DefinitionError(f"Node {node.id}: {with_article(type(node.entity))} can't be a node of a workflow.")
        return message

    def base(self, node: Node) -> workflow_pb2.Node:
        """Return the common part of all nodes' messages."""
        return workflow_pb2.Node(
            id=node.id,
            metadata=_metadata(node),
            inputs=[self.binding(binding) for binding in node.bindings],
            upstream_node_ids=[up.id for up in node.upstream],
            output_aliases=[workflow_pb2.Alias(var=var, alias=alias) for var, alias in node.aliases.items()],
        )

    def overrides(self, node: Node) -> workflow_pb2.TaskNodeOverrides:
        """Return the settings of its task that the node changes."""
        return _overrides(node.overrides, self.settings)

    def refer(self, entity: Any, kind: Any) -> identifier_pb2.Identifier:
        """Return the identifier of an entity, and remember to register it as well.

        Raises:
            DefinitionError: the graph already has another entity of that kind and name.
        """
        known = self.entities.setdefault((kind, entity.name), entity)
        if not is_registered_alike(known, entity):
            raise DefinitionError(
                f"The graph has two different {type(entity).__name__}s named {entity.name!r}, and only one of them "
                f"can be registered. If the cell of {entity.short_name!r} was run again, something in the graph still "
                "holds the older one: run the cell of that as well. If a function makes them, give each its own name."
            )
        settings = self.settings
        return identifier_pb2.Identifier(
            resource_type=kind,
            project=settings.project,
            domain=settings.domain,
            name=entity.name,
            version=settings.version,
        )

    def binding(self, binding: Binding) -> literals_pb2.Binding:
        """Return the message of one binding."""
        return literals_pb2.Binding(var=binding.var, binding=self.binding_data(binding.value, binding.python_type))

    def binding_data(self, value: Any, python_type: Any) -> literals_pb2.BindingData:
        """Return the message of a bound value: a promise, a container with promises in it, or a constant."""
        if isinstance(value, Promise):
            return literals_pb2.BindingData(promise=promise_message(value))
        if isinstance(value, Stored):
            return binding_of_literal(value.literal, type_engine.to_literal_type(value.kind))
        is_empty = type(value) is list and not value  # of a subclass it may be a value of a type of its own
        if isinstance(value, list) and (is_empty or next(promises_in(value), None) is not None):
            return self._collection(value, python_type)
        if isinstance(value, dict) and next(promises_in(value), None) is not None:
            item = _argument(python_type, 1)
            bindings = {key: self.binding_data(each, item) for key, each in value.items()}
            return literals_pb2.BindingData(map=literals_pb2.BindingDataMap(bindings=bindings))
        literal = type_engine.to_literal(value, python_type, files=self.files)
        return binding_of_literal(literal, type_engine.to_literal_type(python_type))

    def _collection(self, value: list[Any], python_type: Any) -> literals_pb2.BindingData:
        item = _argument(python_type, 0)
        bindings = [self.binding_data(each, item) for each in value]
        return literals_pb2.BindingData(collection=literals_pb2.BindingDataCollection(bindings=bindings))


def promise_message(promise: Promise) -> types_pb2.OutputReference:
    """Return the reference to a node's output; a workflow's input has no node id."""
    path = [
        types_pb2.PromiseAttribute(int_value=step)
        if isinstance(step, int)
        else types_pb2.PromiseAttribute(string_value=step)
        for step in promise.attr_path
    ]
    return types_pb2.OutputReference(node_id=promise.node.id if promise.node else "", var=promise.var, attr_path=path)


def binding_of_literal(literal: literals_pb2.Literal, whole: types_pb2.LiteralType) -> literals_pb2.BindingData:
    """Return the constant as a binding, containers item by item: the protocol has no literals in bindings.

    But for the one in a union, with its metadata. Flyte takes a union of one member for that.
    """
    kind = literal.WhichOneof("value")
    if literal.metadata and (kind in {"collection", "map"} or literal.scalar.HasField("primitive")):
        union = literals_pb2.Union(value=literal, type=whole)
        return literals_pb2.BindingData(scalar=literals_pb2.Scalar(union=union))
    if kind == "collection":
        items = [binding_of_literal(item, whole.collection_type) for item in literal.collection.literals]
        return literals_pb2.BindingData(collection=literals_pb2.BindingDataCollection(bindings=items))
    if kind == "map":
        entries = {key: binding_of_literal(item, whole.map_value_type) for key, item in literal.map.literals.items()}
        return literals_pb2.BindingData(map=literals_pb2.BindingDataMap(bindings=entries))
    return literals_pb2.BindingData(scalar=scalar_of_constant(literal))


def _metadata(node: Node) -> workflow_pb2.NodeMetadata:
    metadata = node.metadata
    message = workflow_pb2.NodeMetadata(name=ascii_spelling(metadata.name))
    message.retries.retries = metadata.retries or 0
    if metadata.timeout:
        message.timeout.FromTimedelta(metadata.timeout)
    if metadata.interruptible is not None:
        message.interruptible = metadata.interruptible
    if metadata.cache is not None:
        message.cacheable = metadata.cache
    version = cache_version_of(node.entity) if metadata.cache and not metadata.cache_version else metadata.cache_version
    if version is not None:
        message.cache_version = version
    if metadata.cache_serialize is not None:
        message.cache_serializable = metadata.cache_serialize
    return message


def _overrides(overrides: Overrides, settings: SerializationSettings) -> workflow_pb2.TaskNodeOverrides:
    message = workflow_pb2.TaskNodeOverrides()
    if overrides.resources is not None:
        spec = ResourceSpec.from_multiple_resource(overrides.resources)
        message.resources.CopyFrom(resources_message(spec))
    elif overrides.requests is not None or overrides.limits is not None:
        spec = ResourceSpec(requests=overrides.requests or Resources(), limits=overrides.limits or Resources())
        message.resources.CopyFrom(resources_message(spec))
    if overrides.container_image is not None:
        from autocontainer_nb.image.resolve import resolve_image

        message.container_image = resolve_image(overrides.container_image, settings.image_config)
    if overrides.accelerator is not None or overrides.shared_memory:
        from autocontainer_nb.core.settings.accelerators import extended_resources

        extended = extended_resources(overrides.accelerator, overrides.shared_memory)
        if extended is not None:
            message.extended_resources.CopyFrom(extended)
    return message


def _argument(python_type: Any, place: int) -> Any:
    from typing import get_args

    arguments: Sequence[Any] = get_args(python_type)
    return arguments[place] if len(arguments) > place else Any
