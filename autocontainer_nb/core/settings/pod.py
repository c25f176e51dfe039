"""The container and its pod: a user's `PodTemplate`, and the messages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flyteidl.core import literals_pb2, tasks_pb2

from autocontainer_nb.core.settings.resources import Resources, ResourceSpec
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.wording import with_article

PRIMARY_CONTAINER_DEFAULT_NAME: Final = "primary"
PRIMARY_CONTAINER_KEY: Final = "primary_container_name"  # in a task template's config, read by Flyte's pod plugin
# In flytekit's orders, so that equal definitions make equal messages.
_NAMES: Final = (
    ("cpu", tasks_pb2.Resources.CPU),
    ("mem", tasks_pb2.Resources.MEMORY),
    ("gpu", tasks_pb2.Resources.GPU),
    ("ephemeral_storage", tasks_pb2.Resources.EPHEMERAL_STORAGE),
)
_NAMES_IN_CONTAINER: Final = (_NAMES[3], _NAMES[0], _NAMES[2], _NAMES[1])
ResolveImage = Callable[[Any], str]


@dataclass(frozen=True)
class PodTemplate:
    """A pod for one task: `pod_spec` is a dict with Kubernetes' own names, or an object of the `kubernetes` client.

    The container named `primary_container_name` gets the task's command, variables and resources; it is added if the
    pod has no container of that name.
    """

    pod_spec: Any = None
    primary_container_name: str = PRIMARY_CONTAINER_DEFAULT_NAME
    labels: Mapping[str, str] | None = None
    annotations: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Raise DefinitionError for values that can't become a pod."""
        if not self.primary_container_name:
            raise DefinitionError(
                "PodTemplate: primary_container_name is empty. Name the container that runs the task."
            )
        is_pod_spec = (
            self.pod_spec is None or isinstance(self.pod_spec, Mapping) or hasattr(self.pod_spec, "attribute_map")
        )
        if not is_pod_spec:
            raise DefinitionError(
                "PodTemplate: pod_spec: expected a dict or a kubernetes V1PodSpec, got "
                f"{with_article(type(self.pod_spec))}."
            )


def container_message(
    *, image: str, args: list[str], environment: Mapping[str, str], resources: ResourceSpec
) -> tasks_pb2.Container:
    """Return the container's message. The command is in `args`, so the image's entry point still runs, as in Flyte."""
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
    """Return requests and limits as a message, for a node's overrides."""
    return tasks_pb2.Resources(requests=_entries(resources.requests), limits=_entries(resources.limits))


def _entries(resources: Resources, names: Any = _NAMES) -> list[tasks_pb2.Resources.ResourceEntry]:
    given = [(name, getattr(resources, field)) for field, name in names]
    return [
        tasks_pb2.Resources.ResourceEntry(name=name, value=str(value)) for name, value in given if value is not None
    ]


def pod_message(template: PodTemplate, container: tasks_pb2.Container, resolve_image: ResolveImage) -> tasks_pb2.K8sPod:
    """Return the pod with the container's command, variables, resources and, unless it names its own, image.

    `resolve_image` fills in the placeholders of the images that the pod itself names.
    """
    spec = plain(template.pod_spec) or {}
    primary = template.primary_container_name
    containers = [dict(each) for each in spec.get("containers") or ()]
    if not any(each.get("name") == primary for each in containers):
        containers.append({"name": primary})
    for each in containers:
        if each.get("name") == primary:
            _merge(each, container, resolve_image)
        else:
            each["image"] = resolve_image(each.get("image"))
    message = tasks_pb2.K8sPod()
    message.metadata.SetInParent()  # as in flytekit: a message distinguishes unset from empty
    message.metadata.labels.update(template.labels or {})
    message.metadata.annotations.update(template.annotations or {})
    message.pod_spec.update({**spec, "containers": containers})
    return message


def set_primary_args(pod: tasks_pb2.K8sPod, primary: str, change: Callable[[list[str]], list[str]]) -> None:
    """Replace the primary container's arguments by the result of `change`."""
    for container in pod.pod_spec.fields["containers"].list_value.values:
        fields = container.struct_value.fields
        if fields["name"].string_value == primary:
            args = fields["args"].list_value
            changed = change([arg.string_value for arg in args.values])
            args.Clear()
            args.extend(changed)


def plain(value: Any) -> Any:
    """Return a `kubernetes` object as dicts and lists with Kubernetes' own names, without unset fields."""
    names = getattr(value, "attribute_map", None)
    if names is not None:
        return {key: plain(item) for name, key in names.items() if (item := getattr(value, name)) is not None}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def _merge(target: dict[str, Any], container: tasks_pb2.Container, resolve_image: ResolveImage) -> None:
    target["image"] = resolve_image(target["image"]) if target.get("image") is not None else container.image
    target["command"] = list(container.command)
    target["args"] = list(container.args)
    requests, limits = _quantities(container.resources.requests), _quantities(container.resources.limits)
    if requests or limits:
        target["resources"] = {"limits": limits, "requests": requests}
    own = [{"name": pair.key, "value": pair.value} for pair in container.env]
    target["env"] = [*own, *(target.get("env") or [])]


def _quantities(entries: Any) -> dict[str, str]:
    names = tasks_pb2.Resources.ResourceName
    return {names.Name(entry.name).lower().replace("_", "-"): entry.value for entry in entries}
