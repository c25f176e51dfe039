"""The server process: all parts together, on loopback, until it is stopped."""

import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from typing import Final

import grpc
from filelock import FileLock, Timeout
from flyteidl.service import admin_pb2, auth_pb2, dataproxy_pb2, identity_pb2, signal_pb2

from autocontainer_nb.errors import SandboxError
from autocontainer_nb.idl.times import timestamp_of_ns
from autocontainer_nb.sandbox import server_record
from autocontainer_nb.sandbox.api.dataproxy import DataProxy
from autocontainer_nb.sandbox.api.executions import ExecutionDesk
from autocontainer_nb.sandbox.api.rpc import service_handler
from autocontainer_nb.sandbox.api.tasks import TaskRegistry
from autocontainer_nb.sandbox.api.token_guard import TokenGuard, auth_metadata_methods, identity_methods
from autocontainer_nb.sandbox.blobs.execution_paths import Locations
from autocontainer_nb.sandbox.blobs.http_server import blob_server
from autocontainer_nb.sandbox.blobs.output_file import OutputKeeper
from autocontainer_nb.sandbox.blobs.signed_links import Links, Signer
from autocontainer_nb.sandbox.blobs.store import BlobStore
from autocontainer_nb.sandbox.environment import host_name, monotonic_s, now_ns, parallelism, user_name
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.launch.container import access_variables
from autocontainer_nb.sandbox.launch.launcher import ProcessLauncher
from autocontainer_nb.sandbox.process_identity import identity
from autocontainer_nb.sandbox.records.projects import ensure_default_project
from autocontainer_nb.sandbox.records.state import State, open_state
from autocontainer_nb.sandbox.run.attempt import AttemptRunner
from autocontainer_nb.sandbox.run.scheduler import Scheduler
from autocontainer_nb.wire import PACKAGE_VERSION

