"""What a client does with launch plans: activate and deactivate them, and start them for days that have passed."""

from datetime import datetime, timezone
from typing import Any

from autocontainer_nb.core.workflows.fetched import FetchedLaunchPlan
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.entities.fetch import launch_plan_of
from autocontainer_nb.remote.entities.lookup import LAUNCH_PLAN, fetched
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.lists.entities import LaunchPlanSummary
from autocontainer_nb.remote.lists.filters import moment_of
from autocontainer_nb.remote.plans import activation
from autocontainer_nb.remote.plans.backfill import MAX_STARTS, start_times
from autocontainer_nb.remote.plans.backfill import backfill as started_for
from autocontainer_nb.remote.register.register import register
from autocontainer_nb.remote.scope import Scope


class Plans:
    """Methods of `FlyteRemote` for launch plans: each takes a `LaunchPlan`, a registered or fetched one, or a name."""

    _scope: Scope

    def activate(self, plan: Any, version: str | None = None) -> LaunchPlanSummary:
        """Make the launch plan's schedule start executions; a `LaunchPlan` is registered first. Other versions stop.

        By default it is the newest version. What is returned tells the schedule in words, and when it starts next.

        Raises:
            NotFoundError: there is no such launch plan; the message has a similar name.
        """
        name, own = self._plan_named(plan)
        return activation.activate(self._scope, name, version or own)

    def deactivate(self, plan: Any, version: str | None = None) -> LaunchPlanSummary:
        """Let the launch plan's schedule start nothing any more, whichever version is active.

        Raises:
            NotFoundError: there is no such launch plan; the message has a similar name.
        """
        return activation.deactivate(self._scope, str(getattr(plan, "name", plan)), version)

    def fetch_active_launchplan(
        self, project: str | None = None, domain: str | None = None, name: str = ""
    ) -> FetchedLaunchPlan | None:
        """Return the active version of the launch plan; None if no version is active."""
        scope = self._scope.within(project, domain)
        found = activation.active_plan(scope, name)
        return None if found is None else launch_plan_of(scope, found)

    def backfill(
        self,
        plan: Any,
        start: Any,
        end: Any = None,
        *,
        version: str | None = None,
        limit: int = MAX_STARTS,
        inputs: dict[str, Any] | None = None,
    ) -> list[Execution]:
        """Start the launch plan once for each time of its schedule from `start` to before `end`, by default now.

        `start` and `end` are times, days, texts of them, or timedeltas before now; the schedule is in UTC. The input
        that its schedule names for the time of the start gets it; `inputs` are the others. What a backfill has started
        already isn't started again, but returned. `backfill_times` tells the times and starts nothing.

        Raises:
            InputError: it has no schedule, there are more than `limit` times, or an input is missing.
            NotFoundError: there is no such launch plan.
        """
        message, times = self._backfill(plan, start, end, version, limit)
        return started_for(self._scope, message, times, inputs or {})

    def backfill_times(self, plan: Any, start: Any, end: Any = None, *, version: str | None = None) -> list[datetime]:
        """Return the times for which `backfill` would start the launch plan; nothing is started.

        Raises:
            InputError: it has no schedule, or there are very many times.
            NotFoundError: there is no such launch plan.
        """
        return self._backfill(plan, start, end, version, 100 * MAX_STARTS)[1]

    def _backfill(self, plan: Any, start: Any, end: Any, version: str | None, limit: int) -> tuple[Any, list[datetime]]:
        now = datetime.fromtimestamp(environment.now_s(), timezone.utc)
        name, own = self._plan_named(plan)
        message = fetched(self._scope, LAUNCH_PLAN, name, version or own)
        first, last = moment_of("start", start, now), moment_of("end", end, now) if end is not None else now
        return message, start_times(message, first, last, limit)

    def _plan_named(self, plan: Any) -> tuple[str, str | None]:
        """Return the name, and the version if the plan says one; what is defined here is registered."""
        if isinstance(plan, LaunchPlan):
            there = register(self._scope, plan).identifier
            return there.name, there.version
        return str(getattr(plan, "name", plan)), getattr(plan, "version", None)
