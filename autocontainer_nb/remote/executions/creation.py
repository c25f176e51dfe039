"""The creation of an execution, so that none is lost and none is there twice, whatever happens to the answer.

The client chooses the name, and an attempt to create it once more has the same one: a control plane never has two
executions of a name. So what is left is to know whether there is one. Where no answer says so - the line was cut, the
server restarted for too long, a person interrupted the cell - it is looked up by its name.
"""

import logging
from collections.abc import Callable
from contextlib import suppress

from autocontainer_nb.errors import RemoteError
from autocontainer_nb.remote import observers
from autocontainer_nb.remote.control.named import LOOK_S, after_interrupt, exists, with_name
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.scope import Scope

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
                raise with_name(error, name, is_there) from None
        is_there = True
        execution = handle()
        is_told = True
        observers.launched(execution)
    except Exception:  # a display's, say: the execution is there, and its handle must not get lost
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
            raise KeyboardInterrupt(after_interrupt(name, is_there)) from None
        raise
    return execution
