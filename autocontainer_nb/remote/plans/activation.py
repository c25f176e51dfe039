"""Which version of a launch plan is active: its schedule starts executions, and no other version's does."""

from flyteidl.admin import common_pb2, launch_plan_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.errors import NotFoundError
from autocontainer_nb.remote.entities.lookup import LAUNCH_PLAN, fetched
from autocontainer_nb.remote.lists.entities import LaunchPlanSummary, summary_of
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope


def activate(scope: Scope, name: str, version: str | None) -> LaunchPlanSummary:
    """Make the version, by default the newest, the active one; the one that was active isn't any more.

    Raises:
        NotFoundError: there is no such launch plan; the message has a similar name.
    """
    plan = fetched(scope, LAUNCH_PLAN, name, version)
    _update(scope, plan.id, is_active=True)
    return summary_of(plan, plan)


def deactivate(scope: Scope, name: str, version: str | None) -> LaunchPlanSummary:
    """Make the version, by default the active one, inactive: Flyte's scheduler forgets it within half a minute.

    Raises:
        NotFoundError: there is no such launch plan; the message has a similar name.
    """
    plan = fetched(scope, LAUNCH_PLAN, name, version)
    found = plan if version else active_plan(scope, plan.id.name)
    if found is not None:
        _update(scope, found.id, is_active=False)
    return summary_of(found or plan, None)


def active_plan(scope: Scope, name: str) -> launch_plan_pb2.LaunchPlan | None:
    """Return Flyte's message of the active version; None if no version is active."""
    named = common_pb2.NamedEntityIdentifier(project=scope.project, domain=scope.domain, name=name)
    try:
        return scope.calls.call(methods.GET_ACTIVE_LAUNCH_PLAN, launch_plan_pb2.ActiveLaunchPlanRequest(id=named))
    except NotFoundError:
        return None


def _update(scope: Scope, identifier: identifier_pb2.Identifier, *, is_active: bool) -> None:
    state = launch_plan_pb2.ACTIVE if is_active else launch_plan_pb2.INACTIVE
    named = identifier_pb2.Identifier()
    named.CopyFrom(identifier)
    named.resource_type = identifier_pb2.LAUNCH_PLAN
    scope.calls.call(methods.UPDATE_LAUNCH_PLAN, launch_plan_pb2.LaunchPlanUpdateRequest(id=named, state=state))
