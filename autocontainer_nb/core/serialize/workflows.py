"""The registered form of a workflow, and of the graph that a dynamic task has drawn."""

from collections.abc import Sequence

from flyteidl.admin import workflow_pb2 as admin_workflow_pb2
from flyteidl.core import dynamic_job_pb2, identifier_pb2, workflow_pb2

from autocontainer_nb.compiler.workflows import check_workflow
from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture.capture import registered_form
from autocontainer_nb.core.entities.documentation import description_message
from autocontainer_nb.core.graph.binding import Binding
from autocontainer_nb.core.graph.branches import BranchNode
from autocontainer_nb.core.graph.gates import Gate
from autocontainer_nb.core.graph.node import Node
from autocontainer_nb.core.maps.map_task import ArrayNodeMapTask
from autocontainer_nb.core.serialize.launch_plans import launch_plan_node
from autocontainer_nb.core.serialize.node_kinds import array_node, branch_node, gate_node, reference_node
from autocontainer_nb.core.serialize.nodes import GraphWriter, register_node_writer
from autocontainer_nb.core.serialize.tasks import task_template
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import ReferenceLaunchPlan, ReferenceTask
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.storage.scratch import local_file_access

register_node_writer(BranchNode, branch_node)
register_node_writer(Gate, gate_node)
register_node_writer(LaunchPlan, launch_plan_node)
register_node_writer(ReferenceTask, reference_node)
register_node_writer(ReferenceLaunchPlan, reference_node)
register_node_writer(ArrayNodeMapTask, array_node)


def workflow_spec(
    workflow: WorkflowBase, settings: SerializationSettings, files: FileAccess | None = None
) -> admin_workflow_pb2.WorkflowSpec:
    """Return the message for `CreateWorkflow`: the template, and those of all workflows inside it, each once."""
    writer = GraphWriter(settings, files or local_file_access())
    template = workflow_template(workflow, writer)
    spec = admin_workflow_pb2.WorkflowSpec(template=template, sub_workflows=sub_workflow_templates(writer))
    if workflow.docs is not None:
        spec.description.CopyFrom(description_message(workflow.docs))
    return spec


def sub_workflow_templates(writer: GraphWriter) -> list[workflow_pb2.WorkflowTemplate]:
    """Return the templates of all workflows that the writer's nodes run, and of those inside them, each once."""
    inner: dict[str, workflow_pb2.WorkflowTemplate] = {}
    while pending := [e for e in writer.entities.values() if isinstance(e, WorkflowBase) and e.name not in inner]:
        for entity in pending:
            inner[entity.name] = workflow_template(entity, writer)
    return [inner[name] for name in sorted(inner)]  # by name, as flytekit lists them


def workflow_template(workflow: WorkflowBase, writer: GraphWriter) -> workflow_pb2.WorkflowTemplate:
    """Return the template of one workflow; the writer remembers the entities that it refers to.

    Raises:
        DefinitionError: Flyte would refuse it: an imperative workflow without nodes, or two nodes of the same name.
    """
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
    _refuse_unsound(workflow.short_name, template)
    return template


def _refuse_unsound(short: str, template: workflow_pb2.WorkflowTemplate) -> None:
    """Raise DefinitionError if Flyte would refuse the finished graph; the cell has already checked its parts."""
    findings = check_workflow(template, {})
    if findings:
        problems = "; ".join(
            f"{one.node_id}: {one.description}" if one.node_id else one.description for one in findings
        )
        raise DefinitionError(f"Workflow {short!r} can't be registered: {problems}. Change the cell that builds it.")


def dynamic_job_spec(
    nodes: Sequence[Node], outputs: Sequence[Binding], settings: SerializationSettings, files: FileAccess
) -> dynamic_job_pb2.DynamicJobSpec:
    """Return the nodes, the outputs, and the templates of all tasks and workflows that the nodes run, each once.

    Launch plans aren't included: the control plane already has them.
    """
    writer = GraphWriter(settings, files)
    messages = [writer.node(node) for node in nodes]
    bindings = [writer.binding(binding) for binding in outputs]
    subworkflows = sub_workflow_templates(writer)
    return dynamic_job_pb2.DynamicJobSpec(
        nodes=messages,
        min_successes=len(messages),
        outputs=bindings,
        tasks=[
            task_template(registered_form(task), settings)
            for task in writer.entities.values()
            if isinstance(task, PythonTask)
        ],
        subworkflows=subworkflows,
    )
