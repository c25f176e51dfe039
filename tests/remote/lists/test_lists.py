"""Lists: what is asked for is asked in Flyte's syntax, page by page, and what comes is told once, in words."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from flyteidl.admin import common_pb2, execution_pb2, launch_plan_pb2, project_pb2, task_pb2, workflow_pb2
from flyteidl.service import identity_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import ConfigError, InputError
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.executions.listing import execution_records


@task
def train(epochs: int) -> float:
    return epochs / 2


@pytest.fixture
def remote(control_plane: Any) -> Iterator[FlyteRemote]:
    domains = [project_pb2.Domain(id="development"), project_pb2.Domain(id="staging")]
    control_plane.answers["GetProject"] = project_pb2.Project(id="flytesnacks", domains=domains)
    made = FlyteRemote(control_plane.endpoint().address.text, "flytesnacks", "development", insecure=True)
    yield made
    made.close()


def execution(
    name: str, entity: str = "nb.train", phase: int = 4, tags: tuple[str, ...] = ()
) -> execution_pb2.Execution:
    made = execution_pb2.Execution()
    made.id.name, made.spec.launch_plan.name, made.closure.phase = name, entity, phase
    made.spec.metadata.principal = "ada"
    made.spec.tags.extend(tags)
    return made


def paged(answer: Any, field: str, entries: list[Any]) -> Any:
    """Return an answer that gives pages as flyteadmin does: the token is the offset, a full page always has one."""

    def page(request: Any) -> Any:
        offset = int(request.token or 0)
        shown = entries[offset : offset + request.limit]
        token = str(offset + len(shown)) if len(shown) == request.limit else ""
        return answer(**{field: shown}, token=token)

    return page


@pytest.mark.parametrize(
    ("conditions", "filters"),
    [
        ({}, ""),
        ({"task": train}, "contains(workflow.name,train)"),
        ({"phase": "failed"}, "value_in(phase,FAILED)"),
        ({"phase": ["RUNNING", "QUEUED"]}, "value_in(phase,RUNNING;UNDEFINED;QUEUED)"),
        ({"owner": "ada"}, "eq(user,ada)"),
        ({"since": dt.datetime(2024, 3, 1, 8, tzinfo=dt.timezone.utc)}, "gte(created_at,2024-03-01T08:00:00.000000Z)"),
        ({"since": "2024-03-01T08:00:00Z"}, "gte(created_at,2024-03-01T08:00:00.000000Z)"),
        ({"until": "2024-03-01T10:00:00+02:00"}, "lt(created_at,2024-03-01T08:00:00.000000Z)"),
        ({"archived": True}, "eq(state,1)"),
        (
            {"task": train, "phase": "FAILED", "owner": "ada"},
            "contains(workflow.name,train)+value_in(phase,FAILED)+eq(user,ada)",
        ),
    ],
)
def test_conditions_are_flytes_filters(
    remote: FlyteRemote, control_plane: Any, conditions: dict[str, Any], filters: str
) -> None:
    answer = execution_pb2.ExecutionList(executions=[execution("a1", train.name)])
    control_plane.answers["ListExecutions"] = answer
    (found,) = remote.executions(5, **conditions)
    assert (found.id, found.owner) == ("a1", "ada")
    asked = control_plane.last("ListExecutions")
    assert (asked.filters, asked.limit, asked.id.project) == (filters, 5, "flytesnacks")
    assert asked.sort_by.direction == common_pb2.Sort.DESCENDING


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"phase": "BROKEN"}, "phase: expected one of QUEUED, RUNNING.*got 'BROKEN'"),
        ({"since": "yesterday"}, "since: expected a datetime, a date.*got 'yesterday'"),
        ({"until": 3}, "until: expected a datetime"),
        ({"owner": "a,b"}, "can't look for a text with ',' in it: got 'a,b'"),
        ({"tag": ""}, "with nothing in it"),
        ({"task": "a+b"}, r"with '\+' in it"),
    ],
)
def test_what_flyte_cant_look_for_is_told(
    remote: FlyteRemote, control_plane: Any, conditions: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        remote.executions(**conditions)
    assert not control_plane.requests


def test_a_day_is_one_of_this_machine_and_a_span_ends_now(remote: FlyteRemote, control_plane: Any) -> None:
    control_plane.answers["ListExecutions"] = execution_pb2.ExecutionList(executions=[execution("a1")])
    remote.executions(since=dt.date(2024, 3, 1))
    local = dt.datetime(2024, 3, 1).astimezone(dt.timezone.utc)
    assert control_plane.last("ListExecutions").filters == f"gte(created_at,{local:%Y-%m-%dT%H:%M:%S.%f}Z)"
    before = dt.datetime.now(dt.timezone.utc)
    remote.executions(since=dt.timedelta(hours=1))
    text = control_plane.last("ListExecutions").filters.partition(",")[2].rstrip("Z)")
    asked = dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone.utc)
    assert abs(asked - (before - dt.timedelta(hours=1))) < dt.timedelta(minutes=5)


def test_me_is_who_the_control_plane_takes_the_client_for(remote: FlyteRemote, control_plane: Any) -> None:
    control_plane.answers["ListExecutions"] = execution_pb2.ExecutionList(executions=[execution("a1")])
    with pytest.raises(InputError, match="asks nobody to sign in"):
        remote.executions(owner="me")
    assert str(remote.whoami()) == "nobody by name: the control plane asks nobody to sign in"
    control_plane.answers["UserInfo"] = identity_pb2.UserInfoResponse(subject="00u1", name="Ada", email="a@example.org")
    remote.executions(owner="me")
    assert control_plane.last("ListExecutions").filters == "eq(user,00u1)"
    assert str(remote.whoami()) == "Ada <a@example.org>"


def test_only_executions_of_that_name_are_listed_however_many_pages_it_takes(
    remote: FlyteRemote, control_plane: Any
) -> None:
    """Flyte's filter finds names with the text in them; a name is whole, or ends so behind a dot."""
    all_of_them = [execution(f"a{n}", "nb.pretrain" if n % 3 else "nb.train", tags=("t",)) for n in range(20)]
    control_plane.answers["ListExecutions"] = paged(execution_pb2.ExecutionList, "executions", all_of_them)
    found = remote.executions(4, task="train")
    assert [one.id for one in found] == ["a0", "a3", "a6", "a9"]
    assert [one.id for one in found.next_page()] == ["a12", "a15", "a18"]
    assert found.next_page() == []
    assert [one.id for one in remote.executions(2, task=train)] == []
    assert execution_records(found)[0]["tags"] == ["t"]


