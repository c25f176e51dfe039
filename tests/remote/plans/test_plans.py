"""Launch plans are activated and deactivated by name, and started for days that have passed, each once."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from flyteidl.admin import execution_pb2, launch_plan_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.schedule import CronSchedule, FixedRate
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import InputError, NotFoundError
from autocontainer_nb.remote.client import FlyteRemote

PLAN = identifier_pb2.LAUNCH_PLAN


@task
def day(at: datetime, x: int) -> str:
    return f"{at} {x}"


@workflow
def daily(at: datetime, x: int = 1) -> str:
    return day(at=at, x=x)


@workflow
def timeless(x: int = 1) -> str:
    return day(at=datetime(2024, 1, 1, tzinfo=timezone.utc), x=x)


nightly = LaunchPlan.get_or_create(
    daily, "nightly", schedule=CronSchedule(schedule="0 7 * * 1-5", kickoff_time_input_arg="at")
)
hourly = LaunchPlan.get_or_create(timeless, "hourly", schedule=FixedRate(timedelta(hours=1)))
never = LaunchPlan.get_or_create(timeless, "never")


class Plans:
    """Which version of each launch plan is active, and how often each execution was asked for."""

    def __init__(self, flyteadmin: Any, refuse: Any) -> None:
        self.flyteadmin, self.refuse = flyteadmin, refuse
        self.active: dict[str, str] = {}

    @property
    def answers(self) -> dict[str, Any]:
        return {
            "ListLaunchPlans": self._list,
            "UpdateLaunchPlan": self._update,
            "GetActiveLaunchPlan": self._get_active,
            "CreateExecution": self._create,
            "GetExecution": self._get,
        }

    def _known(self, name: str) -> list[Any]:
        return [made for (kind, each, _), made in self.flyteadmin.registered.items() if (kind, each) == (PLAN, name)]

    def _list(self, request: Any) -> Any:
        found = [launch_plan_pb2.LaunchPlan(id=made.id, spec=made.spec) for made in self._known(request.id.name)]
        return launch_plan_pb2.LaunchPlanList(launch_plans=found[::-1][: request.limit])

    def _update(self, request: Any) -> Any:
        if not any(made.id == request.id for made in self._known(request.id.name)):
            return self.refuse("NOT_FOUND", "missing entity of type LAUNCH_PLAN")
        if request.state == launch_plan_pb2.ACTIVE:
            self.active[request.id.name] = request.id.version
        elif self.active.get(request.id.name) == request.id.version:
            del self.active[request.id.name]
        return launch_plan_pb2.LaunchPlanUpdateResponse()

    def _get_active(self, request: Any) -> Any:
        for made in self._known(request.id.name):
            if self.active.get(request.id.name) == made.id.version:
                return launch_plan_pb2.LaunchPlan(id=made.id, spec=made.spec)
        return self.refuse("NOT_FOUND", f"No active launch plan could be found: {request.id.name}")

    def _create(self, request: Any) -> Any:
        if any(made.name == request.name for made in self.flyteadmin.executions):
            return self.refuse("ALREADY_EXISTS", "value with matching already exists")
        return self.flyteadmin.create_execution(request)

    def _get(self, request: Any) -> Any:
        for made in self.flyteadmin.executions:
            if made.name == request.id.name:
                return execution_pb2.Execution(id=request.id, spec=made.spec)
        return self.refuse("NOT_FOUND", "missing entity of type execution")


@pytest.fixture
def plans(control_plane: Any, flyteadmin: Any, refuse: Any) -> Plans:
    made = Plans(flyteadmin, refuse)
    control_plane.answers |= made.answers
    return made


@pytest.fixture
def remote(control_plane: Any, plans: Plans) -> Iterator[FlyteRemote]:
    assert control_plane.answers["UpdateLaunchPlan"]
    endpoint = control_plane.endpoint().address.text
    made = FlyteRemote(endpoint, "flytesnacks", "development", insecure=True, image="ghcr.io/me/image:v1")
    yield made
    made.close()


def test_a_launch_plan_of_the_notebook_is_registered_and_activated(remote: FlyteRemote, plans: Plans) -> None:
    found = remote.activate(nightly)
    assert plans.active == {"nightly": found.version}
    assert found.is_active
    assert found.schedule.startswith("weekdays at 07:00 UTC, next ")
    remote.activate(nightly)
    assert plans.active == {"nightly": found.version}


def test_by_name_the_newest_version_is_activated_and_the_active_one_deactivated(
    remote: FlyteRemote, plans: Plans, flyteadmin: Any
) -> None:
    first = remote.register(nightly)
    made = flyteadmin.registered[(PLAN, "nightly", first.version)]
    newer = type(made)()
    newer.CopyFrom(made)
    newer.id.version = "newer"
    flyteadmin.registered[(PLAN, "nightly", "newer")] = newer
    assert remote.activate("nightly").version == "newer"
    remote.activate("nightly", first.version)
    assert plans.active == {"nightly": first.version}
    active = remote.fetch_active_launchplan(name="nightly")
    assert active is not None
    assert active.version == first.version
    remote.activate_launchplan(newer.id)
    assert plans.active == {"nightly": "newer"}
    gone = remote.deactivate("nightly")
    assert (gone.version, gone.is_active, plans.active) == ("newer", False, {})
    assert remote.fetch_active_launchplan(name="nightly") is None
    remote.deactivate(nightly)  # once more is no error
    with pytest.raises(NotFoundError, match="No launch plan named 'nightyl'"):
        remote.activate("nightyl")


def test_a_backfill_starts_each_time_once(remote: FlyteRemote, plans: Plans, flyteadmin: Any) -> None:
    """Its input gets the time; again, what is there is returned, and what is missing started."""
    assert plans.active == {}  # an inactive one is started, too
    days = [datetime(2024, 3, day, 7, tzinfo=timezone.utc) for day in (1, 4, 5)]
    span = ("2024-03-01T00:00Z", "2024-03-06T00:00Z")
    assert remote.backfill_times(nightly, *span) == days
    assert not flyteadmin.executions
    started = remote.backfill(nightly, *span, inputs={"x": 5})
    made = {request.name: request for request in flyteadmin.executions}
    assert [
        made[one.id].inputs.literals["at"].scalar.primitive.datetime.ToDatetime(timezone.utc) for one in started
    ] == days
    assert {request.inputs.literals["x"].scalar.primitive.integer for request in made.values()} == {5}
    assert {request.spec.launch_plan.name for request in made.values()} == {"nightly"}
    flyteadmin.executions.pop()
    again = remote.backfill("nightly", *span)
    assert [one.id for one in again] == [one.id for one in started]
    assert len(flyteadmin.executions) == 3
    longer = remote.backfill("nightly", "2024-03-01T00:00Z", "2024-03-07T00:00Z")
    assert [one.id for one in longer[:3]] == [one.id for one in started]
    assert len(flyteadmin.executions) == 4


def test_a_fixed_rate_goes_on_from_the_start(remote: FlyteRemote, flyteadmin: Any) -> None:
    started = remote.backfill(hourly, "2024-03-01T00:30Z", "2024-03-01T03:00Z")
    assert len(started) == len({request.name for request in flyteadmin.executions}) == 3
    assert not flyteadmin.executions[0].inputs.literals


def test_what_cant_be_filled_is_told_before_anything_starts(remote: FlyteRemote, flyteadmin: Any) -> None:
    with pytest.raises(InputError, match=r"'never'.*has no schedule"):
        remote.backfill(never, "2024-03-01")
    with pytest.raises(InputError, match=r"\(every hour\) would start more than 100 times .*pass limit="):
        remote.backfill(hourly, "2024-03-01", "2024-04-01")
    with pytest.raises(InputError, match="start: expected a datetime"):
        remote.backfill(hourly, "last week")
    with pytest.raises(InputError, match="has no input 'y'"):
        remote.backfill(hourly, "2024-03-01T00:00Z", "2024-03-01T02:00Z", inputs={"y": 1})
    assert not flyteadmin.executions
    assert len(remote.backfill_times(hourly, "2024-03-01T00:00Z", "2024-04-01T00:00Z")) == 31 * 24
