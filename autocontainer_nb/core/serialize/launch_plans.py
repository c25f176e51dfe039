"""The registered form of a launch plan, and its nodes in workflows."""

from datetime import timedelta
from typing import Any, Final

from flyteidl.admin import common_pb2, launch_plan_pb2, schedule_pb2
from flyteidl.core import identifier_pb2, interface_pb2, literals_pb2, security_pb2, workflow_pb2

from autocontainer_nb.core.entities.launch_inputs import launch_inputs
from autocontainer_nb.core.graph.node import Node
from autocontainer_nb.core.serialize.nodes import GraphWriter
from autocontainer_nb.core.settings.secret_requests import secret_message
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.workflows.launch_options import (
    ConcurrencyLimitBehavior,
    LaunchOptions,
    OAuth2Client,
    OAuth2TokenRequest,
    SecurityContext,
)
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import ReferenceWorkflow
from autocontainer_nb.core.workflows.schedule import Email, FixedRate, Notification, Schedule, Slack
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.storage.scratch import local_file_access

_NONE: Final = literals_pb2.Literal(scalar=literals_pb2.Scalar(none_type=literals_pb2.Void()))


def launch_plan_spec(
    plan: LaunchPlan, settings: SerializationSettings, files: FileAccess | None = None
) -> launch_plan_pb2.LaunchPlanSpec:
    """Return the message for `CreateLaunchPlan`: workflow, inputs, schedule, options; `files` stores inputs."""
    access = files or local_file_access()
    types = plan.workflow.python_interface.inputs
    fixed = launch_inputs(plan.fixed_inputs, types, access, f"{plan.name}(fixed_inputs)")
    spec = launch_plan_pb2.LaunchPlanSpec(
        workflow_id=_workflow_id(plan.workflow, settings),
        entity_metadata=launch_plan_pb2.LaunchPlanMetadata(
            schedule=None if plan.schedule is None else _schedule(plan.schedule),
            notifications=[notification_message(each) for each in plan.notifications],
        ),
        default_inputs=interface_pb2.ParameterMap(parameters=_parameters(plan, access)),
        fixed_inputs=literals_pb2.LiteralMap(literals=fixed),
    )
    if plan.trigger is not None:
        spec.entity_metadata.launch_conditions.Pack(plan.trigger.to_flyte_idl(plan))
    _put_options(plan.options, spec)
    return spec


def launch_plan_node(node: Node, writer: GraphWriter) -> workflow_pb2.Node:
    """Return the message of a node that starts a launch plan."""
    message = writer.base(node)
    message.workflow_node.launchplan_ref.CopyFrom(writer.refer(node.entity, identifier_pb2.LAUNCH_PLAN))
    return message


def _workflow_id(workflow: WorkflowBase, settings: SerializationSettings) -> identifier_pb2.Identifier:
    if isinstance(workflow, ReferenceWorkflow):
        return workflow.id
    return identifier_pb2.Identifier(
        resource_type=identifier_pb2.WORKFLOW,
        project=settings.project,
        domain=settings.domain,
        name=workflow.name,
        version=settings.version,
    )


def _parameters(plan: LaunchPlan, files: FileAccess) -> dict[str, interface_pb2.Parameter]:
    """Return the free inputs; as in flytekit, a default of None is the plain None literal."""
    parameters = {}
    defaults = plan.python_interface.defaults
    given = {name: value for name, value in defaults.items() if value is not None}
    literals = launch_inputs(given, plan.python_interface.inputs, files, f"{plan.name}(default_inputs)")
    for name, variable in plan.interface.inputs.variables.items():
        if name in literals:
            parameters[name] = interface_pb2.Parameter(var=variable, default=literals[name])
        elif name in defaults:
            parameters[name] = interface_pb2.Parameter(var=variable, default=_NONE)
        else:
            parameters[name] = interface_pb2.Parameter(var=variable, required=True)
    return parameters


def _schedule(schedule: Schedule) -> schedule_pb2.Schedule:
    message = schedule_pb2.Schedule(kickoff_time_input_arg=schedule.kickoff_time_input_arg or "")
    if isinstance(schedule, FixedRate):
        message.rate.CopyFrom(_rate(schedule.duration))
    else:
        message.cron_schedule.CopyFrom(
            schedule_pb2.CronSchedule(schedule=schedule.schedule, offset=schedule.offset or "")
        )
    return message


def _rate(duration: timedelta) -> schedule_pb2.FixedRate:
    """Return the rate in the largest unit of which it is a whole number."""
    for unit, length in ((schedule_pb2.DAY, timedelta(days=1)), (schedule_pb2.HOUR, timedelta(hours=1))):
        if not duration % length:
            return schedule_pb2.FixedRate(value=duration // length, unit=unit)
    return schedule_pb2.FixedRate(value=duration // timedelta(minutes=1), unit=schedule_pb2.MINUTE)


def notification_message(notification: Notification) -> common_pb2.Notification:
    """Return the message of a notification, of a launch plan or an execution."""
    message = common_pb2.Notification()
    message.phases.extend(int(phase) for phase in notification.phases)  # type: ignore[misc]  # an enum's number; the stub wants its name
    field: Any = message.pager_duty
    if isinstance(notification, Slack):
        field = message.slack
    elif isinstance(notification, Email):
        field = message.email
    field.recipients_email.extend(notification.recipients_email)
    return message


def _put_options(options: LaunchOptions, spec: launch_plan_pb2.LaunchPlanSpec) -> None:
    spec.labels.SetInParent()
    spec.labels.values.update(options.labels)
    spec.annotations.SetInParent()
    spec.annotations.values.update(options.annotations)
    spec.raw_output_data_config.SetInParent()
    spec.raw_output_data_config.output_location_prefix = options.raw_output_data_config or ""
    spec.max_parallelism = options.max_parallelism or 0
    spec.overwrite_cache = bool(options.overwrite_cache)
    if options.security_context is not None:
        spec.security_context.CopyFrom(_security(options.security_context))
    if options.concurrency is not None:
        spec.concurrency_policy.max = options.concurrency.max_concurrency
        behavior: Any = options.concurrency.behavior or ConcurrencyLimitBehavior.SKIP
        spec.concurrency_policy.behavior = behavior


def _security(context: SecurityContext) -> security_pb2.SecurityContext:
    message = security_pb2.SecurityContext(
        secrets=[secret_message(secret) for secret in context.secrets],  # type: ignore[union-attr]  # made a tuple
        tokens=[_token(token) for token in context.tokens],  # type: ignore[union-attr]  # likewise
    )
    if context.run_as is not None:
        message.run_as.iam_role = context.run_as.iam_role or ""
        message.run_as.k8s_service_account = context.run_as.k8s_service_account or ""
        message.run_as.execution_identity = context.run_as.execution_identity or ""
        if context.run_as.oauth2_client is not None:
            message.run_as.oauth2_client.CopyFrom(_client(context.run_as.oauth2_client))
    return message


def _token(token: OAuth2TokenRequest) -> security_pb2.OAuth2TokenRequest:
    return security_pb2.OAuth2TokenRequest(
        name=token.name,
        type=security_pb2.OAuth2TokenRequest.Type.Name(int(token.type_)),
        client=_client(token.client),
        idp_discovery_endpoint=token.idp_discovery_endpoint or "",
        token_endpoint=token.token_endpoint or "",
    )


def _client(client: OAuth2Client) -> security_pb2.OAuth2Client:
    return security_pb2.OAuth2Client(client_id=client.client_id, client_secret=secret_message(client.client_secret))
