"""A flyteadmin with the habits that Flyte v1.16.8 was seen to have, and a store that is as strict as S3.

Statuses and words are recorded ones of the real thing. Of a workflow it checks that what it names is registered, not
whether its types fit. Executions are noted and don't run. Served by the scripted control plane of these tests: real
gRPC, and real HTTP for the store.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from flyteidl.admin import execution_pb2, launch_plan_pb2, project_pb2, task_pb2, workflow_pb2
from flyteidl.core import identifier_pb2
from flyteidl.service import dataproxy_pb2

BUCKET = "my-s3-bucket"
PATIENCE_S = 5.0
METADATA_HEADER = "x-amz-meta-flyteContentMD5"


@dataclass
class StoredObject:
    """One object: its bytes, and the MD5 that its uploader claimed in its metadata."""

    body: bytes
    claimed_md5: str = ""

    def known_md5(self) -> str:
        """Return what flyteadmin takes for its MD5, in base64: the claimed one, else the entity tag."""
        return self.claimed_md5 or base64.b64encode(hashlib.md5(self.body).digest()).decode()


@dataclass
class StrictStore:
    """Objects by URI, written by signed PUTs only. `refused` has the words of each PUT that was turned away."""

    url: str = ""
    objects: dict[str, StoredObject] = field(default_factory=dict)
    grants: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)  # by token: URI, signed headers
    refused: list[str] = field(default_factory=list)
    puts: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)  # URI and headers as they came
    gets: list[str] = field(default_factory=list)  # URIs
    is_encrypted: bool = False
    loses: int = 0  # so many of the next PUTs are cut short, and nobody says so

    def sign(self, uri: str, headers: dict[str, str]) -> str:
        """Return a URL that lets its holder write, or read, the object."""
        token = str(len(self.grants))
        self.grants[token] = (uri, headers)
        return f"{self.url}/{quote(uri.removeprefix('s3://'))}?X-Amz-Signature={token}"

    def get(self, token: str, asked: str) -> tuple[int, bytes, dict[str, str]]:
        """Return the answer to a GET: status, body and headers."""
        uri, _ = self.grants.get(token, ("", {}))
        self.gets.append(uri)
        if uri not in self.objects:
            return 404, b"NoSuchKey", {}
        body, some = self.objects[uri].body, re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
        if not some:
            return 200, body, self.tag(uri)
        first, last = int(some[1]), int(some[2] or len(body) - 1)
        if first >= len(body):
            return 416, b"InvalidRange", {"Content_Range": f"bytes */{len(body)}"}
        part = body[first : last + 1]
        told = f"bytes {first}-{first + len(part) - 1}/{len(body)}"
        return 206, part, {"Content_Range": told, **self.tag(uri)}

    def tag(self, uri: str) -> dict[str, str]:
        """Return the header with the object's entity tag: its MD5, or in an encrypted bucket something else."""
        md5 = hashlib.md5(self.objects[uri].body)
        return {"ETag": f'"{md5.hexdigest() if not self.is_encrypted else md5.hexdigest()[::-1]}"'}

    def only(self, ending: str) -> str:
        """Return the URI of the one object whose URI ends so."""
        (uri,) = (uri for uri in self.objects if uri.endswith(ending))
        return uri

    def put(self, token: str, headers: list[tuple[str, str]], read: Callable[[int, float], bytes]) -> str:
        """Write an object; return what is wrong with the request, empty where it was taken."""
        names = [name.lower() for name, _ in headers]
        sent = {name.lower(): text for name, text in headers}
        uri, signed = self.grants.get(token, ("", {}))
        self.puts.append((uri, headers))
        if len(names) != len(set(names)):
            return "InvalidRequest: a header came twice"
        if not uri or any(sent.get(name.lower()) != text for name, text in signed.items()):
            return "SignatureDoesNotMatch"
        if not sent.get("content-length", "").isdigit():
            return "MissingContentLength"
        body = read(int(sent["content-length"]), PATIENCE_S)
        if len(body) != int(sent["content-length"]) or read(1, 0.05):
            return "IncompleteBody: Content-Length isn't the body's"
        if sent.get("content-md5", "") != base64.b64encode(hashlib.md5(body).digest()).decode():
            return "BadDigest: Content-MD5 isn't the body's"
        if self.loses:
            self.loses, body = self.loses - 1, body[: len(body) // 2]
        self.objects[uri] = StoredObject(body, sent.get(METADATA_HEADER.lower(), ""))
        return ""


@contextmanager
def serving_store() -> Iterator[StrictStore]:
    """Serve a store on a free port."""
    store = StrictStore()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format, *args):  # noqa: A002 - the base class's name
            """Keep quiet."""

        def _token(self):
            return dict(parse_qsl(urlsplit(self.path).query)).get("X-Amz-Signature", "")

        def _answer(self, status, body=b"", **headers):
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name.replace("_", "-"), text)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _read(self, size_bytes, timeout_s):
            self.connection.settimeout(timeout_s)
            body = b""
            while len(body) < size_bytes:
                try:
                    block = self.rfile.read1(size_bytes - len(body))
                except TimeoutError:  # bytes that a header has promised and nobody sends
                    break
                if not block:
                    break
                body += block
            return body

        def do_PUT(self):
            self.close_connection = True
            wrong = store.put(self._token(), self.headers.items(), self._read)
            if wrong:
                store.refused.append(wrong)
            self.connection.settimeout(PATIENCE_S)
            uri = store.grants.get(self._token(), ("", {}))[0]
            self._answer(400 if wrong else 200, wrong.encode(), **({} if wrong else store.tag(uri)))

        def do_GET(self):
            status, body, headers = store.get(self._token(), self.headers.get("Range", ""))
            self._answer(status, body, **headers)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    store.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_MAX_MESSAGE = 4 << 20


