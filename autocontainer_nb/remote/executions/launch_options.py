"""The options of a launch, as the fields of Flyte's message `ExecutionSpec`."""

from typing import Any, Final

from flyteidl.admin import execution_pb2

from autocontainer_nb.core.capture.pickled_file import process_finder
from autocontainer_nb.core.entities.execution_options import ExecutionOptions
from autocontainer_nb.core.serialize.launch_plans import notification_message
from autocontainer_nb.errors import CredentialError

_TEXT_MAPS: Final = ("labels", "annotations", "environment")


def put_options(options: ExecutionOptions, spec: execution_pb2.ExecutionSpec) -> None:
    """Put what is said into the message; what isn't is left to the launch plan.

    flyteadmin takes the launch plan's labels, annotations, variables, notifications and so on where the execution's own
    are unset (`execution_manager.go`, `resolveExecutionConfig`).
    """
    for option, message in (("labels", spec.labels), ("annotations", spec.annotations)):
        if getattr(options, option):
            message.values.update(getattr(options, option))
    for name, value in (options.environment or {}).items():
        spec.envs.values.add(key=name, value=value)
    spec.tags.extend(options.tags or ())
    spec.overwrite_cache = bool(options.overwrite_cache)
    if options.interruptible is not None:
        spec.interruptible.value = options.interruptible
    spec.max_parallelism = options.max_parallelism or 0
    if options.raw_output_prefix:
        spec.raw_output_data_config.output_location_prefix = options.raw_output_prefix
    if options.service_account:
        spec.security_context.run_as.k8s_service_account = options.service_account
    if options.cluster_pool:
        spec.cluster_assignment.cluster_pool_name = options.cluster_pool
    if options.notifications:
        spec.notifications.notifications.extend(notification_message(each) for each in options.notifications)
    elif options.notifications is not None:
        spec.disable_all = True


def refuse_credentials_in_options(options: ExecutionOptions, entity: Any, *, allowed: bool = False) -> None:
    """Return if no label, annotation, tag or variable may be a credential: the control plane keeps and shows them.

    Raises:
        CredentialError: one may be; the message names it, and never shows its value.
    """
    if allowed or getattr(entity, "allow_credentials", False):
        return
    finder = process_finder()
    said = [(option, name, text) for option in _TEXT_MAPS for name, text in (getattr(options, option) or {}).items()]
    said += [("tags", "", tag) for tag in options.tags or ()]
    for option, name, text in said:
        kind = finder.in_value((name,) if name else (), text)
        if kind is not None:
            where = f"{option}[{name!r}]" if name else option
            raise CredentialError(
                f"The execution isn't started, since its options may take along a credential: {where} {kind}. The "
                "control plane keeps options and shows them: let the task ask for it, by @task(secret_requests="
                "[Secret(...)]). If it may be sent: @task(allow_credentials=True)."
            )
