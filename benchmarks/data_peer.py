"""Run by the peer environment's Python: times of data's ways through flytekit, in one process.

python data_peer.py FOLDER       prints {"capture": s, "list": s, ...}, the kinds of values.py
"""

import gzip
import json
import sys
import time
from pathlib import Path

import cloudpickle
import numpy as np
from flyteidl.core import literals_pb2
from flytekit import FlyteContextManager, task
from flytekit.core.python_auto_container import PICKLE_FILE_PATH
from flytekit.core.type_engine import TypeEngine
from flytekit.models.literals import Literal
from flytekit.remote.remote import _get_pickled_target_dict

from values import KINDS, same, value_and_type

ARRAY = np.random.default_rng(0).random(100_000_000 // 8)


@task
def total() -> float:
    return float(ARRAY.sum())


def capture_s(folder: str) -> float:
    """Time what its remote client does before the upload: the version's hash, then the file (remote/remote.py)."""
    started = time.perf_counter()
    _, entity = _get_pickled_target_dict(total)
    with gzip.GzipFile(filename=Path(folder, PICKLE_FILE_PATH), mode="wb", mtime=0) as file:
        cloudpickle.dump(entity, file)
    return time.perf_counter() - started


def load_s(folder: str) -> float:
    """Time what its resolver does with the file (core/python_auto_container.py), then the array is read."""
    started = time.perf_counter()
    with gzip.open(Path(folder, PICKLE_FILE_PATH), "r") as file:
        (loaded,) = cloudpickle.load(file).entities.values()
    found = loaded.task_function()
    elapsed_s = time.perf_counter() - started
    if found != total.task_function():
        raise RuntimeError("the array came back changed")
    return elapsed_s


def both_ways_s(kind: str) -> float:
    """Time a value's way to a serialized literal and back."""
    value, declared = value_and_type(kind)
    context = FlyteContextManager.current_context()
    literal_type = TypeEngine.to_literal_type(declared)
    started = time.perf_counter()
    data = TypeEngine.to_literal(context, value, declared, literal_type).to_flyte_idl().SerializeToString()
    literal = Literal.from_flyte_idl(literals_pb2.Literal.FromString(data))
    found = TypeEngine.to_python_value(context, literal, declared)
    elapsed_s = time.perf_counter() - started
    if not same(found, value):
        raise RuntimeError(f"{kind}: the value came back changed")
    return elapsed_s


if __name__ == "__main__":
    captured_s = capture_s(sys.argv[1])  # is all that comes before its upload, too
    paths = {"ready": captured_s, "capture": captured_s, "load": load_s(sys.argv[1])}
    print(json.dumps({**paths, **{kind: both_ways_s(kind) for kind in KINDS}}))
