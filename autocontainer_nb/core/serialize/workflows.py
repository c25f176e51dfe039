"""A workflow's registered form: its template, and those of the workflows inside it."""

from flyteidl.admin import workflow_pb2 as admin_workflow_pb2
from flyteidl.core import identifier_pb2, workflow_pb2

from autocontainer_nb.core.configuration import SerializationSettings
from autocontainer_nb.core.local_files import local_file_access
from autocontainer_nb.core.serialize.nodes import GraphWriter
from autocontainer_nb.core.workflow import WorkflowBase
from autocontainer_nb.storage.access import FileAccess


def workflow_spec(
    workflow: WorkflowBase, settings: SerializationSettings, files: FileAccess | None = None
) -> admin_workflow_pb2.WorkflowSpec:
    """Return what `CreateWorkflow` takes: the template, and the templates of all workflows inside it, each once."""
    writer = GraphWriter(settings, files or local_file_access())
    template = workflow_template(workflow, writer)
    inner: dict[str, workflow_pb2.WorkflowTemplate] = {}
    while pending := [e for n, e in writer.entities.items() if isinstance(e, WorkflowBase) and n not in inner]:
        for entity in pending:
            inner[entity.name] = workflow_template(entity, writer)
    return admin_workflow_pb2.WorkflowSpec(template=template, sub_workflows=inner.values())


def workflow_template(workflow: WorkflowBase, writer: GraphWriter) -> workflow_pb2.WorkflowTemplate:
    """Return the template of one workflow; what it refers to is remembered by the writer."""
    settings = writer.settings
    metadata = workflow.workflow_metadata
    template = workflow_pb2.WorkflowTemplate(
        id=identifier_pb2.Identifier(
            resource_type=identifier_pb2.WORKFLOW,
            project=settings.project,
            domain=settings.domain,
            name=workflow.name,
            version=settings.version,
        ),
        metadata=workflow_pb2.WorkflowMetadata(on_failure=metadata.on_failure.name),
        interface=workflow.interface,
        nodes=[writer.node(node) for node in workflow.nodes],
        outputs=[writer.binding(binding) for binding in workflow.output_bindings],
        metadata_defaults=workflow_pb2.WorkflowMetadataDefaults(interruptible=metadata.interruptible),
    )
    if workflow.failure_node is not None:
        template.failure_node.CopyFrom(writer.node(workflow.failure_node))
    return template
