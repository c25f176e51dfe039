"""Run by the bench environment's Python: times of data's ways through this package, in one process.

python data_ours.py FOLDER       prints {"capture": s, "list": s, ...}, the kinds of values.py
"""

import json
import sys
import time

import numpy as np
from flyteidl.core import literals_pb2

from autocontainer_nb import task
from autocontainer_nb.core.capture.capture import Capture
from autocontainer_nb.core.capture.pickled_file import inspect_pickled_entity
from autocontainer_nb.core.resolvers.pickled_entity import load_pickled_entity
from autocontainer_nb.storage.scratch import local_file_access
from autocontainer_nb.type_engine.engine import type_engine
from values import KINDS, same, value_and_type

ARRAY = np.random.default_rng(0).random(100_000_000 // 8)


@task
def total() -> float:
    return float(ARRAY.sum())


def capture_s(folder: str) -> float:
    """Time capturing the task with its 100 MB array and writing the pickled-entity file."""
    started = time.perf_counter()
    Capture(total).write(f"{folder}/entities.pkl")
    return time.perf_counter() - started


def ready_s(folder: str) -> float:
    """Time what the client does before an upload begins: the array isn't written, but sent from where it is."""
    started = time.perf_counter()
    Capture(total).write(f"{folder}/apart.pkl", apart=True)
    return time.perf_counter() - started


def load_s(folder: str) -> float:
    """Time what the container does with the file: all checks, then the task, then the array is read."""
    digest = inspect_pickled_entity(f"{folder}/entities.pkl")["digest"]
    started = time.perf_counter()
    (loaded,) = load_pickled_entity(f"{folder}/entities.pkl", digest).entities.values()
    found = loaded.task_function()
    elapsed_s = time.perf_counter() - started
    if found != total.task_function():
        raise RuntimeError("the array came back changed")
    return elapsed_s


def both_ways_s(kind: str) -> float:
    """Time a value's way to a serialized literal and back."""
    value, declared = value_and_type(kind)
    files = local_file_access()
    started = time.perf_counter()
    data = type_engine.to_literal(value, declared, files=files).SerializeToString()
    found = type_engine.from_literal(literals_pb2.Literal.FromString(data), declared, files=files)
    elapsed_s = time.perf_counter() - started
    if not same(found, value):
        raise RuntimeError(f"{kind}: the value came back changed")
    return elapsed_s


if __name__ == "__main__":
    paths = {"ready": ready_s(sys.argv[1]), "capture": capture_s(sys.argv[1]), "load": load_s(sys.argv[1])}
    print(json.dumps({**paths, **{kind: both_ways_s(kind) for kind in KINDS}}))
