"""`to_spec`: the registered form of anything that can be registered."""

from typing import Any

from flyteidl.admin import task_pb2, workflow_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.configuration import SerializationSettings
from autocontainer_nb.core.serialize.tasks import task_spec
from autocontainer_nb.core.serialize.workflows import workflow_spec
from autocontainer_nb.core.workflow import WorkflowBase
from autocontainer_nb.errors import DefinitionError


def to_spec(entity: Any, settings: SerializationSettings) -> task_pb2.TaskSpec | workflow_pb2.WorkflowSpec:
    """Return the `TaskSpec` of a task or the `WorkflowSpec` of a workflow. The entity isn't changed.

    Raises:
        DefinitionError: it is neither.
    """
    if isinstance(entity, WorkflowBase):
        return workflow_spec(entity, settings)
    if isinstance(entity, PythonTask):
        return task_spec(entity, settings)  # type: ignore[arg-type]  # tasks without a container are refused there
    raise DefinitionError(f"A task or workflow expected, got {type(entity).__name__}. Decorate the function.")
