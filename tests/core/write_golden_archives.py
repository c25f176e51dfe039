"""Writes the golden pickled-entity files of the Python that runs this: `python tests/core/write_golden_archives.py`.

One for each released format version and Python minor. They are never written again once released: a reader that can't
load them has broken the format.
"""

import linecache
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autocontainer_nb.wire import ARCHIVE_FORMAT_VERSION

GOLDEN = Path(__file__).parent / "golden"
SOURCE = '''
from dataclasses import dataclass
from enum import Enum

@dataclass
class Point:
    x: int
    y: int = 2

class Colour(Enum):
    RED = "red"

RATE = 0.5

def helper(x):
    return x * RATE

@task(retries=2, environment={"A": "1"}, resources=Resources(cpu="1"))
def train(x: int, name: str = "a") -> float:
    """A task as notebooks have them."""
    if name == Colour.RED.value:
        raise ValueError(name)
    return helper(Point(x).x) + len([c for c in name])
'''


def write(path: Path) -> str:
    """Write the golden file and return its digest."""
    from autocontainer_nb.core.pickled_entity import PickledEntity, PickledEntityMetadata, dump_pickled_entity
    from autocontainer_nb.core.python_auto_container import default_notebook_task_resolver
    from autocontainer_nb.core.resources import Resources
    from autocontainer_nb.core.task import task

    name = "<golden cell>"
    linecache.cache[name] = (len(SOURCE), None, SOURCE.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"__name__": "__main__", "task": task, "Resources": Resources, "dataclass": dataclass}
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
