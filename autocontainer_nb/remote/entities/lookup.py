"""Which version of which entity a name means."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flyteidl.admin import common_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.errors import InputError, NotFoundError
from autocontainer_nb.remote.lists.filters import contains
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.rpc.methods import Rpc
from autocontainer_nb.remote.scope import Scope

NO_VERSION: Final = "has no version"
_MANY: Final = 100


@dataclass(frozen=True)
class Kind:
    """A kind of entity: its number and name, the calls that get and list it, and the entries of such a list."""

    number: Any
    noun: str
    getting: Rpc[common_pb2.ObjectGetRequest, Any]
    listing: Rpc[common_pb2.ResourceListRequest, Any]
    entries: Callable[[Any], Sequence[Any]]


TASK: Final = Kind(identifier_pb2.TASK, "task", methods.GET_TASK, methods.LIST_TASKS, lambda page: page.tasks)
WORKFLOW: Final = Kind(
    identifier_pb2.WORKFLOW,
    "workflow",
    methods.GET_WORKFLOW,
    methods.LIST_WORKFLOWS,
    lambda page: page.workflows,
)
LAUNCH_PLAN: Final = Kind(
    identifier_pb2.LAUNCH_PLAN,
    "launch plan",
    methods.GET_LAUNCH_PLAN,
    methods.LIST_LAUNCH_PLANS,
    lambda page: page.launch_plans,
)
KINDS: Final = {"task": TASK, "workflow": WORKFLOW, "launch_plan": LAUNCH_PLAN}


def fetched(scope: Scope, kind: Kind, name: str, version: str | None) -> Any:
    """Return Flyte's message of the version, by default of the newest one. The last part of a name is enough.

    Raises:
        NotFoundError: nothing has the name, or not this version; the message has similar names.
        InputError: several names end so; the message lists them. Or it is no name.
    """
    if not isinstance(name, str) or not name:
        raise InputError(f"Expected the name of a {kind.noun}, such as 'analysis.train', got {name!r}.")
    if version:
        try:
            return _get(scope, kind, name, version)
        except NotFoundError:
            known = newest(scope, kind, name) or _by_last_part(scope, kind, name)
        if known is None:
            raise _unknown(scope, kind, name)
        try:
            return _get(scope, kind, known.name, version)
        except NotFoundError as error:
            raise NotFoundError(
                f"{kind.noun.capitalize()} {known.name!r} {NO_VERSION} {version!r} in {scope.project}/{scope.domain} "
                f"at {scope.where()}. Its newest is {known.version!r}.",
                endpoint=error.endpoint,
                method=error.method,
                status=error.status,
                details=error.details,
            ) from None
    known = newest(scope, kind, name) or _by_last_part(scope, kind, name)
    if known is None:
        raise _unknown(scope, kind, name)
    return _get(scope, kind, known.name, known.version)


def _get(scope: Scope, kind: Kind, name: str, version: str) -> Any:
    identifier = identifier_pb2.Identifier(
        resource_type=kind.number, project=scope.project, domain=scope.domain, name=name, version=version
    )
    return scope.calls.call(kind.getting, common_pb2.ObjectGetRequest(id=identifier))


def newest(scope: Scope, kind: Kind, name: str) -> identifier_pb2.Identifier | None:
    """Return the newest version of the entity of exactly this name; None if there is none."""
    named = common_pb2.NamedEntityIdentifier(project=scope.project, domain=scope.domain, name=name)
    page = scope.calls.call(kind.listing, common_pb2.ResourceListRequest(id=named, limit=1, sort_by=_newest_first()))
    return next((entry.id for entry in kind.entries(page)), None)


def _by_last_part(scope: Scope, kind: Kind, name: str) -> identifier_pb2.Identifier | None:
    last = name.rpartition(".")[2]
    newest_of: dict[str, identifier_pb2.Identifier] = {}
    for identifier in _listed(scope, kind, contains("name", last)):
        if identifier.name.endswith(f".{name}"):
            newest_of.setdefault(identifier.name, identifier)
    if len(newest_of) > 1:
        names = ", ".join(map(repr, sorted(newest_of)))
        raise InputError(f"Several {kind.noun}s end with {name!r}: {names}. Write one of these names.")
    return next(iter(newest_of.values()), None)


def _unknown(scope: Scope, kind: Kind, name: str) -> NotFoundError:
    names = {identifier.name for identifier in _listed(scope, kind, "")}
    shorts = {each.rpartition(".")[2]: each for each in names}
    close = difflib.get_close_matches(name, [*names, *shorts], n=1)
    hint = f" Did you mean {shorts.get(close[0], close[0])!r}?" if close else ""
    return NotFoundError(
        f"No {kind.noun} named {name!r} is registered in {scope.project}/{scope.domain} at {scope.where()}.{hint}",
        endpoint=scope.where(),
        method=kind.listing.name,
        status="NOT_FOUND",
    )


def _listed(scope: Scope, kind: Kind, filters: str) -> list[identifier_pb2.Identifier]:
    everything = common_pb2.NamedEntityIdentifier(project=scope.project, domain=scope.domain)
    request = common_pb2.ResourceListRequest(id=everything, limit=_MANY, filters=filters, sort_by=_newest_first())
    return [entry.id for entry in kind.entries(scope.calls.call(kind.listing, request))]


def _newest_first() -> common_pb2.Sort:
    return common_pb2.Sort(key="created_at", direction=common_pb2.Sort.DESCENDING)
