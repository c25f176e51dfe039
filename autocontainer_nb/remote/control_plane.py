"""The one seam between this client and a server: requests and answers are flyteidl v1 messages.

Everything in `remote` that asks a server asks a `ControlPlane`, by `scope.calls`. Nothing above knows gRPC, channels or
statuses: what fails is a `RemoteError`, with the status by its name. Below it is gRPC today (`rpc/calls.py`). A server
that speaks another protocol, and has the same literals, task templates and contract with containers, is another
implementation, to be chosen in `control_plane_at` by the endpoint.

A fake for tests implements the same three things and needs no network: `FlyteRemote(control_plane=fake)` and
`Scope(settings, fake)` take it. One that replays recorded calls looks up `rpc.name` and the request among them, parses
the recorded answer into `rpc.answer`, and raises `refused(code, words, ...)` (`rpc/refusals.py`) where the recorded
code isn't OK, so that classes, words and next steps are those that gRPC's would be. `tests/remote/replay/answers.py`
is a short one to start with.
"""

from typing import Protocol

from autocontainer_nb.remote import environment
from autocontainer_nb.remote.config.endpoint import Endpoint
from autocontainer_nb.remote.rpc.methods import Answer, Request, Rpc


class ControlPlane(Protocol):
    """A server that launches and registers; shared by threads. Nothing is sent before the first call."""

    @property
    def endpoint(self) -> Endpoint:
        """Its name and address, for messages and decisions; that of a sandbox may change."""

    def call(
        self,
        rpc: Rpc[Request, Answer],
        request: Request,
        *,
        timeout_s: float | None = None,
        patience_s: float | None = None,
        may_restart: bool = True,
    ) -> Answer:
        """Return the server's answer.

        `timeout_s` is how long the server may take for it, `patience_s` how long it is asked again where that may help,
        as it does while the server restarts; by default both are the procedure's own (`rpc/methods.py`). A sandbox that
        is gone is started again, unless `may_restart` is False.

        Raises:
            RemoteError: the subclass of the status; `status` and `details` are the server's.
        """

    def close(self) -> None:
        """Let go of connections; the next call opens others."""


def load() -> None:
    """Import what a control plane is called with.

    Raises:
        ModuleNotFoundError: it isn't installed, as in an image that is made for tasks only.
    """
    from autocontainer_nb.remote.rpc import calls

    del calls


def control_plane_at(endpoint: Endpoint) -> ControlPlane:
    """Return what talks to the server at the endpoint. All of them speak Flyte's gRPC so far."""
    # What gRPC's core writes to stderr about each attempt is said once by our errors, with a next step.
    with environment.default("GRPC_VERBOSITY", "ERROR"):
        from autocontainer_nb.remote.rpc.calls import Calls

    return Calls(endpoint)
