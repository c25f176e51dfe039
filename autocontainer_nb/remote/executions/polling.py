"""How often a wait asks for an execution, and how long it bears a control plane that doesn't answer."""

from collections.abc import Iterator
from typing import Final

from autocontainer_nb.errors import RemoteError
from autocontainer_nb.remote import environment

FIRST_DELAY_S: Final = 0.01
LAST_DELAY_S: Final = 1.0
GROWTH: Final = 1.1  # so that a wait ends at most a tenth of the execution's own time too late
UNREACHABLE_TOLERANCE_S: Final = 60.0  # a restart of the control plane or a lost network must not end a wait


def poll_delays() -> Iterator[float]:
    """Yield the pauses between two requests, without end."""
    delay_s = FIRST_DELAY_S
    while True:
        yield delay_s
        delay_s = min(delay_s * GROWTH, LAST_DELAY_S)


class Patience:
    """How long a control plane may be unreachable before a wait gives up; each answer resets the clock."""

    def __init__(self, tolerance_s: float = UNREACHABLE_TOLERANCE_S) -> None:
        self.tolerance_s = tolerance_s
        self._since_s: float | None = None

    def answered(self) -> None:
        """Note an answer."""
        self._since_s = None

    def bears(self, error: RemoteError) -> bool:
        """Whether to keep asking after this error."""
        if not error.retryable:
            return False
        now_s = environment.monotonic_s()
        self._since_s = now_s if self._since_s is None else self._since_s
        return now_s - self._since_s < self.tolerance_s

    @property
    def lost_for_s(self) -> float:
        """The seconds since the first failure in a row; 0 while answers come."""
        return 0.0 if self._since_s is None else environment.monotonic_s() - self._since_s
