"""What a client fetches: registered tasks, workflows and launch plans."""

from autocontainer_nb.core.workflows.fetched import FetchedLaunchPlan, FetchedTask, FetchedWorkflow
from autocontainer_nb.remote.entities import fetch
from autocontainer_nb.remote.scope import Scope


class Fetches:
    """Methods of `FlyteRemote` that return registered entities."""

    _scope: Scope

    def fetch(
        self,
        name: str,
        version: str | None = None,
        *,
        kind: str | None = None,
        project: str | None = None,
        domain: str | None = None,
    ) -> FetchedTask | FetchedWorkflow | FetchedLaunchPlan:
        """Return the registered task, workflow or launch plan of this name, as a node or to start by `.remote()`.

        The version is by default the newest. Of a name such as `training.train` the last part is enough. `kind` is
        "task", "workflow" or "launch_plan"; by default the first of them that has the name.

        Raises:
            NotFoundError: nothing has the name; the message has a similar one.
            InputError: several names end so.
        """
        return fetch.fetch(self._scope.within(project, domain), name, version, kind)

    def fetch_task(
        self, project: str | None = None, domain: str | None = None, name: str = "", version: str | None = None
    ) -> FetchedTask:
        """Return the registered task, by default its newest version.

        Raises:
            NotFoundError: there is none; the message has a similar name.
        """
        return fetch.fetch_task(self._scope.within(project, domain), name, version)

    def fetch_workflow(
        self, project: str | None = None, domain: str | None = None, name: str = "", version: str | None = None
    ) -> FetchedWorkflow:
        """Return the registered workflow, by default its newest version. What runs is its own launch plan.

        Raises:
            NotFoundError: there is none; the message has a similar name.
        """
        return fetch.fetch_workflow(self._scope.within(project, domain), name, version)

    def fetch_launch_plan(
        self, project: str | None = None, domain: str | None = None, name: str = "", version: str | None = None
    ) -> FetchedLaunchPlan:
        """Return the registered launch plan, by default its newest version, whether or not it is active.

        Raises:
            NotFoundError: there is none; the message has a similar name.
        """
        return fetch.fetch_launch_plan(self._scope.within(project, domain), name, version)
