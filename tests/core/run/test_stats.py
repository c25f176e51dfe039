"""Measurements go to a StatsD server, and cost a task nothing where there is none."""

import socket

import pytest

from autocontainer_nb.core.run.stats import Stats


def test_a_host_that_is_not_found_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver may take seconds, each time."""
    asked = []

    def refuse(host: str, *_: object, **__: object) -> None:
        asked.append(host)
        raise socket.gaierror("not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    stats = Stats("statsd.nowhere", 8125, "prefix", tags=False)
    for _ in range(3):
        stats.incr("count")
    assert asked == ["statsd.nowhere"]


def test_a_host_that_is_found_gets_all() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(30)
        stats = Stats("127.0.0.1", server.getsockname()[1], "prefix", tags=False)
        for number in range(2):
            stats.gauge("level", number)
            assert server.recv(1000).decode() == f"prefix.level:{number}|g"
        stats._socket.close()  # type: ignore[union-attr]  # it has sent
