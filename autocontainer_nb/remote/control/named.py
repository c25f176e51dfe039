"""Names of executions. One that a person chose may be taken, and a lost answer mustn't look like that.

flyteadmin stores the inputs of an execution before it looks whether its name is taken, so a refused one leaves the
older execution with other inputs (seen on Flyte v1.16.8): the name is looked up first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from flyteidl.admin import execution_pb2

from autocontainer_nb.errors import AlreadyExistsError, NotFoundError
from autocontainer_nb.idl.identifiers import execution_id
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope

_NAME_DIGITS: Final = 19


def new_execution_name(random_hex: Callable[[int], str]) -> str:
    """Return a name for an execution: a letter first, then letters and digits, 20 in all.

    Flyte wants `[a-z][a-z0-9-]*` of at most 63 (flyteadmin's execution_validator.go); 20 is what its own names have,
    since they become parts of Kubernetes names.
    """
    return "a" + random_hex(_NAME_DIGITS)


def refuse_taken(scope: Scope, name: str) -> None:
    """Return if there is no execution of this name.

    Raises:
        AlreadyExistsError: there is one; the message says how to get it, and what else to do.
    """
    found = _found(scope, name)
    if found is not None:
        raise _taken(scope, name)


@contextmanager
def is_own(scope: Scope, name: str, resembles: Callable[[execution_pb2.Execution], bool]) -> Iterator[None]:
    """Let pass that the execution exists, if it is the one that was asked for: only the answer got lost then.

    Raises:
        AlreadyExistsError: it is another one's, which has come in between; or the launch plan runs as often as it may.
    """
    try:
        yield
    except AlreadyExistsError as error:
        found = _found(scope, name)
        if found is None:
            raise error from None
        if not resembles(found):
            raise _taken(scope, name) from None


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
