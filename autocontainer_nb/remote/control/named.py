"""Names of executions. One that a person chose may be taken, and a lost answer mustn't look like that.

flyteadmin stores the inputs of an execution before it looks whether its name is taken, so a refused one leaves the
older execution with other inputs (seen on Flyte v1.16.8): the name is looked up first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from flyteidl.admin import execution_pb2

from autocontainer_nb.errors import AlreadyExistsError, NotFoundError, RemoteError
from autocontainer_nb.idl.identifiers import execution_id
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope

LOOK_S: Final = 5.0  # for the look after an interrupt: the person waits for the prompt
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
def is_own(
    scope: Scope, name: str, resembles: Callable[[execution_pb2.Execution], bool], *, only_if_lost: bool = False
) -> Iterator[None]:
    """Let pass that the execution exists, if it is the one that was asked for: only the answer got lost then.

    With `only_if_lost` not where an answer came at the first attempt: what has the name then may have other inputs.

    Raises:
        AlreadyExistsError: it is another one's, which has come in between; or the launch plan runs as often as it may.
    """
    try:
        yield
    except AlreadyExistsError as error:
        found = _found(scope, name)
        if found is None:
            raise error from None
        if not resembles(found) or (only_if_lost and not error.may_have_worked):
            raise _taken(scope, name) from None


@contextmanager
def confirmed(scope: Scope, name: str) -> Iterator[None]:
    """Let pass that no answer came, if the execution of this name is there all the same.

    Raises:
        RemoteError: there is none, or nobody knows; the message says which, and has the name.
        KeyboardInterrupt: the message says whether there is one, and how to get it.
    """
    try:
        yield
    except RemoteError as error:
        if not error.may_have_worked:
            raise
        is_there = exists(scope, name)
        if not is_there:
            raise with_name(error, name, is_there) from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt(after_interrupt(name, exists(scope, name, timeout_s=LOOK_S, patience_s=0.0))) from None


def exists(scope: Scope, name: str, *, timeout_s: float | None = None, patience_s: float | None = None) -> bool | None:
    """Return whether there is an execution of this name, None where the control plane doesn't say."""
    request = methods.GET_EXECUTION.request(id=execution_id(scope.project, scope.domain, name))
    try:
        scope.calls.call(methods.GET_EXECUTION, request, timeout_s=timeout_s, patience_s=patience_s)
    except NotFoundError:
        return False
    except RemoteError:
        return None
    return True


def with_name(error: RemoteError, name: str, is_there: bool | None) -> RemoteError:
    """Return the error of a creation, with what is known of the execution."""
    known = (
        f"There is no execution {name!r} now: launch again."
        if is_there is False
        else f"Nobody knows whether execution {name!r} was created: see whether FlyteRemote(...).execution({name!r}) "
        "finds it before you launch again."
    )
    text = str(error)
    told = type(error)(
        f"{text}{'' if text.endswith(('.', '!', '?')) else '.'} {known}",
        endpoint=error.endpoint,
        method=error.method,
        status=error.status,
        details=error.details,
    )
    told.retryable, told.may_have_worked = error.retryable, is_there is None
    return told


def after_interrupt(name: str, is_there: bool | None) -> str:
    """Return what an interrupt of a creation says."""
    get = f"FlyteRemote(...).execution({name!r})"
    if is_there:
        return f"Execution {name} has been created and keeps running: {get} returns it, and {get}.terminate() stops it."
    if is_there is None:
        return f"Nobody knows whether execution {name} was created: see whether {get} finds it."
    return f"There is no execution {name} now; should it arrive late, {get} returns it."


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
