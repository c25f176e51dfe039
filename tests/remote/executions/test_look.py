"""A look inside an execution for its card: which calls it makes, what it finds, and which links it asks again."""

import re
import socket
from types import SimpleNamespace

import pytest
from flyteidl.admin import node_execution_pb2, task_execution_pb2
from flyteidl.core import execution_pb2, identifier_pb2

from autocontainer_nb.idl.identifiers import execution_id
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.executions import look as look_module
from autocontainer_nb.remote.executions.look import LogLinks, Look
from autocontainer_nb.remote.logs.links import DeadHosts

PHASE = execution_pb2.NodeExecution


def node(name, phase=PHASE.RUNNING, *, spec="", child="", **metadata):
    """A node's execution; `child` is that of a launch plan's node."""
    found = node_execution_pb2.NodeExecution(id=identifier_pb2.NodeExecutionIdentifier(node_id=name))
    found.metadata.spec_node_id = spec or name
    for field, value in metadata.items():
        setattr(found.metadata, field, value)
    found.closure.phase = phase
    if child:
        found.closure.workflow_node_metadata.executionId.name = child
    return found


class Inside:
    """Nodes by their parent (or by the name of their execution, a launch plan's), newest first, and tasks by node."""

    def __init__(self, control_plane):
        self.nodes, self.tasks = {}, {}
        self.plane = control_plane
        control_plane.answers |= {"ListNodeExecutions": self.list_nodes, "ListTaskExecutions": self.list_tasks}

    def list_nodes(self, request):
        key = request.unique_parent_id or request.workflow_execution_id.name
        return node_execution_pb2.NodeExecutionList(node_executions=self.nodes.get(key, []))

    def list_tasks(self, request):
        return task_execution_pb2.TaskExecutionList(
            task_executions=self.tasks.get(request.node_execution_id.node_id, [])
        )

    def attempt(self, of, uri="", number=0, phase=execution_pb2.TaskExecution.RUNNING, reason=""):
        found = task_execution_pb2.TaskExecution(id=identifier_pb2.TaskExecutionIdentifier(retry_attempt=number))
        found.closure.phase, found.closure.reason = phase, reason
        if uri:
            found.closure.logs.add(uri=uri, name="log")
        self.tasks.setdefault(of, []).append(found)
        return found

    def looked(self):
        turns = []
        found = Look(self.plane.scope(), execution_id("flytesnacks", "development", "a1"))
        found.at_nodes(lambda: turns.append(1))
        assert len(turns) == len(self.plane.requests)  # each call has its turn
        return found


@pytest.fixture
def inside(control_plane):
    return Inside(control_plane)


@pytest.fixture
def clock(monkeypatch):
    """The time, as the test says."""
    found = SimpleNamespace(now_s=1000.0)
    monkeypatch.setattr(environment, "monotonic_s", lambda: found.now_s)
    return found


def test_a_task_costs_two_calls_and_its_ends_none(inside, control_plane):
    """Start and end node have no tasks; the newest attempt counts."""
    inside.nodes["a1"] = [node("end-node", PHASE.QUEUED), node("n0"), node("start-node", PHASE.SUCCEEDED)]
    inside.attempt("n0", "http://old.example", number=0)
    inside.attempt("n0", "http://new.example", number=1)
    found = inside.looked()
    assert control_plane.counts == {"ListNodeExecutions": 1, "ListTaskExecutions": 1}
    assert (found.attempt.number, found.attempt.logs[0].uri) == (2, "http://new.example")


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        ({"n2": PHASE.RUNNING, "n1": PHASE.SUCCEEDED, "n0": PHASE.SUCCEEDED}, "n2"),
        ({"n2": PHASE.SUCCEEDED, "n1": PHASE.RUNNING, "n0": PHASE.SUCCEEDED}, "n1"),
        ({"n2": PHASE.ABORTED, "n1": PHASE.FAILED, "n0": PHASE.RUNNING}, "n1"),
        ({"n2": PHASE.SUCCEEDED, "n1": PHASE.SUCCEEDED}, "n2"),
    ],
)
def test_of_200_nodes_one_is_looked_at(inside, control_plane, phases, expected):
    """The one that failed, else the newest that hasn't ended, else the last one: whatever their number, two calls."""
    inside.nodes["a1"] = [node(name, phase) for name, phase in phases.items()]
    inside.nodes["a1"] += [node(f"m{n}", PHASE.SUCCEEDED) for n in range(200)]
    for name in phases:
        inside.attempt(name, f"http://{name}.example")
    assert inside.looked().attempt.logs[0].uri == f"http://{expected}.example"
    assert len(control_plane.requests) == 2
    asked = control_plane.last("ListNodeExecutions")
    assert (asked.sort_by.key, asked.sort_by.direction) == ("created_at", asked.sort_by.DESCENDING)


def test_it_goes_down_into_subworkflows_launch_plans_and_dynamic_tasks(inside):
    """The container that runs is found on whatever level; a dynamic task's own one, as long as it has no nodes."""
    inside.nodes["a1"] = [node("n0", is_parent_node=True)]
    inside.nodes["n0"] = [node("n0-0-n1", spec="n1", child="b1"), node("n0-0-start-node", spec="start-node")]
    inside.nodes["b1"] = [node("d0", is_parent_node=True, is_dynamic=True)]
    inside.attempt("d0", "http://dynamic.example")
    assert inside.looked().attempt.logs[0].uri == "http://dynamic.example"
    inside.plane.requests.clear()
    inside.nodes["d0"] = [node("d0-0-dn0", spec="dn0")]
    inside.attempt("d0-0-dn0", "http://child.example")
    assert inside.looked().attempt.logs[0].uri == "http://child.example"