LOOPBACK: Final = "127.0.0.1"
_RPC_THREADS: Final = 16
_STOP_TIMEOUT_S: Final = 8.0
_LOCK_POLL_S: Final = 0.05
_MAX_MESSAGE_BYTES: Final = 256 << 20
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.so_reuseport", 0),  # two servers on one port would get each other's calls
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of a running server."""

    state: State
    scheduler: Scheduler
    keeper: OutputKeeper
    grpc_server: grpc.Server
    http_server: ThreadingHTTPServer
    endpoint: str
    http_endpoint: str


@contextlib.contextmanager
def _only_server(layout: Layout) -> Iterator[None]:
    """Hold the home's lock: two servers on one state would run everything twice.

    Raises:
        SandboxError: another server holds it, and doesn't release it within the time for a stop.
    """
    lock = FileLock(layout.server_lock)
    deadline_s = monotonic_s() + _STOP_TIMEOUT_S
    while not lock.is_locked:
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=_LOCK_POLL_S, poll_interval=_LOCK_POLL_S)
            continue
        record = server_record.read_record(layout)
        serving = record is not None and record.is_running
        if serving or monotonic_s() > deadline_s:
            raise SandboxError(f"A sandbox is already serving {layout.home}: {_who(record)}")
    try:
        yield
    finally:
        lock.release()


def _who(record: server_record.ServerRecord | None) -> str:
    if record is None:
        return "another process."
    if record.host in ("", host_name()):
        return f"pid {record.pid} at {record.endpoint}."
    return (
        f"on the machine {record.host}, and only programs there can reach it. Stop it there, or set "
        "AUTOCONTAINER_NB_HOME to a folder that only this machine uses."
    )


def _bind_grpc(server: grpc.Server, port: int) -> int:
    """Bind the server and return its port: the wanted one if it is free."""
    for wanted in dict.fromkeys((port, 0)):
        try:
            bound = server.add_insecure_port(f"{LOOPBACK}:{wanted}")
        except RuntimeError:  # what grpcio raises for a port that is taken
            continue
        if bound:
            return int(bound)
    raise SandboxError(f"The sandbox can't listen on any port of {LOOPBACK}.")


def _bind_http(port: int, token: str, signer: Signer, layout: Layout) -> ThreadingHTTPServer:
    try:
        return blob_server((LOOPBACK, port), token=token, signer=signer, layout=layout)
    except OSError:
        return blob_server((LOOPBACK, 0), token=token, signer=signer, layout=layout)


def assemble(layout: Layout) -> Parts:
    """Return all parts, bound to their ports and not serving yet."""
    token = server_record.secret(layout.token_file)
    signer = Signer(server_record.secret(layout.signing_key_file).encode())
    grpc_port, http_port = server_record.read_ports(layout)
    http_server = _bind_http(http_port, token, signer, layout)
    http_endpoint = f"http://{LOOPBACK}:{http_server.server_address[1]}"
    state = open_state(layout.database)
    ensure_default_project(state, now_ns())
    blobs = BlobStore(layout.blobs)
    locations, links = Locations(layout, blobs), Links(http_endpoint, signer, blobs, layout)
    keeper, launcher = OutputKeeper(), ProcessLauncher()
    runner = AttemptRunner(locations, blobs, launcher, keeper)
    scheduler = Scheduler(state, layout, runner, launcher, parallelism())
    desk = ExecutionDesk(state, blobs, locations, links, scheduler, user_name())
    grpc_server = grpc.server(
        ThreadPoolExecutor(_RPC_THREADS, thread_name_prefix="rpc"),
        interceptors=[TokenGuard(token, str(layout.token_file))],
        options=list(_OPTIONS),
        handlers=[
            service_handler(
                admin_pb2.DESCRIPTOR.services_by_name["AdminService"],
                {**TaskRegistry(state).methods(), **desk.methods()},
            ),
            service_handler(
                dataproxy_pb2.DESCRIPTOR.services_by_name["DataProxyService"],
                DataProxy(state, blobs, links, desk).methods(),
            ),
            service_handler(
                auth_pb2.DESCRIPTOR.services_by_name["AuthMetadataService"], auth_metadata_methods(http_endpoint)
            ),
            service_handler(identity_pb2.DESCRIPTOR.services_by_name["IdentityService"], identity_methods(user_name())),
            service_handler(signal_pb2.DESCRIPTOR.services_by_name["SignalService"], {}),
        ],
    )
    bound = _bind_grpc(grpc_server, grpc_port)
    runner.give_access(access_variables(f"{LOOPBACK}:{bound}", layout.token_file))
    return Parts(
        state=state,
        scheduler=scheduler,
        keeper=keeper,
        grpc_server=grpc_server,
        http_server=http_server,
        endpoint=f"{LOOPBACK}:{bound}",
        http_endpoint=http_endpoint,
    )


def _stop_signals() -> socket.socket:
    """Return a socket that can be read once SIGTERM or SIGINT has come.

    A `threading.Event` set by a handler isn't enough: a signal in the moment before the wait begins wakes nobody.
    """
    told_to_stop, told_by_signal = socket.socketpair()
    told_by_signal.setblocking(False)
    signal.set_wakeup_fd(told_by_signal.detach())  # stays open as long as the process
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # without a handler of Python's, the descriptor isn't written
    return told_to_stop


def serve(layout: Layout) -> None:
    """Serve until SIGTERM or SIGINT, then end what runs and return.

    Raises:
        SandboxError: another sandbox serves this home, its state can't be read, or no port is free.
    """
    layout.make_directories()
    told_to_stop = _stop_signals()
    with _only_server(layout):
        parts = assemble(layout)
        parts.keeper.start()
        parts.scheduler.start()
        threading.Thread(target=parts.http_server.serve_forever, name="http", daemon=True).start()
        parts.grpc_server.start()
        _publish(layout, parts)
        _log.info("serving %s, blobs %s, pid %s", parts.endpoint, parts.http_endpoint, os.getpid())
        told_to_stop.recv(1)
        _log.info("stopping")
        _stop(layout, parts)


def _publish(layout: Layout, parts: Parts) -> None:
    server_record.write_ports(layout, int(parts.endpoint.rpartition(":")[2]), parts.http_server.server_address[1])
    record = server_record.ServerRecord(
        endpoint=parts.endpoint,
        http_endpoint=parts.http_endpoint,
        pid=os.getpid(),
        identity=identity(os.getpid()) or "",
        version=PACKAGE_VERSION,
        started_at=timestamp_of_ns(now_ns()).ToJsonString(),
        host=host_name(),
    )
    server_record.write_record(layout, record)


def _stop(layout: Layout, parts: Parts) -> None:
    server_record.remove_record(layout)
    refusing = parts.grpc_server.stop(grace=1)  # from here on, no new calls arrive
    parts.scheduler.stop(_STOP_TIMEOUT_S)
    refusing.wait()
    parts.http_server.shutdown()
    parts.http_server.server_close()
    parts.keeper.close()
    parts.state.close()
