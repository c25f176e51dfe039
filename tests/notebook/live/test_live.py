"""The live display, the question at an interrupt, and the terminal's line: against an execution that a test scripts."""

import gc
import io
import threading
import weakref
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from autocontainer_nb.errors import NotFoundError, UnavailableError
from autocontainer_nb.notebook.launched import Session
from autocontainer_nb.notebook.live import budgets
from autocontainer_nb.notebook.live.budgets import ByteBudget, Turns
from autocontainer_nb.notebook.live.displays import LiveDisplays, TerminalStatus
from autocontainer_nb.notebook.live.executions import ExecutionView, ask_whether_to_stop
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.state import ExecutionState
from autocontainer_nb.remote.nodes.attempts import Attempt, LogLink

QUEUED = ExecutionState()
RUNNING = ExecutionState(phase="RUNNING", elapsed_s=1)
DONE = ExecutionState(phase="SUCCEEDED", is_done=True, elapsed_s=2)
WAIT_S = 10


class Script:
    """Stands in for an Execution: what is known of it is what the test says, and whoever follows is told."""

    def __init__(self, state=RUNNING, name="a1", lines=()):
        self.id, self.task_name, self.where, self.changes, self.console_url = name, "train", "sandbox", "", None
        self.known, self.refusal, self.reason, self.error = state, None, None, None
        self.is_known_whole = True
        self.lines, self.attempt, self.is_without_attempt = lines, None, False  # what a look finds
        self.is_cached = False
        self.has_only_pages = not lines
        self.looks, self.look_ends = [], threading.Event()
        self.look_ends.set()
        self.followers = []
        self.terminated = []

    def reopened(self):
        return self

    def known_state(self):
        return self.known

    def known_refusal(self):
        return self.refusal

    @contextmanager
    def followed(self, notify):
        self.followers.append(notify)
        yield
        self.followers.remove(notify)

    def say(self, state, refusal=None):
        self.known, self.refusal = state, refusal
        for notify in self.followers:
            notify()

    def look(self):
        return self

    def at_nodes(self, turn):
        turn()
        self.looks.append(threading.current_thread().name)
        assert self.look_ends.wait(WAIT_S)

    def at_log(self, links, *, is_done):
        pass

    def terminate(self, cause=""):
        self.terminated.append(cause)


class Screen:
    """A shell's publisher and cell number, nothing more."""

    def __init__(self):
        self.execution_count = 1
        self.display_pub = self
        self.published = []
        self.threads = []
        self._changed = threading.Condition()

    def publish(self, *, data, metadata, transient, update):
        with self._changed:
            self.published.append((transient["display_id"], update, data["text/plain"]))
            self.threads.append(threading.current_thread().name)
            self._changed.notify_all()

    @property
    def texts(self):
        return [text for _, _, text in self.published]

    def shows(self, words, times=1):
        """Wait until so many of the published cards have these words."""
        with self._changed:
            return self._changed.wait_for(lambda: sum(words in text for text in self.texts) >= times, WAIT_S)


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("live display")]


@pytest.fixture
def shown():
    """Makes displays; each ends with its test, and leaves no thread."""
    made = []

    def make(screen):
        made.append(LiveDisplays(screen))
        return made[-1]

    yield make
    for each in made:
        each.stop()
    assert not threads()


def ended():
    """Wait for the threads of displays whose executions have ended; whether they have, too."""
    for thread in threads():
        thread.join(WAIT_S)
    return not threads()


def test_one_output_is_replaced_until_the_end(shown):
    """The first message makes the output, all others replace it; then the threads end by themselves."""
    screen, execution = Screen(), Script(QUEUED)
    shown(screen).show(execution)
    for state in (RUNNING, DONE):
        execution.say(state)
        assert screen.shows(f"train {state.phase}")
    assert ended()
    ids, updates, texts = zip(*screen.published, strict=True)
    assert len(set(ids)) == 1
    assert updates == (False, True, True)
    assert [text.split()[1] for text in texts] == ["QUEUED", "RUNNING", "SUCCEEDED"]
    assert not execution.followers


def test_what_did_not_change_is_not_sent_again(shown):
    """However often the control plane answers, and whatever seconds have passed: the page counts them."""
    screen, execution = Screen(), Script(RUNNING)
    shown(screen).show(execution)
    for seconds in range(50):
        execution.say(ExecutionState(phase="RUNNING", elapsed_s=float(seconds)))
    execution.say(DONE)
    assert screen.shows("SUCCEEDED")
    assert len(screen.published) == 2


