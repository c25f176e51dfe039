"""Tasks whose code runs in a container, and what the seed's module names: resolvers, pickled entities, image names.

The interface is that of `flytekit.core.python_auto_container`; `__all__` lists the part that exists so far.
"""

from abc import ABC
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from autocontainer_nb.core.base_task import PythonTask, TaskMetadata, TaskResolverMixin
from autocontainer_nb.core.interface import Interface
from autocontainer_nb.core.pickled_entity import PickledEntity, PickledEntityMetadata
from autocontainer_nb.core.resolvers import DefaultNotebookTaskResolver, DefaultTaskResolver, notebook_scope
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.wire import (
    EXECUTE_SCRIPT,
    PICKLE_FILE_PATH,
    PLACEHOLDER_CHECKPOINT_PREFIX,
    PLACEHOLDER_INPUT,
    PLACEHOLDER_OUTPUT_PREFIX,
    PLACEHOLDER_PREV_CHECKPOINT_PREFIX,
    PLACEHOLDER_RAW_OUTPUT_PREFIX,
)

if TYPE_CHECKING:  # the container's process loads a task, it doesn't serialize one: what only that needs comes later
    from flyteidl.core import tasks_pb2

    from autocontainer_nb.core.accelerators import BaseAccelerator
    from autocontainer_nb.core.configuration import ImageConfig, SerializationSettings
    from autocontainer_nb.core.resources import Resources, ResourceSpec
    from autocontainer_nb.core.security import Secret

__all__ = [
    "PICKLE_FILE_PATH",
    "DefaultNotebookTaskResolver",
    "DefaultTaskResolver",
    "PickledEntity",
    "PickledEntityMetadata",
    "PythonAutoContainerTask",
    "T",
    "default_notebook_task_resolver",
    "default_task_resolver",
    "get_registerable_container_image",
]

T = TypeVar("T")


