"""What proxies between client and server say by HTTP/2 alone: repeated where it passes, told where it doesn't."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flyteidl.admin import version_pb2

from autocontainer_nb.errors import RemoteError, ResourceExhaustedError
from autocontainer_nb.remote.config.endpoint import Endpoint, parse_address
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.rpc.calls import Calls

DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4
HTML = b"<html><body>502 Bad Gateway</body></html>"


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Return a frame as RFC 9113 has it."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def headers(fields: list[tuple[bytes, str]]) -> bytes:
    """Return a header block without compression: each field by what names it (RFC 7541), and its text."""
    return b"".join(name + bytes([len(text)]) + text.encode() for name, text in fields)


STATUS, CONTENT_TYPE = b"\x08", b"\x0f\x10"  # by their numbers in HPACK's static table


def named(name: str) -> bytes:
    return b"\x00" + bytes([len(name)]) + name.encode()


class Proxy:
    """Answers each call in turn: an HTTP status with a page, a reset by its code, GOAWAY; None is a right answer."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers
        self.calls = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.endpoint = Endpoint(address=parse_address(f"127.0.0.1:{self._listening.getsockname()[1]}"), insecure=True)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for each in (self._listening, *self._open):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client.makefile("rb") as reading:
                reading.read(24)  # the preface
                client.sendall(frame(SETTINGS, 0, 0, b""))
                while head := reading.read(9):
                    reading.read(int.from_bytes(head[:3], "big"))
                    if head[3] == SETTINGS and not head[4] & ACK:
                        client.sendall(frame(SETTINGS, ACK, 0, b""))
                    if head[3] == HEADERS:
                        client.sendall(self._answer(int.from_bytes(head[5:9], "big")))
        except (OSError, ValueError):
            return

    def _answer(self, stream: int) -> bytes:
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            message = version_pb2.GetVersionResponse(control_plane_version={"Version": "v1"}).SerializeToString()
            body = b"\x00" + len(message).to_bytes(4, "big") + message
            first = headers([(STATUS, "200"), (CONTENT_TYPE, "application/grpc")])
            last = headers([(named("grpc-status"), "0")])
            return (
                frame(HEADERS, END_HEADERS, stream, first)
                + frame(DATA, 0, stream, body)
                + frame(HEADERS, END_HEADERS | END_STREAM, stream, last)
            )
        if isinstance(answer, bytes):
            return answer.replace(b"stream", stream.to_bytes(4, "big"))
        page = headers([(STATUS, str(answer)), (CONTENT_TYPE, "text/html")])
        return frame(HEADERS, END_HEADERS, stream, page) + frame(DATA, END_STREAM, stream, HTML)


def reset(code: int) -> bytes:
    return b"\x00\x00\x04" + bytes([RST_STREAM, 0]) + b"stream" + code.to_bytes(4, "big")


GONE_AWAY = frame(GOAWAY, 0, 0, bytes(4) + (0).to_bytes(4, "big"))


@pytest.fixture
def asked() -> Iterator[Any]:
    """Asks for the version through a proxy; returns the proxy and the version."""
    made: list[Any] = []

    def ask(answers: list[Any], **options: Any) -> tuple[Proxy, str]:
        proxy = Proxy(answers)
        calls = Calls(proxy.endpoint)
        made.extend([calls, proxy])
        found = calls.call(methods.GET_VERSION, version_pb2.GetVersionRequest(), **options)
        return proxy, found.control_plane_version.Version

    yield ask
    for each in made:
        each.close()


@pytest.mark.parametrize(
    "said",
    [200, 408, 429, 500, 502, 503, 504, reset(1), reset(2), reset(7), reset(8), reset(11), GONE_AWAY],
    ids=[
        "html",
        "408",
        "429",
        "500",
        "502",
        "503",
        "504",
        "protocol",
        "internal",
        "refused",
        "cancel",
        "calm",
        "goaway",
    ],
)
def test_what_passes_is_asked_again(asked: Any, said: Any) -> None:
    """A page instead of an answer, a reset stream, GOAWAY: the next attempt has the answer; nobody sees an error."""
    proxy, version = asked([said, None])
    assert version == "v1"
    assert proxy.calls == 2


@pytest.mark.parametrize("said", [301, 400, 401, 403, 404])
def test_a_proxys_verdict_is_told_at_once(asked: Any, said: int) -> None:
    """Asked again, it says the same."""
    with pytest.raises(RemoteError, match=f"status: {said}") as caught:
        asked([said])
    assert not caught.value.retryable


def test_what_is_too_large_for_a_proxy_is_told_with_what_to_do(asked: Any) -> None:
    """Nginx says 413 for what its client_max_body_size doesn't let through."""
    with pytest.raises(RemoteError, match=r"status: 413.*too large for it\. Pass large inputs as a DataFrame"):
        asked([413])


def test_a_server_that_stays_away_behind_its_proxy_is_told(asked: Any) -> None:
    """The address is right: nothing is said of ports."""
    with pytest.raises(RemoteError, match=r"status: 503\. A proxy answers there, and the control plane behind it is"):
        asked([503], patience_s=0.0)


def test_a_limit_that_stays_is_told_as_one(asked: Any) -> None:
    """After all patience the message says that it is a limit, not that a message is too large."""
    with pytest.raises(ResourceExhaustedError, match=r"too many calls, or a quota"):
        asked([reset(11)], patience_s=0.0)
