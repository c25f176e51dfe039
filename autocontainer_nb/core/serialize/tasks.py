"""A task's registered form: `TaskTemplate` and `TaskSpec`. Reads the task, changes nothing of it."""

from typing import Any, Final

from flyteidl.admin import task_pb2
from flyteidl.core import security_pb2, tasks_pb2
from google.protobuf import duration_pb2, struct_pb2

from autocontainer_nb.core.base_task import TaskMetadata
from autocontainer_nb.core.configuration import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask
from autocontainer_nb.core.security import Secret
from autocontainer_nb.idl.identifiers import task_id
from autocontainer_nb.wire import FAST_EXECUTE_SCRIPT, PACKAGE_VERSION

_RUNTIME_FLAVOR: Final = "python"


def task_spec(task: PythonAutoContainerTask[Any], settings: SerializationSettings) -> task_pb2.TaskSpec:
    """Return what `CreateTask` takes: the template under the settings' project, domain and version."""
    return task_pb2.TaskSpec(template=task_template(task, settings))


def task_template(task: PythonAutoContainerTask[Any], settings: SerializationSettings) -> tasks_pb2.TaskTemplate:
    """Return the task's template; the container's command fetches the code first where the settings say so."""
    container = task.get_container(settings)
    fast = settings.fast_serialization_settings
    if fast is not None and fast.enabled:
        command = fast_command(list(container.args), fast)
        del container.args[:]
        container.args.extend(command)
    template = tasks_pb2.TaskTemplate(
        id=task_id(settings.project, settings.domain, task.name, settings.version),
        type=task.task_type,
        metadata=_metadata(task.metadata),
        interface=task.interface,
        container=container,
        task_type_version=task.task_type_version,
        config=task.get_config(settings) or {},
    )
    custom = task.get_custom(settings)
    if custom:
        template.custom.CopyFrom(_struct(custom))
    if task.secret_requests:
        secrets = [_secret(secret) for secret in task.secret_requests]
        template.security_context.CopyFrom(security_pb2.SecurityContext(secrets=secrets))
    extended = task.get_extended_resources(settings)
    if extended is not None:
        template.extended_resources.CopyFrom(extended)
    return template


def fast_command(command: list[str], fast: FastSerializationSettings) -> list[str]:
    """Return the command that fetches the distribution into the destination and then runs `command`."""
    location = fast.distribution_location or "{{ .remote_package_path }}"
    return [
        FAST_EXECUTE_SCRIPT,
        "--additional-distribution",
        location,
        "--dest-dir",
        fast.destination_dir or ".",
        "--",
        *command,
    ]


def _metadata(metadata: TaskMetadata) -> tasks_pb2.TaskMetadata:
    message = tasks_pb2.TaskMetadata(
        runtime=tasks_pb2.RuntimeMetadata(
            type=tasks_pb2.RuntimeMetadata.FLYTE_SDK, version=PACKAGE_VERSION, flavor=_RUNTIME_FLAVOR
        ),
        pod_template_name=metadata.pod_template_name or "",
        deprecated_error_message=metadata.deprecated,
    )
    message.retries.retries = metadata.retries
    duration = duration_pb2.Duration()
    duration.FromTimedelta(metadata.timeout_duration)
    message.timeout.CopyFrom(duration)
    if metadata.interruptible is not None:
        message.interruptible = metadata.interruptible
    if metadata.labels or metadata.annotations:
        message.metadata.labels.update(metadata.labels)
        message.metadata.annotations.update(metadata.annotations)
    return message


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message


def _secret(secret: Secret) -> security_pb2.Secret:
    return security_pb2.Secret(
        group=secret.group or "",
        key=secret.key or "",
        group_version=secret.group_version or "",
        mount_requirement=security_pb2.Secret.MountType.Name(secret.mount_requirement.value),
        env_var=secret.env_var or "",
    )
