"""Logs of pods from Kubernetes: a small server that answers as its API does, and the package `kubernetes` as it is."""

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from autocontainer_nb.remote.config.settings import Settings
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.logs.containers import Container
from autocontainer_nb.remote.logs.pods import PodLogs, pod_logs
from autocontainer_nb.remote.logs.text import logs_text
from autocontainer_nb.remote.nodes.attempts import Attempt, LogLink, Pod
from autocontainer_nb.remote.scope import Scope

sys.path.insert(0, str(Path(__file__).parents[1] / "replay"))  # pytest's importlib mode adds nothing
import recorded_flyte
from answers import AnsweringControlPlane

PODS = "/api/v1/namespaces/flytesnacks-development/pods"


@dataclass
class Kubernetes:
    """Pods by name: the execution that they are of, and what their main container has printed."""

    port: int = 0
    pods: dict[str, tuple[str, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    refuses_with: int = 0

    def config(self, folder: Path) -> str:
        """Write a kubeconfig that leads here, and return its path."""
        path = folder / "kubeconfig"
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
                    "users": [{"name": "u", "user": {"token": "sesame"}}],
                    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                    "current-context": "x",
                }
            )
        )
        return str(path)


@pytest.fixture
def kubernetes() -> Iterator[Kubernetes]:
    """A server that answers as Kubernetes' API does to the two questions for a pod and its log."""
    cluster = Kubernetes()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format, *args):  # noqa: A002 - the base class's name
            """Keep quiet."""

        def _send(self, status, body, kind):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            cluster.requests.append(self.path)
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            name = path.removeprefix(PODS + "/").removesuffix("/log")
            if cluster.refuses_with or self.headers["Authorization"] != "Bearer sesame":
                self._send(cluster.refuses_with or 401, b'{"kind": "Status"}', "application/json")
            elif name not in cluster.pods or not path.startswith(PODS):
                self._send(404, b'{"kind": "Status", "reason": "NotFound"}', "application/json")
            elif path.endswith("/log"):
                known = query["container"] == [f"main-{name}"]
                self._send(200 if known else 400, cluster.pods[name][1].encode(), "text/plain")
            else:
                labels, notes = {"execution-id": cluster.pods[name][0]}, {"primary_container_name": f"main-{name}"}
                pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}}
                pod["metadata"]["annotations"] = notes
                self._send(200, json.dumps(pod).encode(), "application/json")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    cluster.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield cluster
    server.shutdown()
    server.server_close()
    thread.join()


def container(pod: str, number: int = 1) -> Container:
    """Return a container with a link that is for people only."""
    attempt = Attempt(number=number, phase="FAILED", logs=(LogLink("Page", f"page:{pod}"),), pod=Pod(pod))
    namespace = "flytesnacks-development"
    return Container(node="n0", entity="t", execution_id="a1", attempt=attempt, namespace=namespace)


def test_pods_are_read_by_the_kubeconfig_and_gone_ones_leave_their_link(kubernetes, tmp_path):
    """The text of each attempt's pod, by its main container; of a pod that Kubernetes has removed the link."""
    kubernetes.pods = {"a1-n0-0": ("a1", "first\n"), "a1-n0-2": ("a1", "thírd\n")}
    logs = PodLogs(kubernetes.config(tmp_path))
    text = logs_text([container(f"a1-n0-{number}", number + 1) for number in range(3)], logs.text)
    assert text.splitlines() == [
        "── n0 (t), attempt 1: FAILED ──",
        "first",
        "── n0 (t), attempt 2: FAILED ──",
        "Page: page:a1-n0-1",
        "── n0 (t), attempt 3: FAILED ──",
        "thírd",
    ]


def test_a_pod_of_another_execution_isnt_read(kubernetes, tmp_path):
    """A kubeconfig may lead to another cluster, whose pods may have any names."""
    kubernetes.pods = {"a1-n0-0": ("somebody-elses", "secret\n")}
    assert PodLogs(kubernetes.config(tmp_path)).text(container("a1-n0-0")) is None
    assert not [path for path in kubernetes.requests if "/log" in path]


