"""`to_spec`: the registered form of a task, workflow or launch plan."""

from typing import Any

from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.serialize.launch_plans import launch_plan_spec
from autocontainer_nb.core.serialize.tasks import task_spec
from autocontainer_nb.core.serialize.workflows import workflow_spec
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.wording import with_article


def to_spec(
    entity: Any, settings: SerializationSettings
) -> task_pb2.TaskSpec | workflow_pb2.WorkflowSpec | launch_plan_pb2.LaunchPlanSpec:
    """Return the `TaskSpec`, `WorkflowSpec` or `LaunchPlanSpec` of a task, workflow or launch plan.

    Raises:
        DefinitionError: it is something else.
    """
    if isinstance(entity, LaunchPlan):
        return launch_plan_spec(entity, settings)
    if isinstance(entity, WorkflowBase):
        return workflow_spec(entity, settings)
    if isinstance(entity, PythonTask):
        return task_spec(entity, settings)
    raise DefinitionError(
        f"to_spec: expected a task, workflow or launch plan, got {with_article(type(entity))}. Decorate it first."
    )