def test_the_users_thread_only_makes_the_output_area(shown):
    """A look that takes long delays neither the launch nor the end: all but the first card is another thread's work."""
    screen, execution = Screen(), Script(RUNNING, lines=("epoch 1",))
    execution.look_ends.clear()
    live = shown(screen)
    live.show(execution)
    live.waited_for(execution)
    execution.say(DONE)
    live.settle()
    live.drain(WAIT_S)
    assert "SUCCEEDED" in screen.texts[-1]  # while the look is still under way
    execution.look_ends.set()
    assert screen.shows("epoch 1")
    own = threading.current_thread().name
    assert screen.threads[0] == own
    assert own not in [*screen.threads[1:], *execution.looks]


def test_draining_waits_for_what_is_known_and_for_nothing_else(shown):
    """What runs isn't waited for; what has ended is shown so before the cell ends."""
    screen = Screen()
    live = shown(screen)
    running, over = Script(RUNNING), Script(RUNNING, name="a2")
    live.show(running)
    live.show(over)
    over.say(DONE)
    live.drain(WAIT_S)
    assert any("SUCCEEDED" in text and "a2" in text for text in screen.texts)


def test_what_a_container_says_of_packages_stays_on_the_card(shown):
    """The line is there once, above the log, also after later output has pushed it out of the log's end."""
    line = "this was captured with acme 2.1, and this environment has 2.0."
    screen, execution = Screen(), Script(RUNNING, lines=(f"autocontainer_nb: {line}", "epoch 1"))
    shown(screen).show(execution)
    assert screen.shows("epoch 1")
    execution.lines = ("epoch 9",)
    execution.say(DONE)
    assert screen.shows("epoch 9")
    texts = [text for text in screen.texts if "epoch" in text]
    assert {text.count(line) for text in texts} == {1}
    assert texts[0].split("\n")[1:] == [f"    {line}", "    epoch 1"]
    assert "autocontainer_nb: " not in texts[0]


def test_attempt_reason_and_links_come_onto_the_card(shown):
    """Which attempt it is, why it waits, and where its output is if that is a page; a gate's reason as well."""
    screen, execution = Screen(), Script(RUNNING)
    execution.attempt = Attempt(
        number=2,
        phase="QUEUED",
        reason="Back-off pulling image",
        logs=(LogLink("Kubernetes", "https://k8s.example/x"),),
    )
    shown(screen).show(execution)
    assert screen.shows("Back-off pulling image")
    for words in ("attempt 2", "Kubernetes: https://k8s.example/x"):
        assert words in screen.texts[-1]
    gate = Script(RUNNING, name="a2")
    gate.is_without_attempt, gate.reason = True, "Gate 'ok' waits for an answer: execution.approve('ok')"
    screen.execution_count += 1
    shown(screen).show(gate)
    assert screen.shows("execution.approve('ok')")


def test_a_very_long_error_keeps_its_end_on_the_card(shown):
    """The last line of a traceback is the reason."""
    error = "Traceback:\n" + "  a frame\n" * 5000 + "ValueError: the reason"
    screen = Screen()
    shown(screen).show(Script(ExecutionState(phase="FAILED", is_done=True, error=error)))
    text = screen.texts[0]
    assert "characters left out" in text
    assert text.endswith("ValueError: the reason")
    assert len(text) < len(error) / 2


def test_a_cell_shows_an_execution_once_and_a_later_cell_again(shown):
    screen, execution = Screen(), Script(DONE)
    live = shown(screen)
    live.show(execution)
    live.show(execution)
    live.waited_for(execution)
    assert len(screen.published) == 1
    screen.execution_count += 1
    live.show(execution)
    assert len({display_id for display_id, _, _ in screen.published}) == 2


def test_waiting_for_an_execution_of_another_kernel_shows_it(shown):
    """Once, and not where it is shown already, in whatever cell."""
    screen, execution = Screen(), Script(RUNNING)
    live = shown(screen)
    live.waited_for(execution)
    screen.execution_count += 1
    live.waited_for(execution)
    assert [update for _, update, _ in screen.published] == [False]


def test_stopping_ends_the_threads_and_publishes_nothing_more(shown):
    """Also while a look is under way, or waits for its turn."""
    screen, execution = Screen(), Script(RUNNING)
    live = shown(screen)
    live.show(execution)
    live.stop()
    assert not threads()
    assert not execution.followers
    before = list(screen.published)
    execution.say(DONE)
    assert screen.published == before


def test_many_executions_share_two_threads(shown):
    """A cell that launches a hundred doesn't start a hundred threads; each display ends with its execution."""
    screen = Screen()
    live = shown(screen)
    executions = [Script(RUNNING, name=f"a{number}") for number in range(100)]
    for execution in executions:
        live.show(execution)
    assert len(threads()) == 2
    for execution in executions:
        execution.say(DONE)
    assert screen.shows("SUCCEEDED", times=60)  # the rest when the budget of bytes has room


