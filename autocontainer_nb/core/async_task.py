"""Tasks made of an `async def`: awaited in a notebook, run by asyncio in the container and in a graph."""

from collections.abc import Mapping
from typing import Any

from autocontainer_nb.core.context import FlyteContext
from autocontainer_nb.core.coroutines import run_to_end
from autocontainer_nb.core.python_function_task import PythonFunctionTask


class AsyncPythonFunctionTask(PythonFunctionTask[Any]):
    """A task whose code is one typed coroutine function. Called, it gives a coroutine: `await fetch(url=...)`."""

    def execute(self, **kwargs: Any) -> Any:
        """Run the coroutine to its end and return what it returns."""
        return run_to_end(self._body(kwargs))

    async def _run_here(self, ctx: FlyteContext, values: dict[str, Any]) -> Any:
        params, running = self._begin_here(ctx)
        with running:
            returned = self.post_execute(params, await self._body(values))
        return self._end_here(params, values, returned)

    async def _body(self, values: Mapping[str, Any]) -> Any:
        return await self.task_function(**values)
