"""Start an execution again, wholly or from where it failed; keep it out of lists."""

from collections.abc import Callable

from flyteidl.admin import execution_pb2

from autocontainer_nb.core.entities.execution_options import execution_options
from autocontainer_nb.idl.identifiers import execution_id
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.control.named import confirmed, is_own, new_execution_name, refuse_taken
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope


def relaunch(scope: Scope, name: str, new_name: str | None, *, overwrite_cache: bool) -> str:
    """Start what the execution ran once more, on the same inputs; return the new execution's name.

    Raises:
        InputError: Flyte takes no such name.
        AlreadyExistsError: the name is taken.
    """
    return _again(
        scope,
        name,
        new_name,
        lambda chosen: scope.calls.call(
            methods.RELAUNCH_EXECUTION,
            execution_pb2.ExecutionRelaunchRequest(
                id=execution_id(scope.project, scope.domain, name), name=chosen, overwrite_cache=overwrite_cache
            ),
        ),
    )


def recover(scope: Scope, name: str, new_name: str | None) -> str:
    """Start what the execution ran once more, with the outputs of the nodes that had succeeded; return the new name.

    Raises:
        InputError: Flyte takes no such name.
        AlreadyExistsError: the name is taken.
    """
    return _again(
        scope,
        name,
        new_name,
        lambda chosen: scope.calls.call(
            methods.RECOVER_EXECUTION,
            execution_pb2.ExecutionRecoverRequest(id=execution_id(scope.project, scope.domain, name), name=chosen),
        ),
    )


def archive(scope: Scope, name: str, *, is_archived: bool) -> None:
    """Keep the execution out of lists, or show it there again."""
    state = execution_pb2.EXECUTION_ARCHIVED if is_archived else execution_pb2.EXECUTION_ACTIVE
    request = execution_pb2.ExecutionUpdateRequest(id=execution_id(scope.project, scope.domain, name), state=state)
    scope.calls.call(methods.UPDATE_EXECUTION, request)


def _again(scope: Scope, name: str, new_name: str | None, ask: Callable[[str], object]) -> str:
    if new_name:
        execution_options({"name": new_name})
        refuse_taken(scope, new_name)
    chosen = new_name or new_execution_name(environment.random_hex)
    with (
        confirmed(scope, chosen),
        is_own(scope, chosen, lambda found: found.spec.metadata.reference_execution.name == name),
    ):
        ask(chosen)
    return chosen
