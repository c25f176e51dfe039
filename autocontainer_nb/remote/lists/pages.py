"""Lists that go on: a list of so many entries, which knows how to get the next ones."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from flyteidl.admin import common_pb2

from autocontainer_nb.remote.rpc.methods import Rpc
from autocontainer_nb.remote.scope import Scope

T = TypeVar("T")
PAGE: Final = 100  # what control planes give at once is limited, and so is a message


class Listed(list[T]):
    """The first entries of a list. `next_page()` returns the following ones, as many again."""

    def __init__(self, entries: Iterable[T], limit: int) -> None:
        self._rest = iter(entries)
        self._limit = limit
        super().__init__(islice(self._rest, limit))

    def next_page(self) -> "Listed[T]":
        """Return the following entries: an empty list behind the last one. Nothing is asked for twice."""
        return Listed(self._rest, self._limit)


def entries(
    scope: Scope,
    rpc: Rpc[common_pb2.ResourceListRequest, Any],
    of_page: Callable[[Any], Iterable[T]],
    *,
    filters: str = "",
    name: str = "",
    limit: int = PAGE,
) -> Iterator[T]:
    """Yield the entries of a project and domain, newest first, page by page as they are wanted."""
    token = ""
    while True:
        page = scope.calls.call(
            rpc,
            common_pb2.ResourceListRequest(
                id=common_pb2.NamedEntityIdentifier(project=scope.project, domain=scope.domain, name=name),
                limit=min(limit, PAGE),
                token=token,
                filters=filters,
                sort_by=common_pb2.Sort(key="created_at", direction=common_pb2.Sort.DESCENDING),
            ),
        )
        found = list(of_page(page))
        yield from found
        token = page.token
        if not token or not found:
            return
