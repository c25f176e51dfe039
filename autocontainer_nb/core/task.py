"""The `@task` decorator."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from autocontainer_nb.core.accelerators import BaseAccelerator
from autocontainer_nb.core.base_task import TaskMetadata, TaskResolverMixin
from autocontainer_nb.core.python_function_task import PythonFunctionTask
from autocontainer_nb.core.resources import Resources
from autocontainer_nb.core.security import Secret


def task(  # noqa: PLR0913 - one keyword for each thing that a task can be told
    _task_function: Callable[..., Any] | None = None,
    /,
    *,
    task_config: Any = None,
    retries: int = 0,
    timeout: timedelta | int | None = None,
    interruptible: bool | None = None,
    deprecated: str = "",
    container_image: str | None = None,
    environment: Mapping[str, str] | None = None,
    requests: Resources | None = None,
    limits: Resources | None = None,
    resources: Resources | None = None,
    secret_requests: list[Secret] | None = None,
    task_resolver: TaskResolverMixin | None = None,
    pod_template_name: str | None = None,
    accelerator: BaseAccelerator | None = None,
    shared_memory: bool | str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Any:
    """Make a task of a typed function: `@task` alone, or `@task(retries=2, ...)`.

    The result is called like the function, which runs it here and now; `.remote(...)` runs it in a container.

    Args:
        _task_function: The function, when the decorator stands without parentheses.
        task_config: Configuration of a task type, for plug-ins.
        retries: Additional attempts after a `RecoverableError` or a lost container.
        timeout: Time limit of one attempt: seconds, or a timedelta.
        interruptible: Whether it may run on machines that can be taken away.
        deprecated: A message for whoever uses the task still.
        container_image: Image name; placeholders such as `{{.image.default.fqn}}` are filled at registration.
        environment: Environment variables for the container.
        requests: What the container asks for.
        limits: What the container may use at the most.
        resources: Both at once: a pair means (request, limit).
        secret_requests: Secrets for the container.
        task_resolver: How the container finds the task; chosen by where the task is defined if None.
        pod_template_name: A pod template that the cluster has.
        accelerator: The kind of device it needs.
        shared_memory: True for as much as it has memory, or a quantity.
        labels: Labels of the pod.
        annotations: Annotations of the pod.

    Raises:
        DefinitionError: the function's signature can't be a task's interface.
    """

    def make(function: Callable[..., Any]) -> PythonFunctionTask[Any]:
        return PythonFunctionTask(
            task_config,
            function,  # type: ignore[arg-type]  # the constructor refuses what is no Python function, in words
            metadata=TaskMetadata(retries=retries, timeout=timeout, interruptible=interruptible, deprecated=deprecated),
            task_resolver=task_resolver,
            environment=environment,
            container_image=container_image,
            requests=requests,
            limits=limits,
            resources=resources,
            secret_requests=secret_requests,
            pod_template_name=pod_template_name,
            accelerator=accelerator,
            shared_memory=shared_memory,
            labels=labels,
            annotations=annotations,
        )

    return make if _task_function is None else make(_task_function)
