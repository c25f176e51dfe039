"""The projects and domains of a control plane, and who calls it."""

from dataclasses import dataclass
from typing import Final

from autocontainer_nb.errors import UnimplementedError
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope

_PAGE: Final = 100


@dataclass(frozen=True, kw_only=True)
class ProjectSummary:
    """A project: its id, by which it is chosen, its name for people, and its domains."""

    id: str
    name: str
    description: str
    domains: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls, as the control plane knows it; all is empty where it asks nobody to sign in."""

    subject: str = ""
    name: str = ""
    email: str = ""

    def __str__(self) -> str:
        """Tell who it is."""
        known = " ".join(filter(None, [self.name, f"<{self.email}>" if self.email else ""]))
        return known or self.subject or "nobody by name: the control plane asks nobody to sign in"


def list_projects(scope: Scope) -> list[ProjectSummary]:
    """Return the projects, without those that are archived."""
    found: list[ProjectSummary] = []
    token = ""
    while True:
        page = scope.calls.call(methods.LIST_PROJECTS, methods.LIST_PROJECTS.request(limit=_PAGE, token=token))
        found += [
            ProjectSummary(
                id=each.id,
                name=each.name,
                description=each.description,
                domains=tuple(domain.id for domain in each.domains),
            )
            for each in page.projects
        ]
        token = page.token
        if not token or not page.projects:
            return found


def list_domains(scope: Scope) -> list[str]:
    """Return the ids of the domains that every project has."""
    try:
        answer = scope.calls.call(methods.GET_DOMAINS, methods.GET_DOMAINS.request())
    except UnimplementedError:  # older than the call
        project = scope.calls.call(methods.GET_PROJECT, methods.GET_PROJECT.request(id=scope.project))
        return [domain.id for domain in project.domains]
    return [domain.id for domain in answer.domains]


def caller(scope: Scope) -> Caller:
    """Return who calls. A control plane without sign-in doesn't serve the question."""
    try:
        found = scope.calls.call(methods.USER_INFO, methods.USER_INFO.request())
    except UnimplementedError:
        return Caller()
    return Caller(subject=found.subject, name=found.name or found.preferred_username, email=found.email)
