"""DataProxyService: the locations of uploads and downloads (`flyteadmin/dataproxy/service.go`)."""

import base64
from pathlib import Path
from typing import Final

from flyteidl.admin import node_execution_pb2, task_execution_pb2
from flyteidl.core import identifier_pb2
from flyteidl.service import dataproxy_pb2

from autocontainer_nb.errors import AlreadyExistsError, InvalidArgumentError, NotFoundError
from autocontainer_nb.idl.times import timestamp_of_ns
from autocontainer_nb.sandbox.api.executions import ExecutionDesk
from autocontainer_nb.sandbox.api.flyte_urls import FlyteUrl, parse_flyte_url
from autocontainer_nb.sandbox.api.rpc import Implementation
from autocontainer_nb.sandbox.blobs.execution_paths import node_identifier
from autocontainer_nb.sandbox.blobs.signed_links import MAX_EXPIRES_IN_S, Links
from autocontainer_nb.sandbox.blobs.store import BlobStore, md5_of
from autocontainer_nb.sandbox.environment import now_ns, random_text
from autocontainer_nb.sandbox.records.projects import check_project_and_domain
from autocontainer_nb.sandbox.records.state import State

_FILE_NAME_LENGTH: Final = 20  # of a file name that the client leaves to the server (pkg/config/config.go)
_MD5_BYTES: Final = 16
_NANOSECONDS: Final = 1_000_000_000
_MD5_HEADER: Final = "Content-MD5"


