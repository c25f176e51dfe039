"""The watcher of executions: how many calls it makes as time goes by, counted by a real gRPC server.

A test drives time, and nothing sleeps: the clock of `remote.environment` is the test's.
"""

import gc
import os
import re
import threading
import weakref
from collections import Counter

import pytest
from flyteidl.admin import execution_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.notebook.live.budgets import Turns
from autocontainer_nb.notebook.live.display import LiveDisplay
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.look import LogLinks
from autocontainer_nb.remote.watching import watcher as watcher_module
from autocontainer_nb.remote.watching.pace import resting_pause_s, waiting_pause_s
from autocontainer_nb.remote.watching.watched import Watched
from autocontainer_nb.remote.watching.watcher import PAGE, Interest, Watcher, interested, watcher_of

PHASE = core_execution_pb2.WorkflowExecution


class Clock:
    """The time, as the test says."""

    now_s = 1000.0

    def __call__(self):
        return self.now_s


class Stepped(Watcher):
    """A watcher without a thread: the test makes its steps."""

    def _started(self):
        return None


class Flyte:
    """Executions at a control plane, listed and looked up as flyteadmin does."""

    def __init__(self, control_plane):
        self.phases = {}
        self.errors = {}
        self.unlisted = set()  # archived ones: GetExecution finds them, lists don't
        self.page = 1000
        control_plane.answers |= {"GetExecution": self.get, "ListExecutions": self.list}
        self.refuse = None

    def message(self, name, *, cut=False):
        found = execution_pb2.Execution()
        found.id.name = name
        found.closure.phase = self.phases[name]
        if name in self.errors:
            found.closure.error.message = self.errors[name].encode()[: 100 if cut else None].decode(errors="ignore")
        return found

    def get(self, request):
        if request.id.name not in self.phases:
            return self.refuse("NOT_FOUND", "missing entity of type execution")
        return self.message(request.id.name)

    def list(self, request):
        (names,) = re.fullmatch(r"value_in\(execution_name,(.+)\)", request.filters).groups()
        found = [name for name in names.split(";") if name in self.phases and name not in self.unlisted]
        page = found[: min(self.page, request.limit)]
        answer = execution_pb2.ExecutionList(executions=[self.message(name, cut=True) for name in page])
        answer.token = str(len(page)) if len(page) == min(self.page, request.limit) else ""
        return answer


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(environment, "monotonic_s", found)
    monkeypatch.setattr(environment, "pause", lambda seconds: None)
    return found


@pytest.fixture
def flyte(control_plane, refuse):
    served = Flyte(control_plane)
    served.refuse = refuse
    return served


@pytest.fixture
def scope(control_plane):
    found = control_plane.scope()
    yield found
    found.close()


@pytest.fixture
def stepped(monkeypatch):
    """The watcher of every scope, without a thread."""
    made = Stepped()
    monkeypatch.setattr(watcher_module, "watcher_of", lambda scope: made)
    return made


def interest_in(scope, watcher, name, *, waits=False, notify=lambda: None):
    found = Interest(watched=Watched(scope, name), notify=notify, waits=waits)
    watcher.join(found)
    return found


def run(watcher, clock, seconds):
    """Let the time pass; the watcher makes its steps when they are due."""
    end_s = clock.now_s + seconds
    while (pause_s := watcher.step()) is not None and clock.now_s + pause_s < end_s:
        clock.now_s += max(pause_s, 0.001)
    clock.now_s = end_s


@pytest.mark.parametrize("number", [1, 50, 1000])
def test_a_kernel_at_rest_asks_half_a_call_a_second_at_most_however_many_it_has(
    control_plane, flyte, scope, stepped, clock, number
):
    """After the first ten seconds; and less later. Every execution is asked for all the same."""
    flyte.phases = {f"a{n}": PHASE.RUNNING for n in range(number)}
    all_of_them = [interest_in(scope, stepped, name) for name in flyte.phases]
    run(stepped, clock, 10)
    before = len(control_plane.requests)
    run(stepped, clock, 60)
    assert 5 <= len(control_plane.requests) - before <= 30
    if number <= PAGE:
        before = len(control_plane.requests)
        run(stepped, clock, 600)
        assert len(control_plane.requests) - before <= 60
    assert {one.watched.message.closure.phase for one in all_of_them} == {PHASE.RUNNING}


def test_fifty_that_a_cell_waits_for_are_two_and_a_half_calls_a_second_and_one_later(
    control_plane, flyte, scope, stepped, clock
):
    """From the first second on, and all in one call."""
    flyte.phases = {f"a{n}": PHASE.RUNNING for n in range(50)}
    for name in flyte.phases:
        interest_in(scope, stepped, name, waits=True)
    counts = []
    for _ in range(12):
        before = len(control_plane.requests)
        run(stepped, clock, 1)
        counts.append(len(control_plane.requests) - before)
    assert max(counts) <= 3
    assert counts[-1] == 1
    assert set(control_plane.counts) == {"ListExecutions"}


