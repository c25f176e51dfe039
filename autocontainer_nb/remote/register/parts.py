"""The registered parts besides code and data, such as image, resources and interface, to report changes later."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from google.protobuf.json_format import MessageToDict

from autocontainer_nb.pickling.meaning.changes import SETTING
from autocontainer_nb.pickling.meaning.shown_values import shown
from autocontainer_nb.pickling.meaning.versions import NamedPart

Spec = task_pb2.TaskSpec | workflow_pb2.WorkflowSpec | launch_plan_pb2.LaunchPlanSpec
_OWN_HASH_DIGITS: Final = 64  # a cache version made from the code, which tells by itself what changed
# Clear names for fields whose own names aren't.
_NAMES: Final = {
    "container.image": "image",
    "metadata.discoverable": "cache",
    "metadata.discovery_version": "cache version",
    "metadata.retries.retries": "retries",
    "metadata.runtime.version": "Flyte protocol",
}


def registered_parts(spec: Spec, owner: str = "") -> list[dict[str, Any]]:
    """Return the named parts of a registered form, in the form of `metadata.json`; `owner` is put before each name."""
    message = MessageToDict(spec, preserving_proto_field_name=True)
    if isinstance(spec, task_pb2.TaskSpec):
        found = dict(_task(message))
    elif isinstance(spec, workflow_pb2.WorkflowSpec):
        message.get("template", {}).pop("id", None)
        found = {"graph": message}
    else:
        message.get("workflow_id", {}).pop("version", None)
        found = {"launch plan": message}
    before = f"{owner}: " if owner else ""
    return [_part(before + name, value).as_json() for name, value in sorted(found.items())]


def _task(message: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    template = message.get("template", {})
    if "description" in message:
        yield "docs", message["description"]
    interface = template.pop("interface", {})
    for side, name in (("inputs", "input"), ("outputs", "output")):
        for variable, kind in interface.get(side, {}).get("variables", {}).items():
            yield f"{name} {variable}", kind
    container = template.get("container", {})
    for entry in container.pop("env", ()):
        yield f"env {entry['key']}", entry.get("value", "")
    resources = container.pop("resources", {})
    for kind, name in (("requests", "resources"), ("limits", "limits")):
        for entry in resources.get(kind, ()):
            yield f"{name} {entry['name'].lower()}", entry.get("value", "")
    for dropped in ("args", "command"):
        container.pop(dropped, None)  # where the code is and how it is found, which its own parts tell
    template.pop("id", None)
    for path, value in _leaves(template, ()):
        if path == "metadata.discovery_version" and len(value) == _OWN_HASH_DIGITS:
            continue
        yield _NAMES.get(path, path.removeprefix("metadata.")), value


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and len(path) < 3:  # noqa: PLR2004 - deep enough for the fields that people set
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield ".".join(path), value


def _part(name: str, value: Any) -> NamedPart:
    digest = sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
    return NamedPart(name, SETTING, "setting", digest, _shown(name, value))


def _shown(name: str, value: Any) -> str:
    if isinstance(value, str):
        text = shown((name.rpartition(" ")[2],), value)
        return text[1:-1] if text.startswith("'") and text.endswith("'") else text
    return shown((name,), value) if not isinstance(value, dict | list) else ""
