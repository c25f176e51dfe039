"""The run of an eager task in its container: its calls become executions, which end no later than the task."""

import asyncio
import os
import signal
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Thread, current_thread, main_thread
from types import FrameType
from typing import Any, Final

from autocontainer_nb.core.dynamic.children import CHILDREN_SLOT, Children, check_callable
from autocontainer_nb.core.dynamic.eager_deck import EagerDeck
from autocontainer_nb.core.entities.interface import bind_inputs, check_inputs
from autocontainer_nb.core.graph.compilation import CompilationState, compiling
from autocontainer_nb.core.run.context import FlyteContext
from autocontainer_nb.core.run.deck import Deck
from autocontainer_nb.core.tasks.function_task import AsyncPythonFunctionTask
from autocontainer_nb.errors import StorageError
from autocontainer_nb.slots import filled

_THREADS: Final = 64  # calls that may block at the same time, by `asyncio.to_thread`
_PUBLISH_EVERY_S: Final = 5.0
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def run_with_children(task: Any, context: FlyteContext, body: Coroutine[Any, Any, Any]) -> Any:
    """Run the coroutine to its end, with its calls as executions at the control plane, and return its result.

    Raises:
        ConfigError: the container doesn't know the control plane's address, or lacks credentials.
        EagerException: an execution that the function waits for has failed.
    """
    try:
        children: Children = filled(CHILDREN_SLOT)(task, context)
    except BaseException:
        body.close()
        raise
    context.user_space_params.decks.insert(0, EagerDeck(lambda: children.calls))  # people look for this one first
    name = context.user_space_params.execution_id.name
    cause = f"the eager task {task.short_name!r}, execution {name}, has ended"

    def take(entity: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        check_callable(task.short_name, entity)
        values = bind_inputs(entity.short_name, entity.python_interface, args, kwargs)
        check_inputs(entity.short_name, entity.python_interface, values)
        is_async = isinstance(entity, AsyncPythonFunctionTask)
        return children.run_async(entity, values) if is_async else children.run(entity, values)

    with (
        _ended_with_this_process(children, f"{cause}: it received a signal to stop"),
        compiling(CompilationState(owner=task.short_name, take=take)),
    ):
        return asyncio.run(_run(body, children, cause))


async def _run(body: Coroutine[Any, Any, Any], children: Children, cause: str) -> Any:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="eager"))
    publishing = asyncio.create_task(_publish(children))
    try:
        return await body
    finally:
        publishing.cancel()
        children.close(cause)  # before the loop ends, which waits for the threads, which wait for executions


async def _publish(children: Children) -> None:
    """Write the deck whenever a call has changed; errors are ignored, since the end of the run writes it again."""
    shown: list[tuple[str, str]] = []
    while True:
        await asyncio.sleep(_PUBLISH_EVERY_S)
        now = [(child.execution, child.phase) for child in children.calls]
        if now != shown:
            shown = now
            with suppress(StorageError):
                await asyncio.to_thread(Deck.publish)


@contextmanager
def _ended_with_this_process(children: Children, cause: str) -> Iterator[None]:
    """Within the block, a signal that ends this process ends the children first.

    A thread ends them, since the code that the signal interrupts may hold a lock that this needs.
    """
    if current_thread() is not main_thread():
        yield
        return
    received: list[int] = []
    ended: list[bool] = []

    def end(number: int) -> None:
        try:
            children.close(cause)
        finally:
            ended.append(True)
            os.kill(os.getpid(), number)

    def handle(number: int, _frame: FrameType | None) -> None:
        if ended:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        elif (
            not received
        ):  # a signal to the process group comes twice: from the platform and from this process's supervisor
            received.append(number)
            Thread(target=end, args=(number,), name="end-children", daemon=True).start()

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
