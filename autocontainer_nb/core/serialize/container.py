"""The container part of a task's registered form."""

from collections.abc import Mapping
from typing import Any, Final

from flyteidl.core import literals_pb2, tasks_pb2

from autocontainer_nb.core.resources import Resources, ResourceSpec

# In the orders in which flytekit lists them, so that equal definitions give equal messages.
_NAMES: Final = (
    ("cpu", tasks_pb2.Resources.CPU),
    ("mem", tasks_pb2.Resources.MEMORY),
    ("gpu", tasks_pb2.Resources.GPU),
    ("ephemeral_storage", tasks_pb2.Resources.EPHEMERAL_STORAGE),
)
_NAMES_IN_CONTAINER: Final = (_NAMES[3], _NAMES[0], _NAMES[2], _NAMES[1])


def container_message(
    *, image: str, args: list[str], environment: Mapping[str, str], resources: ResourceSpec
) -> tasks_pb2.Container:
    """Return the container's message. The command is in `args`; an image's entry point stays in force, as in Flyte."""
    return tasks_pb2.Container(
        image=image,
        args=args,
        env=[literals_pb2.KeyValuePair(key=key, value=value) for key, value in environment.items()],
        resources=tasks_pb2.Resources(
            requests=_entries(resources.requests, _NAMES_IN_CONTAINER),
            limits=_entries(resources.limits, _NAMES_IN_CONTAINER),
        ),
    )


def resources_message(resources: ResourceSpec) -> tasks_pb2.Resources:
    """Return requests and limits as a message, as a node's overrides have them."""
    return tasks_pb2.Resources(requests=_entries(resources.requests), limits=_entries(resources.limits))


def _entries(resources: Resources, names: Any = _NAMES) -> list[tasks_pb2.Resources.ResourceEntry]:
    given = [(name, getattr(resources, field)) for field, name in names]
    return [
        tasks_pb2.Resources.ResourceEntry(name=name, value=str(value)) for name, value in given if value is not None
    ]
