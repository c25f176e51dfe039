"""How often a control plane is asked: the seconds between two calls, whatever number of executions they are for.

A wait is prompt for what is young, since a short task should be back at once, and at most a tenth of its own age late
afterwards. Where nobody waits, half a call a second after the first ten seconds leaves as much for looks at nodes.
"""

from typing import Final

from autocontainer_nb.errors import RemoteError

_SHORTEST_WAIT_S: Final = 0.01
_LONGEST_FIRST_WAIT_S: Final = 0.4  # with many: at most 2.5 calls a second
_SHORTEST_REST_S: Final = 0.5
_SHORTEST_OLD_REST_S: Final = 2.0
_LONGEST_REST_S: Final = 10.0
_MOST_FOR_NUMBER: Final = 2.0
_MAY_PASS: Final = frozenset({"INTERNAL", "UNKNOWN", "ABORTED", "RESOURCE_EXHAUSTED"})


def waiting_pause_s(age_s: float, number: int) -> float:
    """Return the pause while somebody waits for `number` executions, the youngest wait `age_s` old."""
    floor_s = min(_LONGEST_FIRST_WAIT_S, _SHORTEST_WAIT_S * number)
    return max(floor_s, min(1.0, age_s / 10), min(5.0, age_s / 60))


def resting_pause_s(age_s: float, number: int, pages: int = 1) -> float:
    """Return the pause where nobody waits: it grows with the age of the youngest, and with the number.

    Where they are asked for in several `pages`, each of them has its turn a little later, and no call is less than two
    seconds after the last one.
    """
    by_age_s = min(_LONGEST_REST_S, max(_SHORTEST_REST_S, age_s / 5))
    return max(min(by_age_s, _SHORTEST_OLD_REST_S), by_age_s * min(_MOST_FOR_NUMBER, 1 + number / 100) / pages)


def pause_after_failures_s(failures: int, *, waits: bool) -> float:
    """Return the shortest pause after so many calls in a row that had no answer: it doubles, up to 3 s or a minute."""
    return min(3.0 if waits else 60.0, 0.25 * 2.0 ** min(failures, 16))


def may_pass(error: Exception) -> bool:
    """Whether the same question may have an answer later. A question can always be repeated, unlike other calls.

    INTERNAL and UNKNOWN are what proxies say that reset a stream, RESOURCE_EXHAUSTED what a limit of calls a second is.
    """
    return isinstance(error, RemoteError) and (error.retryable or error.status in _MAY_PASS)
