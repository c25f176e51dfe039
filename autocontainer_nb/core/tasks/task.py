"""The `@task` decorator, which turns a typed function into a task."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from autocontainer_nb.core.resolvers.resolver import TaskResolverMixin
from autocontainer_nb.core.settings.accelerators import BaseAccelerator
from autocontainer_nb.core.settings.options import check_forms
from autocontainer_nb.core.settings.resources import Resources
from autocontainer_nb.core.settings.secret_requests import Secret
from autocontainer_nb.core.settings.task_metadata import ALL_DECK_FIELDS, TaskMetadata
from autocontainer_nb.core.tasks.function_task import PythonFunctionTask

if TYPE_CHECKING:
    from autocontainer_nb.core.entities.documentation import Documentation
    from autocontainer_nb.core.settings.cache import Cache
    from autocontainer_nb.core.settings.pod import PodTemplate
    from autocontainer_nb.image.spec import ImageSpec


def task(  # noqa: PLR0913 - one keyword for each option of a task
    _task_function: Callable[..., Any] | None = None,
    /,
    *,
    task_config: Any = None,
    cache: "bool | Cache" = False,
    cache_serialize: bool | None = None,
    cache_version: str | None = None,
    cache_ignore_input_vars: tuple[str, ...] | None = None,
    retries: int = 0,
    timeout: timedelta | int | None = None,
    interruptible: bool | None = None,
    deprecated: str = "",
    container_image: "str | ImageSpec | None" = None,
    environment: Mapping[str, str] | None = None,
    requests: Resources | None = None,
    limits: Resources | None = None,
    resources: Resources | None = None,
    secret_requests: list[Secret] | None = None,
    task_resolver: TaskResolverMixin | None = None,
    docs: "Documentation | None" = None,
    enable_deck: bool | None = None,
    disable_deck: bool | None = None,
    deck_fields: Sequence[str] | None = ALL_DECK_FIELDS,
    pod_template: "PodTemplate | None" = None,
    pod_template_name: str | None = None,
    accelerator: BaseAccelerator | None = None,
    shared_memory: bool | str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    task_class: type[PythonFunctionTask[Any]] | None = None,
    allow_credentials: bool = False,
    needs: str | Sequence[str] | None = None,
) -> Any:
    """Turn a typed function into a task: `@task`, or `@task(retries=2, ...)`.

    Calling the task runs the function here and now; `.remote(...)` runs it in a container.

    Args:
        _task_function: The function, if the decorator is used without parentheses.
        task_config: Configuration of a task type, for a class that `TaskPlugins` has for it.
        cache: Whether results are reused for equal inputs: True, or a `Cache` with details.
        cache_serialize: Whether equal runs at the same time wait for the first one's result.
        cache_version: Only results of the same version are reused; the code's fingerprint by default.
        cache_ignore_input_vars: Inputs that the cache ignores.
        retries: Additional attempts after a `RecoverableError` or a lost container.
        timeout: Time limit of one attempt, as seconds or a timedelta.
        interruptible: Whether it may run on machines that can be reclaimed (spot instances).
        deprecated: A message for people who still use the task.
        container_image: Image name or `ImageSpec`; placeholders such as `{{.image.default.fqn}}` are filled in when it
            is registered.
        environment: Environment variables for the container.
        requests: Resources that the container requests.
        limits: The most that the container may use.
        resources: Both in one: a pair is (request, limit), a single value the request.
        secret_requests: Secrets for the container.
        task_resolver: How the container finds the task; by default, that depends on where the task is defined.
        docs: Documentation beside the docstring.
        enable_deck: Whether a run writes a `deck.html`.
        disable_deck: The opposite of `enable_deck`; flytekit's older name.
        deck_fields: The decks that each run makes.
        pod_template: The Kubernetes pod that the container runs in.
        pod_template_name: The name of a pod template in the cluster.
        accelerator: The accelerator that the container needs.
        shared_memory: A quantity, or True for as much as the container has memory.
        labels: Labels of the pod.
        annotations: Annotations of the pod.
        task_class: The class of the task; by default an asynchronous one for an `async def`, otherwise a plain one.
        allow_credentials: Whether to upload the task even if it seems to contain credentials, instead of raising an
            error. Anyone who can read the uploaded file can read them; only the task can read a `Secret`.
        needs: The packages that the task needs, such as `["pandas>=2.1", "pyarrow"]`: these must be in the image, and
            what else was found out is only told in the log. Or what is done about packages that are missing or too old:
            "check" (the default) refuses to run, "warn" tells in the log, "off" doesn't look.

    Raises:
        DefinitionError: the function's signature can't be a task's interface, or options contradict each other.
    """

    def make(function: Callable[..., Any]) -> PythonFunctionTask[Any]:
        about = (function, container_image, pod_template, pod_template_name)
        caching = _caching(cache, about, cache_serialize, cache_version, cache_ignore_input_vars)
        behaviour = TaskMetadata(
            retries=retries, timeout=timeout, interruptible=interruptible, deprecated=deprecated, **caching
        )
        made: PythonFunctionTask[Any] = (task_class or _class_for(function, task_config))(
            task_config,
            function,  # type: ignore[arg-type]  # the constructor refuses anything but a function
            metadata=behaviour, task_resolver=task_resolver, docs=docs, container_image=container_image,
            environment=environment, requests=requests, limits=limits, resources=resources,
            secret_requests=secret_requests, accelerator=accelerator, shared_memory=shared_memory,
            enable_deck=enable_deck, disable_deck=disable_deck, deck_fields=deck_fields,
            pod_template=pod_template, pod_template_name=pod_template_name, labels=labels, annotations=annotations,
        )  # fmt: skip
        return _saying(made, needs, allow_credentials=allow_credentials)

    return make if _task_function is None else make(_task_function)


def _caching(
    cache: "bool | Cache",
    about: tuple[Any, ...],
    serialize: bool | None,
    version: str | None,
    ignored_inputs: tuple[str, ...] | None,
) -> dict[str, Any]:
    """Return the options of `TaskMetadata` for the cache; `about` are the parameters of `VersionParameters`."""
    forms = [
        ("cache_serialize", serialize, "flag"),
        ("cache_version", version, "text"),
        ("cache_ignore_input_vars", ignored_inputs, "texts"),
    ]
    check_forms(f"Task {getattr(about[0], '__name__', about[0])!r}", forms)
    if not (cache or serialize or version or ignored_inputs):
        return {}
    from autocontainer_nb.core.settings.cache import VersionParameters, cache_options

    parameters = VersionParameters(*about)
    return cache_options(cache, parameters, serialize=serialize, version=version, ignored_inputs=ignored_inputs)


def _saying(
    made: PythonFunctionTask[Any], needs: str | Sequence[str] | None, *, allow_credentials: bool
) -> PythonFunctionTask[Any]:
    """Return the task, which says from now on what it needs and what is allowed; most say neither."""
    check_forms(f"Task {made.name!r}", [("allow_credentials", allow_credentials, "flag")])
    if allow_credentials:
        made.allow_credentials = True
    if needs is not None:
        from autocontainer_nb.core.settings.needs import checked_needs

        made.needed_packages = checked_needs(made.name, needs)
    return made


def _class_for(function: Callable[..., Any], task_config: Any) -> type[PythonFunctionTask[Any]]:
    if task_config is not None:
        from autocontainer_nb.core.tasks.plugins import class_for_config

        found = class_for_config(task_config)
        if found is not None:
            return found
    if not iscoroutinefunction(function):
        return PythonFunctionTask
    from autocontainer_nb.core.tasks.function_task import AsyncPythonFunctionTask

    return AsyncPythonFunctionTask
