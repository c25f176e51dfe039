"""The end of a sign-in in a browser: a page on this machine that gets the answer (RFC 8252, section 7.3)."""

import html
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from autocontainer_nb.remote import environment
from autocontainer_nb.remote.config.hidden import Hidden

_LOOK_S: Final = 0.2  # between looks for an interrupt
_PAGE: Final = "<!doctype html><meta charset=utf-8><title>Sign-in</title><p style='font: 1.1em sans-serif'>{text}"
Answer = Mapping[str, str]


def answer_in(query: str) -> Answer:
    """Return the parameters of a redirect (RFC 6749, 4.1.2)."""
    return {name: Hidden(text) if name == "code" else text for name, text in parse_qsl(query)}


class Listening:
    """An open loopback address. `port` is the real one."""

    def __init__(self, port: int, answers: "Queue[Answer]") -> None:
        self.port = port
        self._answers = answers

    def wait(self, limit_s: float) -> Answer | None:
        """Return what the browser has brought; None if it came with nothing in time."""
        deadline_s = environment.monotonic_s() + limit_s
        while environment.monotonic_s() < deadline_s:
            with suppress(Empty):
                return self._answers.get(timeout=_LOOK_S)
        return None


@contextmanager
def listening(redirect_uri: str, is_ours: Callable[[Answer], bool]) -> Iterator[Listening]:
    """Listen where the redirect leads, at a free port if it names none. Answers that aren't ours are turned away.

    Raises:
        OSError: somebody else listens there.
    """
    parts = urlsplit(redirect_uri)
    answers: Queue[Answer] = Queue()
    servers = _servers(parts.hostname or "127.0.0.1", parts.port or 0, _handler(parts.path or "/", is_ours, answers))
    threads = [Thread(target=each.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True) for each in servers]
    for thread in threads:
        thread.start()
    try:
        yield Listening(servers[0].server_address[1], answers)
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False  # nobody shares the address that a code is sent to


class _Server6(_Server):
    address_family = socket.AF_INET6


def _servers(host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> list[_Server]:
    """`localhost` is both addresses, and a browser tries either first; IPv6 may be off."""
    if host == "::1":
        return [_Server6(("::1", port), handler)]
    servers: list[_Server] = [_Server(("127.0.0.1", port), handler)]
    if host == "localhost":
        try:
            servers.append(_Server6(("::1", servers[0].server_address[1]), handler))
        except OSError:
            return servers
    return servers


def _handler(path: str, is_ours: Callable[[Answer], bool], answers: "Queue[Answer]") -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # browsers open connections that they don't use

        def do_GET(self) -> None:
            """Take the answer, once it has the right state."""
            parts = urlsplit(self.path)
            answer = answer_in(parts.query)
            if parts.path != path:
                self._send(404, "There is nothing here.")
            elif not is_ours(answer):
                self._send(400, "This isn't the answer to a sign-in that is under way. Start it again in the notebook.")
            elif "code" in answer:
                self._send(200, "That was all here. Go on in the notebook; this page can be closed.")
                answers.put(answer)
            else:
                self._send(200, f"Not signed in: {answer.get('error', 'no code')}. See the notebook.")
                answers.put(answer)

        def _send(self, status: int, text: str) -> None:
            body = _PAGE.format(text=html.escape(text)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing: the request line has the code."""

    return Handler
