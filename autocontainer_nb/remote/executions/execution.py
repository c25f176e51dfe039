"""An execution at the control plane: wait for it, look at it, get its results, stop it."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import partial
from threading import Event, Lock
from typing import Any

from flyteidl.admin import execution_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.errors import (
    ExecutionError,
    ExecutionTimedOutError,
    RemoteError,
    StorageError,
    UnauthenticatedError,
)
from autocontainer_nb.idl.identifiers import execution_id
from autocontainer_nb.remote import environment, observers
from autocontainer_nb.remote.control.control import ExecutionControl
from autocontainer_nb.remote.executions.look import LogLinks, Look
from autocontainer_nb.remote.executions.outcome import (
    OutputTypes,
    fetch_outputs,
    guessed_types,
    outputs_as_values,
    raise_for_failure,
    result_of,
    types_of_task,
)
from autocontainer_nb.remote.executions.polling import LAST_DELAY_S, Patience
from autocontainer_nb.remote.executions.state import ExecutionState, read_state
from autocontainer_nb.remote.logs.containers import containers_of
from autocontainer_nb.remote.logs.pods import pod_logs_here
from autocontainer_nb.remote.logs.text import logs_text
from autocontainer_nb.remote.nodes.inside import ExecutionInside
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.remote.watching.pace import may_pass
from autocontainer_nb.remote.watching.watched import Watched
from autocontainer_nb.remote.watching.watcher import interested
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.storage.scratch import new_local_folder


class Execution(ExecutionControl, ExecutionInside):
    """A run of a task, returned by `task.remote(...)` and `FlyteRemote.execution(id)`. It can be shared by threads."""

    def __init__(
        self, scope: Scope, name: str, *, task: Any = None, files: FileAccess | None = None, changes: str = ""
    ) -> None:
        self._scope = scope
        self._changes = changes
        self._files = files  # for results that are files; by default, through signed URLs of the control plane
        self._name = name
        self._task = task
        self._watched = Watched(scope, name)
        self._patience = Patience()
        self._types: OutputTypes | None = None
        self._values: dict[str, Any] | None = None
        self._lock = Lock()

    def __repr__(self) -> str:
        """Show the last known state, without a request."""
        of = f" of {self.task_name}" if self.task_name else ""
        return f"<Execution {self._name}{of}: {self._state.phase} on {self._scope.where()}>"

    def reopened(self) -> "Execution":
        """Return another object for the same run, which holds neither task nor results: both know what one asked."""
        other = Execution(self._scope, self._name)
        other._watched = self._watched
        return other

    @property
    def _message(self) -> execution_pb2.Execution:
        return self._watched.message

    @property
    def _state(self) -> ExecutionState:
        return read_state(self._watched.message)

    def sibling(self, name: str) -> "Execution":
        """Return another execution of the same entity, by its name."""
        return Execution(self._scope, name, task=self._task)

    @property
    def id(self) -> str:
        """The execution's name: what `%flyte logs` and `FlyteRemote.execution` take."""
        return self._name

    @property
    def changes(self) -> str:
        """What changed since the task's last run from this machine, in one line; empty if unknown."""
        return self._changes

    @property
    def project(self) -> str:
        """The project it runs in."""
        return self._scope.project

    @property
    def domain(self) -> str:
        """The domain it runs in."""
        return self._scope.domain

    @property
    def identifier(self) -> identifier_pb2.WorkflowExecutionIdentifier:
        """The identifier as Flyte's message."""
        return execution_id(self.project, self.domain, self._name)

    @property
    def task_name(self) -> str:
        """The short name of the task; empty while unknown."""
        name: str = self._task.name if self._task else self._message.spec.launch_plan.name
        return name.rpartition(".")[2]

    @property
    def where(self) -> str:
        """A short name of the control plane: `sandbox`, or the endpoint."""
        return self._scope.where()

    @property
    def console_url(self) -> str | None:
        """The page in Flyte's console; None for the sandbox."""
        return self._scope.console_url(self._name)

    @property
    def phase(self) -> str:
        """The current phase: QUEUED, RUNNING, SUCCEEDED, FAILED, ABORTED, TIMED_OUT, or one between, such as FAILING.

        An execution that was just created has the phase UNDEFINED in Flyte; it is QUEUED here.
        """
        return self._refresh().phase

    @property
    def is_done(self) -> bool:
        """Whether the execution has ended by now."""
        return self._refresh().is_done

    @property
    def error(self) -> str | None:
        """The error message of the container or the control plane; None without an error."""
        return self._refresh().error or None

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs by name.

        Raises:
            ExecutionError: it isn't done, or ended without outputs; the subclass says how.
        """
        if not self._refresh().is_done:
            raise ExecutionError(
                f"{self._what()} is still {self._state.phase}: call .result() or .wait(timeout_s=...) to wait for it."
            )
        return dict(self._fetched())

    def known_state(self) -> ExecutionState:
        """Return what is known of it, without a request; its note says since when the control plane doesn't answer."""
        return self._noted(self._watched.failure)

    def known_refusal(self) -> Exception | None:
        """Return why nobody tells any more how it goes, such as an execution that is gone; None where that may pass."""
        failure = self._watched.failure
        return failure if failure is not None and not may_pass(failure) else None

    @property
    def is_known_whole(self) -> bool:
        """Whether what is known is all that the control plane has; an error from a list of executions may be cut."""
        return self._watched.is_whole

    def look(self) -> Look:
        """Return what looks inside for a display, at the pace that the display sets."""
        return Look(self._scope, self.identifier)

    def followed(self, notify: Callable[[], object]) -> AbstractContextManager[object]:
        """Be told of each answer about it meanwhile, in another thread; it is asked for as rarely as nobody waits."""
        return interested(self._watched, notify, waits=False)

    def state(self) -> ExecutionState:
        """Return the current state for a display: cheap, and tolerant of an unreachable control plane.

        It doesn't restart a sandbox that was stopped, as waiting and all other calls do.
        """
        state = self._tolerant_refresh(may_restart=False)
        if state.note:
            return state
        look = self.look()
        try:
            look.at_nodes()
        except RemoteError as error:
            return replace(state, note=f"no log lines: {error.details or error}")
        look.at_log(LogLinks(), is_done=state.is_done)
        return replace(state, log_tail=look.lines)

    def wait(self, timeout_s: float | None = None) -> "Execution":
        """Return the execution itself, once it has ended in any way.

        An interrupt ends the wait, not the execution, unless an observer (`observers.on_interrupt`) stops it.

        Raises:
            ExecutionTimedOutError: it is still running after `timeout_s`.
            RemoteError: the control plane refuses the call, or is unreachable for a minute.
        """
        try:
            self._wait(timeout_s)
        except KeyboardInterrupt:
            if observers.interrupted(self):
                raise
            raise KeyboardInterrupt(
                f"{self._what()} keeps running. Stop it with .terminate(), or wait for it again with "
                f"FlyteRemote(...).execution({self._name!r}).result()."
            ) from None
        return self

    def result(self, timeout_s: float | None = None) -> Any:
        """Wait for the result and return it: the value, a named tuple of several values, or None.

        Raises:
            ExecutionFailedError: the task's code raised, or its container died; the message has the traceback.
            ExecutionAbortedError: somebody terminated it.
            ExecutionTimedOutError: it ran longer than its timeout, or is still running after `timeout_s`.
        """
        self.wait(timeout_s)
        values = self._fetched()
        return result_of(values, self._output_types())

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for the result without blocking the running event loop."""
        return self.result_async().__await__()

    def known_message(self) -> execution_pb2.Execution:
        """Return what is known of it as Flyte's message, empty before the first answer; nobody is asked."""
        return self._message

    def logs(self) -> str:
        """Return the output of all its containers and attempts, also inside of nodes; links where there is no text.

        Text comes from the links that give it, else from Kubernetes, where a kubeconfig leads to the pods.
        """
        namespace = self._message.spec.metadata.system_metadata.namespace or f"{self.project}-{self.domain}"
        pods = pod_logs_here()
        return logs_text(
            containers_of(self.nodes, namespace),
            pods.text if pods else None,
            network=self._scope.calls.endpoint.network,
        )

    def terminate(self, cause: str = "") -> None:
        """Ask the control plane to stop it; no effect if it has already ended."""
        if self._refresh().is_done:
            return
        request = execution_pb2.ExecutionTerminateRequest(
            id=self.identifier, cause=cause or "terminated from a notebook"
        )
        try:
            self._scope.calls.call(methods.TERMINATE_EXECUTION, request)
        except RemoteError:
            if not self._refresh().is_done:  # it may have ended between the two requests
                raise

    def _wait(self, timeout_s: float | None) -> None:
        deadline_s = None if timeout_s is None else environment.monotonic_s() + timeout_s
        told, before = Event(), self._watched.answers
        if self._seen_end(before):
            return
        with interested(self._watched, told.set, waits=True):
            while not self._seen_end(before):
                told.wait(self._pause_until(deadline_s, timeout_s, before))
                told.clear()

    async def wait_async(self, timeout_s: float | None = None) -> "Execution":
        """Do what `wait` does, without blocking the running event loop; cancelled, it leaves the execution alone."""
        deadline_s = None if timeout_s is None else environment.monotonic_s() + timeout_s
        told, before = asyncio.Event(), self._watched.answers
        tell = partial(asyncio.get_running_loop().call_soon_threadsafe, told.set)
        with interested(self._watched, tell, waits=True):
            while not await self._seen_end_async(before):
                pause_s = None if deadline_s is None else self._pause_until(deadline_s, timeout_s, before)
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(told.wait(), pause_s)
                told.clear()
        return self

    async def result_async(self, timeout_s: float | None = None) -> Any:
        """Do what `result` does, without blocking the running event loop, as `await execution` does."""
        await self.wait_async(timeout_s)
        if not self._watched.is_whole:
            await asyncio.to_thread(self._refresh)
        raise_for_failure(self._message, self._what(), await asyncio.to_thread(self._where_failed))
        return await asyncio.to_thread(self.result)

    def _seen_end(self, before: int) -> bool:
        """Whether it has ended, as far as is known; tell the observers what is known after `before` answers.

        Raises:
            Exception: there was no answer, and there won't be one soon.
        """
        if self._watched.answers == before and not self._watched.is_done:
            return False
        failure = self._watched.failure
        if isinstance(failure, UnauthenticatedError):
            state = self._refresh()  # here, in the thread of the person who may have to sign in
        elif failure is None or self._patience.bears(failure):
            state = self._noted(failure)
        else:
            raise self._given_up(failure) if isinstance(failure, RemoteError) and may_pass(failure) else failure
        if failure is None:
            self._patience.answered()
        observers.waiting(self, state)
        return state.is_done

    async def _seen_end_async(self, before: int) -> bool:
        if isinstance(self._watched.failure, UnauthenticatedError):
            return await asyncio.to_thread(self._seen_end, before)
        return self._seen_end(before)

    def _pause_until(self, deadline_s: float | None, timeout_s: float | None, before: int) -> float:
        if deadline_s is None:
            return LAST_DELAY_S
        left_s = deadline_s - environment.monotonic_s()
        if left_s <= 0 and self._watched.answers > before:  # what has ended already is told whatever the limit
            raise ExecutionTimedOutError(
                f"{self._what()} is still {self._state.phase} after {timeout_s:g} s: wait longer, or stop it with "
                ".terminate()."
            )
        return min(LAST_DELAY_S, max(left_s, 0.01))

    def _refresh(self, *, may_restart: bool = True) -> ExecutionState:
        if not self._watched.is_done or not self._watched.is_whole:
            request = execution_pb2.WorkflowExecutionGetRequest(id=self.identifier)
            self._watched.take(self._scope.calls.call(methods.GET_EXECUTION, request, may_restart=may_restart))
        return self._state

    def _tolerant_refresh(self, *, may_restart: bool = True) -> ExecutionState:
        try:
            state = self._refresh(may_restart=may_restart)
        except RemoteError as error:
            self._watched.fail(error)
            if not self._patience.bears(error):
                raise self._given_up(error) if may_pass(error) else error from None
            return self._noted(error)
        self._patience.answered()
        return state

    def _noted(self, failure: Exception | None) -> ExecutionState:
        since_s = self._watched.lost_since_s
        if failure is None or since_s is None:
            return self._state
        words = failure.details or failure.status if isinstance(failure, RemoteError) else str(failure)
        lost_s = environment.monotonic_s() - since_s
        return replace(self._state, note=f"control plane unreachable for {lost_s:.0f} s: {words}")

    def _given_up(self, error: RemoteError) -> RemoteError:
        self._patience.answered()  # the next wait gets its own minute
        return type(error)(
            f"{error} {self._what()} isn't affected. Wait for it again with "
            f"FlyteRemote(...).execution({self._name!r}).result().",
            endpoint=error.endpoint,
            method=error.method,
            status=error.status,
            details=error.details,
        )

    def _output_types(self) -> OutputTypes:
        if self._types is None:
            self._types = types_of_task(self._task) if self._task else guessed_types(self._scope, self._message)
        return self._types

    def _fetched(self) -> dict[str, Any]:
        if not self._watched.is_whole:
            self._refresh()
        raise_for_failure(self._message, self._what(), self._where_failed())
        with self._lock:
            if self._values is None:
                self._values = self._fetch()
            return self._values

    def _fetch(self) -> dict[str, Any]:
        types = self._output_types()
        literals = fetch_outputs(self._scope, self.identifier)
        try:
            files = self._files or self._scope.files(new_local_folder())
            return outputs_as_values(literals, types, files, self.task_name)
        except StorageError as error:
            raise ExecutionError(f"{self._what()} succeeded, but fetching its results failed: {error}") from error

    def _what(self) -> str:
        return f"Execution {self._name}" + (f" of {self.task_name}" if self.task_name else "")
