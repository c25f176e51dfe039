"""The book of cells: which cell a code object came from, and which one bound a name."""

import sys

import pytest

from autocontainer_nb.pickling.code.cells import Cell, CellBook, bound_names


def cell(number, source, raw="", filename=None):
    return Cell(filename or f"/tmp/cell_{number}.py", source, f"id-{number}", number, raw)


def test_lookup_finds_the_cell_of_a_code_object():
    """A function's co_filename leads to the cell it was compiled from; other files lead nowhere."""
    book = CellBook()
    first = cell(1, "def f():\n    return 1\n")
    book.record(first)
    namespace = {}
    exec(compile(first.source, first.filename, "exec"), namespace)
    assert book.lookup(namespace["f"].__code__.co_filename) is first
    assert book.lookup(__file__) is None


def test_the_same_text_run_again_replaces_its_earlier_run_and_becomes_the_latest():
    book = CellBook()
    book.record(cell(1, "x = 1", filename="a"))
    book.record(cell(2, "x = 2", filename="b"))
    again = cell(3, "x = 1", filename="a")
    book.record(again)
    assert len(book) == 2
    assert book.lookup("a") is again
    assert book.defining("x") is again


def test_defining_is_the_last_cell_that_bound_the_name():
    book = CellBook()
    one, two = cell(1, "rate = 0.1\nother = rate"), cell(2, "rate = 0.2")
    user = cell(3, "print(rate)\nseparate = 1")
    for recorded in (one, two, user):
        book.record(recorded)
    assert book.defining("rate") is two
    assert book.defining("other") is one
    assert book.defining("missing") is None


def test_clear_forgets_everything():
    book = CellBook()
    book.record(cell(1, "x = 1", filename="a"))
    book.clear()
    assert (len(book), book.lookup("a"), book.defining("x")) == (0, None, None)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b = 1", {"a", "b"}),
        ("a, (b, *c) = value", {"a", "b", "c"}),
        ("a: int = 1\nb += 1", {"a", "b"}),
        ("import os.path\nimport numpy as np\nfrom x import y as z, w", {"os", "np", "z", "w"}),
        ("from x import *", set()),
        ("def f(p, q=(w := 1)):\n    inner = 1", {"f"}),
        ("async def f(): pass\nclass C:\n    attribute = 1", {"f", "C"}),
        ("for i in r:\n    last = i\nelse:\n    done = 1", {"i", "last", "done"}),
        ("with open(p) as handle, x as (y, z): pass", {"handle", "y", "z"}),
        ("try:\n    a = 1\nexcept E as error:\n    b = 2\nfinally:\n    c = 3", {"a", "b", "c"}),
        ("if (n := 3) > 2:\n    m = n", {"n", "m"}),
        ("squares = [i * (last := i) for i in r]", {"squares", "last"}),
        ("f = lambda x: (y := x)", {"f"}),
        (
            "match v:\n    case {'k': k, **rest}: pass\n    case [a, *b] as whole: pass",
            {"k", "rest", "a", "b", "whole"},
        ),
        ("thing.attribute = 1\nitems[0] = 2", set()),
        ("get_ipython().run_cell_magic('time', '', 'model = fit()\\n')", {"model"}),
        ("get_ipython().run_cell_magic('bash', '', 'x=1; if [ ]')", set()),
        ("this is not Python", set()),
        ("", set()),
    ],
)
def test_names_bound_at_top_level(source, names):
    """Scopes of their own don't bind in the cell; everything else that stores a name does."""
    assert bound_names(source) == names


@pytest.mark.skipif(sys.version_info < (3, 11), reason="except* came with Python 3.11")
def test_exception_groups_are_statements_like_others():
    assert bound_names("try:\n    a = 1\nexcept* E:\n    b = 1") == {"a", "b"}


def test_raw_is_what_the_user_typed_where_it_differs():
    assert cell(1, "x = 1").raw == "x = 1"
    magic = cell(2, "get_ipython().run_line_magic('ls', '')", raw="%ls")
    assert (magic.raw, magic.source) == ("%ls", "get_ipython().run_line_magic('ls', '')")


@pytest.mark.parametrize(
    ("count", "cell_id", "label"), [(7, "abc", "Cell In[7]"), (None, "abc", "Cell abc"), (None, "", "Cell")]
)
def test_label_is_how_tracebacks_name_a_cell(count, cell_id, label):
    assert Cell("f", "", cell_id, count).label == label


def test_the_module_needs_nothing_that_a_container_would_not_have_loaded(tmp_path):
    """The ast module comes with the first look-up of a name, not with the import."""
    import subprocess

    code = (
        "import dataclasses, sys, threading\nbefore = set(sys.modules)\n"
        "from autocontainer_nb.pickling.code import cells\n"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    loaded = {name for name in eval(done.stdout) if not name.startswith("autocontainer_nb")}
    assert loaded == set()
