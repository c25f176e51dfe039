"""The graph that a dynamic task has drawn, as the message that its container leaves in `futures.pb`."""

from collections.abc import Sequence

from flyteidl.core import dynamic_job_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.binding import Binding
from autocontainer_nb.core.capture import registered_form
from autocontainer_nb.core.configuration import SerializationSettings
from autocontainer_nb.core.node import Node
from autocontainer_nb.core.serialize.nodes import GraphWriter
from autocontainer_nb.core.serialize.tasks import task_template
from autocontainer_nb.core.serialize.workflows import sub_workflow_templates
from autocontainer_nb.storage.access import FileAccess


def dynamic_job_spec(
    nodes: Sequence[Node], outputs: Sequence[Binding], settings: SerializationSettings, files: FileAccess
) -> dynamic_job_pb2.DynamicJobSpec:
    """Return the nodes, the outputs, and the templates of all tasks and workflows that the nodes run, each once.

    Launch plans aren't among them: the control plane has those already.
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
