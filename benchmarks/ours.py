"""Run by the bench environment's Python: writes a trivial task's pickled-entity file, as a notebook's run would.

python ours.py FOLDER       prints {"resolver": ..., "loader_args": [...]}
"""

import json
import sys

from autocontainer_nb import task
from autocontainer_nb.core.capture.capture import capture_task


@task
def double(x: int) -> int:
    return 2 * x


if __name__ == "__main__":
    captured = capture_task(double, f"{sys.argv[1]}/entities.pkl")
    loader_args = ["entity-name", captured.task.name, "digest", captured.digest]
    print(json.dumps({"resolver": captured.task.task_resolver.location, "loader_args": loader_args}))
