"""An eager task as a workflow: when its container was killed, a second one ends the executions that it has left.

An eager task that fails or is told to stop ends them by itself; one that is killed can't.
"""

from typing import TYPE_CHECKING, Any, Final

from flyteidl.core import literals_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.dynamic.children import CLEANUP_SLOT
from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask
from autocontainer_nb.core.resolvers.resolver import TaskResolverMixin
from autocontainer_nb.core.run.context import FlyteContext
from autocontainer_nb.core.workflows.imperative import ImperativeWorkflow
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.slots import filled

if TYPE_CHECKING:
    from autocontainer_nb.core.settings.serialization import SerializationSettings
    from autocontainer_nb.image.spec import ImageSpec


_TASK_TYPE: Final = "eager_failure_handler_task"  # flytekit's
_LOADER_ARGS: Final = ("eager", "failure", "handler")  # flytekit's


class EagerFailureTaskResolver(TaskResolverMixin):
    """Makes the clean-up task anew: it needs nothing of the eager task but the execution, which its container knows."""

    @property
    def location(self) -> str:
        """The dotted path by which the container imports this resolver."""
        return f"{__name__}.eager_failure_task_resolver"

    def name(self) -> str:
        """Return the resolver's name, for people."""
        return "eager_failure_task_resolver"

    def load_task(self, loader_args: list[str]) -> PythonTask[Any]:  # noqa: ARG002 - there is one such task
        """Return a clean-up task."""
        return EagerFailureHandlerTask("eager-cleanup")

    def loader_args(self, settings: "SerializationSettings", task: PythonTask[Any]) -> list[str]:  # noqa: ARG002 - see above
        """Return flytekit's strings for it."""
        return list(_LOADER_ARGS)

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        """Return none: they are made when they are asked for."""
        return []


eager_failure_task_resolver = EagerFailureTaskResolver()


class EagerFailureHandlerTask(PythonAutoContainerTask[None]):
    """Ends all executions that an eager task of the same execution has started and left running."""

    def __init__(
        self, name: str, container_image: "str | ImageSpec | None" = None, inputs: dict[str, Any] | None = None
    ) -> None:
        """Make the task; it takes the eager task's inputs, and doesn't look at them."""
        super().__init__(
            name,
            None,
            _TASK_TYPE,
            container_image=container_image,
            task_resolver=eager_failure_task_resolver,
            interface=Interface(inputs or {}),
        )

    def dispatch_execute(
        self, ctx: FlyteContext, input_literal_map: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        """End what is left; the inputs are given back as they are.

        Raises:
            ConfigError: the container isn't told where the control plane is.
        """
        execution = ctx.user_space_params.execution_id
        ended = filled(CLEANUP_SLOT)(execution)
        ctx.user_space_params.logging.info("%s executions of %s were ended", ended, execution.name)
        return input_literal_map

    def execute(self, **kwargs: Any) -> Any:  # noqa: ARG002 - the base's signature
        """Refuse: here and now, an eager task leaves nothing behind."""
        raise DefinitionError(f"Task {self.name!r} ends executions at a control plane: it runs in a container only.")


def workflow_with_cleanup(task: PythonAutoContainerTask[Any]) -> ImperativeWorkflow:
    """Return a workflow of the task's name, inputs and outputs that runs it, and the clean-up when it has failed."""
    interface = task.python_interface
    workflow = ImperativeWorkflow(task.name)
    inputs = {name: workflow.add_workflow_input(name, kind) for name, kind in interface.inputs.items()}
    node = workflow.add_entity(task, **inputs)
    for name, kind in interface.outputs.items():
        workflow.add_workflow_output(name, node.outputs[name], kind)
    handler = EagerFailureHandlerTask(f"{task.name}-cleanup", task.container_image, dict(interface.inputs))
    workflow.add_on_failure_handler(handler)
    return workflow
