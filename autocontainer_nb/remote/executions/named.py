"""Executions with a name that a person chose: it may be taken, and a lost answer mustn't look like that.

flyteadmin stores the inputs of an execution before it looks whether its name is taken, so a refused one leaves the
older execution with other inputs (seen on Flyte v1.16.8): the name is looked up first.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flyteidl.admin import execution_pb2

from autocontainer_nb.errors import AlreadyExistsError, NotFoundError
from autocontainer_nb.idl.identifiers import execution_id
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope


def refuse_taken(scope: Scope, name: str) -> None:
    """Return if there is no execution of this name.

    Raises:
        AlreadyExistsError: there is one; the message says how to get it, and what else to do.
    """
    found = _found(scope, name)
    if found is not None:
        raise _taken(scope, name)


@contextmanager
def is_own(scope: Scope, request: execution_pb2.ExecutionCreateRequest) -> Iterator[None]:
    """Let pass that the execution exists, if it is the one of the request: only the answer got lost then.

    Raises:
        AlreadyExistsError: it is another one's, which has come in between; or the launch plan runs as often as it may.
    """
    try:
        yield
    except AlreadyExistsError as error:
        found = _found(scope, request.name)
        if found is None:
            raise error from None
        if found.spec.launch_plan != request.spec.launch_plan:
            raise _taken(scope, request.name) from None


def _found(scope: Scope, name: str) -> execution_pb2.Execution | None:
    identifier = execution_id(scope.project, scope.domain, name)
    try:
        return scope.calls.call(methods.GET_EXECUTION, methods.GET_EXECUTION.request(id=identifier))
    except NotFoundError:
        return None


def _taken(scope: Scope, name: str) -> AlreadyExistsError:
    return AlreadyExistsError(
        f"An execution named {name!r} exists already in {scope.project}/{scope.domain} at {scope.where()}, and each "
        f"name is given once. FlyteRemote().execution({name!r}) returns it; leave out `name` for a name that is new.",
        endpoint=scope.where(),
        method="CreateExecution",
        status="ALREADY_EXISTS",
    )
