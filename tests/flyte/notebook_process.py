"""A notebook in a process of its own, and the control plane that it launches at: `python notebook_process.py`.

Each line that comes is a JSON object with `cells`, `entity`, `inputs` and `image`; the line that goes back has the
requests of the launch that create something, each with its procedure's name, in their order. The cells run in an
IPython shell, where `__main__` is the notebook: names, versions and archives are a notebook's. The control plane
knows nothing but the project, and takes all.
"""

import contextlib
import json
import os
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
from flyteidl.admin import project_pb2
from flyteidl.service import admin_pb2, dataproxy_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.message_factory import GetMessageClass
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import autocontainer_nb

BUCKET = "s3://my-s3-bucket"  # as the recordings have it
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for service in (
        admin_pb2.DESCRIPTOR.services_by_name["AdminService"],
        dataproxy_pb2.DESCRIPTOR.services_by_name["DataProxyService"],
    )
    for method in service.methods
}


class ControlPlane(grpc.GenericRpcHandler):
    """Keeps what is created. Whatever is asked for isn't there, but for the project and a place for uploads."""

    def __init__(self, uploads_url):
        self.requests = []
        self._uploads_url = uploads_url

    def service(self, handler_call_details):
        method = METHODS.get(handler_call_details.method)
        if method is None:
            return None
        request, answer = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
        return grpc.unary_unary_rpc_method_handler(
            lambda message, context: self._answer(method.name, message, context, answer),
            request.FromString,
            answer.SerializeToString,
        )

    def _answer(self, name, request, context, answer):
        if name == "GetProject":
            return answer(id=request.id, domains=[project_pb2.Domain(id="development")])
        if name == "CreateUploadLocation":
            path = f"{request.project}/{request.domain}/{request.filename_root}/{request.filename}"
            return answer(signed_url=f"{self._uploads_url}/{path}", native_url=f"{BUCKET}/{path}")
        if not name.startswith("Create"):
            context.abort(grpc.StatusCode.NOT_FOUND, "nothing here")
        self.requests.append((name, MessageToDict(request, preserving_proto_field_name=True)))
        return answer()


class Uploads(BaseHTTPRequestHandler):
    """Keeps uploads as files below the working directory, at the place that their URI names within the bucket."""

    def log_message(self, *_):
        """Keep quiet."""

    def do_PUT(self):
        place = Path(self.path.lstrip("/"))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextlib.contextmanager
def serving():
    """Return (the control plane, its endpoint), which end with the block."""
    uploads = ThreadingHTTPServer(("127.0.0.1", 0), Uploads)
    thread = threading.Thread(target=uploads.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    plane = ControlPlane(f"http://127.0.0.1:{uploads.server_port}")
    server = grpc.server(ThreadPoolExecutor(4), handlers=[plane])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield plane, f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()
        uploads.shutdown()
        uploads.server_close()
        thread.join()


def start_shell():
    """Return an IPython shell without a history file, with the extension loaded."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell.instance(config=config)
    shell.run_line_magic("load_ext", "autocontainer_nb")
    return shell


def launch(shell, endpoint, cells, entity, inputs, image):
    """Run the cells in a fresh notebook and launch the entity."""
    shell.reset(new_session=False)
    shell.user_ns["__name__"] = "__main__"
    shell.run_cell(cells).raise_error()
    remote = autocontainer_nb.FlyteRemote(endpoint, "flytesnacks", "development", insecure=True, image=image)
    try:
        remote.launch(shell.user_ns[entity], **inputs)
    finally:
        remote.close()


def serve(lines, replies):
    """Answer until nothing comes any more."""
    shell = start_shell()
    with serving() as (plane, endpoint):
        for line in lines:
            plane.requests.clear()
            try:
                launch(shell, endpoint, **json.loads(line))
                reply = {"requests": plane.requests}
            except Exception:  # noqa: BLE001 - the edge of the process: the test shows it
                reply = {"error": traceback.format_exc()}
            replies.write(json.dumps(reply) + "\n")
            replies.flush()


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "w") as answers, contextlib.redirect_stdout(sys.stderr):
        os.dup2(2, 1)  # what a cell prints is no answer
        serve(sys.stdin, answers)