class PythonAutoContainerTask(PythonTask[T], ABC):
    """A task that runs in a container with a command of ours; the base of all kinds of Python tasks.

    Subclasses implement `execute(**inputs)`.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the seed's signature
        self,
        name: str,
        task_config: T,
        task_type: str = "python-task",
        container_image: str | None = None,
        requests: "Resources | None" = None,
        limits: "Resources | None" = None,
        environment: Mapping[str, str] | None = None,
        task_resolver: TaskResolverMixin | None = None,
        secret_requests: "list[Secret] | None" = None,
        pod_template: None = None,
        pod_template_name: str | None = None,
        accelerator: "BaseAccelerator | None" = None,
        shared_memory: bool | str | None = None,
        resources: "Resources | None" = None,
        *,
        interface: Interface | None = None,
        metadata: TaskMetadata | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        task_type_version: int = 0,
    ) -> None:
        """Describe the task; nothing is built, read or sent.

        Raises:
            DefinitionError: the arguments contradict each other or have the wrong type.
        """
        if pod_template is not None:
            raise DefinitionError(
                f"Task {name!r}: pod_template isn't supported by this version. Name a template that the cluster has by "
                "pod_template_name, or use resources, accelerator, secret_requests and environment."
            )
        _check_secrets(name, secret_requests)
        metadata = metadata or TaskMetadata()
        super().__init__(
            task_type=task_type,
            name=name,
            task_config=task_config,
            interface=interface,
            metadata=replace(
                metadata,
                pod_template_name=pod_template_name or metadata.pod_template_name,
                labels=labels if labels is not None else metadata.labels,
                annotations=annotations if annotations is not None else metadata.annotations,
            ),
            environment=environment,
            secret_requests=secret_requests,
            task_type_version=task_type_version,
        )
        self._container_image = container_image
        self._resources = _resource_spec(name, resources, requests, limits)
        self._task_resolver = task_resolver or resolver_for(self.instantiated_in)
        self._get_command_fn: Callable[[SerializationSettings], list[str]] | None = None
        self.accelerator = accelerator
        self.shared_memory = shared_memory

    @property
    def task_resolver(self) -> TaskResolverMixin:
        """How the container finds the task."""
        return self._task_resolver

    @property
    def container_image(self) -> str | None:
        """The image as the user gave it, placeholders included; None for the default image."""
        return self._container_image

    @property
    def resources(self) -> "ResourceSpec":
        """Requests and limits of the container."""
        from autocontainer_nb.core.resources import Resources, ResourceSpec

        return self._resources or ResourceSpec(requests=Resources(), limits=Resources())

    def set_resolver(self, resolver: TaskResolverMixin) -> None:
        """Find the task in the container by another resolver."""
        self._task_resolver = resolver

    def get_default_command(self, settings: "SerializationSettings") -> list[str]:
        """Return the `pyflyte-execute` command, with Flyte's placeholders, that runs this task in a container."""
        return [
            EXECUTE_SCRIPT,
            "--inputs",
            PLACEHOLDER_INPUT,
            "--output-prefix",
            PLACEHOLDER_OUTPUT_PREFIX,
            "--raw-output-data-prefix",
            PLACEHOLDER_RAW_OUTPUT_PREFIX,
            "--checkpoint-path",
            PLACEHOLDER_CHECKPOINT_PREFIX,
            "--prev-checkpoint",
            PLACEHOLDER_PREV_CHECKPOINT_PREFIX,
            "--resolver",
            self._task_resolver.location,
            "--",
            *self._task_resolver.loader_args(settings, self),
        ]

    def get_command(self, settings: "SerializationSettings") -> list[str]:
        """Return the command of the registered container: the default one, or what `set_command_fn` gave."""
        return (self._get_command_fn or self.get_default_command)(settings)

    def set_command_fn(self, get_command_fn: "Callable[[SerializationSettings], list[str]] | None" = None) -> None:
        """Make the command by `get_command_fn(settings)`; None means the default command."""
        self._get_command_fn = get_command_fn

    def reset_command_fn(self) -> None:
        """Make the default command again."""
        self._get_command_fn = None

    def get_image(self, settings: "SerializationSettings") -> str:
        """Return the image's name as it is registered."""
        return get_registerable_container_image(self._container_image, settings.image_config)

    def get_container(self, settings: "SerializationSettings") -> "tasks_pb2.Container":
        """Return the container's message: image, command, environment, resources. The task isn't changed."""
        from autocontainer_nb.core.serialize.container import container_message

        return container_message(
            image=self.get_image(settings),
            args=self.get_command(settings),
            environment={**settings.env, **self.environment},
            resources=self.resources,
        )

    def get_extended_resources(self, settings: "SerializationSettings") -> "tasks_pb2.ExtendedResources | None":  # noqa: ARG002 - seed's
        """Return accelerator and shared memory as Flyte's message, None where there are none."""
        from autocontainer_nb.core.accelerators import extended_resources

        return extended_resources(self.accelerator, self.shared_memory)

    def get_config(self, settings: "SerializationSettings") -> dict[str, str] | None:  # noqa: ARG002 - subclasses use it
        """Return the task type's configuration for the control plane; a plain task has none."""
        return {}

    def get_custom(self, settings: "SerializationSettings") -> dict[str, Any] | None:  # noqa: ARG002 - subclasses use it
        """Return the task type's own data for the control plane; a plain task has none."""
        return None


def get_registerable_container_image(img: str | None, cfg: "ImageConfig") -> str:
    """Return the image's name with its placeholders filled from `cfg`; None means the default image.

    Raises:
        ImageError: a placeholder names an image that `cfg` doesn't have, or there is no default image.
    """
    from autocontainer_nb.image.reference import resolve_image

    return resolve_image(img, cfg)


def resolver_for(module: str) -> TaskResolverMixin:
    """Return the resolver of tasks whose function is defined in the module: the notebook's, where its scope is open."""
    return default_notebook_task_resolver if notebook_scope.covers(module) else default_task_resolver


def _check_secrets(name: str, secrets: "list[Secret] | None") -> None:
    if not secrets:
        return
    from autocontainer_nb.core.security import Secret

    for secret in secrets:
        if not isinstance(secret, Secret):
            raise DefinitionError(f"Task {name!r}: secret_requests takes Secret objects, got {type(secret).__name__}.")


def _resource_spec(
    name: str, resources: "Resources | None", requests: "Resources | None", limits: "Resources | None"
) -> "ResourceSpec | None":
    """Return what the user asked for, or None for nothing: a plain task's pickle then needs no class for it."""
    if resources is None and requests is None and limits is None:
        return None
    from autocontainer_nb.core.resources import Resources, ResourceSpec

    if resources is None:
        return ResourceSpec(requests=requests or Resources(), limits=limits or Resources())
    if requests is not None or limits is not None:
        raise DefinitionError(
            f"Task {name!r}: `resources` was given together with `requests` or `limits`. Give either `resources` alone "
            "(a pair means request and limit) or the other two."
        )
    return ResourceSpec.from_multiple_resource(resources)


default_task_resolver = DefaultTaskResolver()
default_notebook_task_resolver = DefaultNotebookTaskResolver()
