"""A line between a client and a server: TCP that takes time, and that fails at a call of one's choice.

Calls are told apart by HTTP/2's frames (RFC 9113, section 4.1), as gRPC sends them in plain text: each begins with a
HEADERS frame of the client, and the server's first frame for that stream begins the answer. The contents aren't read.
"""

import contextlib
import heapq
import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, RST_STREAM, GOAWAY = 0x1, 0x3, 0x7
END_STREAM = 0x1
INTERNAL_ERROR = 2
_BLOCK = 1 << 16


class Fault(Enum):
    """What happens to one call."""

    CUT_BEFORE = "the connection ends before the server hears of the call"
    CUT_AFTER = "the server has the call, and the connection ends instead of the answer"
    RESET_BEFORE = "a TCP reset before the server hears of it"
    RESET_AFTER = "a TCP reset instead of the answer"
    STREAM_RESET = "the server has it, and a proxy resets the stream"
    GONE_AWAY = "the server has it, and a proxy says GOAWAY and hangs up"
    DELAYED = "it arrives late"
    HELD_CALL = "it is held back for longer than anybody waits, and arrives then"
    HELD_ANSWER = "the server has it, and nothing comes back any more by this connection"


@dataclass
class Frames:
    """Splits a stream of bytes into HTTP/2 frames; what isn't HTTP/2 passes as one piece."""

    is_client: bool
    rest: bytes = b""
    began: bool = False
    is_http2: bool = True

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield type, stream and bytes of each whole frame; type -1 for what is none."""
        self.rest += data
        if not self.began and self.is_client:
            if len(self.rest) < len(PREFACE):
                return
            self.is_http2 = self.rest.startswith(PREFACE)
            if self.is_http2:
                yield -1, 0, self.rest[: len(PREFACE)]
                self.rest = self.rest[len(PREFACE) :]
        self.began = True
        while self.is_http2 and len(self.rest) >= 9:
            size = int.from_bytes(self.rest[:3], "big") + 9
            if len(self.rest) < size:
                return
            frame, self.rest = self.rest[:size], self.rest[size:]
            yield frame[3], int.from_bytes(frame[5:9], "big") & 0x7FFFFFFF, frame
        if not self.is_http2:
            yield -1, 0, self.rest
            self.rest = b""


@dataclass(eq=False)
class Connection:
    """One connection of a client, and the line's own to the server."""

    client: socket.socket
    server: socket.socket
    frames: tuple[Frames, Frames] = field(default_factory=lambda: (Frames(True), Frames(False)))
    answering: set[int] = field(default_factory=set)  # streams whose answer meets the fault
    is_dead: bool = False  # nothing comes back by it
    is_closed: bool = False
    depth: dict[int, int] = field(default_factory=dict)  # of each stream's call: round trips when it has its answer
    due_s: dict[socket.socket | None, float] = field(default_factory=dict)  # when the last bytes to each side are due


