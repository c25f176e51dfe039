"""`PythonAutoContainerTask`, a task that runs in a container, with its resolvers, pickled entities and image names.

The module has the whole interface of `flytekit.core.python_auto_container`.
"""

from abc import ABC
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.core.entities.notebook_scope import notebook_scope
from autocontainer_nb.core.resolvers.default import DefaultNotebookTaskResolver, DefaultTaskResolver
from autocontainer_nb.core.resolvers.pickled_entity import PickledEntity, PickledEntityMetadata, reduce_for_travel
from autocontainer_nb.core.resolvers.resolver import TaskResolverMixin
from autocontainer_nb.core.settings.options import check_classes
from autocontainer_nb.core.settings.task_metadata import ALL_DECK_FIELDS, TaskMetadata
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.wire import (
    ENV_RUNTIME_PACKAGES,
    EXECUTE_SCRIPT,
    PICKLE_FILE_PATH,
    PLACEHOLDER_CHECKPOINT_PREFIX,
    PLACEHOLDER_INPUT,
    PLACEHOLDER_OUTPUT_PREFIX,
    PLACEHOLDER_PREV_CHECKPOINT_PREFIX,
    PLACEHOLDER_RAW_OUTPUT_PREFIX,
)

if TYPE_CHECKING:
    from flyteidl.core import tasks_pb2

    from autocontainer_nb.core.entities.documentation import Documentation
    from autocontainer_nb.core.settings.accelerators import BaseAccelerator
    from autocontainer_nb.core.settings.pod import PodTemplate
    from autocontainer_nb.core.settings.resources import Resources, ResourceSpec
    from autocontainer_nb.core.settings.secret_requests import Secret
    from autocontainer_nb.core.settings.serialization import SerializationSettings
    from autocontainer_nb.image.config import ImageConfig
    from autocontainer_nb.image.spec import ImageSpec


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
    "update_image_spec_copy_handling",
]

T = TypeVar("T")