def test_a_cluster_that_refuses_is_asked_once(kubernetes, tmp_path):
    """Where it isn't allowed the link is shown; the next container isn't asked for."""
    kubernetes.refuses_with = 403
    logs = PodLogs(kubernetes.config(tmp_path))
    assert [logs.text(container(f"a1-n0-{number}")) for number in range(3)] == [None] * 3
    assert len(kubernetes.requests) == 1


def test_a_cluster_that_is_away_or_a_config_that_is_broken_is_no_error(kubernetes, tmp_path):
    """Neither delays or breaks the logs."""
    (tmp_path / "broken").write_text("{")
    assert PodLogs(str(tmp_path / "broken")).text(container("a1-n0-0")) is None
    assert PodLogs(kubernetes.config(tmp_path), "no-such-context").text(container("a1-n0-0")) is None
    config = kubernetes.config(tmp_path).replace("kubeconfig", "away")
    Path(config).write_text(Path(kubernetes.config(tmp_path)).read_text().replace(str(kubernetes.port), "1"))
    assert PodLogs(config).text(container("a1-n0-0")) is None
    assert kubernetes.requests == []


def test_it_is_used_where_a_kubeconfig_is_and_nobody_turned_it_off(kubernetes, tmp_path):
    """By KUBECONFIG, also with several files, else at ~/.kube/config; a variable names a context, or says off."""
    path = kubernetes.config(tmp_path)
    assert pod_logs({}, str(tmp_path)) is None
    assert pod_logs({"KUBECONFIG": str(tmp_path / "missing")}, str(tmp_path)) is None
    assert pod_logs({"KUBECONFIG": path}, str(tmp_path)) is not None
    assert pod_logs({"KUBECONFIG": path, "AUTOCONTAINER_NB_KUBE_CONTEXT": "off"}, str(tmp_path)) is None
    kubernetes.pods = {"a1-n0-0": ("a1", "text\n")}
    several = {"KUBECONFIG": f"{tmp_path / 'missing'}:{path}", "AUTOCONTAINER_NB_KUBE_CONTEXT": "x"}
    found = pod_logs(several, str(tmp_path))
    assert found is not None
    assert found.text(container("a1-n0-0")) == "text\n"
    (tmp_path / ".kube").mkdir()
    Path(path).rename(tmp_path / ".kube" / "config")
    assert pod_logs({}, str(tmp_path)) is not None


@pytest.mark.parametrize("name", ["task", "map", "subworkflow", "dynamic_map", "launch_plan_node", "task_recoverable"])
def test_an_executions_logs_are_those_of_all_its_pods(kubernetes, tmp_path, monkeypatch, name):
    """Of a recorded execution: the pods by the names that Flyte told, in the namespace that it told."""
    recording = recorded_flyte.recording(name)
    for run in recording.runs[0].and_children():
        for task in (task for node in run.walk() for task in node.tasks):
            metadata = task.closure.metadata
            for pod in filter(
                None, [metadata.generated_name, *(each.external_id for each in metadata.external_resources)]
            ):
                kubernetes.pods[pod] = (run.name, f"printed by {pod}\n")
    monkeypatch.setenv("KUBECONFIG", kubernetes.config(tmp_path))
    settings = Settings(project="flytesnacks", domain="development", images={}, default_image="image:v1")
    plane = AnsweringControlPlane(recorded_flyte.RecordedFlyte(recording).answers)
    logs = Execution(Scope(settings, plane), recording.runs[0].name).logs()
    assert kubernetes.pods
    printed = [line for line in logs.splitlines() if not line.startswith("── ")]
    assert sorted(printed) == sorted(f"printed by {pod}" for pod in kubernetes.pods)