def test_one_that_somebody_waits_for_is_asked_for_densely_at_first(control_plane, flyte, scope, stepped, clock):
    """By GetExecution, at once, then after 10 ms; never later than a tenth of its age, in the first ten seconds."""
    flyte.phases = {"a0": PHASE.RUNNING}
    interest_in(scope, stepped, "a0", waits=True)
    assert stepped.step() == pytest.approx(0.01)
    run(stepped, clock, 1)
    assert 20 < len(control_plane.requests) < 45
    assert set(control_plane.counts) == {"GetExecution"}


@pytest.mark.parametrize("number", [1, 2, 50, 5000])
def test_pauses_grow_with_age_and_number(number):
    """Never shorter for what is older, or for more of them; prompt where somebody waits."""
    for pause_s in (waiting_pause_s, resting_pause_s):
        by_age = [pause_s(age / 10, number) for age in range(6000)]
        assert by_age == sorted(by_age)
        assert pause_s(30, number) <= pause_s(30, number + 500)
    assert all(waiting_pause_s(age, number) <= max(0.4, age / 10) for age in range(100))
    assert all(resting_pause_s(age, number) >= 2 for age in range(10, 100))


def test_waiting_and_showing_share_what_one_asked(control_plane, flyte, scope, stepped, clock):
    """A display beside a wait costs nothing: one answer goes to both."""
    flyte.phases = {"a0": PHASE.RUNNING}
    told = Counter()
    shown = interest_in(scope, stepped, "a0", notify=lambda: told.update(["shown"]))
    waited = interest_in(scope, stepped, "a0", waits=True, notify=lambda: told.update(["waited"]))
    run(stepped, clock, 2)
    assert told["shown"] == told["waited"] == len(control_plane.requests)
    flyte.phases["a0"] = PHASE.SUCCEEDED
    run(stepped, clock, 1)
    assert shown.watched.is_done
    assert waited.watched.is_done
    before = len(control_plane.requests)
    run(stepped, clock, 60)
    assert len(control_plane.requests) == before


def test_one_that_is_waited_for_is_prompt_beside_many_at_rest(control_plane, flyte, scope, stepped, clock):
    """The others are asked for as rarely as without it."""
    flyte.phases = {f"a{n}": PHASE.RUNNING for n in range(50)}
    for name in list(flyte.phases)[1:]:
        interest_in(scope, stepped, name)
    run(stepped, clock, 60)
    before = control_plane.counts
    interest_in(scope, stepped, "a0", waits=True)
    run(stepped, clock, 1)
    asked = control_plane.counts - before
    assert asked["GetExecution"] > 20
    assert asked["ListExecutions"] <= 1


