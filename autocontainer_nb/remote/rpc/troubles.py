"""What a failed call says of the next one: which failures pass by themselves, and how they are told apart.

By status and words. gRPC's doc/statuscodes.md has who makes which status, its doc/http-grpc-status-mapping.md what a
client makes of an answer that isn't gRPC's. The words are those of gRPC's core, of grpc-go (rpc_util.go,
http2_server.go) and of proxies that have gRPC behind them.
"""

import re
from enum import Enum
from typing import Final

_TOO_LARGE: Final = ("larger than max", "larger than configured", "exceeds hard limit", "too large")
_OF_PROXIES: Final = (
    "rst_stream", "goaway", "stream removed", "stream closed", "connection reset", "transport closed", "content-type",
    "http2 error", "upstream connect", "upstream request", "no healthy upstream", "bad gateway", "gateway time",
)  # fmt: skip
_HTTP_STATUS: Final = re.compile(r"http2 header with status: (\d{3})")  # gRPC's core, where a proxy answers by itself
_HTTP_TOO_LARGE, _HTTP_TOO_MANY, _HTTP_TIMEOUT, _HTTP_SERVER_ERROR = 413, 429, 408, 500
_FOR_GOOD: Final = ("CERTIFICATE_VERIFY_FAILED", "Hostname Verification", "WRONG_VERSION_NUMBER")
_GATEWAY: Final = ("status: 502", "status: 503", "status: 504", "upstream ", "bad gateway", "gateway time")


class Trouble(Enum):
    """A kind of failure."""

    VERDICT = "the server has decided"  # asked again, it says the same
    AWAY = "nobody answers"  # or a proxy in between, whose server restarts
    SLOW = "no answer came in time"
    BUSY = "too many calls"  # a limit per second or minute
    TOO_LARGE = "a message is too large"

    @property
    def passes(self) -> bool:
        """Whether the same call may have another answer later."""
        return self in {Trouble.AWAY, Trouble.SLOW, Trouble.BUSY}

    @property
    def is_open(self) -> bool:
        """Whether the server may have done what was asked, for all that is known."""
        return self in {Trouble.AWAY, Trouble.SLOW}


def trouble_of(status: str, details: str) -> Trouble:
    """Return the kind of failure that a status, by its name, and the words with it are."""
    found = _HTTP_STATUS.search(details)
    if found:
        return _trouble_of_http(int(found[1]))
    if status == "DEADLINE_EXCEEDED":
        return Trouble.SLOW
    if status == "RESOURCE_EXHAUSTED":
        return Trouble.TOO_LARGE if _has(details, _TOO_LARGE) else Trouble.BUSY
    # This client cancels no calls: a server that is stopped does, to those under way.
    if status in {"UNAVAILABLE", "ABORTED", "CANCELLED"}:
        return Trouble.AWAY
    if status in {"INTERNAL", "UNKNOWN"} and _has(details, _OF_PROXIES):
        return Trouble.AWAY
    return Trouble.VERDICT


def _trouble_of_http(status: int) -> Trouble:
    """Return the kind of failure of an answer that a proxy has given without the server."""
    if status == _HTTP_TOO_LARGE:
        return Trouble.TOO_LARGE
    if status == _HTTP_TOO_MANY:
        return Trouble.BUSY
    return Trouble.AWAY if status >= _HTTP_SERVER_ERROR or status == _HTTP_TIMEOUT else Trouble.VERDICT


def is_answer(status: str, details: str) -> bool:
    """Whether a control plane has said this itself, so that its address is right."""
    if trouble_of(status, details) in {Trouble.AWAY, Trouble.SLOW}:
        return False
    is_http = _HTTP_STATUS.search(details) is not None
    return not is_http and status not in {"UNKNOWN", "INTERNAL", "UNIMPLEMENTED", "CANCELLED"}  # as web servers' are


def is_for_good(details: str) -> bool:
    """Whether the words of UNAVAILABLE say that another attempt can't connect either: a certificate is refused."""
    return any(words in details for words in _FOR_GOOD)


def is_of_a_gateway(details: str) -> bool:
    """Whether a proxy has answered that knows its server, which is away: the address is right."""
    return _has(details, _GATEWAY)


def _has(details: str, marks: tuple[str, ...]) -> bool:
    text = details.lower()
    return any(mark in text for mark in marks)