class Line:
    """Listens at a free port and passes everything on to `host:port`, `delay_s` late in each direction.

    `round_trips` counts those calls that were sent after the answer of the one before: what a slow line costs, however
    fast the rest is. Calls that are under way together count once.

    `fault_at(number, fault)` has the next call with this number, counted from 0 since then, meet the fault, once.
    """

    def __init__(self, host: str, port: int, *, delay_s: float = 0.0, late_s: float = 0.5, held_s: float = 3.0) -> None:
        self.calls = 0
        self.faults = 0  # that calls have met
        self.round_trips = 0  # since it was set to 0
        self.delay_s, self._late_s, self._held_s = delay_s, late_s, held_s
        self._to = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._fault: tuple[int, Fault] | None = None
        self._connections: set[Connection] = set()
        self._due: list[tuple[float, int, Connection, socket.socket | None, bytes]] = []  # to None: the end
        self._number = 0
        self._lock = threading.Condition()
        self._ended = False
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._accept, self._deliver)]

    def __enter__(self) -> "Line":  # noqa: PYI034 - typing.Self is new in 3.11
        """Begin to listen."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Hang up."""
        with self._lock:
            self._ended = True
            self._lock.notify_all()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in tuple(self._connections):
            self._end(connection)

    def fault_at(self, number: int, fault: Fault) -> None:
        """Let the call after `number` others meet the fault."""
        with self._lock:
            self.calls = 0
            self._fault = (number, fault)

    def no_fault(self) -> None:
        """Forget a fault that no call has met."""
        with self._lock:
            self._fault = None

    def _accept(self) -> None:
        while not self._ended:
            try:
                client, _ = self._listening.accept()
            except OSError:
                continue
            try:
                server = socket.create_connection(self._to, 5)
            except OSError:
                client.close()
                continue
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                each.settimeout(None)
            connection = Connection(client, server)
            self._connections.add(connection)
            threading.Thread(target=self._pump, args=(connection,), daemon=True).start()

    def _pump(self, connection: Connection) -> None:
        watched = selectors.DefaultSelector()
        with watched:
            watched.register(connection.client, selectors.EVENT_READ, 0)
            watched.register(connection.server, selectors.EVENT_READ, 1)
            while not connection.is_closed:
                try:
                    for key, _ in watched.select(0.2):
                        data = key.fileobj.recv(_BLOCK)  # type: ignore[union-attr]  # a socket, as registered
                        if not data:
                            self._later(connection, None, b"", 0.0)
                            watched.unregister(key.fileobj)
                            continue
                        if not self._pass(connection, key.data, data):
                            return
                except (OSError, ValueError):
                    self._end(connection)

    def _pass(self, connection: Connection, direction: int, data: bytes) -> bool:
        """Pass on what came, and what is to happen to it; False where that ends the connection."""
        for kind, stream, frame in connection.frames[direction].feed(data):
            if kind == HEADERS and direction == 0:
                with self._lock:
                    connection.depth[stream] = self.round_trips + 1
            fault = self._fault_of(connection, direction, kind, stream)
            late_s = {Fault.DELAYED: self._late_s, Fault.HELD_CALL: self._held_s}.get(fault, 0.0) if fault else 0.0
            if fault in {Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.RESET_BEFORE, Fault.RESET_AFTER}:
                self._end(connection, reset=fault in {Fault.RESET_BEFORE, Fault.RESET_AFTER})
                return False
            if fault is Fault.STREAM_RESET:
                reset = struct.pack(">I", 4)[1:] + bytes([RST_STREAM, 0]) + struct.pack(">II", stream, INTERNAL_ERROR)
                self._later(connection, connection.client, reset, 0.0)
                continue
            if fault is Fault.GONE_AWAY:
                away = struct.pack(">I", 8)[1:] + bytes([GOAWAY, 0]) + struct.pack(">III", 0, 0, 0)
                self._later(connection, connection.client, away, 0.0)
                self._later(connection, None, b"", 0.05)
                continue
            if fault is Fault.HELD_ANSWER:
                connection.is_dead = True
            if not (connection.is_dead and direction == 1):
                self._later(connection, (connection.server, connection.client)[direction], frame, late_s)
        return True

    def _fault_of(self, connection: Connection, direction: int, kind: int, stream: int) -> Fault | None:
        with self._lock:
            if direction == 0 and kind == HEADERS:
                number, self.calls = self.calls, self.calls + 1
                if self._fault is None or number != self._fault[0]:
                    return None
                fault = self._fault[1]
                self.faults += 1
                if fault in {Fault.CUT_BEFORE, Fault.RESET_BEFORE, Fault.DELAYED, Fault.HELD_CALL}:
                    self._fault = None
                    return fault
                connection.answering.add(stream)
            elif direction == 1 and kind >= 0 and stream in connection.answering and self._fault is not None:
                fault, self._fault = self._fault[1], None
                connection.answering.clear()
                return fault
        return None

    def _later(self, connection: Connection, to: socket.socket | None, data: bytes, late_s: float) -> None:
        """Deliver in the order of a connection: what comes behind something late is late as well."""
        with self._lock:
            self._number += 1
            at_s = max(time.monotonic() + self.delay_s + late_s, connection.due_s.get(to, 0.0))
            connection.due_s[to] = at_s
            last_s = at_s if to is not None else max(connection.due_s.values())
            heapq.heappush(self._due, (last_s, self._number, connection, to, data))
            self._lock.notify_all()

    def _deliver(self) -> None:
        while True:
            with self._lock:
                if self._ended:
                    return
                now = time.monotonic()
                if not self._due or self._due[0][0] > now:
                    self._lock.wait(self._due[0][0] - now if self._due else None)
                    continue
                _, _, connection, to, data = heapq.heappop(self._due)
                ends = len(data) > 8 and data[3] == HEADERS and data[4] & END_STREAM
                if ends and to is connection.client:
                    answered = connection.depth.pop(int.from_bytes(data[5:9], "big"), 0)
                    self.round_trips = max(self.round_trips, answered)
            if to is None:
                self._end(connection)
                continue
            try:
                to.sendall(data)
            except OSError:
                self._end(connection)

    def _end(self, connection: Connection, *, reset: bool = False) -> None:
        connection.is_closed = True
        self._connections.discard(connection)
        for each in (connection.client, connection.server):
            with contextlib.suppress(OSError):
                if reset:
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    each.shutdown(socket.SHUT_RDWR)
            each.close()