@pytest.mark.parametrize(("waits", "most"), [(False, 1), (True, 5)])
@pytest.mark.parametrize("number", [1, 50])
def test_with_displays_it_is_one_call_a_second_at_rest_and_five_while_a_cell_waits(
    control_plane, flyte, stepped, clock, number, waits, most
):
    """Polls and looks together, of shown executions, half of which end; in any ten seconds after the first."""
    scope, turns, times = control_plane.scope(), Turns(), []
    flyte.phases = {f"a{n}": PHASE.RUNNING for n in range(number)}
    node = node_execution_pb2.NodeExecution(id=identifier_pb2.NodeExecutionIdentifier(node_id="n0"))
    control_plane.answers["ListNodeExecutions"] = node_execution_pb2.NodeExecutionList(node_executions=[node])
    attempts = task_execution_pb2.TaskExecutionList(task_executions=[task_execution_pb2.TaskExecution()])
    control_plane.answers["ListTaskExecutions"] = attempts
    shown = [LiveDisplay(Execution(scope, name)) for name in flyte.phases]
    for display in shown:
        display.follow(list)
        if waits:
            interest_in(scope, stepped, display.execution.id, waits=True)

    def let_pass(seconds):
        before = len(control_plane.requests)
        run(stepped, clock, seconds)
        times.extend([clock.now_s] * (len(control_plane.requests) - before))
        if waits:
            turns.somebody_looks()

    def turn():
        while pause_s := turns.pause_s(number):
            let_pass(pause_s)
        times.append(clock.now_s)  # of the call that follows

    began_s = clock.now_s
    while clock.now_s < began_s + 90:
        is_active = turns.is_active
        due = [one for one in shown if (at_s := one.due_s(is_active=is_active)) is not None and at_s <= clock.now_s]
        if due:
            due[0].look(LogLinks(), turn, is_active=is_active)
        else:
            let_pass(0.1)
        if clock.now_s > began_s + 40:
            flyte.phases.update(dict.fromkeys([f"a{n}" for n in range(1, number, 2)], PHASE.SUCCEEDED))
    assert len(times) == len(control_plane.requests)
    for start_s in range(10, 80):
        counted = sum(began_s + start_s < at_s <= began_s + start_s + 10 for at_s in times)
        assert counted <= 10 * most, start_s
    assert sum(one.is_looked_at for one in shown) >= min(number // 2, 5)


def test_pages_are_asked_for_in_turn(control_plane, flyte, scope, stepped, clock):
    """Three hundred names are three calls; each has its names, and room for as many answers."""
    flyte.phases = {f"a{n}": PHASE.RUNNING for n in range(3 * PAGE)}
    for name in flyte.phases:
        interest_in(scope, stepped, name)
    run(stepped, clock, 20)
    asked = [request for name, request in control_plane.requests if name == "ListExecutions"]
    named = [re.search(r",(.+)\)", request.filters)[1].split(";") for request in asked[:3]]
    assert {name for names in named for name in names} == set(flyte.phases)
    assert {request.limit for request in asked[:3]} == {PAGE}


def test_smaller_pages_than_asked_for_are_taken_as_they_are(control_plane, flyte, scope, stepped, clock):
    """A server that gives ten at a time is asked for ten at a time, and none counts as gone."""
    flyte.phases, flyte.page = {f"a{n}": PHASE.RUNNING for n in range(50)}, 10
    found = [interest_in(scope, stepped, name) for name in flyte.phases]
    run(stepped, clock, 60)
    assert all(one.watched.answers for one in found)
    assert control_plane.counts["GetExecution"] == 0


def test_what_lists_leave_out_is_looked_up(control_plane, flyte, scope, stepped, clock):
    """An archived execution isn't listed; one that is gone fails alone, and the others go on."""
    flyte.phases = {f"a{n}": PHASE.RUNNING for n in range(3)}
    flyte.unlisted = {"a1"}
    archived, gone, other = (interest_in(scope, stepped, name) for name in ("a1", "a9", "a2"))
    run(stepped, clock, 30)
    assert archived.watched.message.closure.phase == PHASE.RUNNING
    assert "missing entity" in str(gone.watched.failure)
    assert gone.is_over
    assert other.watched.failure is None
    flyte.phases["a2"] = PHASE.SUCCEEDED
    run(stepped, clock, 30)
    assert other.watched.is_done


@pytest.mark.parametrize("status", ["UNIMPLEMENTED", "PERMISSION_DENIED", "INVALID_ARGUMENT"])
def test_a_server_that_refuses_to_list_is_asked_for_one_after_another(
    control_plane, flyte, scope, stepped, clock, refuse, status
):
    """As rarely as with lists."""
    flyte.phases = {f"a{n}": PHASE.RUNNING for n in range(5)}
    control_plane.answers["ListExecutions"] = refuse(status, "no")
    found = [interest_in(scope, stepped, name) for name in flyte.phases]
    run(stepped, clock, 60)
    assert control_plane.counts["ListExecutions"] == 1
    assert all(one.watched.message.id.name and one.watched.failure is None for one in found)
    assert len(control_plane.requests) < 50


def test_an_answer_that_is_too_large_a_message_is_asked_for_in_smaller_ones(
    control_plane, flyte, scope, stepped, clock, refuse
):
    """GRPC's limit of 4 MB is a page's, not the executions': nobody hears of it but the server."""
    flyte.phases = {f"a{n}": PHASE.RUNNING for n in range(40)}
    listed = flyte.list
    words = "grpc: received message larger than max (5000114 vs. 4194304)"
    control_plane.answers["ListExecutions"] = lambda request: (
        listed(request) if request.limit <= 10 else refuse("RESOURCE_EXHAUSTED", words)
    )
    found = [interest_in(scope, stepped, name) for name in flyte.phases]
    run(stepped, clock, 60)
    assert all(one.watched.message.id.name for one in found)


@pytest.mark.parametrize(("waits", "most"), [(True, 48), (False, 12)])
@pytest.mark.parametrize("status", ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL", "UNKNOWN"])
def test_what_does_not_answer_is_asked_less_and_less(control_plane, flyte, stepped, clock, refuse, status, waits, most):
    """Two minutes of it; then one answer, and all is as before. A limit of calls a second ends no wait."""
    scope = control_plane.scope()
    flyte.phases = {f"a{n}": PHASE.RUNNING for n in range(50)}
    listed, control_plane.answers["ListExecutions"] = flyte.list, refuse(status, "too many requests")
    found = [interest_in(scope, stepped, name, waits=waits) for name in flyte.phases]
    run(stepped, clock, 120)
    assert 4 < len(control_plane.requests) <= most
    before = len(control_plane.requests)
    run(stepped, clock, 60)
    assert len(control_plane.requests) - before <= (21 if waits else 2)
    assert found[0].watched.lost_since_s is not None
    control_plane.answers["ListExecutions"] = listed
    run(stepped, clock, 70)
    assert all(one.watched.failure is None for one in found)


def test_a_rate_limit_makes_no_smaller_pages(control_plane, flyte, scope, stepped, clock, refuse):
    """Smaller pages would be more calls."""
    flyte.phases = {f"a{n}": PHASE.RUNNING for n in range(50)}
    control_plane.answers["ListExecutions"] = refuse("RESOURCE_EXHAUSTED", "too many requests")
    for name in flyte.phases:
        interest_in(scope, stepped, name)
    run(stepped, clock, 120)
    assert control_plane.last("ListExecutions").limit == 50


def test_an_error_that_a_list_has_cut_is_fetched_whole(control_plane, flyte, monkeypatch, clock):
    """A failure's words are those of GetExecution, once, when somebody wants them; short ones need no call."""
    scope = control_plane.scope()
    flyte.phases = {"a0": PHASE.FAILED, "a1": PHASE.FAILED}
    flyte.errors = {"a0": "é" * 300 + " the reason", "a1": "short"}
    listing = Stepped()
    monkeypatch.setattr(watcher_module, "watcher_of", lambda scope: listing)
    runs = [Execution(scope, name) for name in flyte.phases]
    with runs[0].followed(list), runs[1].followed(list):
        run(listing, clock, 1)
    assert control_plane.counts == {"ListExecutions": 1}
    assert [one.error for one in runs] == [flyte.errors["a0"], "short"]
    assert control_plane.counts["GetExecution"] == 1


def test_two_watchers_share_what_a_kernel_may_ask_for(control_plane, flyte, clock, monkeypatch):
    """Two scopes at rest ask no more than one."""
    flyte.phases = {"a0": PHASE.RUNNING}
    scopes = [control_plane.scope() for _ in range(2)]
    watchers = [Stepped() for _ in scopes]
    monkeypatch.setattr(watcher_module, "_running_watchers", lambda: 2)
    for scope, watcher in zip(scopes, watchers, strict=True):
        interest_in(scope, watcher, "a0")
    for watcher in watchers:
        run(watcher, clock, 10)
        clock.now_s -= 10
    clock.now_s += 10
    before = len(control_plane.requests)
    for watcher in watchers:
        run(watcher, clock, 60)
        clock.now_s -= 60
    assert len(control_plane.requests) - before <= 31
    for scope in scopes:
        scope.close()


def test_what_its_own_handle_asks_is_told_as_well(control_plane, flyte, stepped, clock):
    """A loop over `run.is_done` in the notebook sees the end first: the display has it in the same moment."""
    flyte.phases = {"a0": PHASE.SUCCEEDED}
    execution, told = Execution(control_plane.scope(), "a0"), []
    with execution.reopened().followed(lambda: told.append(execution.known_state().phase)):
        assert execution.is_done
        assert told == ["SUCCEEDED"]
    assert control_plane.counts == {"GetExecution": 1}


def test_a_callback_that_raises_ends_nothing(flyte, scope, stepped, clock):
    """An event loop may be closed by the time of the answer; others are told all the same."""
    flyte.phases = {"a0": PHASE.RUNNING}
    told = []

    def broken():
        raise RuntimeError("Event loop is closed")

    interest_in(scope, stepped, "a0", notify=broken, waits=True)
    interest_in(scope, stepped, "a0", notify=lambda: told.append(1), waits=True)
    run(stepped, clock, 0.5)
    assert len(told) > 5


def test_its_thread_ends_with_the_last_that_is_interested(flyte, scope):
    """And another begins with the next; the watcher keeps no scope, and no execution that was dropped."""
    flyte.phases = {"a0": PHASE.RUNNING}
    for _ in range(2):
        told = threading.Event()
        with interested(Watched(scope, "a0"), told.set, waits=True):
            assert told.wait(10)
            (thread,) = [each for each in threading.enumerate() if each.name == "execution watcher"]
        thread.join(10)
        assert not thread.is_alive()
    run = Execution(scope, "a0")
    with run.followed(list):
        pass
    left = weakref.ref(run)
    del run
    gc.collect()
    assert left() is None


def test_a_fork_begins_anew(flyte, scope):
    """While the parent's watcher runs, a child waits for the same execution by a watcher of its own."""
    flyte.phases = {"a0": PHASE.RUNNING}
    told = threading.Event()
    with interested(Watched(scope, "a0"), told.set, waits=True):
        assert told.wait(10)
        parents = watcher_of(scope)
        pid = os.fork()
        if pid == 0:
            own = watcher_of(scope)
            os._exit(0 if own is not parents and not own.is_running else 1)
    assert os.waitpid(pid, 0)[1] == 0
