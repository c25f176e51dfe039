"""The calls of an eager task that runs in this process: each runs as the execution would that a container starts."""

from collections.abc import Mapping
from typing import Any

from flyteidl.core import literals_pb2

from autocontainer_nb.core.dynamic.children import check_callable
from autocontainer_nb.core.entities.interface import bind_inputs, check_inputs
from autocontainer_nb.core.graph.compilation import CompilationState, compiling
from autocontainer_nb.core.graph.local_run import as_returned, entity_outputs, started_apart
from autocontainer_nb.core.graph.passed_values import Stored
from autocontainer_nb.core.run.context import local_context
from autocontainer_nb.core.tasks.function_task import AsyncPythonFunctionTask


def calls_here(owner: str) -> CompilationState:
    """Return the state under which each call runs here, on copies of its inputs, and returns a copy of its result."""

    def take(entity: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        check_callable(owner, entity)
        interface, where = entity.python_interface, f"{entity.short_name}(inputs)"
        values = bind_inputs(entity.short_name, interface, args, kwargs)
        check_inputs(entity.short_name, interface, values)
        literals = {
            name: Stored.of(value, interface.inputs[name], f"{where}.{name}").literal for name, value in values.items()
        }
        if isinstance(entity, AsyncPythonFunctionTask):
            return _awaited(entity, literals)
        with started_apart():
            return _returned(entity, entity_outputs(entity, literals, where))

    return CompilationState(owner=owner, take=take)


async def _awaited(task: AsyncPythonFunctionTask, inputs: Mapping[str, literals_pb2.Literal]) -> Any:
    with compiling(None), started_apart():
        left = await task.sandbox_execute_async(local_context(), literals_pb2.LiteralMap(literals=inputs))
    kinds = task.python_interface.outputs
    return _returned(task, {name: Stored(left.literals[name], kind) for name, kind in kinds.items()})


def _returned(entity: Any, outputs: Mapping[str, Stored]) -> Any:
    found = {name: each.read(each.kind, f"{entity.short_name}(outputs).{name}") for name, each in outputs.items()}
    return as_returned(entity.python_interface, found)
