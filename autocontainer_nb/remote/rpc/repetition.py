"""Whether and when a failed call is made once more."""

from typing import Final

from autocontainer_nb.remote import environment
from autocontainer_nb.remote.rpc.troubles import Trouble, is_for_good, is_of_a_gateway, trouble_of

FIRST_CONTACT_S: Final = 5.0  # for a server that has never answered: its address may be wrong, which is told in 10 s
FIRST_PAUSE_S: Final = 0.2
LAST_PAUSE_S: Final = 3.0
BUSY_PAUSE_S: Final = 1.0
LAST_BUSY_PAUSE_S: Final = 8.0
LONGEST_LIMIT_S: Final = 60.0  # for an attempt, after others have had too little time
TOLD_AFTER_S: Final = FIRST_CONTACT_S  # in the log; of a server that has never answered, the error tells


class Repetition:
    """The attempts of one call. `is_open`: the server may have done what was asked by one that brought no answer."""

    def __init__(self, timeout_s: float, patience_s: float) -> None:
        self.timeout_s = timeout_s  # of the next attempt
        self.is_open = False
        self.failures = 0
        self._patience_s = patience_s
        self._began_s = environment.monotonic_s()

    @property
    def lasted_s(self) -> float:
        """The seconds since the first attempt began."""
        return environment.monotonic_s() - self._began_s

    def restart(self) -> None:
        """Begin anew: a person may have signed in meanwhile."""
        self._began_s = environment.monotonic_s()

    def pause_s(self, status: str, details: str, *, has_answered: bool) -> float | None:
        """Note a failed attempt, and return the pause before the next one; None where none would help.

        `has_answered`: the server is known to be there, since it has answered an earlier call.
        """
        trouble = trouble_of(status, details)
        self.is_open = self.is_open or trouble.is_open
        self.failures += 1
        if not trouble.passes or (is_for_good(details) and not has_answered):
            return None
        first, last = (BUSY_PAUSE_S, LAST_BUSY_PAUSE_S) if trouble is Trouble.BUSY else (FIRST_PAUSE_S, LAST_PAUSE_S)
        pause_s = min(first * 2.0 ** (self.failures - 1), last) * environment.jitter()
        is_there = has_answered or trouble is Trouble.BUSY or is_of_a_gateway(details)
        patience_s = self._patience_s if is_there else min(self._patience_s, FIRST_CONTACT_S)
        left_s = patience_s - self.lasted_s - pause_s
        if trouble is Trouble.SLOW:
            self.timeout_s = min(2 * self.timeout_s, max(LONGEST_LIMIT_S, self.timeout_s))
            self.timeout_s = self.timeout_s if is_there else min(self.timeout_s, left_s)
        return pause_s if left_s > 0 else None
