"""What grows with its size: drawing and serializing a chain of nodes, and lists of Optional beside plain lists.

Run by the bench environment's Python:

    python graphs_and_lists.py ROUNDS       prints {"chain": [s, ...], "quarter": ..., "list": ..., "optional": ...}
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from container_process import environment
from timing import Samples, in_turns

NODES = 5000
ITEMS = 100_000
WHAT = {
    "chain": f"a chain of {NODES:,} nodes, drawn and serialized",
    "quarter": f"a chain of {NODES // 4:,} nodes, drawn and serialized",
    "list": f"list[int] of {ITEMS:,}, in turns with the next",
    "optional": f"list[Optional[int]] of {ITEMS:,} to literals and back",
}


def samples(python: Path, folder: Path, *, runs: int) -> dict[str, Samples]:
    """Return the samples by the keys of WHAT, taken in turns in one process; nothing for no runs."""
    if not runs:
        return {}
    folder.mkdir()
    done = subprocess.run(
        [str(python), __file__, str(runs)], env=environment(python, folder), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"graphs_and_lists.py ended with {done.returncode}:\n{done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    return {key: Samples(what, found[key]) for key, what in WHAT.items()}


def chain_s(length: int) -> float:
    """Time a workflow whose nodes each take the output of the one before, from its definition to its message."""
    from autocontainer_nb import task, workflow
    from autocontainer_nb.core.serialize.workflows import workflow_spec
    from autocontainer_nb.core.settings.serialization import SerializationSettings
    from autocontainer_nb.image.config import ImageConfig

    @task
    def step(x: int) -> int:
        return x

    settings = SerializationSettings(image_config=ImageConfig.auto(img_name="ghcr.io/me/image:v1"), version="1")
    started = time.perf_counter()

    @workflow
    def chain(x: int) -> int:
        for _ in range(length):
            x = step(x=x)
        return x

    message = workflow_spec(chain, settings)
    elapsed_s = time.perf_counter() - started
    if len(message.template.nodes) != length:
        raise RuntimeError(f"{len(message.template.nodes)} nodes, expected {length}")
    return elapsed_s


def list_s(value: list[Any], declared: Any) -> float:
    """Time a list's way to a serialized literal and back."""
    from flyteidl.core import literals_pb2

    from autocontainer_nb.storage.scratch import local_file_access
    from autocontainer_nb.type_engine.engine import type_engine

    files = local_file_access()
    started = time.perf_counter()
    data = type_engine.to_literal(value, declared, files=files).SerializeToString()
    found = type_engine.from_literal(literals_pb2.Literal.FromString(data), declared, files=files)
    elapsed_s = time.perf_counter() - started
    if found != value:
        raise RuntimeError(f"{declared}: the value came back changed")
    return elapsed_s


def main(runs: int) -> None:
    numbers = list(range(ITEMS))
    some = [None if number % 4 == 0 else number for number in numbers]
    commands = {
        "chain": lambda: chain_s(NODES),
        "quarter": lambda: chain_s(NODES // 4),
        "list": lambda: list_s(numbers, list[int]),
        "optional": lambda: list_s(some, list[int | None]),
    }
    print(json.dumps({key: each.seconds for key, each in in_turns(commands, runs=runs, warm_up=1).items()}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
