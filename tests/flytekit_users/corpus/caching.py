"""Caching: by a version, by what a policy computes, by a hash of the data; inputs that are left out."""

from typing import List

import pandas as pd

from flytekit import Cache, HashMethod, task, workflow
from flytekit.core.cache import CachePolicy, VersionParameters
from flytekit.core.node_creation import create_node

try:
    from typing import Annotated
except ImportError:
    from typing_extensions import Annotated


@task(cache=True, cache_version="1.0", cache_serialize=True)
def square(n: int) -> int:
    return n * n


@task(cache=Cache(version="2.0", serialize=True, ignored_inputs=("note",)))
def cube(n: int, note: str) -> int:
    return n**3


class ByName(CachePolicy):
    def __init__(self, salt: str):
        self.salt = salt

    def get_version(self, salt: str, params: VersionParameters) -> str:
        return f"{self.salt}-{params.func.__name__}"


@task(cache=Cache(policies=ByName("s")))
def negate(n: int) -> int:
    return -n


def hash_frame(frame: pd.DataFrame) -> str:
    return str(pd.util.hash_pandas_object(frame).sum())


@task
def load() -> Annotated[pd.DataFrame, HashMethod(hash_frame)]:
    return pd.DataFrame({"column_1": [1, 2, 3]})


@task(cache=True, cache_version="1.0")
def total(frame: pd.DataFrame) -> int:
    return int(frame["column_1"].sum())


@task(cache=True, cache_version="1.1", cache_ignore_input_vars=("b",))
def left_out(a: int, b: int) -> int:
    return a


@workflow
def pipeline() -> int:
    first = create_node(load)
    second = create_node(load)
    first >> second
    return total(frame=second.o0)


assert square(n=3) == 9
assert cube(n=2, note="x") == 8
assert negate(n=1) == -1
assert left_out(a=1, b=2) == 1
assert pipeline() == 6
assert square.metadata.cache and square.metadata.cache_version == "1.0" and square.metadata.cache_serialize
assert cube.metadata.cache_version == "2.0"
assert cube.metadata.cache_ignore_input_vars == ("note",)
assert negate.metadata.cache and len(negate.metadata.cache_version) > 5
