"""Run by the bench environment's Python: writes a trivial task's pickled-entity file, as a notebook's run would.

python ours.py FOLDER       prints {"resolver": ..., "loader_args": [...]}
"""

import json
import sys

from autocontainer_nb import task
from autocontainer_nb.core.capture.capture import Capture, registered_form


@task
def double(x: int) -> int:
    return 2 * x


if __name__ == "__main__":
    captured = Capture(double).write(f"{sys.argv[1]}/entities.pkl")
    registered = registered_form(double)
    loader_args = ["entity-name", registered.name, "digest", captured.digest]
    print(json.dumps({"resolver": registered.task_resolver.location, "loader_args": loader_args}))
