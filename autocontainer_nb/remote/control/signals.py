"""Gates of an execution: which wait, for what, and their answers.

A gate's signal exists from the moment its node runs, and not before; a second answer replaces the first until the node
looks (seen on Flyte v1.16.8, `signal_manager.go`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from flyteidl.admin import signal_pb2

from autocontainer_nb.errors import ConversionError, InputError
from autocontainer_nb.idl.identifiers import execution_id
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.storage.scratch import new_local_folder
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import show_type

_PAGE: Final = 100


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A gate that was reached: its name, the type that it waits for, and whether it has its answer."""

    name: str
    python_type: Any
    is_answered: bool = False

    @property
    def call(self) -> str:
        """The call of an execution that answers it: `.approve('ok') or .reject('ok')`."""
        if self.python_type is bool:
            return f".approve({self.name!r}) or .reject({self.name!r})"
        return f".set_input({self.name!r}, ...)"

    @property
    def wants(self) -> str:
        """What it waits for, in words."""
        return "approval" if self.python_type is bool else f"an input of type {show_type(self.python_type)}"

    def __str__(self) -> str:
        """Tell what it waits for, and the call that answers it."""
        return f"gate {self.name!r} waits for {self.wants}: {self.call}"


def gates(scope: Scope, execution: str) -> list[Gate]:
    """Return the gates that were reached, also those with an answer."""
    return [
        Gate(
            name=signal.id.signal_id,
            python_type=_type_of(signal),
            is_answered=signal.value.WhichOneof("value") is not None,
        )
        for signal in _signals(scope, execution)
    ]


def answer(scope: Scope, execution: str, name: str | None, value: Any, *, is_decision: bool) -> None:
    """Give the gate its value; without a name, the one gate that waits. A decision is for gates that take a bool.

    Raises:
        InputError: no such gate waits; the message says which do. Or it waits for something else than a decision.
        ConversionError: the value isn't of the type that the gate waits for.
    """
    signal = _chosen(list(_signals(scope, execution)), execution, name)
    kind = _type_of(signal)
    if is_decision and kind is not bool:
        raise InputError(
            f"Gate {signal.id.signal_id!r} of execution {execution} waits for an input of type {show_type(kind)}: "
            f"write .set_input({signal.id.signal_id!r}, ...)."
        )
    files = scope.files(new_local_folder())
    path = f"{execution}(gate {signal.id.signal_id})"
    literal = type_engine.to_literal(value, kind, files=files, path=path)
    scope.calls.call(methods.SET_SIGNAL, signal_pb2.SignalSetRequest(id=signal.id, value=literal))


def _signals(scope: Scope, execution: str) -> Iterator[signal_pb2.Signal]:
    token = ""
    while True:
        request = signal_pb2.SignalListRequest(
            workflow_execution_id=execution_id(scope.project, scope.domain, execution), limit=_PAGE, token=token
        )
        page = scope.calls.call(methods.LIST_SIGNALS, request)
        yield from page.signals
        token = page.token
        if not token or not page.signals:
            return


def _chosen(signals: list[signal_pb2.Signal], execution: str, name: str | None) -> signal_pb2.Signal:
    for signal in signals:
        if signal.id.signal_id == name:
            return signal
    waiting = [signal for signal in signals if signal.value.WhichOneof("value") is None]
    if name is None and len(waiting) == 1:
        return waiting[0]
    known = ", ".join(repr(signal.id.signal_id) for signal in waiting)
    if name is None and known:
        raise InputError(f"Several gates of execution {execution} wait: {known}. Name the one that you mean.")
    what = f"no gate {name!r} that was reached" if name is not None else "no gate that waits"
    there = f"Waiting: {known}." if known else "None waits now: a gate can be answered once its node runs."
    raise InputError(f"Execution {execution} has {what}. {there}")


def _type_of(signal: signal_pb2.Signal) -> Any:
    try:
        return type_engine.guess_python_type(signal.type)
    except ConversionError:
        return Any
