"""A flyteadmin that lists what is registered, and gives workflows compiled, as far as they are looked at."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.remote.client import FlyteRemote, set_default_remote

START = datetime(2024, 3, 1, tzinfo=timezone.utc)


class Registry:
    """Answers of lists and of GetWorkflow, from what a quirky flyteadmin has registered; the later, the newer."""

    def __init__(self, flyteadmin: Any, refuse: Any) -> None:
        self.flyteadmin, self.refuse = flyteadmin, refuse

    @property
    def answers(self) -> dict[str, Any]:
        """What it answers, by the procedure's name."""
        return {
            "GetWorkflow": self.get_workflow,
            "GetExecution": lambda r: self.refuse("NOT_FOUND", f"no execution {r.id.name}"),
            "ListTasks": lambda r: self._page(r, identifier_pb2.TASK, task_pb2.TaskList, "tasks"),
            "ListWorkflows": lambda r: self._page(r, identifier_pb2.WORKFLOW, workflow_pb2.WorkflowList, "workflows"),
            "ListLaunchPlans": lambda r: self._page(
                r, identifier_pb2.LAUNCH_PLAN, launch_plan_pb2.LaunchPlanList, "launch_plans"
            ),
        }

    def get_workflow(self, request: Any) -> Any:
        """Return a workflow with its template and those of its tasks."""
        found = self.flyteadmin.registered.get((identifier_pb2.WORKFLOW, request.id.name, request.id.version))
        if found is None:
            return self.refuse("NOT_FOUND", f"missing entity of type WORKFLOW with identifier {request.id.name}")
        answer = workflow_pb2.Workflow(id=found.id)
        compiled = answer.closure.compiled_workflow
        compiled.primary.template.CopyFrom(found.spec.template)
        for node in found.spec.template.nodes:
            task = self.flyteadmin.registered.get(
                (identifier_pb2.TASK, node.task_node.reference_id.name, node.task_node.reference_id.version)
            )
            if task is not None:
                compiled.tasks.add().template.CopyFrom(task.spec.template)
        return answer

    def _page(self, request: Any, kind: int, page: Any, field: str) -> Any:
        wanted = [
            (number, made)
            for number, ((each, name, _), made) in enumerate(self.flyteadmin.registered.items())
            if each == kind and request.id.name in {"", name} and _fits(request.filters, made)
        ]
        wanted.reverse()  # newest first, as all ask for
        offset = int(request.token or 0)
        answer = page()
        for number, made in wanted[offset : offset + request.limit]:
            entry = getattr(answer, field).add(id=made.id)
            entry.closure.created_at.FromDatetime(START + timedelta(hours=number))
            if kind == identifier_pb2.LAUNCH_PLAN:
                entry.spec.CopyFrom(made.spec)
        shown = len(getattr(answer, field))
        answer.token = str(offset + shown) if shown == request.limit else ""
        return answer


def _fits(filters: str, made: Any) -> bool:
    for one in filter(None, filters.split("+")):
        function, _, rest = one.rstrip(")").partition("(")
        field, value = rest.split(",")
        assert (function, field) in {("contains", "name"), ("eq", "workflow.name"), ("eq", "workflow.version")}, one
        workflow = made.spec.workflow_id if function == "eq" else None
        if workflow is not None and getattr(workflow, field.partition(".")[2]) != value:
            return False
        if workflow is None and value not in made.id.name:
            return False
    return True


@pytest.fixture
def remote(control_plane: Any, flyteadmin: Any, refuse: Any) -> Iterator[FlyteRemote]:
    """A client of that flyteadmin, by default and by name."""
    control_plane.answers |= Registry(flyteadmin, refuse).answers
    endpoint = control_plane.endpoint().address.text
    made = FlyteRemote(endpoint, "flytesnacks", "development", insecure=True, image="ghcr.io/me/image:v1")
    set_default_remote(made)
    yield made
    set_default_remote(None)
    made.close()
