"""What a notebook asks of a control plane, and what its displays send, for 1 and 50 executions, idle and waiting.

Run by the bench environment's Python, against a gRPC server of this file that counts:

    python quiet.py KIND NUMBER WARM_UP_S SECONDS      prints {"calls_a_second": n, "update_bytes_a_minute": n, ...}

KIND is `idle` (nobody waits), `waiting` (a cell awaits all of them) or `end` (one is awaited over a line with 200 ms of
round trip, until it has ended). Calls are counted after the warm-up, but for those that fetch a result, one for each;
bytes from the launch on. Each task prints a line whenever somebody looks; every second one ends after a third of the
time, so that its card is replaced and looked into.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

ROUND_TRIP_S = 0.2
WARM_UP_S = 10.0
KINDS = {
    "rest of 1": ("idle", 1),
    "rest of 50": ("idle", 50),
    "wait for 1": ("waiting", 1),
    "wait for 50": ("waiting", 50),
    "end of a wait": ("end", 1),
}


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """What one process has measured."""

    calls_a_second: float = 0.0
    busiest_second: int = 0
    update_bytes_a_minute: float = 0.0
    trips_at_the_end: float = 0.0


def measurements(python: Path, *, warm_up_s: float, seconds: float) -> dict[str, Quiet]:
    """Return what is measured by the names of KINDS, all at once: they hardly need a processor; nothing for no time."""
    if not seconds:
        return {}
    running = {
        name: subprocess.Popen(
            [str(python), __file__, kind, str(number), str(warm_up_s), str(seconds)], stdout=subprocess.PIPE, text=True
        )
        for name, (kind, number) in KINDS.items()
    }
    found = {}
    for name, process in running.items():
        printed, _ = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"quiet.py {name} ended with {process.returncode}")
        found[name] = Quiet(**json.loads(printed.splitlines()[-1]))
    return found


class Flyte:
    """A control plane whose executions run until they are said to have ended."""

    def __init__(self, delay_s: float) -> None:
        from autocontainer_nb.remote.rpc import methods

        self.rpcs = {each.path: each for each in vars(methods).values() if isinstance(each, methods.Rpc)}
        self.calls: list[float] = []  # when each came
        self.ended: set[str] = set()
        self.told_s = 0.0  # when it was told first that an execution has ended
        self.log_uri = ""
        self._delay_s = delay_s
        self._lock = Lock()

    def service(self, details: Any) -> Any:
        import grpc

        rpc = self.rpcs[details.method]

        def answer(request: Any, _: Any) -> Any:
            with self._lock:
                self.calls += [time.monotonic()] if rpc.name != "GetExecutionData" else []
            time.sleep(self._delay_s / 2)
            found = self.answer(rpc, request)
            time.sleep(self._delay_s / 2)
            return found

        return grpc.unary_unary_rpc_method_handler(answer, rpc.request.FromString, rpc.answer.SerializeToString)

    def answer(self, rpc: Any, request: Any) -> Any:
        if rpc.name == "GetExecution":
            return self.execution(request.id.name)
        if rpc.name == "ListExecutions":
            names = request.filters.partition(",")[2].removesuffix(")").split(";")
            return rpc.answer(executions=[self.execution(name) for name in names])
        answer = rpc.answer()
        if rpc.name == "ListNodeExecutions":
            for name in ("n0", "start-node"):
                node = answer.node_executions.add()
                node.id.node_id = node.metadata.spec_node_id = name
                node.id.execution_id.name = request.workflow_execution_id.name
                node.closure.phase = 2
        elif rpc.name == "ListTaskExecutions":
            task = answer.task_executions.add()
            task.closure.phase = 2
            task.closure.logs.add(name="log", uri=f"{self.log_uri}/{request.node_execution_id.execution_id.name}")
        return answer

    def execution(self, name: str) -> Any:
        from flyteidl.admin import execution_pb2

        found = execution_pb2.Execution()
        found.id.name = name
        found.spec.launch_plan.name = "nb.train"
        found.closure.phase = 4 if name in self.ended else 2
        found.closure.started_at.FromSeconds(int(time.time()))
        if name in self.ended:
            self.told_s = self.told_s or time.monotonic() + self._delay_s / 2
        return found


class Printing(BaseHTTPRequestHandler):
    """The output of tasks that print all the time."""

    def do_GET(self) -> None:
        body = "".join(f"epoch {time.time() + n:.3f}: loss 0.1234\n" for n in range(20)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


class Screen:
    """What displays need of a shell; counts what they send."""

    def __init__(self) -> None:
        self.execution_count, self.display_pub = 1, self
        self.update_bytes = 0

    def publish(self, *, data: Any, metadata: Any, transient: Any, update: bool) -> None:
        content = json.dumps({"data": data, "metadata": metadata, "transient": transient})
        self.update_bytes += len(content) if update else 0


def served(flyte: Flyte) -> Any:
    """Return the scope of this control plane, which runs until the process ends."""
    import grpc

    from autocontainer_nb.remote.config.endpoint import Endpoint, parse_address
    from autocontainer_nb.remote.config.settings import Settings
    from autocontainer_nb.remote.scope import Scope

    logs = ThreadingHTTPServer(("127.0.0.1", 0), Printing)
    Thread(target=logs.serve_forever, daemon=True).start()
    flyte.log_uri = f"http://127.0.0.1:{logs.server_port}"

    class Handler(grpc.GenericRpcHandler):
        def service(self, handler_call_details: Any) -> Any:
            return flyte.service(handler_call_details)

    server = grpc.server(ThreadPoolExecutor(32))
    server.add_generic_rpc_handlers((Handler(),))
    address = parse_address(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
    server.start()
    globals()["_server"] = server  # or it would stop
    endpoint = Endpoint(address=address, insecure=True)
    return Scope(Settings(project="p", domain="d", images={}, default_image="i", endpoint=endpoint))


def measured(kind: str, number: int, warm_up_s: float, seconds: float) -> Quiet:
    """Show so many executions, let the time pass, and count."""
    from autocontainer_nb import task
    from autocontainer_nb.notebook.live.displays import LiveDisplays
    from autocontainer_nb.remote import observers
    from autocontainer_nb.remote.executions.execution import Execution

    @task
    def train() -> None:
        """Return nothing: a result that is there as soon as it has come."""

    flyte, screen = Flyte(ROUND_TRIP_S if kind == "end" else 0.0), Screen()
    scope = served(flyte)
    executions = [Execution(scope, f"a{n}", task=train) for n in range(number)]
    displays = LiveDisplays(screen)  # type: ignore[arg-type]  # as much of a shell as they use
    observers.on_wait.append(lambda run, state: None if state.is_done else displays.waited_for(run))
    began_s = time.monotonic()
    for each in executions:
        displays.show(each)
    if kind == "end":
        return Quiet(trips_at_the_end=trips_at_the_end(flyte, executions[0]))

    def end_some() -> None:
        time.sleep((warm_up_s + seconds) / 3)
        flyte.ended.update(each.id for each in executions[::2] if number > 1)

    Thread(target=end_some, daemon=True).start()
    if kind == "waiting":
        asyncio.run(await_all(executions, warm_up_s + seconds))
    else:
        time.sleep(warm_up_s + seconds)
    counted = [at_s - began_s - warm_up_s for at_s in list(flyte.calls)]
    counted = [at_s for at_s in counted if 0 <= at_s < seconds]
    return Quiet(
        calls_a_second=len(counted) / seconds,
        busiest_second=max((sum(n <= at_s < n + 1 for at_s in counted) for n in range(int(seconds))), default=0),
        update_bytes_a_minute=screen.update_bytes * 60 / (warm_up_s + seconds),
    )


async def await_all(executions: Any, seconds: float) -> None:
    """Await all of them for so long."""
    waits = [asyncio.ensure_future(until_ended(each)) for each in executions]
    await asyncio.wait(waits, timeout=seconds)
    await asyncio.sleep(0)
    for each in waits:
        each.cancel()


async def until_ended(execution: Any) -> None:
    await execution


def trips_at_the_end(flyte: Flyte, execution: Any) -> float:
    """Return the time from the answer that an execution has ended to its result, in round trips."""

    def end() -> None:
        time.sleep(2 + ROUND_TRIP_S / 3)
        flyte.ended.add(execution.id)

    Thread(target=end, daemon=True).start()
    execution.result()
    return (time.monotonic() - flyte.told_s) / ROUND_TRIP_S


def main() -> None:
    kind, number, warm_up_s, seconds = sys.argv[1:]
    found = measured(kind, int(number), float(warm_up_s), float(seconds))
    print(json.dumps(vars(found)))
    sys.stdout.flush()
    os._exit(0)  # server and client have threads that would complain about each other's end


if __name__ == "__main__":
    main()