class DataProxy:
    """Hands out signed URLs."""

    def __init__(self, state: State, blobs: BlobStore, links: Links, executions: ExecutionDesk) -> None:
        self._state = state
        self._blobs = blobs
        self._links = links
        self._executions = executions

    def methods(self) -> dict[str, Implementation]:
        """Return the implementations by the RPC's name."""
        return {
            "CreateUploadLocation": self.create_upload_location,
            "CreateDownloadLocation": self.create_download_location,
            "CreateDownloadLink": self.create_download_link,
            "GetData": self.get_data,
        }

    def create_upload_location(
        self, request: dataproxy_pb2.CreateUploadLocationRequest
    ) -> dataproxy_pb2.CreateUploadLocationResponse:
        """Return where to PUT a file, and the URI that it will have."""
        if not request.project or not request.domain:
            raise InvalidArgumentError("CreateUploadLocation: missing project or domain.")
        if not request.filename_root and not request.content_md5:
            raise InvalidArgumentError("CreateUploadLocation: expected content_md5 or filename_root, got neither.")
        if request.content_md5 and len(request.content_md5) != _MD5_BYTES:
            raise InvalidArgumentError(
                f"CreateUploadLocation: expected content_md5 of {_MD5_BYTES} bytes, got {len(request.content_md5)}."
            )
        check_project_and_domain(self._state, request.project, request.domain)
        expires_in_s = _expires_in_s(request, "CreateUploadLocation")
        prefix = request.filename_root or base64.b32encode(request.content_md5).decode()
        filename = request.filename or random_text(_FILE_NAME_LENGTH)
        path = self._blobs.path(request.project, request.domain, prefix, filename)
        if request.filename and request.filename_root:
            _refuse_other_content(path, request.content_md5, self._blobs.uri(path))
        content_md5 = base64.b64encode(request.content_md5).decode()
        return dataproxy_pb2.CreateUploadLocationResponse(
            signed_url=self._links.upload(path, content_md5, expires_in_s),
            native_url=self._blobs.uri(path),
            expires_at=timestamp_of_ns(now_ns() + int(expires_in_s * _NANOSECONDS)),
            headers={_MD5_HEADER: content_md5} if content_md5 else {},
        )

    def create_download_location(
        self, request: dataproxy_pb2.CreateDownloadLocationRequest
    ) -> dataproxy_pb2.CreateDownloadLocationResponse:
        """Return where to GET the file of a URI."""
        expires_in_s = _expires_in_s(request, "CreateDownloadLocation")
        path = self._blobs.path_of(request.native_url)
        return dataproxy_pb2.CreateDownloadLocationResponse(
            signed_url=self._links.download(path, expires_in_s),
            expires_at=timestamp_of_ns(now_ns() + int(expires_in_s * _NANOSECONDS)),
        )

    def create_download_link(
        self, request: dataproxy_pb2.CreateDownloadLinkRequest
    ) -> dataproxy_pb2.CreateDownloadLinkResponse:
        """Return where to GET the deck of a node."""
        expires_in_s = _expires_in_s(request, "CreateDownloadLink")
        if request.artifact_type != dataproxy_pb2.ARTIFACT_TYPE_DECK:
            raise InvalidArgumentError("CreateDownloadLink: expected artifact_type ARTIFACT_TYPE_DECK.")
        if not request.HasField("node_execution_id"):
            raise InvalidArgumentError("CreateDownloadLink: missing source. Expected node_execution_id.")
        node = self._executions.get_node_execution(
            node_execution_pb2.NodeExecutionGetRequest(id=request.node_execution_id)
        )
        name = f"{node.id.node_id!r} of execution {node.id.execution_id.name!r}"
        if not node.closure.deck_uri:
            raise NotFoundError(f"Node {name} has no deck.")
        path = self._blobs.path_of(node.closure.deck_uri)
        if not path.is_file():
            raise NotFoundError(f"The deck of node {name} no longer exists: {path}.")
        links = dataproxy_pb2.PreSignedURLs(
            signed_url=[self._links.download(path, expires_in_s)],
            expires_at=timestamp_of_ns(now_ns() + int(expires_in_s * _NANOSECONDS)),
        )
        return dataproxy_pb2.CreateDownloadLinkResponse(
            signed_url=links.signed_url, expires_at=links.expires_at, pre_signed_urls=links
        )

    def get_data(self, request: dataproxy_pb2.GetDataRequest) -> dataproxy_pb2.GetDataResponse:
        """Return the literals, or the link to the deck, that a flyte:// URL names."""
        url = parse_flyte_url(request.flyte_url)
        if url.kind == "d":
            return self._deck(url, request.flyte_url)
        data = self._data(url)
        literals = data.full_inputs if url.kind == "i" else data.full_outputs
        if not url.literal:
            return dataproxy_pb2.GetDataResponse(literal_map=literals)
        if url.literal not in literals.literals:
            known = ", ".join(sorted(literals.literals)) or "none"
            raise InvalidArgumentError(f"{request.flyte_url}: no literal is named {url.literal!r}. Available: {known}.")
        return dataproxy_pb2.GetDataResponse(literal=literals.literals[url.literal])

    def _data(
        self, url: FlyteUrl
    ) -> node_execution_pb2.NodeExecutionGetDataResponse | task_execution_pb2.TaskExecutionGetDataResponse:
        node = node_identifier(url.key, url.node)
        if url.attempt is None:
            return self._executions.get_node_execution_data(node_execution_pb2.NodeExecutionGetDataRequest(id=node))
        identifier = identifier_pb2.TaskExecutionIdentifier(node_execution_id=node, retry_attempt=url.attempt)
        return self._executions.get_task_execution_data(task_execution_pb2.TaskExecutionGetDataRequest(id=identifier))

    def _deck(self, url: FlyteUrl, text: str) -> dataproxy_pb2.GetDataResponse:
        if url.attempt is not None:
            raise InvalidArgumentError(f"{text}: a deck belongs to the node, so leave out the attempt.")
        link = self.create_download_link(
            dataproxy_pb2.CreateDownloadLinkRequest(
                artifact_type=dataproxy_pb2.ARTIFACT_TYPE_DECK, node_execution_id=node_identifier(url.key, url.node)
            )
        )
        return dataproxy_pb2.GetDataResponse(pre_signed_urls=link.pre_signed_urls)


def _expires_in_s(
    request: dataproxy_pb2.CreateUploadLocationRequest
    | dataproxy_pb2.CreateDownloadLocationRequest
    | dataproxy_pb2.CreateDownloadLinkRequest,
    what: str,
) -> float:
    if not request.HasField("expires_in"):
        return MAX_EXPIRES_IN_S
    expires_in_s = request.expires_in.seconds + request.expires_in.nanos / _NANOSECONDS
    if not 0 <= expires_in_s <= MAX_EXPIRES_IN_S:
        raise InvalidArgumentError(
            f"{what}: expected expires_in from 0 to {MAX_EXPIRES_IN_S} s, got {expires_in_s:g} s."
        )
    return expires_in_s


def _refuse_other_content(path: Path, content_md5: bytes, uri: str) -> None:
    if path.is_file() and (not content_md5 or md5_of(path) != content_md5):
        raise AlreadyExistsError(
            f"CreateUploadLocation: {uri} already exists, and content_md5 is missing or doesn't match its content. "
            "Send the matching content_md5, or choose another filename."
        )
