"""Gates: drawn, checked, answered here on standard input, and as messages."""

import builtins
import io
import sys
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

import pytest
from golden_message import SETTINGS, assert_golden

from autocontainer_nb.core.graph.gates import approve, read_answer, sleep, wait_for_input
from autocontainer_nb.core.serialize.workflows import workflow_spec
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import ConversionError, DefinitionError, UserError

HOUR = timedelta(hours=1)


class Color(Enum):
    RED = "red"


@task
def same(a: int) -> int:
    return a


@task
def add(a: int, numbers: list[int]) -> int:
    return a + sum(numbers)


@workflow
def gated(x: int) -> int:
    a = same(a=x)
    approved = approve(a, "ok", timeout=2 * HOUR)
    pause = sleep(timedelta(milliseconds=10))
    numbers = wait_for_input("numbers", timeout=HOUR, expected_type=list[int])
    a >> pause >> numbers
    return add(a=approved, numbers=numbers)


def answer(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_the_message_is_the_golden_one() -> None:
    """Signals, approvals and pauses, their timeouts and what they give are as flytekit writes them."""
    assert_golden("gates", workflow_spec(gated, SETTINGS))


@pytest.mark.parametrize("agreed", ["", "y", "Yes"])
def test_gates_are_answered_here(agreed: str, monkeypatch, capsys) -> None:
    """Run here, the person is asked, with the value that is to be approved and the type that is wanted."""
    answer(monkeypatch, agreed, "[1, 2]")
    assert gated(x=4) == 7
    shown = capsys.readouterr().out
    assert "Approve 'ok', 4? [Y/n]" in shown
    assert "Input 'numbers', list[int]:" in shown


def test_a_disapproval_ends_the_run(monkeypatch) -> None:
    """The error names the gate and the value."""
    answer(monkeypatch, "n")
    with pytest.raises(UserError, match="Gate 'ok': 4 was not approved"):
        gated(x=4)


def test_where_nobody_can_answer_the_error_says_so(monkeypatch) -> None:
    """At the end of standard input, and in a kernel without one, the gate's name and the way out are told."""
    answer(monkeypatch)
    with pytest.raises(UserError, match="Gate 'ok' needs an answer, but nobody can answer on standard input here"):
        gated(x=4)

    def refuse(question: str) -> str:  # as a kernel's own input does where no client can answer
        raise NotImplementedError

    monkeypatch.setattr(builtins, "input", refuse)
    with pytest.raises(UserError, match="Gate 'n' needs an answer"):
        wait_for_input("n", HOUR, int)


def test_outside_of_a_workflow_gates_wait_at_once(monkeypatch) -> None:
    """In a dynamic task's body, or alone, they ask and sleep here and now."""
    answer(monkeypatch, "y", "5")
    assert approve("draft", "ok", HOUR) == "draft"
    assert wait_for_input("n", HOUR, int) == 5
    assert sleep(timedelta(0)) is None


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("a b", str, "a b"),
        ("3", int, 3),
        ("3", float, 3.0),
        ("yes", bool, True),
        ("false", bool, False),
        ("2020-01-02", date, date(2020, 1, 2)),
        ("2020-01-02T03:04", datetime, datetime(2020, 1, 2, 3, 4)),  # noqa: DTZ001 - without a zone, as typed
        ("1.5", timedelta, timedelta(seconds=1.5)),
        ("red", Color, Color.RED),
        ('{"a": [1]}', dict[str, list[int]], {"a": [1]}),
        ("null", int | None, None),
    ],
)
def test_answers_are_read_by_their_type(text: str, kind: Any, value: object) -> None:
    """Texts as they are, moments in ISO 8601, durations in seconds, members by value, all else as JSON."""
    assert read_answer(text, kind, "gate") == value


@pytest.mark.parametrize(
    ("text", "kind"), [("x", int), ("1.5", int), ("blue", Color), ("[", list[int]), ("soon", datetime)]
)
def test_an_answer_of_another_type_is_refused(text: str, kind: Any) -> None:
    """The error names the gate."""
    with pytest.raises(ConversionError, match=r"gate\(answer\): expected an? "):
        read_answer(text, kind, "gate")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: approve(x, "ok", HOUR), "Gate 'ok': expected one whole output .* got <promise of input.x>"),
        (
            lambda x: approve(sleep(HOUR), "ok", HOUR),
            "Gate 'ok': expected one whole output .* got <n0 without outputs>",
        ),
        (lambda x: approve(same(a=x).part, "ok", HOUR), "Gate 'ok': expected one whole output"),
        (lambda x: wait_for_input("", HOUR, int), "Gate: expected a name, got ''"),
        (lambda x: wait_for_input("n", 60, int), "Gate 'n': timeout: expected a positive timedelta, got 60"),
        (lambda x: sleep(5), "sleep: expected a timedelta, 0 or more, got 5"),
    ],
)
def test_mistakes_are_told_where_they_are_written(make, message: str) -> None:
    """Each is one error when the workflow is defined."""

    def mistaken(x: int) -> None:
        make(x)

    with pytest.raises(DefinitionError, match=message):
        workflow(mistaken)


def test_what_a_gate_gives_has_its_type() -> None:
    """An input of another type is refused by name when the workflow is drawn."""

    def mistaken() -> int:
        return same(a=wait_for_input("n", HOUR, str))

    with pytest.raises(DefinitionError, match=r"mistaken ► n1 same\(inputs\).a"):
        workflow(mistaken)


def test_gates_of_one_name_wait_for_one_type() -> None:
    """The name is that of one signal: two types of it crash the control plane, one type is answered for both."""

    @workflow
    def asks() -> int:
        return wait_for_input("how many", timeout=HOUR, expected_type=int)

    @workflow
    def twice() -> tuple[int, int]:
        return asks(), wait_for_input("how many", timeout=HOUR, expected_type=int)

    def mixed() -> tuple[int, str]:
        return asks(), wait_for_input("how many", timeout=HOUR, expected_type=str)

    def approved() -> tuple[int, int]:
        made = asks()
        return made, approve(made, "how many", timeout=HOUR)

    assert len(twice.nodes) == 2
    with pytest.raises(
        DefinitionError, match="'mixed' has two gates named 'how many': one waits for a value of type int"
    ):
        workflow(mixed)
    with pytest.raises(DefinitionError, match=r"'approved' has two gates named 'how many'.*one for an approval"):
        workflow(approved)
