"""The live display, the question at an interrupt, and the terminal's line: against an execution that a test scripts."""

import gc
import io
import threading
import weakref
from types import SimpleNamespace

import pytest

from autocontainer_nb.errors import NotFoundError
from autocontainer_nb.notebook.launched import Session
from autocontainer_nb.notebook.live import displays
from autocontainer_nb.notebook.live.displays import LiveDisplays, TerminalStatus
from autocontainer_nb.notebook.live.executions import ExecutionView, ask_whether_to_stop
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.state import ExecutionState

RUNNING = ExecutionState(phase="RUNNING", elapsed_s=1, log_tail=("line",))
DONE = ExecutionState(phase="SUCCEEDED", is_done=True, elapsed_s=2)


class Script:
    """Stands in for an Execution: says the next of its states at each question, the last one for ever."""

    def __init__(self, *states):
        self.id, self.task_name, self.where = "a1", "train", "sandbox"
        self.changes = ""
        self.states = list(states)
        self.asked = threading.Event()
        self.terminated = []

    def state(self):
        self.asked.set()
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, Exception):
            raise state
        return state

    def terminate(self, cause=""):
        self.terminated.append(cause)

    def reopened(self):
        return Script(*self.states)


class Screen:
    """A shell's publisher and cell number, nothing more."""

    def __init__(self):
        self.execution_count = 1
        self.display_pub = self
        self.published = []
        self.ended = threading.Event()

    def publish(self, *, data, metadata, transient, update):
        self.published.append((transient["display_id"], update, data["text/plain"]))
        if "SUCCEEDED" in data["text/plain"] or "has stopped updating" in data["text/plain"]:
            self.ended.set()


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("live display")]


@pytest.fixture(autouse=True)
def _no_thread_is_left(monkeypatch):
    """Every display that a test starts ends with it; time between questions is short."""
    monkeypatch.setattr(displays, "INTERVALS_S", ((float("inf"), 0.001),))
    monkeypatch.setattr(displays, "TICK_S", 0.001)
    yield
    for thread in threads():
        thread.join(10)
    assert not threads()


def test_one_output_is_replaced_until_the_end():
    """The first message makes the output, all others replace it; what didn't change isn't sent again."""
    screen = Screen()
    LiveDisplays(screen).show(Script(RUNNING, RUNNING, RUNNING, DONE))
    assert screen.ended.wait(10)
    ids, updates, texts = zip(*screen.published, strict=True)
    assert len(set(ids)) == 1
    assert updates == (False, True)
    assert texts[0].startswith("train RUNNING")
    assert texts[1].startswith("train SUCCEEDED")


def test_what_a_container_says_of_packages_stays_on_the_card():
    """The line is there once, above the log, also after later output has pushed it out of the log's end."""
    line = "this was captured with acme 2.1, and this environment has 2.0."
    first = ExecutionState(phase="RUNNING", elapsed_s=1, log_tail=(f"autocontainer_nb: {line}", "epoch 1"))
    screen = Screen()
    LiveDisplays(screen).show(Script(first, ExecutionState(phase="RUNNING", log_tail=("epoch 9",)), DONE))
    assert screen.ended.wait(10)
    texts = [text for _, _, text in screen.published]
    assert [text.count(line) for text in texts] == [1, 1, 1]
    assert texts[0].split("\n")[1:] == [f"    {line}", "    epoch 1"]
    assert "autocontainer_nb: " not in texts[0]


def test_a_very_long_error_keeps_its_end_on_the_card():
    """The last line of a traceback is the reason."""
    error = "Traceback:\n" + "  a frame\n" * 5000 + "ValueError: the reason"
    screen = Screen()
    LiveDisplays(screen).show(Script(ExecutionState(phase="FAILED", is_done=True, error=error)))
    ((_, _, text),) = screen.published
    assert "characters left out" in text
    assert text.endswith("ValueError: the reason")
    assert len(text) < len(error) / 2


