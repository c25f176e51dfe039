"""The pod part of a task's registered form: the user's pod with the task's container in it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from flyteidl.core import tasks_pb2

from autocontainer_nb.core.pod_template import PodTemplate

ResolveImage = Callable[[Any], str]


def pod_message(template: PodTemplate, container: tasks_pb2.Container, resolve_image: ResolveImage) -> tasks_pb2.K8sPod:
    """Return the pod with the container's command, variables, resources and, where it names none, image.

    `resolve_image` fills the placeholders of the images that the pod names itself.
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
    message.metadata.SetInParent()  # as flytekit: a message tells unset and empty apart
    message.metadata.labels.update(template.labels or {})
    message.metadata.annotations.update(template.annotations or {})
    message.pod_spec.update({**spec, "containers": containers})
    return message


def set_primary_args(pod: tasks_pb2.K8sPod, primary: str, change: Callable[[list[str]], list[str]]) -> None:
    """Replace the primary container's arguments by what `change` makes of them."""
    for container in pod.pod_spec.fields["containers"].list_value.values:
        fields = container.struct_value.fields
        if fields["name"].string_value == primary:
            args = fields["args"].list_value
            changed = change([arg.string_value for arg in args.values])
            args.Clear()
            args.extend(changed)


def plain(value: Any) -> Any:
    """Return a `kubernetes` object as dictionaries and lists with Kubernetes' own names; unset fields are left out."""
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