def test_the_last_cells_card_has_its_end_before_older_ones(shown, monkeypatch):
    """Also where the budget of bytes has room for no more than one: older cards have theirs when there is more."""
    screen, room = Screen(), [0]

    def spend(self, size_bytes, *, is_new_phase):
        room[0] -= 1
        return room[0] >= 0

    monkeypatch.setattr(ByteBudget, "spend", spend)
    live = shown(screen)
    executions = [Script(QUEUED, name=f"a{number}") for number in range(20)]
    for execution in executions:
        live.show(execution)
    for execution in executions:
        execution.say(DONE)
    screen.execution_count += 1
    last = Script(QUEUED, name="last")
    live.show(last)
    last.say(DONE)
    room[0] = 1
    last.say(DONE)
    assert screen.shows("SUCCEEDED")
    assert "(execution last)" in next(text for text in screen.texts if "SUCCEEDED" in text)


def test_a_display_after_the_threads_have_ended_starts_others(shown):
    screen = Screen()
    live = shown(screen)
    for times in (1, 2):
        execution = Script(RUNNING)
        live.show(execution)
        execution.say(DONE)
        assert screen.shows("SUCCEEDED", times)
        assert ended()
        screen.execution_count += 1


def test_a_lost_control_plane_is_a_note_and_the_display_goes_on(shown):
    screen, execution = Screen(), Script(RUNNING)
    shown(screen).show(execution)
    execution.say(ExecutionState(phase="RUNNING", note="control plane unreachable for 3 s: refused"))
    assert screen.shows("unreachable for 3 s")
    execution.say(DONE)
    assert screen.shows("SUCCEEDED")
    assert "unreachable" not in screen.texts[-1]


def test_a_refusal_ends_the_display_with_the_reason(shown):
    screen, execution = Screen(), Script(RUNNING)
    shown(screen).show(execution)
    execution.say(RUNNING, NotFoundError("there is no execution a1"))
    assert screen.shows("stopped updating: there is no execution a1")
    assert "RUNNING" in screen.texts[-1]


def test_a_look_that_fails_is_a_note(shown):
    """The phase is shown all the same."""
    screen, execution = Screen(), Script(RUNNING)

    def lost(turn):
        raise UnavailableError("gone", details="connection refused")

    execution.at_nodes = lost
    shown(screen).show(execution)
    assert screen.shows("no log lines: connection refused")
    execution.say(DONE)
    assert screen.shows("SUCCEEDED")


@pytest.fixture
def clock(monkeypatch):
    """The time, as the test says."""
    found = SimpleNamespace(now_s=1000.0)
    monkeypatch.setattr(environment, "monotonic_s", lambda: found.now_s)
    return found


def test_fifty_runs_send_at_most_200_kilobytes_a_minute(clock):
    """Whatever they print, and also where all of them begin and end in this minute: what is over is sent later."""
    budget, sent, ends = ByteBudget(), 0, 0
    for second in range(60):
        clock.now_s += 1
        for _ in range(50):
            sent += 2_000 if budget.spend(2_000, is_new_phase=False) else 0
        if second == 30:
            while budget.spend(1_800, is_new_phase=True):
                ends += 1
                sent += 1_800
    assert 100_000 < sent <= 200_000
    assert ends >= 20


def test_what_is_larger_than_the_budget_is_sent_when_it_is_full(clock):
    """An enormous error is shown in the end."""
    budget = ByteBudget()
    assert budget.spend(1_000_000, is_new_phase=True)
    assert not budget.spend(100, is_new_phase=True)
    clock.now_s += 3600
    assert budget.spend(1_000_000, is_new_phase=False)


@pytest.mark.parametrize(("active", "most"), [(False, 0.5), (True, 2.0)])
def test_looks_at_fifty_make_half_a_call_a_second_at_rest(clock, active, most):
    """Two while a cell waits; with what the watcher asks, it is one and five."""
    turns, calls = Turns(), 0
    clock.now_s += budgets.ACTIVE_S
    for _ in range(600):
        if active:
            turns.somebody_looks()
        calls += not turns.pause_s(50)
        clock.now_s += 0.1
    assert calls <= 60 * most + 1
    assert calls > 60 * most * 0.8


@pytest.mark.parametrize("answer", ["y", "Y", " yes "])
def test_yes_stops_the_execution(monkeypatch, capsys, answer):
    execution = Script(RUNNING)
    prompts = []
    monkeypatch.setattr("builtins.input", lambda prompt: prompts.append(prompt) or answer)
    ask_whether_to_stop([execution])
    assert prompts == ["Stop execution a1 as well? [y/N] "]
    assert len(execution.terminated) == 1
    assert "being stopped" in capsys.readouterr().err


