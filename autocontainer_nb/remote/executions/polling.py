"""How long a wait bears a control plane that doesn't answer."""

from typing import Final

from autocontainer_nb.remote import environment
from autocontainer_nb.remote.watching.pace import may_pass

LAST_DELAY_S: Final = 1.0  # between two attempts, and between two updates of what a terminal shows of a wait
UNREACHABLE_TOLERANCE_S: Final = 60.0  # a restart of the control plane or a lost network must not end a wait


class Patience:
    """How long a control plane may be unreachable before a wait gives up; each answer resets the clock."""

    def __init__(self, tolerance_s: float = UNREACHABLE_TOLERANCE_S) -> None:
        self.tolerance_s = tolerance_s
        self._since_s: float | None = None

    def answered(self) -> None:
        """Note an answer."""
        self._since_s = None

    def bears(self, error: Exception) -> bool:
        """Whether to keep asking after this error."""
        if not may_pass(error):
            return False
        now_s = environment.monotonic_s()
        self._since_s = now_s if self._since_s is None else self._since_s
        return now_s - self._since_s < self.tolerance_s

    @property
    def lost_for_s(self) -> float:
        """The seconds since the first failure in a row; 0 while answers come."""
        return 0.0 if self._since_s is None else environment.monotonic_s() - self._since_s
