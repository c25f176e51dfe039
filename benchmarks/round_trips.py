"""Launches over a line with 200 ms of round trip: how many round trips each kind takes, and how long.

Run by the bench environment's Python, against a gRPC server with the habits of Flyte v1.16.8 that the tests have:

    python round_trips.py FOLDER      prints {"task, first": [round trips, seconds], ...}

Round trips are counted by the line (`tests/remote/line.py`): those calls that were sent after the answer of the one
before. Uploads don't pass the line, and are in the seconds.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROUND_TRIP_S = 0.2
TESTS = Path(__file__).parent.parent / "tests" / "remote"
# What a launch may take; the seconds are those of 50 tasks (issue: at most 3 s over such a line).
ROUND_TRIPS = {
    "task, first": 5,
    "task, unchanged": 2,
    "task, changed": 5,
    "task with 2 arrays, first": 5,
    "task with 2 arrays, unchanged": 2,
    "workflow of 3, first": 7,
    "workflow of 3, unchanged": 2,
    "workflow of 50, first": 10,
    "workflow of 50, unchanged": 2,
}
SECONDS = {"workflow of 50, first": 3.0}


@dataclass(frozen=True)
class Launch:
    """What one launch took."""

    round_trips: int
    seconds: float


def measurements(python: Path, folder: Path, *, rounds: int) -> dict[str, Launch]:
    """Return what each kind of launch takes, the quickest of `rounds`; nothing for no round."""
    best: dict[str, Launch] = {}
    for turn in range(rounds):
        state = folder / str(turn)
        state.mkdir(parents=True)
        done = subprocess.run(
            [str(python), __file__],
            env={"PATH": os.environ["PATH"], "HOME": str(state), "AUTOCONTAINER_NB_HOME": str(state / "state")},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"round_trips.py ended with {done.returncode}:\n{done.stderr}")
        for name, told in json.loads(done.stdout.splitlines()[-1]).items():
            made = Launch(*told)
            known = best.get(name, made)
            best[name] = Launch(min(known.round_trips, made.round_trips), min(known.seconds, made.seconds))
    return best


def serve(stack: ExitStack) -> int:
    """Serve a Flyte at a free port until the stack ends; return the port."""
    import grpc
    import quirky_flyteadmin
    from replay.answers import Refuse

    from autocontainer_nb.remote.rpc import methods

    flyteadmin = quirky_flyteadmin.QuirkyFlyteadmin(stack.enter_context(quirky_flyteadmin.serving_store()), Refuse)
    rpcs = {each.path: each for each in vars(methods).values() if isinstance(each, methods.Rpc)}

    class Service(grpc.GenericRpcHandler):
        def service(self, handler_call_details: Any) -> Any:
            rpc = rpcs[handler_call_details.method]

            def answer(request: Any, context: Any) -> Any:
                found = flyteadmin.answers[rpc.name](request)
                if isinstance(found, Refuse):
                    context.abort(grpc.StatusCode[found.status], found.details)
                return found

            return grpc.unary_unary_rpc_method_handler(answer, rpc.request.FromString, rpc.answer.SerializeToString)

    server = grpc.server(ThreadPoolExecutor(32))
    server.add_generic_rpc_handlers((Service(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    stack.callback(lambda: server.stop(0).wait())
    return int(port)


def cells() -> dict[str, str]:
    """Return the cells that define `run`, by kind."""

    def graph(number: int) -> str:
        tasks = "".join(f"@task\ndef step_{n}(x: int) -> int:\n    return FACTOR * x + {n}\n" for n in range(number))
        calls = "".join(f"    x = step_{n}(x=x)\n" for n in range(number))
        return f"{tasks}@workflow\ndef run(x: int) -> int:\n{calls}    return x\n"

    array = "@task\ndef run(x: int) -> int:\n    return int(FIRST[x] + SECOND[x]) * FACTOR\n"
    return {
        "task": "@task\ndef run(x: int) -> int:\n    return FACTOR * x\n",
        "task with 2 arrays": array,
        "workflow of 3": graph(3),
        "workflow of 50": graph(50),
    }


def main() -> None:
    """Make each kind of launch, first, unchanged and changed, by one client."""
    sys.path.insert(0, str(TESTS))
    import numpy as np
    from line import Line

    from autocontainer_nb import FlyteRemote, task, workflow

    found = {}
    random = np.random.default_rng(1)
    with ExitStack() as stack:
        line = stack.enter_context(Line("127.0.0.1", serve(stack), delay_s=ROUND_TRIP_S / 2))
        remote = FlyteRemote(
            f"127.0.0.1:{line.port}", "flytesnacks", "development", insecure=True, image="ghcr.io/me/image:v1"
        )
        stack.callback(remote.close)
        for kind, text in cells().items():
            arrays = {name: random.integers(0, 4, 2_000_000, dtype=np.uint8) for name in ("FIRST", "SECOND")}
            names: dict[str, Any] = {"__name__": "__main__", "task": task, "workflow": workflow, "FACTOR": 1, **arrays}
            exec(text, names)
            for step in ("first", "unchanged", "changed"):
                names["FACTOR"] += step == "changed"
                line.round_trips = 0
                begun_s = time.perf_counter()
                remote.launch(names["run"], x=1)
                found[f"{kind}, {step}"] = (line.round_trips, time.perf_counter() - begun_s)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
