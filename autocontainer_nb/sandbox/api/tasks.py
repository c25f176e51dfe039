"""The first half of AdminService: projects, domains, tasks, version."""

from flyteidl.admin import common_pb2, project_pb2, task_pb2, version_pb2

from autocontainer_nb.errors import InvalidArgumentError, NotFoundError
from autocontainer_nb.sandbox.api.rpc import Implementation
from autocontainer_nb.sandbox.api.validation import check_limit, check_task, check_task_identifier, require
from autocontainer_nb.sandbox.blobs.execution_paths import safe_name
from autocontainer_nb.sandbox.environment import now_ns
from autocontainer_nb.sandbox.records import projects, tasks
from autocontainer_nb.sandbox.records.state import State
from autocontainer_nb.wire import PACKAGE_VERSION


class TaskRegistry:
    """Registers what clients define, and looks it up."""

    def __init__(self, state: State) -> None:
        self._state = state

    def methods(self) -> dict[str, Implementation]:
        """Return the implementations by the RPC's name."""
        return {
            "ListProjects": self.list_projects,
            "GetProject": self.get_project,
            "RegisterProject": self.register_project,
            "GetDomains": self.get_domains,
            "CreateTask": self.create_task,
            "GetTask": self.get_task,
            "ListTasks": self.list_tasks,
            "ListTaskIds": self.list_task_ids,
            "GetVersion": self.get_version,
        }

    def list_projects(self, request: project_pb2.ProjectListRequest) -> project_pb2.Projects:
        """Return the projects with their domains."""
        return projects.list_projects(self._state, request)

    def get_project(self, request: project_pb2.ProjectGetRequest) -> project_pb2.Project:
        """Return one project."""
        require({"id": request.id}, "GetProject")
        row = self._state.row("SELECT message FROM projects WHERE identifier = ?", (request.id,))
        if row is None:
            known = ", ".join(projects.project_names(self._state))
            raise NotFoundError(f"Project {request.id!r} isn't registered here: expected one of {known}.")
        return projects.with_domains(row["message"])

    def register_project(self, request: project_pb2.ProjectRegisterRequest) -> project_pb2.ProjectRegisterResponse:
        """Create a new project."""
        project = request.project
        require({"project.id": project.id, "project.name": project.name}, "RegisterProject")
        if not safe_name(project.id):
            raise InvalidArgumentError(
                f"RegisterProject: invalid id {project.id!r}. Expected at most 63 lower-case letters, digits and '-', "
                "without '-' at either end."
            )
        projects.insert_project(self._state, project, now_ns())
        return project_pb2.ProjectRegisterResponse()

    def get_domains(self, _request: project_pb2.GetDomainRequest) -> project_pb2.GetDomainsResponse:
        """Return the domains."""
        return project_pb2.GetDomainsResponse(domains=projects.domains())

    def create_task(self, request: task_pb2.TaskCreateRequest) -> task_pb2.TaskCreateResponse:
        """Register a task."""
        check_task(request)
        projects.check_project_and_domain(self._state, request.id.project, request.id.domain)
        tasks.register_task(self._state, request, now_ns())
        return task_pb2.TaskCreateResponse()

    def get_task(self, request: common_pb2.ObjectGetRequest) -> task_pb2.Task:
        """Return a registered task."""
        check_task_identifier(request.id, "GetTask")
        return tasks.get_task(self._state, request.id)

    def list_tasks(self, request: common_pb2.ResourceListRequest) -> task_pb2.TaskList:
        """Return registered tasks."""
        require({"id.project": request.id.project, "id.domain": request.id.domain}, "ListTasks")
        check_limit(request.limit, "ListTasks")
        return tasks.list_tasks(self._state, request)

    def list_task_ids(
        self, request: common_pb2.NamedEntityIdentifierListRequest
    ) -> common_pb2.NamedEntityIdentifierList:
        """Return the names of registered tasks."""
        require({"project": request.project, "domain": request.domain}, "ListTaskIds")
        check_limit(request.limit, "ListTaskIds")
        return tasks.list_task_names(self._state, request)

    def get_version(self, _request: version_pb2.GetVersionRequest) -> version_pb2.GetVersionResponse:
        """Return the version of this sandbox."""
        version = version_pb2.Version(Build="autocontainer-nb sandbox", Version=PACKAGE_VERSION)
        return version_pb2.GetVersionResponse(control_plane_version=version)
