"""Run by the peer environment's Python: writes a trivial task's pickle the way flytekit's remote client does.

    python peer.py FOLDER       prints {"resolver": ..., "loader_args": [...]}

As in flytekit/remote/remote.py: a PickledEntity of the task, with the notebook resolver set, through cloudpickle into
a gzip file that the container finds in its working directory.
"""

import gzip
import json
import platform
import sys
from pathlib import Path

import cloudpickle
from flytekit import task
from flytekit.core.python_auto_container import (
    PICKLE_FILE_PATH,
    PickledEntity,
    PickledEntityMetadata,
    default_notebook_task_resolver,
)


@task
def double(x: int) -> int:
    return 2 * x


if __name__ == "__main__":
    double.set_resolver(default_notebook_task_resolver)
    entity = PickledEntity(PickledEntityMetadata(platform.python_version()), {double.name: double})
    with gzip.open(Path(sys.argv[1]) / PICKLE_FILE_PATH, "wb") as file:
        cloudpickle.dump(entity, file)
    print(
        json.dumps({"resolver": default_notebook_task_resolver.location, "loader_args": ["entity-name", double.name]})
    )
