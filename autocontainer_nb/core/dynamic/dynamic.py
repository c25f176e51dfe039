"""`@dynamic`: a task that runs with real input values, and whose calls of other tasks draw a graph.

In its container it draws the graph, writes it to `futures.pb`, and ends; then the control plane runs the graph. A local
call draws and runs the graph in this process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from flyteidl.core import literals_pb2

from autocontainer_nb.core.graph.binding import Binding
from autocontainer_nb.core.graph.compilation import CompilationState, compiling
from autocontainer_nb.core.graph.local_run import as_returned, run_nodes
from autocontainer_nb.core.graph.node import Node
from autocontainer_nb.core.graph.passed_values import Stored, Values, passed
from autocontainer_nb.core.run.context import FlyteContext, entered, local_context, running_context
from autocontainer_nb.core.tasks.function_task import PythonFunctionTask
from autocontainer_nb.core.workflows.workflow import bind_outputs
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.storage.node_files import boundary_files
from autocontainer_nb.wire import ENV_CHILDREN_SETTINGS

if TYPE_CHECKING:
    from flyteidl.core import dynamic_job_pb2, tasks_pb2

    from autocontainer_nb.core.settings.serialization import SerializationSettings


_NODE_PREFIX: Final = "d"  # flytekit's: the nodes are dn0, dn1, ...


@dataclass(frozen=True)
class DynamicGraph:
    """The graph that one run of a dynamic task has drawn."""

    nodes: Sequence[Node]
    output_bindings: Sequence[Binding]


class DynamicTask(PythonFunctionTask[Any]):
    """A task that draws a graph when it runs."""

    makes_graph = True
    registers_others = True

    def draw(self, values: Mapping[str, Any], files: FileAccess | None = None) -> DynamicGraph:
        """Return the graph that the function draws on these inputs; constants in it are stored by `files`.

        Raises:
            DefinitionError: the graph is invalid, or has a registered task in it; the message says where.
        """
        store = partial(Stored.of, files=files or boundary_files())
        state = CompilationState(owner=self.short_name, prefix=_NODE_PREFIX, store=store)
        with compiling(state):
            returned = self.task_function(**values)
        refuse_references(self.short_name, state.nodes)
        return DynamicGraph(
            state.nodes, bind_outputs(self.short_name, self._python_interface, returned, "Dynamic task")
        )

    def execute(self, **kwargs: Any) -> Any:
        """Draw the graph, run it in this process, node by node, and return its outputs."""
        graph = self.draw(kwargs)
        values: Values = {}
        outside = replace(running_context() or local_context(), running_task="")  # the nodes aren't the task's own code
        with entered(outside):
            run_nodes(graph.nodes, values)
        outputs = {each.var: passed(each, values, f"outputs.{each.var}") for each in graph.output_bindings}
        return as_returned(self._python_interface, outputs)

    def dispatch_execute(
        self, ctx: FlyteContext, input_literal_map: literals_pb2.LiteralMap
    ) -> "literals_pb2.LiteralMap | dynamic_job_pb2.DynamicJobSpec":
        """Return the graph for the control plane to run; outside a container, or without nodes, return the outputs."""
        if ctx.code is None:
            return super().dispatch_execute(ctx, input_literal_map)
        running = replace(ctx, user_space_params=self._user_params(ctx), running_task=self._name)
        with entered(running):
            graph = self.draw(self._values(running, input_literal_map), running.files)
            if graph.nodes:
                return self._job_spec(running, graph)
            literals = {
                binding.var: self._output_literal(running, binding.var, binding.value)
                for binding in graph.output_bindings
            }
        return literals_pb2.LiteralMap(literals=literals)

    def _container(self, settings: "SerializationSettings") -> "tasks_pb2.Container":
        """Return the container's message, with the settings for registering the tasks of the graph."""
        from autocontainer_nb.core.dynamic.carried_settings import encode_settings, with_built_images

        carried = {ENV_CHILDREN_SETTINGS: encode_settings(with_built_images(self, settings))}
        return super()._container(replace(settings, env={**settings.env, **carried}))

    def _job_spec(self, ctx: FlyteContext, graph: DynamicGraph) -> "dynamic_job_pb2.DynamicJobSpec":
        from autocontainer_nb.core.dynamic.carried_settings import children_settings
        from autocontainer_nb.core.serialize.workflows import dynamic_job_spec

        return dynamic_job_spec(graph.nodes, graph.output_bindings, children_settings(ctx), ctx.files)


def dynamic(_task_function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Turn a typed function into a dynamic task: `@dynamic`, or with the options of `@task`.

    The function gets real values, so it can loop over a list or decide by a number. As in a workflow, its calls become
    nodes, which return promises.

    Raises:
        DefinitionError: the function's signature can't be a task's interface, or it refers to a `reference_task`.
    """
    from autocontainer_nb.core.tasks.task import task

    decorate = task(task_class=DynamicTask, **options)

    def make(function: Callable[..., Any]) -> Any:
        made = decorate(function)
        _refuse_mentioned_references(made)
        return made

    return make if _task_function is None else make(_task_function)


def refuse_references(short: str, nodes: Sequence[Node]) -> None:
    """Check that no node runs a registered task, including those in workflows, branches and maps.

    A graph that is drawn at run time contains the templates of all its tasks, and a reference has none here.

    Raises:
        DefinitionError: a node does.
    """
    from autocontainer_nb.core.workflows.reference import ReferenceTask

    for node in nodes:
        entity = getattr(node.entity, "target", node.entity)
        if isinstance(entity, ReferenceTask):
            raise _reference_inside(short, entity)
        refuse_references(short, [*getattr(entity, "nodes", ()), *getattr(entity, "branch_nodes", ())])


def _refuse_mentioned_references(made: DynamicTask) -> None:
    from autocontainer_nb.core.workflows.reference import ReferenceTask
    from autocontainer_nb.pickling.code.references import references

    function: Any = made.task_function
    for _, value in references(function):
        if isinstance(value, ReferenceTask):
            raise _reference_inside(made.short_name, value)


def _reference_inside(short: str, reference: Any) -> DefinitionError:
    return DefinitionError(
        f"Dynamic task {short!r} uses the reference_task {reference.name!r}, but a dynamic task needs the code of the "
        "tasks it calls, and a reference has none. Use a reference_launch_plan, or call it in a @workflow."
    )