class PythonAutoContainerTask(PythonTask[T], ABC):
    """A task that runs in a container with this package's command; the base of all kinds of Python tasks.

    Subclasses implement `execute(**inputs)`.
    """

    pod_template: "PodTemplate | None" = None  # the default for archives without it

    def __init__(  # noqa: PLR0913, PLR0917 - the seed's signature
        self,
        name: str,
        task_config: T,
        task_type: str = "python-task",
        container_image: "str | ImageSpec | None" = None,
        requests: "Resources | None" = None,
        limits: "Resources | None" = None,
        environment: Mapping[str, str] | None = None,
        task_resolver: TaskResolverMixin | None = None,
        secret_requests: "list[Secret] | None" = None,
        pod_template: "PodTemplate | None" = None,
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
        docs: "Documentation | None" = None,
        enable_deck: bool | None = None,
        disable_deck: bool | None = None,
        deck_fields: Sequence[str] | None = ALL_DECK_FIELDS,
    ) -> None:
        """Make the task; nothing is built, read or sent.

        Raises:
            DefinitionError: the arguments contradict each other or have the wrong type.
        """
        from autocontainer_nb.core.settings.container_options import check_container_options

        given = {
            "container_image": container_image, "environment": environment,
            "secret_requests": secret_requests, "pod_template": pod_template, "pod_template_name": pod_template_name,
            "accelerator": accelerator, "shared_memory": shared_memory, "labels": labels, "annotations": annotations,
        }  # fmt: skip
        check_container_options(name, given)
        check_classes(f"Task {name!r}", [("task_resolver", task_resolver, TaskResolverMixin)])
        super().__init__(
            task_type=task_type,
            name=name,
            task_config=task_config,
            interface=interface,
            metadata=_with_pod(metadata or TaskMetadata(), pod_template_name, labels, annotations),
            environment=environment,
            secret_requests=secret_requests,
            task_type_version=task_type_version,
            docs=docs,
            enable_deck=enable_deck,
            disable_deck=disable_deck,
            deck_fields=deck_fields,
        )
        self._container_image = container_image
        self._resources = _resource_spec(name, resources, requests, limits)
        self._task_resolver = task_resolver or resolver_for(self.instantiated_in)
        if task_resolver is None and notebook_scope.covers(self.instantiated_in):
            self._name = notebook_scope.qualify_given(self.instantiated_in, name)
        self._get_command_fn: Callable[[SerializationSettings], list[str]] | None = None
        if pod_template is not None:
            self.pod_template = pod_template
        self.accelerator = accelerator
        self.shared_memory = shared_memory

    @property
    def metadata(self) -> TaskMetadata:
        """Settings for the control plane; the default cache version is the code's fingerprint."""
        if not self._metadata.cache or self._metadata.cache_version:
            return self._metadata
        from autocontainer_nb.core.settings.cache import fingerprint

        return replace(self._metadata, cache_version=fingerprint(getattr(self, "__wrapped__", type(self).execute)))

    def __reduce_ex__(self, protocol: Any) -> Any:
        reduce = reduce_for_travel.get()
        return super().__reduce_ex__(protocol) if reduce is None else reduce(self, protocol)

    @property
    def task_resolver(self) -> TaskResolverMixin:
        """The resolver with which the container finds the task."""
        return self._task_resolver

    @property
    def container_image(self) -> "str | ImageSpec | None":
        """The image as the user wrote it, with placeholders; None for the default image."""
        return self._container_image

    @property
    def resources(self) -> "ResourceSpec":
        """Requests and limits of the container."""
        from autocontainer_nb.core.settings.resources import Resources, ResourceSpec

        return self._resources or ResourceSpec(requests=Resources(), limits=Resources())

    def set_resolver(self, resolver: TaskResolverMixin) -> None:
        """Set the resolver with which the container finds the task."""
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
        """Return the command of the registered container: the default one, or that of `set_command_fn`."""
        return (self._get_command_fn or self.get_default_command)(settings)

    def set_command_fn(self, get_command_fn: "Callable[[SerializationSettings], list[str]] | None" = None) -> None:
        """Use `get_command_fn(settings)` for the command; None restores the default command."""
        self._get_command_fn = get_command_fn

    def reset_command_fn(self) -> None:
        """Restore the default command."""
        self._get_command_fn = None

    def get_image(self, settings: "SerializationSettings") -> str:
        """Return the image's registered name; an `ImageSpec` is built first unless its image exists."""
        image = self._container_image
        if image is not None and not isinstance(image, str):
            image = update_image_spec_copy_handling(image, settings)
        return get_registerable_container_image(image, settings.image_config)

    def get_container(self, settings: "SerializationSettings") -> "tasks_pb2.Container | None":
        """Return the container's message: image, command, environment, resources; None for a task with a pod template.

        The task isn't changed.
        """
        return self._container(settings) if self.pod_template is None else None

    def get_k8s_pod(self, settings: "SerializationSettings") -> "tasks_pb2.K8sPod | None":
        """Return the pod's message, or None for a task without a pod template."""
        if self.pod_template is None:
            return None
        from autocontainer_nb.core.settings.pod import pod_message

        config = settings.image_config
        resolve = partial(get_registerable_container_image, cfg=config)
        return pod_message(self.pod_template, self._container(settings), resolve)

    def get_sql(self, settings: "SerializationSettings") -> "tasks_pb2.Sql | None":  # noqa: ARG002 - subclasses use it
        """Return the SQL statement of the task; None for a Python task."""
        return None

    def _container(self, settings: "SerializationSettings") -> "tasks_pb2.Container":
        from autocontainer_nb.core.settings.pod import container_message

        environment = {**settings.env, **self.environment}
        packages = (
            None if isinstance(self._container_image, str) else getattr(self._container_image, "runtime_packages", None)
        )
        if packages:
            environment[ENV_RUNTIME_PACKAGES] = " ".join(packages)
        return container_message(
            image=self.get_image(settings),
            args=self.get_command(settings),
            environment=environment,
            resources=self.resources,
        )

    def get_extended_resources(self, settings: "SerializationSettings") -> "tasks_pb2.ExtendedResources | None":  # noqa: ARG002 - seed's
        """Return accelerator and shared memory as Flyte's message, or None if there are none."""
        from autocontainer_nb.core.settings.accelerators import extended_resources

        return extended_resources(self.accelerator, self.shared_memory)

    def get_config(self, settings: "SerializationSettings") -> dict[str, str] | None:  # noqa: ARG002 - subclasses use it
        """Return the task type's configuration for the control plane: for a pod, the name of its primary container."""
        if self.pod_template is None:
            return {}
        from autocontainer_nb.core.settings.pod import PRIMARY_CONTAINER_KEY

        return {PRIMARY_CONTAINER_KEY: self.pod_template.primary_container_name}

    def get_custom(self, settings: "SerializationSettings") -> dict[str, Any] | None:  # noqa: ARG002 - subclasses use it
        """Return the task type's own data for the control plane; None for a plain task."""
        return None


