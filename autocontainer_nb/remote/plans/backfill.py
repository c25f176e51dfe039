"""Backfill: the executions that a launch plan's schedule would have started in a span of time that has passed."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from flyteidl.admin import execution_pb2, launch_plan_pb2
from flyteidl.core import literals_pb2

from autocontainer_nb.core.entities.execution_options import NO_OPTIONS, ExecutionOptions
from autocontainer_nb.core.entities.interface import bind_inputs
from autocontainer_nb.core.entities.launch_inputs import launch_inputs
from autocontainer_nb.core.workflows.fetched import FetchedLaunchPlan
from autocontainer_nb.errors import InputError
from autocontainer_nb.idl.schedules import is_scheduled, schedule_words, times_between
from autocontainer_nb.idl.times import timestamp
from autocontainer_nb.remote.control.named import is_own
from autocontainer_nb.remote.entities.fetch import launch_plan_of
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.launch_options import put_options
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.storage.scratch import new_local_folder

MAX_STARTS: Final = 100  # what a person starts without a second thought
_AT_ONCE: Final = 8
_NAME_DIGITS: Final = 18


def start_times(plan: launch_plan_pb2.LaunchPlan, start: datetime, end: datetime, limit: int) -> list[datetime]:
    """Return when the schedule would have started the launch plan, from `start` to before `end`.

    Raises:
        InputError: it has no schedule that can be read, or there are more than `limit` times.
    """
    schedule = plan.spec.entity_metadata.schedule
    if not is_scheduled(schedule):
        raise InputError(
            f"Launch plan {plan.id.name!r}, version {plan.id.version!r}, has no schedule, so it has missed no start. "
            "Give it one with LaunchPlan.get_or_create(..., schedule=CronSchedule(schedule=...))."
        )
    try:
        found = list(islice(times_between(schedule, start, end), limit + 1))
    except ValueError as error:
        raise InputError(f"Launch plan {plan.id.name!r}: its schedule can't be read: {error}.") from None
    if len(found) > limit:
        raise InputError(
            f"Launch plan {plan.id.name!r} ({schedule_words(schedule)}) would start more than {limit} times from "
            f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}: choose a shorter span, or pass limit=..."
        )
    return found


def backfill(
    scope: Scope,
    plan: launch_plan_pb2.LaunchPlan,
    times: list[datetime],
    inputs: Mapping[str, Any],
    options: ExecutionOptions = NO_OPTIONS,
) -> list[Execution]:
    """Start the launch plan once for each time, which the kickoff input gets, and return the executions in this order.

    Their names are made of launch plan and time: what was started before, also by a backfill that was interrupted,
    isn't started again.

    Raises:
        InputError: an input is missing or unknown.
        ConversionError: an input has another type than declared.
    """
    entity = launch_plan_of(scope, plan)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="backfill") as pool:
        return list(pool.map(lambda time: _start(scope, plan, entity, time, inputs, options), times))


def _start(
    scope: Scope,
    plan: launch_plan_pb2.LaunchPlan,
    entity: FetchedLaunchPlan,
    time: datetime,
    inputs: Mapping[str, Any],
    options: ExecutionOptions,
) -> Execution:
    kickoff = plan.spec.entity_metadata.schedule.kickoff_time_input_arg
    given = {**inputs, **({kickoff: time} if kickoff else {})}
    chosen = entity.for_call((), given)
    values = bind_inputs(entity.short_name, chosen.python_interface, (), given, entity.noun)
    files = scope.files(new_local_folder())
    literals = launch_inputs(values, chosen.python_interface.inputs, files, f"{entity.short_name}(inputs)")
    name = _name(plan, time)
    request = execution_pb2.ExecutionCreateRequest(
        project=scope.project,
        domain=scope.domain,
        name=name,
        inputs=literals_pb2.LiteralMap(literals=literals),
        spec=execution_pb2.ExecutionSpec(
            launch_plan=entity.id,
            metadata=execution_pb2.ExecutionMetadata(
                mode=execution_pb2.ExecutionMetadata.MANUAL, scheduled_at=timestamp(time)
            ),
        ),
    )
    put_options(options, request.spec)
    with is_own(scope, name, lambda found: found.spec.launch_plan.name == plan.id.name):
        scope.calls.call(methods.CREATE_EXECUTION, request, timeout_s=methods.CREATE_S)
    return Execution(scope, name, task=entity)


def _name(plan: launch_plan_pb2.LaunchPlan, time: datetime) -> str:
    """Return the execution's name, the same for the same version and time."""
    identity = plan.id
    text = f"{identity.project}\n{identity.domain}\n{identity.name}\n{identity.version}\n{time.isoformat()}"
    return "bf" + sha256(text.encode()).hexdigest()[:_NAME_DIGITS]