def test_by_name_tasks_workflows_and_launch_plans_are_found_newest_first(
    remote: FlyteRemote, control_plane: Any
) -> None:
    """Flyte has no `or`: what runs a single task has a workflow and no launch plan; a launch plan has its own name."""

    def at(second: int, made: execution_pb2.Execution) -> execution_pb2.Execution:
        made.closure.created_at.FromSeconds(second)
        return made

    task_run, plan_run = at(3, execution("of-task", "nb.train")), at(2, execution("of-plan", "train"))
    both = at(1, execution("of-workflow", "nb.train"))
    other = at(4, execution("by-a-plan", "another name"))
    other.closure.workflow_id.name = "nb.train"

    def answer(request: Any) -> Any:
        by_workflow = "workflow.name" in request.filters
        found = [other, task_run, both] if by_workflow else [plan_run, both]
        return execution_pb2.ExecutionList(executions=found)

    control_plane.answers["ListExecutions"] = answer
    assert [one.id for one in remote.executions(task="train")] == ["by-a-plan", "of-task", "of-plan", "of-workflow"]
    asked = [request.filters for name, request in control_plane.requests if name == "ListExecutions"]
    assert asked == ["contains(workflow.name,train)", "contains(launch_plan.name,train)"]


def test_tags_are_found_of_whatever_ran(remote: FlyteRemote, control_plane: Any, refuse: Any) -> None:
    """Flyte finds those of workflows, several times each; those of single tasks are looked for in the last ones."""
    tagged = [execution(f"w{number // 2}", tags=("t",)) for number in range(10)]
    tasks = [execution("t0", tags=("t", "u")), execution("t1", tags=("u",)), execution("t2")]
    by_tag = paged(execution_pb2.ExecutionList, "executions", tagged)

    def answer(request: Any) -> Any:
        if "admin_tag" in request.filters:
            return by_tag(request)
        assert request.filters == "eq(launch_entity,task)"
        return execution_pb2.ExecutionList(executions=tasks)

    control_plane.answers["ListExecutions"] = answer
    found = remote.executions(3, tag="t")
    assert len({one.id for one in [*found, *found.next_page()]}) == 6
    assert found.next_page() == []
    refused = refuse("INVALID_ARGUMENT", "Can't filter execution lists by 'admin_tag.name'")
    control_plane.answers["ListExecutions"] = lambda r: refused if "admin_tag" in r.filters else answer(r)
    assert [one.id for one in remote.executions(3, tag="t")] == ["t0"]


