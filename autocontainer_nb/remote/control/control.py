"""`ExecutionControl`, the base of `Execution` with what is done to one, beyond waiting for it and looking at it."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from flyteidl.admin import execution_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.remote import observers
from autocontainer_nb.remote.control import again, metrics, signals
from autocontainer_nb.remote.control.async_forms import Async, AsyncForms
from autocontainer_nb.remote.scope import Scope

if TYPE_CHECKING:
    from typing_extensions import Self


class ExecutionControl(AsyncForms):
    """What is done to an execution. Each method makes the calls that it needs, and nothing is remembered here.

    All that may ask the control plane has an async form: `await execution.relaunch_async()`, `.phase_async()`, ...
    """

    _scope: Scope

    phase_async: "Async[str]"
    is_done_async: "Async[bool]"
    error_async: "Async[str | None]"
    outputs_async: "Async[dict[str, Any]]"
    inputs_async: "Async[Any]"
    nodes_async: "Async[Any]"
    node_executions_async: "Async[Any]"
    cached_async: "Async[bool]"
    attempt_async: "Async[int]"
    reason_async: "Async[str | None]"
    deck_async: "Async[str | None]"
    logs_async: "Async[str]"
    terminate_async: "Async[None]"
    launched_async: "Async[identifier_pb2.Identifier]"
    relaunch_async: "Async[Self]"
    recover_async: "Async[Self]"
    archive_async: "Async[None]"
    unarchive_async: "Async[None]"
    gates_async: "Async[list[signals.Gate]]"
    approve_async: "Async[None]"
    reject_async: "Async[None]"
    set_input_async: "Async[None]"
    metrics_async: "Async[metrics.Span]"

    @property
    @abstractmethod
    def id(self) -> str:
        """The execution's name."""

    @property
    @abstractmethod
    def phase(self) -> str:
        """The current phase."""

    @abstractmethod
    def known_message(self) -> execution_pb2.Execution:
        """Return what is known of it as Flyte's message, without a request; empty before the first answer."""

    @property
    def launched(self) -> identifier_pb2.Identifier:
        """What was started: Flyte's name and version of the task or launch plan."""
        if not self.known_message().spec.launch_plan.name:
            _ = self.phase
        return self.known_message().spec.launch_plan

    @abstractmethod
    def sibling(self, name: str) -> "Self":
        """Return another execution of the same entity, by its name."""

    def relaunch(self, name: str | None = None, *, overwrite_cache: bool = False) -> "Self":
        """Start what it ran once more, on the same inputs and with the same options; return the new execution.

        What runs is what was registered then, whatever has changed in the notebook. With `overwrite_cache`, cached
        tasks run again. `name` is the new execution's, by default a random one.

        Raises:
            InputError: Flyte takes no such name.
            AlreadyExistsError: there is an execution of that name.
        """
        return self._started(again.relaunch(self._scope, self.id, name, overwrite_cache=overwrite_cache))

    def recover(self, name: str | None = None) -> "Self":
        """Start it once more from where it failed, and return the new execution: what had succeeded isn't run again.

        Flyte recovers whatever has begun. Of one that still runs it starts a second.

        Raises:
            InputError: Flyte takes no such name.
            AlreadyExistsError: there is an execution of that name.
        """
        return self._started(again.recover(self._scope, self.id, name))

    def archive(self) -> None:
        """Keep it out of lists from now on; by its name it is found as before."""
        again.archive(self._scope, self.id, is_archived=True)

    def unarchive(self) -> None:
        """Show it in lists again."""
        again.archive(self._scope, self.id, is_archived=False)

    @property
    def gates(self) -> list[signals.Gate]:
        """The gates that were reached and wait for an answer; each shows the call that answers it."""
        return [gate for gate in signals.gates(self._scope, self.id) if not gate.is_answered]

    def approve(self, gate: str | None = None) -> None:
        """Let the workflow go on behind the gate; without a name, behind the one that waits.

        Raises:
            InputError: no such gate waits for a decision; the message says which do.
        """
        signals.answer(self._scope, self.id, gate, value=True, is_decision=True)

    def reject(self, gate: str | None = None) -> None:
        """Let the workflow fail at the gate; without a name, at the one that waits.

        Raises:
            InputError: no such gate waits for a decision; the message says which do.
        """
        signals.answer(self._scope, self.id, gate, value=False, is_decision=True)

    def set_input(self, gate: str, value: Any) -> None:
        """Give the gate the value that it waits for. Until its node looks, within half a minute, the last one counts.

        Raises:
            InputError: no such gate was reached; the message says which wait.
            ConversionError: the value isn't of the type that the gate waits for.
        """
        signals.answer(self._scope, self.id, gate, value, is_decision=False)

    def metrics(self, depth: int = metrics.DEPTH) -> metrics.Span:
        """Return where its time went, as the control plane measures it; printed, it is an indented text."""
        return metrics.execution_metrics(self._scope, self.id, depth)

    def _started(self, name: str) -> "Self":
        made = self.sibling(name)
        observers.launched(made)
        return made
