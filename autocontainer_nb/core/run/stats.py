"""Counters, gauges and timers for a StatsD server, by UDP; without one configured, they do nothing.

The text format is StatsD's own (github.com/statsd/statsd, docs/metric_types.md), tags are Datadog's.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from autocontainer_nb.core.environment import clocks_s

_DEFAULT_PORT: Final = 8125
_TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "on"})


@dataclass
class Stats:
    """Sends measurements; losing one is never an error. Without a `host` it sends nothing."""

    host: str | None = None
    port: int = _DEFAULT_PORT
    prefix: str = "flytekit"
    tags: bool = True
    _socket: socket.socket | None = field(default=None, repr=False)

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> "Stats":
        """Return statistics as FLYTE_STATSD_HOST, _PORT, _DISABLED and _DISABLE_TAGS configure them."""
        disabled = variables.get("FLYTE_STATSD_DISABLED", "").lower() in _TRUE
        port = variables.get("FLYTE_STATSD_PORT", "")
        return cls(
            host=None if disabled else variables.get("FLYTE_STATSD_HOST") or None,
            port=int(port) if port.isdigit() else _DEFAULT_PORT,
            tags=variables.get("FLYTE_STATSD_DISABLE_TAGS", "").lower() not in _TRUE,
        )

    def incr(self, metric: str, count: float = 1, tags: Mapping[str, str] | None = None) -> None:
        """Add to a counter."""
        self._send(metric, f"{count}|c", tags)

    def decr(self, metric: str, count: float = 1, tags: Mapping[str, str] | None = None) -> None:
        """Subtract from a counter."""
        self.incr(metric, -count, tags)

    def gauge(self, metric: str, value: float, tags: Mapping[str, str] | None = None) -> None:
        """Set a gauge."""
        self._send(metric, f"{value}|g", tags)

    def timing(self, metric: str, delta_ms: float, tags: Mapping[str, str] | None = None) -> None:
        """Record a duration."""
        self._send(metric, f"{delta_ms:.3f}|ms", tags)

    @contextmanager
    def timer(self, metric: str, tags: Mapping[str, str] | None = None) -> Iterator[None]:
        """Record how long the block takes."""
        start_s = clocks_s()[0]
        try:
            yield
        finally:
            self.timing(metric, (clocks_s()[0] - start_s) * 1000, tags)

    def get_stats(self, prefix: str) -> "Stats":
        """Return a copy whose metrics have a longer prefix."""
        return Stats(self.host, self.port, f"{self.prefix}.{prefix}", self.tags)

    def _send(self, metric: str, value: str, tags: Mapping[str, str] | None) -> None:
        if self.host is None:
            return
        labels = ",".join(f"{name}:{text}" for name, text in (tags or {}).items()) if self.tags else ""
        text = f"{self.prefix}.{metric}:{value}" + (f"|#{labels}" if labels else "")
        with suppress(OSError):  # a measurement isn't worth a failed task
            if self._socket is None:
                host, self.host = self.host, None  # unless it is found: a name that isn't is asked for only once
                family, kind, _, _, _ = socket.getaddrinfo(host, self.port, type=socket.SOCK_DGRAM)[0]
                self._socket, self.host = socket.socket(family, kind), host
            self._socket.sendto(text.encode(), (self.host, self.port))