def test_what_has_ended_already_starts_no_thread():
    screen = Screen()
    LiveDisplays(screen).show(Script(DONE))
    assert len(screen.published) == 1
    assert not threads()


def test_a_cell_shows_an_execution_once_and_a_later_cell_again():
    screen, execution = Screen(), Script(DONE)
    displays = LiveDisplays(screen)
    displays.show(execution)
    displays.show(execution)
    assert len(screen.published) == 1
    screen.execution_count += 1
    displays.show(execution)
    assert len({display_id for display_id, _, _ in screen.published}) == 2


def test_stopping_ends_the_threads_and_publishes_nothing_more():
    screen, execution = Screen(), Script(RUNNING)
    displays = LiveDisplays(screen)
    displays.show(execution)
    displays.stop()
    assert not threads()
    execution.states = [DONE]
    assert all("RUNNING" in text for _, _, text in screen.published)


def test_settling_shows_the_final_state_at_once():
    """The cell that waited doesn't end before its display says so."""
    screen, execution = Screen(), Script(RUNNING)
    displays = LiveDisplays(screen)
    displays.show(execution)
    execution.states = [DONE]
    displays.settle(execution)
    assert "SUCCEEDED" in screen.published[-1][2]


def test_many_executions_share_one_thread():
    """A cell that launches a hundred doesn't ask a hundred questions at once; each display ends with its execution."""
    screen = Screen()
    displays = LiveDisplays(screen)
    executions = [Script(RUNNING) for _ in range(100)]
    for number, execution in enumerate(executions):
        execution.id = f"a{number}"
        displays.show(execution)
    assert len(threads()) == 1
    for execution in executions:
        execution.states = [DONE]
    threads()[0].join(10)
    assert sum("SUCCEEDED" in text for _, _, text in screen.published) == 100


def test_a_display_after_the_thread_has_ended_starts_another():
    screen = Screen()
    displays = LiveDisplays(screen)
    displays.show(Script(RUNNING, DONE))
    assert screen.ended.wait(10)
    for thread in threads():
        thread.join(10)
    screen.ended.clear()
    screen.execution_count += 1
    displays.show(Script(RUNNING, DONE))
    assert screen.ended.wait(10)


def test_a_lost_control_plane_is_a_note_and_the_display_goes_on():
    lost = ExecutionState(phase="RUNNING", note="control plane unreachable for 3 s: refused")
    screen = Screen()
    LiveDisplays(screen).show(Script(RUNNING, lost, DONE))
    assert screen.ended.wait(10)
    assert [text for _, _, text in screen.published if "unreachable for 3 s" in text]
    assert "unreachable" not in screen.published[-1][2]


def test_a_refusal_ends_the_display_with_the_reason():
    screen = Screen()
    LiveDisplays(screen).show(Script(RUNNING, NotFoundError("there is no execution a1")))
    assert screen.ended.wait(10)
    assert "stopped updating: there is no execution a1" in screen.published[-1][2]
    assert "RUNNING" in screen.published[-1][2]


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


def test_what_the_notebook_drops_is_gone(shell):
    """Of a thousand launches neither executions nor their results are kept, but for the ids of the last hundred."""
    screen, session = Screen(), Session(shell.user_ns)
    shown = LiveDisplays(screen)
    left = []
    for number in range(1000):
        execution = Execution(SimpleNamespace(project="p", domain="d", where=lambda: "sandbox"), f"a{number}")
        execution._values = {"o0": Held()}
        execution.state = lambda: DONE
        left += [weakref.ref(execution), weakref.ref(execution._values["o0"])]
        session.on_launch(execution)
        shown.show(execution)
        screen.execution_count += 1
        execution.state = None
    del execution
    gc.collect()
    assert not [each for each in left if each() is not None]
    assert session.known_ids() == [f"a{number}" for number in range(999, 899, -1)]
    assert len(shown._shown[1]) == 1


class Held:
    """A result."""
