"""Projects and domains, and the check that those of a request exist."""

import sqlite3
from typing import Final

from flyteidl.admin import project_pb2

from autocontainer_nb.errors import AlreadyExistsError, InvalidArgumentError
from autocontainer_nb.sandbox.records.filters import Listing, Page, parse_filters, select
from autocontainer_nb.sandbox.records.state import State
from autocontainer_nb.wire import DEFAULT_PROJECT, DOMAINS

LISTING: Final = Listing(
    entity="project",
    table="projects",
    columns={"identifier": "identifier", "name": "name", "state": "state", "created_at": "created_at"},
    order="identifier",
)
_DEFAULT_LIMIT: Final = 1000


def domains() -> list[project_pb2.Domain]:
    """Return the domains, the same for every project."""
    return [project_pb2.Domain(id=name, name=name) for name in DOMAINS]


def ensure_default_project(state: State, at_ns: int) -> None:
    """Create the project that every installation of Flyte has for experiments."""
    if not project_names(state):
        insert_project(state, project_pb2.Project(id=DEFAULT_PROJECT, name=DEFAULT_PROJECT), at_ns)


def insert_project(state: State, project: project_pb2.Project, at_ns: int) -> None:
    """Store a new project.

    Raises:
        AlreadyExistsError: a project with that id exists.
    """
    row = (project.id, project.name, project.state, at_ns, project.SerializeToString())
    try:
        with state.change() as connection:
            connection.execute("INSERT INTO projects VALUES (?, ?, ?, ?, ?)", row)
    except sqlite3.IntegrityError as error:
        raise AlreadyExistsError(f"Project {project.id!r} already exists.") from error


def project_names(state: State) -> list[str]:
    """Return the ids of all projects."""
    return [row["identifier"] for row in state.rows("SELECT identifier FROM projects ORDER BY identifier")]


def list_projects(state: State, request: project_pb2.ProjectListRequest) -> project_pb2.Projects:
    """Return one page of projects with their domains; no limit means all."""
    page = Page(limit=request.limit or _DEFAULT_LIMIT, token=request.token, sort_by=request.sort_by)
    rows = state.rows(*select(LISTING, parse_filters(request.filters, LISTING), page))
    projects = [with_domains(row["message"]) for row in rows]
    return project_pb2.Projects(projects=projects, token=page.next_token(len(projects)))


def with_domains(message: bytes) -> project_pb2.Project:
    """Return the stored project with the domains filled in."""
    project = project_pb2.Project.FromString(message)
    project.domains.extend(domains())
    return project


def check_project_and_domain(state: State, project: str, domain: str) -> None:
    """Refuse an unknown project or domain.

    Raises:
        InvalidArgumentError: as in flyteadmin; the message has the known names.
    """
    known = project_names(state)
    if project not in known:
        raise InvalidArgumentError(
            f"Project {project!r} isn't registered here: expected one of {', '.join(known)}. See RegisterProject."
        )
    if domain not in DOMAINS:
        raise InvalidArgumentError(f"There is no domain {domain!r} here: expected one of {', '.join(DOMAINS)}.")
