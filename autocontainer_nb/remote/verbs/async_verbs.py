"""The async forms of a client: each of its methods that may ask the control plane, with `_async` behind its name."""

from datetime import datetime
from typing import Any

from autocontainer_nb.core.workflows.fetched import FetchedLaunchPlan, FetchedTask, FetchedWorkflow
from autocontainer_nb.remote.control.async_forms import Async, AsyncForms
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.listing import ExecutionSummary
from autocontainer_nb.remote.executions.registered import RegisteredEntity
from autocontainer_nb.remote.lists.entities import LaunchPlanSummary, TaskSummary, WorkflowSummary
from autocontainer_nb.remote.lists.pages import Listed
from autocontainer_nb.remote.lists.projects import Caller, ProjectSummary


class AsyncVerbs(AsyncForms):
    """The base of `FlyteRemote` that declares them: `await remote.launch_async(train, epochs=3)`."""

    check_async: Async[str]
    launch_async: Async[Execution]
    submit_async: Async[Execution]
    register_async: Async[RegisteredEntity]
    execution_async: Async[Execution]
    executions_async: Async[Listed[ExecutionSummary]]
    logs_async: Async[str]
    terminate_async: Async[None]
    task_async: Async[Any]
    tasks_async: Async[Listed[TaskSummary]]
    workflows_async: Async[Listed[WorkflowSummary]]
    launch_plans_async: Async[Listed[LaunchPlanSummary]]
    projects_async: Async[list[ProjectSummary]]
    domains_async: Async[list[str]]
    whoami_async: Async[Caller]
    fetch_async: Async[FetchedTask | FetchedWorkflow | FetchedLaunchPlan]
    fetch_task_async: Async[FetchedTask]
    fetch_workflow_async: Async[FetchedWorkflow]
    fetch_launch_plan_async: Async[FetchedLaunchPlan]
    fetch_active_launchplan_async: Async[FetchedLaunchPlan | None]
    activate_async: Async[LaunchPlanSummary]
    deactivate_async: Async[LaunchPlanSummary]
    backfill_async: Async[list[Execution]]
    backfill_times_async: Async[list[datetime]]
    execute_async: Async[Execution]