def get_registerable_container_image(img: "str | ImageSpec | None", cfg: "ImageConfig") -> str:
    """Return the image's name with its placeholders filled in from `cfg`; None means the default image.

    An `ImageSpec` is built, and pushed if it names a registry, unless `cfg` has an image with the spec's id or the
    image already exists.

    Raises:
        ImageError: a placeholder names an image that `cfg` doesn't have, there is no default image, or the image
            couldn't be built.
    """
    if img is not None and not isinstance(img, str):
        known = cfg.find_image(img.id)
        if known is not None:
            return known.full
        from autocontainer_nb.image.build import build_image

        return build_image(img)
    from autocontainer_nb.image.resolve import resolve_image

    return resolve_image(img, cfg)


def update_image_spec_copy_handling(image_spec: "ImageSpec", settings: "SerializationSettings") -> "ImageSpec":
    """Return a copy of the spec that includes the source files which the image needs.

    If the container fetches the code when it starts (fast registration), the image gets no sources. Otherwise it gets
    the imported modules below the source root of the spec or the settings. The spec's own settings take precedence.
    """
    from autocontainer_nb.image.spec import CopyFileDetection

    fast = settings.fast_serialization_settings
    mode = image_spec.source_copy_mode
    root = image_spec.source_root or settings.source_root
    if mode is None and root is not None and (fast is None or not fast.enabled):
        mode = CopyFileDetection.LOADED_MODULES
    if mode is None or mode is CopyFileDetection.NO_COPY:
        return image_spec
    return replace(image_spec, source_root=root, source_copy_mode=mode)


def resolver_for(module: str) -> TaskResolverMixin:
    """Return the resolver for tasks defined in the module: the notebook's resolver if its scope is open."""
    return default_notebook_task_resolver if notebook_scope.covers(module) else default_task_resolver


def _with_pod(
    metadata: TaskMetadata,
    template_name: str | None,
    labels: Mapping[str, str] | None,
    annotations: Mapping[str, str] | None,
) -> TaskMetadata:
    """Return the metadata with what is said of the pod; what isn't said stays as it is."""
    return replace(
        metadata,
        pod_template_name=template_name or metadata.pod_template_name,
        labels=labels if labels is not None else metadata.labels,
        annotations=annotations if annotations is not None else metadata.annotations,
    )


def _resource_spec(
    name: str, resources: "Resources | None", requests: "Resources | None", limits: "Resources | None"
) -> "ResourceSpec | None":
    """Return the requested resources, or None for none: a plain task's pickle then needs no class for them."""
    if resources is None and requests is None and limits is None:
        return None
    from autocontainer_nb.core.settings.resources import Resources, ResourceSpec

    given = [("resources", resources), ("requests", requests), ("limits", limits)]
    check_classes(f"Task {name!r}", [(option, value, Resources) for option, value in given])
    for side in (requests, limits):
        if side is not None and side.has_pairs:
            raise DefinitionError(
                f"Task {name!r}: only `resources` accepts a (request, limit) pair. "
                "Pass single values to `requests` and `limits`."
            )
    if resources is None:
        spec = ResourceSpec(requests=requests or Resources(), limits=limits or Resources())
        return spec.checked(f"Task {name!r}")
    if requests is not None or limits is not None:
        raise DefinitionError(
            f"Task {name!r}: pass either `resources`, in which a pair means (request, limit), or `requests` and "
            "`limits`, not both."
        )
    return ResourceSpec.from_multiple_resource(resources).checked(f"Task {name!r}")


default_task_resolver = DefaultTaskResolver()
default_notebook_task_resolver = DefaultNotebookTaskResolver()
