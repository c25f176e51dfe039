"""A promise used as a value: one line that says what it is and what to write instead, where the workflow is drawn."""

import builtins
import dataclasses
import operator
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from autocontainer_nb import conditional, dynamic, task, workflow
from autocontainer_nb.errors import DefinitionError


@dataclasses.dataclass
class Note:
    text: str


@task
def inc(x: int) -> int:
    return x + 1


@task
def greet(name: str) -> str:
    return f"hello {name}"


@task
def count(names: list[str]) -> int:
    return len(names)


@task
def read(note: Note) -> str:
    return note.text


@task
def untyped(note: dict) -> int:
    return len(note)


@task
def nothing() -> None:
    pass


BINARY = ["add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "lshift", "and_", "or_", "xor"]
SIGNS = ["neg", "pos", "invert", "abs", "index"]
CALLS = [
    "int",
    "float",
    "complex",
    "abs",
    "round",
    "len",
    "bytes",
    "divmod",
    "range",
    "list",
    "tuple",
    "set",
    "dict",
    "sum",
    "sorted",
    "max",
    "min",
    "any",
    "bool",
]
USES: dict[str, Callable[[Any], Any]] = {
    **{name: lambda p, name=name: getattr(operator, name)(p, 2) for name in BINARY},
    **{f"r{name}": lambda p, name=name: getattr(operator, name)(2, p) for name in BINARY},
    **{name: lambda p, name=name: getattr(operator, name)(p) for name in SIGNS},
    **{f"{name}()": lambda p, name=name: _called(getattr(builtins, name), p) for name in CALLS},
    "rshift from the right": lambda p: 2 >> p,
    "method": lambda p: p.upper(),
    "call": lambda p: p(1),
    "in": lambda p: 1 in p,
    "slice": lambda p: p[0:1],
    "place": lambda p: [1, 2][p],
    "set item": lambda p: operator.setitem(p, 0, 1),
    "delete item": lambda p: operator.delitem(p, 0),
    "format": lambda p: f"{p:.2f}",
    "open": open,
    "path": os.fspath,
    # From Python 3.12 on, Path takes a TypeError, as DefinitionError is, for an answer, and says its own words.
    **({"Path": Path} if sys.version_info < (3, 12) else {}),
    "with": lambda p: p.__enter__(),
    "array": np.array,
    "arrays": lambda p: np.array([p, p]),
    "item of numpy": lambda p: np.arange(3)[p],
}


def _called(function: Callable[..., Any], promise: Any) -> Any:
    return (
        function(promise, 2) if function in (divmod, max, min) else function([promise] if function is sum else promise)
    )


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("of", ["an input", "a node"])
def test_what_needs_the_value_is_refused_in_words(name, of):
    """Operators, calls, methods and formats; the promise is named, and the way out."""

    def drawn(x: int) -> int:
        promise = x if of == "an input" else inc(x=x)
        USES[name](promise)
        return inc(x=promise)

    with pytest.raises(DefinitionError, match=r"task|conditional|int or a str") as caught:
        workflow(drawn)(x=1)
    assert "promise of" in str(caught.value) or "condition" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_result_of_a_node_without_outputs_is_no_value_either():
    """Likewise for what a task without outputs gives."""

    def drawn() -> None:
        nothing() + 1

    with pytest.raises(DefinitionError, match=r"`\+` doesn't work on it"):
        workflow(drawn)()


TEXTS: dict[str, Callable[[Any], Any]] = {
    "f-string": lambda p: greet(name=f"Mx {p}"),
    "str": lambda p: greet(name=str(p)),
    "repr": lambda p: greet(name=repr(p)),
    "percent": lambda p: greet(name="Mx %s" % p),  # noqa: UP031 - the older spelling
    "format": lambda p: greet(name="Mx {}".format(p)),  # noqa: UP032 - likewise
    "of a list": lambda p: greet(name=f"{[p]}"),
    "of a part": lambda p: greet(name=f"{p.first}"),
    "in a list": lambda p: count(names=["a", f"{p}"]),
    "beside a promise": lambda p: count(names=[p, f"{p}"]),
    "in a dataclass": lambda p: read(note=Note(f"{p}")),
    "in a dict": lambda p: untyped(note={"a": {"b": [f"{p}"]}}),
    "as a key": lambda p: untyped(note={f"{p}": 1}),
    "of a node": lambda p: greet(name=f"{greet(name=p)}"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_text_of_a_promise_is_never_taken_for_its_value(name):
    """A text made of a promise isn't passed on silently, wherever it stands in the input."""

    def drawn(name_: str) -> None:
        TEXTS[name](name_)

    with pytest.raises(DefinitionError, match=r"gets the text of <promise of .*make the text in a task"):
        workflow(drawn)(name_="a")


def test_a_workflow_does_not_return_the_text_of_a_promise():
    """Nor does an output get such a text."""

    def drawn(name: str) -> str:
        return f"Mx {name}"

    with pytest.raises(DefinitionError, match=r"gets the text of <promise of input\.name>"):
        workflow(drawn)(name="a")


def test_looking_at_a_promise_is_no_use_of_it(capsys):
    """Printing and logs show what it is; comparisons are conditions, and a dynamic task has values."""

    @dynamic
    def many(x: int) -> int:
        return inc(x=x + len(f"{x:03d}"))

    @workflow
    def drawn(x: int) -> int:
        sys.stdout.write(f"{x}")
        checked = conditional("c").if_(x > 1).then(inc(x=x)).else_().then(many(x=x))
        return inc(x=checked)

    assert drawn(x=1) == 1 + 3 + 1 + 1
    assert "<promise of input.x>" in capsys.readouterr().out


def test_a_text_that_only_looks_like_a_promise_is_a_value():
    """What no promise was shown as can be passed."""

    @workflow
    def drawn(x: int) -> str:
        return greet(name="<promise of a better life>")

    assert drawn(x=1) == "hello <promise of a better life>"


def test_what_a_conditional_does_not_have_is_named():
    """Branches whose outputs have other names give none, which the error tells."""

    @task
    def first() -> NamedTuple("First", [("a", int)]):  # type: ignore[valid-type]
        return (1,)

    @task
    def second() -> NamedTuple("Second", [("b", int)]):  # type: ignore[valid-type]
        return (2,)

    def drawn(x: int) -> int:
        return conditional("c").if_(x > 1).then(first()).else_().then(second()).a

    with pytest.raises(DefinitionError, match=r"has no output 'a'.*all its branches have"):
        workflow(drawn)(x=1)
