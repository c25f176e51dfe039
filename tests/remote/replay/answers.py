"""A control plane without a network, below the seam `remote/control_plane.py`: answers by the procedure's name."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from autocontainer_nb.remote.config.endpoint import Endpoint, parse_address
from autocontainer_nb.remote.rpc.methods import Rpc
from autocontainer_nb.remote.rpc.refusals import refused


@dataclass
class Refuse:
    """An answer that is a status."""

    status: str
    details: str = ""


@dataclass
class AnsweringControlPlane:
    """Gives what `answers` holds: a message, a `Refuse`, or a function of the request that returns one of them."""

    answers: Mapping[str, Any]
    endpoint: Endpoint = field(default_factory=lambda: Endpoint(address=parse_address("answers.test:443")))
    requests: list[tuple[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = Lock()

    @property
    def counts(self) -> Counter[str]:
        """How often each procedure was called."""
        return Counter(name for name, _ in self.requests)

    def call(
        self,
        rpc: Rpc[Any, Any],
        request: Any,
        *,
        timeout_s: float | None = None,
        patience_s: float | None = None,
        may_restart: bool = True,
    ) -> Any:
        """Return the answer, a copy that belongs to the caller; what goes in and out passes through bytes."""
        sent = rpc.request.FromString(request.SerializeToString())
        with self._lock:
            self.requests.append((rpc.name, sent))
        answer = self.answers.get(rpc.name, Refuse("UNIMPLEMENTED", f"unknown method {rpc.name}"))
        answer = answer(sent) if callable(answer) else answer
        if hasattr(answer, "status"):
            raise refused(answer.status, answer.details, endpoint=self.endpoint.address.text, method=rpc.name)
        return rpc.answer.FromString(answer.SerializeToString())

    def close(self) -> None:
        """Do nothing: there is no connection."""