def test_of_a_map_an_item_that_runs_is_shown(inside):
    """Its links are those of external resources; the task execution itself has none."""
    inside.nodes["a1"] = [node("n0", is_parent_node=True, is_array=True)]
    attempt = inside.attempt("n0")
    for index, phase in enumerate((execution_pb2.TaskExecution.SUCCEEDED, execution_pb2.TaskExecution.RUNNING)):
        item = attempt.closure.metadata.external_resources.add(index=index, phase=phase)
        item.logs.add(uri=f"http://item{index}.example", name="log")
    assert inside.looked().attempt.logs[0].uri == "http://item1.example"


def test_a_gate_has_no_attempt_and_what_has_not_begun_no_node(inside, control_plane):
    """Which of both it is tells whether to ask what it waits for."""
    inside.nodes["a1"] = [node("start-node", PHASE.SUCCEEDED)]
    found = inside.looked()
    assert (found.attempt, found.is_without_attempt) == (None, False)
    assert control_plane.counts == {"ListNodeExecutions": 1}
    control_plane.requests.clear()
    inside.nodes["a1"].insert(0, node("n0"))
    assert inside.looked().is_without_attempt


def test_why_an_attempt_waits_is_kept(inside):
    """In Flyte's words."""
    inside.nodes["a1"] = [node("n0")]
    inside.attempt("n0", phase=execution_pb2.TaskExecution.INITIALIZING, reason="Back-off pulling image")
    found = inside.looked()
    assert (found.attempt.waits, found.attempt.reason) == (True, "Back-off pulling image")


def test_a_text_without_a_line_so_far_is_no_page(inside, blobs):
    """A card shows the links of pages only; a task that has printed nothing has nothing to show."""
    blobs.content |= {"/page": b"<html>", "/text": b""}
    blobs.types |= {"/page": "text/html", "/text": "text/plain"}
    inside.nodes["a1"] = [node("n0")]
    for path, only_pages in (("/page", True), ("/text", False)):
        inside.tasks.clear()
        inside.plane.requests.clear()
        inside.attempt("n0", blobs.url + path)
        found = inside.looked()
        found.at_log(LogLinks())
        assert (found.lines, found.has_only_pages) == ((), only_pages)


def test_a_page_is_not_asked_for_again_for_a_while(clock, blobs):
    """A link that gave no text: after half a second, then twice that, up to ten minutes. One that does, each time."""
    blobs.content |= {"/page": b"<html>", "/text": b"line\n"}
    blobs.types |= {"/page": "text/html", "/text": "text/plain"}
    asked, links = [], LogLinks()
    for _ in range(3600):
        clock.now_s += 1
        before = len(links._failures)
        if links.text(f"{blobs.url}/page") is None and links._failures[f"{blobs.url}/page"] not in asked:
            asked.append(links._failures[f"{blobs.url}/page"])
        assert before <= 1
    assert 8 < len(asked) < 20
    assert links.text(f"{blobs.url}/text") == links.text(f"{blobs.url}/text") == "line\n"


def test_a_host_that_lets_us_wait_is_not_asked_again_whatever_the_link(clock, monkeypatch):
    """Of fifty links into a network that no kernel reaches, one costs the time limit; for a minute, then for longer."""
    times = []

    def slow(uri, **_):
        times.append(clock.now_s)
        clock.now_s += 5

    monkeypatch.setattr(look_module, "fetch_text", slow)
    links = LogLinks()
    for number in range(50):
        assert links.text(f"http://vpn.example/{number}") is None
    assert len(times) == 1
    clock.now_s += 61
    for number in range(50):
        links.text(f"http://vpn.example/{number}")
    assert len(times) == 2
    clock.now_s += 61
    links.text("http://vpn.example/3")
    assert len(times) == 2
    assert links.text("http://elsewhere.example/3") is None
    assert len(times) == 3


def test_a_port_that_never_answers_costs_its_time_limit_once(inside, monkeypatch):
    """It accepts and says nothing, as behind a firewall: really, with a time limit of a tenth."""
    from autocontainer_nb.remote.logs import links as links_module

    monkeypatch.setattr(links_module, "_TIMEOUT_S", 1.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        uri = f"http://127.0.0.1:{server.getsockname()[1]}/log"
        inside.nodes["a1"] = [node("n0")]
        inside.attempt("n0", uri)
        found, links = inside.looked(), LogLinks()
        for _ in range(20):
            found.at_log(links)
        assert found.lines == ()
        assert re.match(r"127\.0\.0\.1:\d+", next(key for key in links._failures if "/" not in key))
        server.settimeout(0.1)
        for _ in range(1):
            server.accept()[0].close()
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("uri", ["http://[pod", "http://[pod]:80]/", "https://a b/", "", "no link", "http://a:port/"])
def test_what_is_no_link_gives_no_text(uri):
    """A cluster's template makes whatever an administrator wrote: neither displays nor logs() fail at it."""
    assert LogLinks().text(uri) is None
    assert DeadHosts().text(uri) is None
