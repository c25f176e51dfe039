"""Writes the golden pickled-entity files of the Python that runs this: `python tests/core/write_golden_archives.py`.

One for each format version and Python minor. Until the first release they are made anew when the format changes. From
then on they are never written again: a reader that can't load them has broken the format.
"""

import linecache
import sys
from pathlib import Path
from typing import Any

from autocontainer_nb.wire import ARCHIVE_FORMAT_VERSION

GOLDEN = Path(__file__).parent / "golden"
SOURCE = '''
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from autocontainer_nb import FlyteFile, Resources, UserError, task

@dataclass
class Point:
    x: int
    y: int = 2

class Colour(Enum):
    RED = "red"

class Refused(UserError):
    pass

class Paints(NamedTuple):
    names: list[str]

RATE = 0.5
LIMITS = Resources(cpu="2")
TABLE = FlyteFile["csv"]
ALLOWED = Paints(["green"])

def helper(x):
    return x * RATE

@task(retries=2, environment={"A": "1"}, resources=Resources(cpu="1"))
def train(x: int, name: str = "a") -> float:
    """A task as notebooks have them."""
    if name == Colour.RED.value:
        raise ValueError(name)
    if name == "blue":
        raise Refused(f"{ALLOWED.names}, at most {LIMITS.cpu} of {TABLE.__name__}")
    return helper(Point(x).x) + len([c for c in name])
'''


def write(path: Path) -> str:
    """Write the golden file and return its digest."""
    from autocontainer_nb import (
        PickledEntity,
        PickledEntityMetadata,
        default_notebook_task_resolver,
        dump_pickled_entity,
    )

    name = "<golden cell>"
    linecache.cache[name] = (len(SOURCE), None, SOURCE.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(SOURCE, name, "exec"), namespace)
    namespace["train"].set_resolver(default_notebook_task_resolver)
    metadata = PickledEntityMetadata(".".join(map(str, sys.version_info[:3])))
    return dump_pickled_entity(PickledEntity(metadata, {"golden.train": namespace["train"]}), str(path))


if __name__ == "__main__":
    del __file__  # or its path would be in the files: a dataclass of `__main__` carries the module's globals
    target = GOLDEN / f"entities-{ARCHIVE_FORMAT_VERSION}-cp{sys.version_info.major}{sys.version_info.minor}.pkl"
    digest = write(target)
    (GOLDEN / f"{target.stem}.digest").write_text(digest + "\n")
    print(target.name, digest)  # noqa: T201 - a script
