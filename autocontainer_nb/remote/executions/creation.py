"""The creation of an execution, so that none is lost and none is there twice, whatever happens to the answer.

The client chooses the name, and an attempt to create it once more has the same one: a control plane never has two
executions of a name. So what is left is to know whether there is one. Where no answer says so - the line was cut, the
server restarted for too long, a person interrupted the cell - it is looked up by its name.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from autocontainer_nb.errors import NotFoundError, RemoteError
from autocontainer_nb.idl.identifiers import execution_id
from autocontainer_nb.remote import observers
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope

LOOK_S: Final = 5.0  # for the look after an interrupt: the person waits for the prompt
_log = logging.getLogger("autocontainer_nb")


def create_execution(
    scope: Scope, name: str, create: Callable[[], object], handle: Callable[[], Execution]
) -> Execution:
    """Return the execution of this name, which `create` makes and `handle` makes an object of; observers are told.

    Raises:
        RemoteError: there is none, or nobody knows; the message says which, and has the name.
        KeyboardInterrupt: the message says whether there is one, and how to get it; observers have been told of it.
    """
    is_there: bool | None = None
    is_told = False
    try:
        try:
            create()
        except RemoteError as error:
            if not error.may_have_worked:
                raise
            is_there = exists(scope, name)
            if not is_there:
                raise _with_name(error, name, is_there) from None
        is_there = True
        execution = handle()
        is_told = True
        observers.launched(execution)
    except Exception:
        if is_there:
            _log.exception("Execution %s has been created, but what is to be shown of it failed:", name)
            return Execution(scope, name)
        raise
    except BaseException as interrupt:
        if is_there is None:
            with suppress(KeyboardInterrupt):  # the name is told all the same
                is_there = exists(scope, name, timeout_s=LOOK_S, patience_s=0.0)
        if is_there and not is_told:
            observers.launched(Execution(scope, name))
        if isinstance(interrupt, KeyboardInterrupt):
            raise KeyboardInterrupt(_after_interrupt(name, is_there)) from None
        raise
    return execution


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


def _with_name(error: RemoteError, name: str, is_there: bool | None) -> RemoteError:
    """Return the error, with what is known of the execution."""
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


def _after_interrupt(name: str, is_there: bool | None) -> str:
    get = f"FlyteRemote(...).execution({name!r})"
    if is_there:
        return f"Execution {name} has been created and keeps running: {get} returns it, and {get}.terminate() stops it."
    if is_there is None:
        return f"Nobody knows whether execution {name} was created: see whether {get} finds it."
    return f"There is no execution {name} now; should it arrive late, {get} returns it."
