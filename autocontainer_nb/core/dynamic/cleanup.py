"""An eager task as a workflow with a clean-up: if its container is killed, another one ends the executions it left.

An eager task that fails or receives a signal ends them itself; one that is killed can't.
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
    """Makes the clean-up task, which needs only the execution that its container already knows."""

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
        """Return flytekit's strings for the clean-up task."""
        return list(_LOADER_ARGS)

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        """Return an empty list: clean-up tasks are made on demand."""
        return []


eager_failure_task_resolver = EagerFailureTaskResolver()


class EagerFailureHandlerTask(PythonAutoContainerTask[None]):
    """A task that ends all executions which the eager task of its execution left running."""

    def __init__(
        self, name: str, container_image: "str | ImageSpec | None" = None, inputs: dict[str, Any] | None = None
    ) -> None:
        """Make the task; it takes the eager task's inputs but ignores them."""
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
        """End the remaining executions, and return the inputs unchanged.

        Raises:
            ConfigError: the container doesn't know the control plane's address.
        """
        execution = ctx.user_space_params.execution_id
        ended = filled(CLEANUP_SLOT)(execution)
        ctx.user_space_params.logging.info("Ended %s executions of %s", ended, execution.name)
        return input_literal_map

    def execute(self, **kwargs: Any) -> Any:  # noqa: ARG002 - the base's signature
        """Raise DefinitionError: a local run of an eager task leaves no executions."""
        raise DefinitionError(
            f"Task {self.name!r} ends executions at a control plane, so it can run only in a container."
        )


def workflow_with_cleanup(task: PythonAutoContainerTask[Any]) -> ImperativeWorkflow:
    """Return a workflow with the task's name, inputs and outputs that runs it, and the clean-up after a failure."""
    interface = task.python_interface
    workflow = ImperativeWorkflow(task.name)
    inputs = {name: workflow.add_workflow_input(name, kind) for name, kind in interface.inputs.items()}
    node = workflow.add_entity(task, **inputs)
    for name, kind in interface.outputs.items():
        workflow.add_workflow_output(name, node.outputs[name], kind)
    handler = EagerFailureHandlerTask(f"{task.name}-cleanup", task.container_image, dict(interface.inputs))
    workflow.add_on_failure_handler(handler)
    return workflow
