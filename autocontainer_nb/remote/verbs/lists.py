"""What a client lists: executions, registered entities, projects and domains; and who it is."""

from collections.abc import Sequence
from typing import Any

from autocontainer_nb.remote.executions.listing import ExecutionSummary, Wanted, list_executions
from autocontainer_nb.remote.lists import entities
from autocontainer_nb.remote.lists.pages import Listed
from autocontainer_nb.remote.lists.projects import Caller, ProjectSummary, caller, list_domains, list_projects
from autocontainer_nb.remote.scope import Scope


class Lists:
    """Methods of `FlyteRemote` that list. `next_page()` of a list returns what follows it."""

    _scope: Scope

    def executions(
        self,
        limit: int = 20,
        *,
        task: Any = None,
        phase: str | Sequence[str] | None = None,
        owner: str | None = None,
        since: Any = None,
        until: Any = None,
        tag: str | None = None,
        archived: bool = False,
    ) -> Listed[ExecutionSummary]:
        """Return the last executions, newest first: `remote.executions(task="train", phase="FAILED")`.

        `task` is what was started: a task, workflow or launch plan, or its name, of which the last part is enough.
        `phase` is one or several. `owner` is who started them as the control plane knows them, or "me". `since` and
        `until` are times, days, texts of them, or timedeltas before now. `tag` is one of their tags; of single tasks,
        whose tags Flyte can't look for, the last 1,000 are looked at. With `archived`, those that are left out else.

        Raises:
            InputError: a condition isn't one that Flyte can look for.
            NotFoundError: there is no such project.
        """
        wanted = Wanted(task=task, phase=phase, owner=owner, since=since, until=until, tag=tag, archived=archived)
        return list_executions(self._scope, limit, wanted)

    def tasks(self, limit: int = 100, *, name: str = "") -> Listed[entities.TaskSummary]:
        """Return the registered tasks, the newest version of each; with `name`, those with this text in their names."""
        return entities.list_tasks(self._scope, limit, name)

    def workflows(self, limit: int = 100, *, name: str = "") -> Listed[entities.WorkflowSummary]:
        """Return the registered workflows, the newest version of each; with `name`, those with this text in theirs."""
        return entities.list_workflows(self._scope, limit, name)

    def launch_plans(
        self, limit: int = 100, *, name: str = "", workflow: str = "", active_only: bool = False
    ) -> Listed[entities.LaunchPlanSummary]:
        """Return the registered launch plans: the newest version of each, which is active, the schedule in words."""
        return entities.list_launch_plans(self._scope, limit, name, workflow, active_only=active_only)

    def projects(self) -> list[ProjectSummary]:
        """Return the projects of the control plane, each with its domains."""
        return list_projects(self._scope)

    def domains(self) -> list[str]:
        """Return the domains of the control plane: every project has them."""
        return list_domains(self._scope)

    def whoami(self) -> Caller:
        """Return who the control plane takes this client for."""
        return caller(self._scope)