class QuirkyFlyteadmin:
    """What is registered, by kind, name and version; `answers` serves it."""

    def __init__(self, store: StrictStore, refuse: Callable[[str, str], Any]) -> None:
        self.store = store
        self.registered: dict[tuple[int, str, str], Any] = {}  # the requests that created them, in their order
        self.executions: list[execution_pb2.ExecutionCreateRequest] = []
        self._refuse = refuse

    @property
    def answers(self) -> dict[str, Callable[[Any], Any]]:
        """What it answers, by the procedure's name."""
        return {
            "GetProject": lambda request: project_pb2.Project(id=request.id),
            "GetTask": self.get_task,
            "GetLaunchPlan": self.get_launch_plan,
            "CreateTask": lambda r: self._create(r, "task", task_pb2.TaskCreateResponse()),
            "CreateWorkflow": self.create_workflow,
            "CreateLaunchPlan": self.create_launch_plan,
            "CreateUploadLocation": self.create_upload_location,
            "CreateDownloadLocation": self.create_download_location,
            "CreateExecution": self.create_execution,
        }

    def names(self, kind: int) -> list[str]:
        """Return the names of what is registered of a kind, in the order of registration."""
        return [name for each, name, _ in self.registered if each == kind]

    def get_task(self, request: Any) -> Any:
        """Return a task with its template."""
        found = self._find(request.id, identifier_pb2.TASK)
        if found is None:
            return self._missing(request.id, "TASK")
        answer = task_pb2.Task(id=found.id)
        answer.closure.compiled_task.template.CopyFrom(found.spec.template)
        return answer

    def get_launch_plan(self, request: Any) -> Any:
        """Return a launch plan with its spec, and what it expects: its workflow's interface with its own defaults."""
        found = self._find(request.id, identifier_pb2.LAUNCH_PLAN)
        if found is None:
            return self._missing(request.id)
        answer = launch_plan_pb2.LaunchPlan(id=found.id, spec=found.spec)
        interface = self._find(found.spec.workflow_id, identifier_pb2.WORKFLOW).spec.template.interface
        answer.closure.expected_outputs.CopyFrom(interface.outputs)
        answer.closure.expected_inputs.CopyFrom(found.spec.default_inputs)
        return answer

    def create_workflow(self, request: Any) -> Any:
        """Register a workflow; each task and launch plan that it names has to be there."""
        inside = {each.id.name for each in request.spec.sub_workflows}
        for template in (request.spec.template, *request.spec.sub_workflows):
            failure = [template.failure_node] if template.HasField("failure_node") else []
            for kind, wanted in _references([*template.nodes, *failure]):
                if kind == identifier_pb2.WORKFLOW:
                    assert wanted.name in inside, f"sub_workflows lack {wanted.name}"
                elif self._find(wanted, kind) is None:
                    words = f"missing entity of type {identifier_pb2.ResourceType.Name(kind)} with identifier"
                    named = f"failed to compile workflow for [resource_type:WORKFLOW {_text(request.id)}]"
                    return self._refuse("INVALID_ARGUMENT", f"{named} with err: {words} {_text(wanted)}")
        return self._create(request, "workflow", workflow_pb2.WorkflowCreateResponse())

    def create_launch_plan(self, request: Any) -> Any:
        """Register a launch plan; its workflow has to be there."""
        if self._find(request.spec.workflow_id, identifier_pb2.WORKFLOW) is None:
            return self._missing(request.spec.workflow_id, "WORKFLOW")
        return self._create(request, "launch plan", launch_plan_pb2.LaunchPlanCreateResponse())

    def create_execution(self, request: Any) -> Any:
        """Note an execution of something that is registered; it doesn't run."""
        wanted = request.spec.launch_plan
        if self._find(wanted, wanted.resource_type) is None:
            return self._missing(wanted, identifier_pb2.ResourceType.Name(wanted.resource_type))
        if request.ByteSize() > _MAX_MESSAGE:
            words = f"grpc: received message larger than max ({request.ByteSize()} vs. {_MAX_MESSAGE})"
            return self._refuse("RESOURCE_EXHAUSTED", words)
        for name, literal in request.inputs.literals.items():
            if "|" in _inferred(literal):  # of a union nothing is launched here
                return self._refuse(
                    "INVALID_ARGUMENT", f"invalid {name} input wrong type. But got {_inferred(literal)}"
                )
        self.executions.append(request)
        return execution_pb2.ExecutionCreateResponse()

    def create_upload_location(self, request: Any) -> Any:
        """Sign a PUT. `Content-Length` is the length of the MD5's text: Flyte v1.16.8 does so."""
        if not request.content_md5 and not request.filename_root:
            return self._refuse("INVALID_ARGUMENT", "content_md5 or filename_root is a required parameter")
        prefix = request.filename_root or base64.b32encode(request.content_md5).decode()
        filename = request.filename or "r4nd0mn4m3ofl3ngth20"
        # As Go does it (url_path.go): names are parts of a URL, and what is signed is the path that this means.
        path = urlsplit(f"{request.project}/{request.domain}/{prefix}/{filename}").path
        uri = f"s3://{BUCKET}/{unquote(path)}"
        md5 = base64.b64encode(request.content_md5).decode()
        there = self.store.objects.get(uri) if request.filename_root and request.filename else None
        if there and (not md5 or there.known_md5() != md5):
            words = f"file already exists at location [{uri}], specify a matching hash if you wish to rewrite"
            return self._refuse("ALREADY_EXISTS", words)
        signed = {"Content-MD5": md5} if md5 else {}
        signed |= {METADATA_HEADER: md5} if request.add_content_md5_metadata else {}
        return dataproxy_pb2.CreateUploadLocationResponse(
            signed_url=self.store.sign(uri, signed),
            native_url=f"s3://{BUCKET}/{quote(unquote(path))}",
            headers={"Content-MD5": md5, **signed, "Content-Length": str(len(md5))},
        )

    def create_download_location(self, request: Any) -> Any:
        """Sign a GET of any URI, whether or not something is there."""
        parts = urlsplit(request.native_url)
        uri = f"s3://{parts.netloc}{unquote(parts.path).rstrip('/')}"
        return dataproxy_pb2.CreateDownloadLocationResponse(signed_url=self.store.sign(uri, {}))

    def _create(self, request: Any, noun: str, answer: Any) -> Any:
        key = (request.id.resource_type, request.id.name, request.id.version)
        known = self.registered.get(key)
        if known is not None and known.spec == request.spec:
            return self._refuse("ALREADY_EXISTS", f"{noun} with identical structure already exists")
        if known is not None:
            words = f"{request.id.name} {noun} with different structure already exists."
            return self._refuse("INVALID_ARGUMENT", f"{words} (Please register a new version of the {noun}):\n")
        copied = type(request)()
        copied.CopyFrom(request)
        self.registered[key] = copied
        return answer

    def _find(self, wanted: Any, kind: int) -> Any:
        return self.registered.get((kind, wanted.name, wanted.version))

    def _missing(self, wanted: Any, kind: str = "LAUNCH_PLAN") -> Any:
        return self._refuse("NOT_FOUND", f"missing entity of type {kind} with identifier {_text(wanted)}")


