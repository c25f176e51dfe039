"""`flyte://` URLs, names for the inputs, outputs or deck of a node or an attempt (`pkg/common/flyte_url.go`)."""

import re
from dataclasses import dataclass
from typing import Final, Literal, cast

from flyteidl.admin import common_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.errors import InvalidArgumentError
from autocontainer_nb.sandbox.blobs.execution_paths import ExecutionKey

SCHEME: Final = "flyte://"
_NAME: Final = r"[a-zA-Z0-9_-]+"
_URL: Final = re.compile(
    rf"flyte://v1/(?P<project>{_NAME})/(?P<domain>{_NAME})/(?P<name>{_NAME})/(?P<node>{_NAME})"
    rf"(?:/(?P<attempt>[0-9]+))?/(?:(?P<kind>[iod])|(?P<named_kind>[io])/(?P<literal>{_NAME}))"
)


@dataclass(frozen=True, kw_only=True)
class FlyteUrl:
    """The parts of a `flyte://` URL. `attempt` is None for the node itself; `literal` is "" for all literals."""

    key: ExecutionKey
    node: str
    attempt: int | None
    kind: Literal["i", "o", "d"]
    literal: str


def parse_flyte_url(url: str) -> FlyteUrl:
    """Return the parts of the URL.

    Raises:
        InvalidArgumentError: the URL has another form.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise InvalidArgumentError(
            f"Malformed URL {url!r}: expected flyte://v1/PROJECT/DOMAIN/EXECUTION/NODE[/ATTEMPT]/ followed by "
            "'i', 'o' (each may be followed by /NAME) or 'd'."
        )
    return FlyteUrl(
        key=ExecutionKey(match["project"], match["domain"], match["name"]),
        node=match["node"],
        attempt=None if match["attempt"] is None else int(match["attempt"]),
        kind=cast("Literal['i', 'o', 'd']", match["kind"] or match["named_kind"]),
        literal=match["literal"] or "",
    )


def _base(node: identifier_pb2.NodeExecutionIdentifier) -> str:
    execution = node.execution_id
    return f"{SCHEME}v1/{execution.project}/{execution.domain}/{execution.name}/{node.node_id}"


def urls_of_node(node: identifier_pb2.NodeExecutionIdentifier, *, has_deck: bool) -> common_pb2.FlyteURLs:
    """Return the URLs of a node's inputs and outputs, and of its deck if it has one."""
    base = _base(node)
    return common_pb2.FlyteURLs(inputs=f"{base}/i", outputs=f"{base}/o", deck=f"{base}/d" if has_deck else "")


def urls_of_attempt(attempt: identifier_pb2.TaskExecutionIdentifier) -> common_pb2.FlyteURLs:
    """Return the URLs of an attempt's inputs and outputs."""
    base = f"{_base(attempt.node_execution_id)}/{attempt.retry_attempt}"
    return common_pb2.FlyteURLs(inputs=f"{base}/i", outputs=f"{base}/o")