def test_one_page_is_one_call(remote: FlyteRemote, control_plane: Any) -> None:
    many = [execution(f"a{number}") for number in range(10)]
    control_plane.answers["ListExecutions"] = paged(execution_pb2.ExecutionList, "executions", many)
    assert len(remote.executions(5)) == 5
    assert control_plane.counts["ListExecutions"] == 1


def test_an_empty_list_of_a_place_that_isnt_there_is_an_error(remote: FlyteRemote, control_plane: Any) -> None:
    control_plane.answers["ListExecutions"] = execution_pb2.ExecutionList()
    assert remote.executions() == []
    elsewhere = FlyteRemote(remote.endpoint, "flytesnacks", "nowhere", insecure=True)
    with pytest.raises(ConfigError, match="has no domain 'nowhere'"):
        elsewhere.executions()
    elsewhere.close()


def test_entities_are_listed_by_their_newest_versions(remote: FlyteRemote, control_plane: Any) -> None:
    """What flyteadmin makes to run single tasks isn't anybody's."""
    names = [("b", "2"), ("a", "9"), ("b", "1"), (".flytegen.a", "9"), ("c", "1")]
    ids = [{"name": name, "version": version} for name, version in names]
    tasks = [task_pb2.Task(id=each, short_description="words") for each in ids]
    workflows = [workflow_pb2.Workflow(id=each) for each in ids]
    control_plane.answers["ListTasks"] = paged(task_pb2.TaskList, "tasks", tasks)
    control_plane.answers["ListWorkflows"] = paged(workflow_pb2.WorkflowList, "workflows", workflows)
    found = remote.tasks(2, name="x")
    assert [(one.name, one.version, one.description) for one in found] == [("b", "2", "words"), ("a", "9", "words")]
    assert [one.name for one in found.next_page()] == ["c"]
    assert control_plane.last("ListTasks").filters == "contains(name,x)"
    assert [(one.name, one.version) for one in remote.workflows()] == [("b", "2"), ("a", "9"), ("c", "1")]


def test_launch_plans_tell_which_version_is_active_and_when_it_starts(remote: FlyteRemote, control_plane: Any) -> None:
    def plan(name: str, version: str, cron: str = "") -> launch_plan_pb2.LaunchPlan:
        made = launch_plan_pb2.LaunchPlan(id={"name": name, "version": version})
        made.spec.workflow_id.name = "w"
        if cron:
            made.spec.entity_metadata.schedule.cron_schedule.schedule = cron
        return made

    active = plan("nightly", "1", "0 7 * * 1-5")

    def answer(request: Any) -> Any:
        found = (
            [active] if "eq(state,1)" in request.filters else [plan("nightly", "2", "@daily"), plan("w", "1"), active]
        )
        return launch_plan_pb2.LaunchPlanList(launch_plans=found)

    control_plane.answers["ListLaunchPlans"] = answer
    nightly, plain = remote.launch_plans(workflow="w")
    assert (nightly.name, nightly.version, nightly.active_version, nightly.workflow) == ("nightly", "2", "1", "w")
    assert nightly.schedule.startswith("weekdays at 07:00 UTC, next ")
    assert (plain.is_active, plain.schedule) == (False, "")
    asked = {request.filters for name, request in control_plane.requests if name == "ListLaunchPlans"}
    assert asked == {"eq(workflow.name,w)", "eq(workflow.name,w)+eq(state,1)"}
    assert [one.version for one in remote.launch_plans(active_only=True)] == ["1"]


def test_projects_and_domains(remote: FlyteRemote, control_plane: Any) -> None:
    domains = [project_pb2.Domain(id="development"), project_pb2.Domain(id="production")]
    many = [project_pb2.Project(id=f"p{n}", name=f"P {n}", domains=domains) for n in range(150)]
    control_plane.answers["ListProjects"] = paged(project_pb2.Projects, "projects", many)
    found = remote.projects()
    assert (len(found), found[149].id, found[0].domains) == (150, "p149", ("development", "production"))
    assert remote.domains() == [
        "development",
        "staging",
    ]  # of the project, where the control plane is older than the call
    control_plane.answers["GetDomains"] = project_pb2.GetDomainsResponse(domains=domains)
    assert remote.domains() == ["development", "production"]
