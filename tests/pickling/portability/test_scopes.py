"""Scopes are numbered by the text alone, and each has the code object that the compiler made of it."""

import sys
import types

import pytest

from autocontainer_nb.pickling.portable.scopes import scope_table

TEXT = """\
import json
@(lambda f: f)
def first(a=lambda: 1, *, b=[lambda: 2 for _ in range(2)]):
    x, y = (lambda: 3), (lambda: 3)
    try:
        pass
    finally:
        def late(): return json.dumps(a)
    return {k: (v for v in b) for k in a}, late
class Second:
    def first(self): return [lambda: self for _ in ()]
    first2 = (lambda: 4, lambda: 4)
"""


def test_every_python_numbers_alike():
    """The numbers, names and first lines are these on each supported Python, whatever its compiler merges."""
    table = scope_table(TEXT, "<text>")
    assert [(scope.number, scope.name, scope.line) for scope in table.scopes] == [
        (0, "first", 2), (1, "<lambda>", 3), (2, "<lambda>", 3), (3, "<lambda>", 4), (4, "<lambda>", 4),
        (5, "late", 8), (6, "<genexpr>", 9), (7, "<lambda>", 2), (8, "Second", 10), (9, "first", 11),
        (10, "<lambda>", 11), (11, "<lambda>", 12), (12, "<lambda>", 12),
    ]  # fmt: skip
    assert set(table.codes) == set(range(13))


@pytest.mark.parametrize("by_statement", [False, True])
def test_each_scope_has_its_own_code(by_statement):
    """The code of a scope returns what this scope returns, its neighbours on the line notwithstanding."""
    table = scope_table(TEXT, "<text>", by_statement=by_statement)
    results = {number: types.FunctionType(table.codes[number], {})() for number in (1, 2, 3, 4, 11, 12)}
    assert results == {1: 2, 2: 1, 3: 3, 4: 3, 11: 4, 12: 4}  # defaults of keywords come first
    assert table.codes[5].co_freevars == ("a",)
    assert table.codes[0].co_filename == "<text>"


def test_one_line_of_equal_and_different_lambdas():
    """What the compiler merges is found all the same, and never exchanged for what only looks alike."""
    values = [1, 1, 2, 1.0, True, "1", 1]
    table = scope_table(f"made = [{', '.join(f'lambda: {value!r}' for value in values)}]", "<text>")
    found = [types.FunctionType(table.codes[number], {})() for number in range(len(values))]
    assert [(type(value), value) for value in found] == [(type(value), value) for value in values]


def test_a_path_leads_through_names():
    """A chain of names and ordinals finds the code where the text isn't the same but the names are."""
    table = scope_table(TEXT, "<text>")
    found = table.at((("Second", 0), ("first", 0)))
    assert found is table.codes[9]
    assert table.at((("Second", 0), ("second", 0))) is None


def test_await_outside_of_functions_is_allowed():
    """A text with a top-level await compiles, as IPython has it; one that isn't Python doesn't."""
    assert set(scope_table("x = await f()\ndef g(): return 1", "<text>").codes) == {0}
    with pytest.raises(SyntaxError):
        scope_table("def f(:", "<text>")


def test_an_import_from_the_future_holds_for_what_follows():
    """Statement by statement, the flag of the first one is the second one's, too."""
    table = scope_table("from __future__ import annotations\ndef f(x: Missing): ...", "<text>", by_statement=True)
    assert table.codes[0].co_flags & sys.modules["__future__"].annotations.compiler_flag