def _inferred(literal: Any) -> str:
    """Return the type that Flyte infers of a value: an empty dict is one of another type, an empty list isn't."""
    kind = literal.WhichOneof("value")
    if kind not in {"collection", "map"}:
        return literal.scalar.primitive.WhichOneof("value") or kind
    items = literal.collection.literals if kind == "collection" else literal.map.literals.values()
    told = {_inferred(each) for each in items if each.WhichOneof("value") != "collection" or each.collection.literals}
    return f"{kind}({' | '.join(sorted(told))})"


def _text(wanted: Any) -> str:
    return " ".join(f'{name}:"{getattr(wanted, name)}"' for name in ("project", "domain", "name", "version"))


def _references(nodes: list[Any]) -> Iterator[tuple[int, Any]]:
    """Yield kind and identifier of all that the nodes name, also those in branches and maps."""
    for node in nodes:
        target = node.WhichOneof("target")
        if target == "task_node":
            yield identifier_pb2.TASK, node.task_node.reference_id
        elif target == "workflow_node" and node.workflow_node.HasField("launchplan_ref"):
            yield identifier_pb2.LAUNCH_PLAN, node.workflow_node.launchplan_ref
        elif target == "workflow_node":
            yield identifier_pb2.WORKFLOW, node.workflow_node.sub_workflow_ref
        elif target == "array_node":
            yield from _references([node.array_node.node])
        elif target == "branch_node":
            block = node.branch_node.if_else
            branches = [block.case.then_node, *(other.then_node for other in block.other)]
            yield from _references([*branches, *([block.else_node] if block.HasField("else_node") else [])])
