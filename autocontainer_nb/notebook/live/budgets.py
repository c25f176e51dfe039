"""What displays may cost: bytes sent to the notebook, and calls to the control plane, for all of a shell's together."""

from typing import Final

from autocontainer_nb.remote import environment

BYTES_A_SECOND: Final = 1_500
BYTES_AT_ONCE: Final = 90_000  # with a minute's worth of the above 180 kB: fifty runs that start and end in it
_KEPT_FOR_PHASES: Final = 45_000  # lines that running tasks print don't use up what the end of others needs
ACTIVE_S: Final = 10.0  # after a launch, or while a cell waits, somebody looks
_FEW: Final = 3
_GAP_OF_FEW_S: Final = 0.05
_GAP_S: Final = 0.5
_GAP_AT_REST_S: Final = 2.0


class ByteBudget:
    """What may be sent now: so much at once, and from then on so much a second."""

    def __init__(self) -> None:
        self._left = float(BYTES_AT_ONCE)
        self._at_s = environment.monotonic_s()

    def spend(self, size_bytes: int, *, is_new_phase: bool) -> bool:
        """Whether so much may be sent now, which counts it; what is larger than all of the budget may when it is full.

        A new phase may use all that is left; else there must be more than is kept for those.
        """
        now_s = environment.monotonic_s()
        self._left = min(BYTES_AT_ONCE, self._left + (now_s - self._at_s) * BYTES_A_SECOND)
        self._at_s = now_s
        if self._left - min(size_bytes, _KEPT_FOR_PHASES) < (0 if is_new_phase else _KEPT_FOR_PHASES):
            return False
        self._left -= size_bytes
        return True


class Turns:
    """When a look may make its next call, so that with the watcher's calls it is one a second at rest, else five.

    Requests for logs have the same turns.
    """

    def __init__(self) -> None:
        self._next_s = 0.0
        self._active_s = environment.monotonic_s()

    def somebody_looks(self) -> None:
        """Note a launch, or that a cell waits."""
        self._active_s = environment.monotonic_s()

    @property
    def is_active(self) -> bool:
        """Whether a cell waits, or has launched something in the last seconds."""
        return environment.monotonic_s() - self._active_s < ACTIVE_S

    def pause_s(self, running: int) -> float:
        """Return the seconds until the next call may be made, of displays so many of which run; 0 counts it as made."""
        now_s = environment.monotonic_s()
        active_gap_s = _GAP_OF_FEW_S if running <= _FEW else _GAP_S
        gap_s = active_gap_s if self.is_active else _GAP_AT_REST_S
        if now_s < self._next_s:
            return min(self._next_s - now_s, gap_s)
        self._next_s = now_s + gap_s
        return 0.0
