"""The registered form of a task: `TaskTemplate` and `TaskSpec`. The task itself isn't changed."""

from typing import Any, Final

from flyteidl.admin import task_pb2
from flyteidl.core import tasks_pb2
from google.protobuf import struct_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.entities.documentation import description_message
from autocontainer_nb.core.settings.pod import PRIMARY_CONTAINER_KEY, set_primary_args
from autocontainer_nb.core.settings.serialization import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.settings.task_metadata import TaskMetadata
from autocontainer_nb.idl.identifiers import task_id
from autocontainer_nb.wire import FAST_EXECUTE_SCRIPT, FLYTEKIT_PROTOCOL_VERSION

# What flytekit writes until these are chosen; registration fills them in.
_OPEN_LOCATION: Final = "{{ .remote_package_path }}"
_OPEN_DESTINATION: Final = "{{ .dest_dir }}"
_RUNTIME_FLAVOR: Final = "python"


def task_spec(task: PythonTask[Any], settings: SerializationSettings) -> task_pb2.TaskSpec:
    """Return the message for `CreateTask`: the docs, and the template with the settings' project, domain, version."""
    spec = task_pb2.TaskSpec(template=task_template(task, settings))
    docs = task.docs
    if docs is not None:
        spec.description.CopyFrom(description_message(docs))
    return spec


def task_template(task: PythonTask[Any], settings: SerializationSettings) -> tasks_pb2.TaskTemplate:
    """Return the task's template; if the settings say so, the container's command first fetches the code."""
    template = tasks_pb2.TaskTemplate(
        id=task_id(settings.project, settings.domain, task.name, settings.version),
        type=task.task_type,
        metadata=_metadata(task.metadata, generates_deck=task.enable_deck),
        interface=task.interface,
        task_type_version=task.task_type_version,
        config=task.get_config(settings) or {},
        sql=task.get_sql(settings),
        security_context=task.security_context,
        extended_resources=task.get_extended_resources(settings),
    )
    _set_target(template, task, settings)
    custom = task.get_custom(settings)
    if custom:
        template.custom.CopyFrom(_struct(custom))
    return template


def _set_target(template: tasks_pb2.TaskTemplate, task: PythonTask[Any], settings: SerializationSettings) -> None:
    """Set the container or pod that the task runs in; if the settings say so, it first fetches the code."""
    fast = settings.fast_serialization_settings if task.fetches_code else None
    container, pod = task.get_container(settings), task.get_k8s_pod(settings)
    if container is not None:
        if fast is not None and fast.enabled:
            command = fast_command(list(container.args), fast)
            del container.args[:]
            container.args.extend(command)
        template.container.CopyFrom(container)
    elif pod is not None:
        if fast is not None and fast.enabled:
            set_primary_args(pod, template.config[PRIMARY_CONTAINER_KEY], lambda args: fast_command(args, fast))
        template.k8s_pod.CopyFrom(pod)


def fast_command(command: list[str], fast: FastSerializationSettings) -> list[str]:
    """Return the command that fetches the distribution into the destination and then runs `command`."""
    location = fast.distribution_location or _OPEN_LOCATION
    return [
        FAST_EXECUTE_SCRIPT,
        "--additional-distribution",
        location,
        "--dest-dir",
        fast.destination_dir or _OPEN_DESTINATION,
        "--",
        *command,
    ]


def _metadata(metadata: TaskMetadata, *, generates_deck: bool) -> tasks_pb2.TaskMetadata:
    message = tasks_pb2.TaskMetadata(
        runtime=tasks_pb2.RuntimeMetadata(
            type=tasks_pb2.RuntimeMetadata.FLYTE_SDK, version=FLYTEKIT_PROTOCOL_VERSION, flavor=_RUNTIME_FLAVOR
        ),
        discoverable=metadata.cache,
        discovery_version=metadata.cache_version,
        cache_serializable=metadata.cache_serialize,
        cache_ignore_input_vars=metadata.cache_ignore_input_vars,
        pod_template_name=metadata.pod_template_name or "",
        deprecated_error_message=metadata.deprecated,
        is_eager=metadata.is_eager,
    )
    message.retries.retries = metadata.retries
    # Set even if empty, as in flytekit: a message distinguishes "unset" from "empty".
    message.generates_deck.value = metadata.generates_deck or generates_deck
    message.metadata.SetInParent()
    message.metadata.labels.update(metadata.labels)
    message.metadata.annotations.update(metadata.annotations)
    if metadata.timeout_duration:
        message.timeout.FromTimedelta(metadata.timeout_duration)
    if metadata.interruptible is not None:
        message.interruptible = metadata.interruptible
    return message


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message
