"""What is known of one execution, shared by all that look at it: its handle, waits in several threads, its display."""

from contextlib import suppress
from typing import TYPE_CHECKING

from flyteidl.admin import execution_pb2

from autocontainer_nb.idl.phases import is_terminal
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

# What a list gives of an error is cut to this many bytes (flyteadmin's transformers/execution.go, TrimErrorMessage),
# less what a character that was cut through had of them.
_CUT_ERROR_BYTES = 97


class Watched:
    """The last message about an execution, or why there was none. Threads share it; each field is replaced whole."""

    def __init__(self, scope: Scope, name: str) -> None:
        self.scope = scope
        self.name = name
        self.message = execution_pb2.Execution()
        self.is_whole = True  # else its error may be cut: it came from a list
        self.failure: Exception | None = None  # of the last question
        self.lost_since_s: float | None = None  # the first failure in a row
        self.waited_since_s: float | None = None  # by the clock of the environment
        self.listeners: list[Callable[[], object]] = []  # called after each answer and failure, in its thread
        self.answers = 0  # and failures: what has changed this has changed

    @property
    def is_done(self) -> bool:
        """Whether the execution has ended, as far as it is known."""
        return is_terminal(self.message.closure.phase)

    def take(self, message: execution_pb2.Execution, *, from_list: bool = False) -> None:
        """Keep what the control plane has answered. What has ended stays so, whatever arrives late."""
        if not (self.is_done and (from_list or not is_terminal(message.closure.phase))):
            cut = from_list and len(message.closure.error.message.encode()) >= _CUT_ERROR_BYTES
            self.message, self.is_whole = message, not cut
        self.failure, self.lost_since_s = None, None
        self._tell()

    def fail(self, error: Exception) -> None:
        """Keep why there was no answer."""
        if self.lost_since_s is None:
            self.lost_since_s = environment.monotonic_s()
        self.failure = error
        self._tell()

    def _tell(self) -> None:
        self.answers += 1
        for listener in tuple(self.listeners):
            with suppress(Exception):  # an event loop that is closed, say: nobody is there to be told
                listener()
