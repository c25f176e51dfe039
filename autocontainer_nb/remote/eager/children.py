"""The executions that an eager task's container starts: registered, launched, awaited and ended.

It fills the slot `eager_children`. Nothing is uploaded: called tasks run from the same file as the container, under the
version of the eager task. Their inputs are stored where the container's outputs go.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Any, Final

from flyteidl.admin import common_pb2, execution_pb2
from flyteidl.core import identifier_pb2, literals_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.dynamic.carried_settings import children_settings
from autocontainer_nb.core.dynamic.children import Child, Names
from autocontainer_nb.core.entities.launch_inputs import as_launched
from autocontainer_nb.core.graph.compilation import compiling
from autocontainer_nb.core.run.context import FlyteContext
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import ReferenceEntity
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.errors import (
    AlreadyExistsError,
    EagerException,
    ExecutionAbortedError,
    ExecutionError,
    RemoteError,
    UnimplementedError,
)
from autocontainer_nb.remote import control_plane, environment
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.polling import LAST_DELAY_S, Patience
from autocontainer_nb.remote.register.order import Registration, identifier_of, registrations
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope, scope_in_container
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.wire import ENV_EAGER_ROOT, ENV_NEEDS, LABEL_EAGER_PARENT, LABEL_EAGER_ROOT

control_plane.load()  # what is missing is told before anything is registered, by the slot

_SUCCEEDED: Final = "SUCCEEDED"
_ENDED_AT_ONCE: Final = 16


def children_of(task: Any, context: FlyteContext) -> "EagerChildren":
    """Return the object that runs this task's calls remotely, for the slot `eager_children`.

    Raises:
        ConfigError: the container has no address of the control plane; the message says what to set.
    """
    parent = context.user_space_params.execution_id
    scope = scope_in_container(task.short_name, parent.project, parent.domain)
    root = environment.variables().get(ENV_EAGER_ROOT) or parent.name
    return EagerChildren(task, context, scope, root)


class EagerChildren:
    """The executions that one run of an eager task has started. It can be shared by threads."""

    def __init__(self, task: Any, context: FlyteContext, scope: Scope, root: str) -> None:
        params = context.user_space_params
        self._owner = task.short_name
        self._scope = scope
        self._files = context.files
        self._settings = children_settings(context)
        self._attempt = params.attempt
        self._labels = {LABEL_EAGER_PARENT: params.execution_id.name, LABEL_EAGER_ROOT: root}
        self._names = Names(task, params.execution_id.name)
        self._calls: list[Child] = []
        self._running: dict[int, Execution] = {}  # by the id of their Child
        self._registered: dict[int, identifier_pb2.Identifier] = {}  # by the id of the entity, which Child holds
        self._closed = ""
        self._lock = Lock()  # held during each start: none starts after `close`

    @property
    def calls(self) -> Sequence[Child]:
        """All calls so far, in their order."""
        return tuple(self._calls)

    def run(self, entity: Any, values: Mapping[str, Any]) -> Any:
        """Start an execution of the entity on these bound and checked inputs, wait for it, and return its result.

        Raises:
            EagerException: the execution ended without outputs.
            RemoteError: the control plane refuses, or can't be reached.
        """
        child = self._noted(entity, values)
        with compiling(None):
            execution = self._launch(child)
            execution.wait()
            return self._outcome(child, execution)

    async def run_async(self, entity: Any, values: Mapping[str, Any]) -> Any:
        """Do the same as `run` without blocking the event loop; if cancelled, end the execution."""
        child = self._noted(entity, values)
        with compiling(None):
            launching = asyncio.ensure_future(asyncio.to_thread(self._launch, child))
            try:
                execution = await asyncio.shield(launching)
                with suppress(ExecutionError):  # reported by `_outcome` from the state known by then
                    await execution
                return self._outcome(child, execution)
            except asyncio.CancelledError:
                if launching.done():
                    self._abandon(child, launching)
                else:
                    launching.add_done_callback(lambda launched: self._abandon(child, launched))
                raise

    def close(self, cause: str) -> None:
        """Start no more executions, and end the running ones."""
        self._closed = self._closed or cause
        with self._lock:
            left = list(self._running.values())
            self._running.clear()

        def end(execution: Execution) -> None:
            with suppress(RemoteError):  # continue with the others
                execution.terminate(cause)

        if left:
            with ThreadPoolExecutor(min(_ENDED_AT_ONCE, len(left))) as pool:  # a pod that is ended has 30 s
                list(pool.map(end, left))

    def _noted(self, entity: Any, values: Mapping[str, Any]) -> Child:
        child = Child(entity, dict(values))
        self._calls.append(child)
        return child

    def _launch(self, child: Child) -> Execution:
        inputs = self._literals(child)
        call = self._names.call(child, inputs)  # of the values, wherever they are: another attempt finds the execution
        kinds = child.entity.python_interface.inputs
        inputs = literals_pb2.LiteralMap(literals=as_launched(inputs.literals, kinds, self._files))
        with self._lock:
            if self._closed:
                raise ExecutionAbortedError(f"{child.entity.short_name!r} isn't started: {self._closed}.")
            try:
                execution = self._started(child, self._identifier(child.entity), inputs, call)
            except (RemoteError, ValueError, TypeError) as error:
                child.phase, child.error = "FAILED", str(error)
                raise
            self._running[id(child)] = execution
        child.execution, child.url, child.phase = execution.id, self._page(execution), "RUNNING"
        return execution

    def _page(self, execution: Execution) -> str:
        """Return the page of the execution in Flyte's console; empty for the sandbox, which has no console."""
        settings = self._scope.settings
        is_loopback = settings.endpoint is not None and settings.endpoint.address.is_loopback
        return "" if is_loopback and not settings.console_endpoint else execution.console_url or ""

    def _literals(self, child: Child) -> literals_pb2.LiteralMap:
        name, kinds = child.entity.short_name, child.entity.python_interface.inputs
        return literals_pb2.LiteralMap(
            literals={
                key: type_engine.to_literal(value, kinds[key], files=self._files, path=f"{name}(inputs).{key}")
                for key, value in child.inputs.items()
            }
        )

    def _started(
        self, child: Child, identifier: identifier_pb2.Identifier, inputs: literals_pb2.LiteralMap, call: bytes
    ) -> Execution:
        """Return the execution of the call: a new one, or the one that an earlier attempt has started.

        An execution that failed or was ended with an earlier attempt is started again under the next name.
        """
        generation = 0
        while True:
            name = self._names.name(child, call, generation)
            execution = Execution(self._scope, name, task=child.entity, files=self._files)
            try:
                self._create(name, identifier, inputs)
            except AlreadyExistsError:
                if generation < self._attempt and execution.is_done and execution.phase != _SUCCEEDED:
                    generation += 1
                    continue
            return execution

    def _create(self, name: str, identifier: identifier_pb2.Identifier, inputs: literals_pb2.LiteralMap) -> None:
        spec = execution_pb2.ExecutionSpec(
            launch_plan=identifier,
            metadata=execution_pb2.ExecutionMetadata(mode=execution_pb2.ExecutionMetadata.MANUAL),
            disable_all=True,
            labels=common_pb2.Labels(values=self._labels),
        )
        spec.envs.values.add(key=ENV_EAGER_ROOT, value=self._labels[LABEL_EAGER_ROOT])
        needs = environment.variables().get(ENV_NEEDS)
        if needs:  # of the whole run, its children too
            spec.envs.values.add(key=ENV_NEEDS, value=needs)
        request = execution_pb2.ExecutionCreateRequest(
            project=self._scope.project, domain=self._scope.domain, name=name, inputs=inputs, spec=spec
        )
        self._call(methods.CREATE_EXECUTION, request)

    def _identifier(self, entity: Any) -> identifier_pb2.Identifier:
        """Return the identifier to start: the entity registered under the version of the eager task."""
        if isinstance(entity, ReferenceEntity) and not isinstance(entity, WorkflowBase):
            return entity.id  # a workflow can't be started itself: it needs a launch plan
        if id(entity) not in self._registered:
            self._registered[id(entity)] = self._register(entity)
        return self._registered[id(entity)]

    def _register(self, entity: Any) -> identifier_pb2.Identifier:
        is_graph = isinstance(entity, WorkflowBase) and not isinstance(entity, LaunchPlan)
        started = LaunchPlan(entity.name, entity) if is_graph else entity
        for each in registrations(started, self._settings, self._files):
            self._register_one(each, started)
        return identifier_of(started, self._settings)

    def _register_one(self, each: Registration, started: Any) -> None:
        try:
            self._call(each.rpc, each.request())
        except AlreadyExistsError:  # by an earlier attempt, or by another run of the same version
            return
        except UnimplementedError as error:
            if not isinstance(started, PythonTask):
                raise _not_a_task(self._owner, started, self._scope, error) from None
            if each.rpc is methods.CREATE_TASK:
                raise  # else: a launch plan for dynamic tasks at a control plane without launch plans

    def _call(self, rpc: methods.Rpc[Any, Any], request: Any) -> None:
        """Make a call that may be repeated, tolerating a restart of the control plane."""
        patience = Patience()
        while True:
            try:
                self._scope.calls.call(rpc, request, patience_s=0.0)  # see `patience`
            except RemoteError as error:  # noqa: PERF203 - trying again is what the loop is for
                if self._closed or not patience.bears(error):
                    raise
                environment.pause(LAST_DELAY_S)
            else:
                return

    def _outcome(self, child: Child, execution: Execution) -> Any:
        """Return the result of an execution that has ended, and record it."""
        self._running.pop(id(child), None)
        child.phase = execution.phase
        try:
            child.result = execution.result()
        except ExecutionError as error:
            child.error = str(error)
            code = getattr(error, "code", "")
            raise EagerException(str(error), code=code, execution_id=execution.id) from error
        return child.result

    def _abandon(self, child: Child, launched: "asyncio.Future[Execution]") -> None:
        """End the execution of a cancelled call; its launch may have failed or been cancelled as well."""
        if launched.cancelled() or launched.exception() is not None:
            return
        execution = self._running.pop(id(child), None)
        if execution is not None:
            child.phase = "ABORTED"
            asyncio.get_running_loop().run_in_executor(None, self._terminate, execution)  # the loop awaits it

    def _terminate(self, execution: Execution) -> None:
        with suppress(RemoteError):
            execution.terminate(f"the eager task {self._owner!r} no longer waits for it")


def _not_a_task(owner: str, entity: Any, scope: Scope, error: UnimplementedError) -> UnimplementedError:
    return UnimplementedError(
        f"Eager task {owner!r} calls {entity.short_name!r}, which isn't a single task, and the control plane at "
        f"{scope.where()} doesn't serve {error.method}: it refused with {error.status}: "
        f"{error.details.rstrip('.')}. The sandbox runs single tasks only. Call the tasks of "
        f"{entity.short_name!r} one by one, or use a Flyte cluster.",
        endpoint=error.endpoint,
        method=error.method,
        status=error.status,
        details=error.details,
    )