@pytest.mark.parametrize(
    "answer", ["", "n", "no", "what", EOFError(), KeyboardInterrupt(), NotImplementedError(), OSError()]
)
def test_anything_else_lets_it_go_on(monkeypatch, capsys, answer):
    """No answer, a second interrupt, no terminal, a front end without input: the user hears how to stop it."""
    execution = Script(RUNNING)

    def reply(_):
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr("builtins.input", reply)
    ask_whether_to_stop([execution])
    assert not execution.terminated
    assert "keeps running" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_has_one_line_that_stays_at_the_end(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    status = TerminalStatus()
    for state in (RUNNING, RUNNING, DONE):
        status.on_wait(Script(state), state)
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert text.startswith("\rtrain RUNNING 1.0 s (execution a1)")
    assert text.rstrip().endswith("train SUCCEEDED 2.0 s (execution a1)")


def test_a_pipe_gets_each_phase_once(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    status = TerminalStatus()
    for state in (RUNNING, RUNNING, DONE):
        status.on_wait(Script(state), state)
    assert [line.split()[1] for line in stream.getvalue().splitlines()] == ["RUNNING", "SUCCEEDED"]


def test_a_terminal_shell_publishes_no_display(shell, monkeypatch):
    """IPython in a terminal has no live output: a launch shows nothing, a wait shows its line."""
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    from autocontainer_nb.remote import observers

    view = ExecutionView(shell, Session(shell.user_ns))
    view.install()
    try:
        observers.launched(Script(RUNNING))
        assert stream.getvalue() == ""
        observers.waiting(Script(DONE), DONE)
        assert "SUCCEEDED" in stream.getvalue()
        assert not threads()
    finally:
        view.remove()


def test_the_latest_execution_and_those_in_variables_are_found(shell):
    session = Session(shell.user_ns)
    scope = SimpleNamespace(project="p", domain="d")
    for name in ("a1", "a2"):
        session.on_launch(Execution(scope, name))
    for text, name in (("", "a2"), ("a1", "a1")):
        found = session.execution(text)
        assert (found.id, found.identifier.project) == (name, "p")
    session.listed(["a0", "a1"])
    assert session.known_ids() == ["a2", "a1", "a0"]


class Nowhere:
    """A scope whose control plane is away."""

    project, domain = "p", "d"

    def where(self):
        return "sandbox"

    def console_url(self, name):
        return None

    @property
    def calls(self):
        raise UnavailableError("away")


def test_what_the_notebook_drops_is_gone(shell, shown):
    """Of launches that are still shown neither handle, task nor results are kept, but for the last hundred's ids."""
    screen, session = Screen(), Session(shell.user_ns)
    live, scope = shown(screen), Nowhere()
    left = []
    for number in range(200):
        execution = Execution(scope, f"a{number}", task=Held())
        execution._values = {"o0": Held()}
        left += [weakref.ref(execution), weakref.ref(execution._task), weakref.ref(execution._values["o0"])]
        session.on_launch(execution)
        live.show(execution)
        screen.execution_count += 1
    del execution
    gc.collect()
    assert len(screen.published) >= 200
    assert not [each for each in left if each() is not None]
    assert session.known_ids() == [f"a{number}" for number in range(199, 99, -1)]
    assert len(live._shown[1]) == 1


class Held:
    """A task, or a result."""

    name = "train"


def test_a_look_that_fails_ends_no_other_display(shown, monkeypatch):
    """An error that nobody expected is on its card, and the thread that looks goes on."""
    monkeypatch.setattr(Turns, "pause_s", lambda self, running: 0.0)
    screen, broken, sound = Screen(), Script(RUNNING, "broken"), Script(RUNNING, "sound")

    def fail(turn):
        raise ValueError("Invalid IPv6 URL")

    broken.at_nodes = fail
    displays = shown(screen)
    displays.show(broken)
    assert screen.shows("ValueError: Invalid IPv6 URL")
    displays.show(sound)
    for one in (broken, sound):
        one.say(DONE)
    assert ended()
    assert sound.looks
    assert not sound.followers


def test_a_card_that_can_not_be_shown_ends_no_other_display(shown, caplog):
    """It is told in the log, once, and the thread that publishes goes on."""
    screen, broken, sound = Screen(), Script(QUEUED, "broken"), Script(QUEUED, "sound")
    publish = screen.publish

    def publish_most(*, update, data, **other):
        if update and "broken" in data["text/plain"]:
            raise OSError("the frontend has gone")
        publish(update=update, data=data, **other)

    screen.publish = publish_most
    displays = shown(screen)
    for one in (broken, sound):
        displays.show(one)
    for state in (RUNNING, DONE):
        for one in (broken, sound):
            one.say(state)
        assert screen.shows(f"train {state.phase}")
    assert ended()
    assert caplog.text.count("execution broken isn't updated") == 1
    assert not broken.followers
