"""Objects of libraries that name what they wrap: written with it, and others of the same libraries left alone."""

import sys
from types import ModuleType

import pytest

from autocontainer_nb.pickling.portable.by_content import is_named_by_itself, reduced_with_content

LIBRARY = """
class curry:
    def __init__(self, func): self.func = func
    def __reduce__(self): return _restore, (type(self), f"__main__:{self.func.__name__}", (1,), {}, None, True)
class Compose:
    def __init__(self, *funcs): self.first, self.funcs = funcs[0], funcs[1:]
    def __reduce__(self): return Compose, (self.first,)
class juxt:
    def __init__(self, *funcs): self.funcs = funcs
def _restore(*arguments): ...
"""


@pytest.fixture
def library(monkeypatch):
    """A module by the name of the one in which toolz has its functions."""
    made = ModuleType("toolz.functoolz")
    exec(LIBRARY, vars(made))
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made


def test_a_curried_function_goes_along(library):
    """In place of its name, and as one that isn't looked up."""
    made = library.curry(len)
    make, arguments = reduced_with_content(made)
    assert make is library._restore
    assert arguments == (library.curry, len, (1,), {}, None, False)


@pytest.mark.parametrize("expression", ["Compose(len, str)", "juxt(len, str)"])
def test_what_is_pickled_in_another_way_stays_as_it_is(library, expression):
    """Objects of the same module whose reductions have other arguments."""
    made = eval(expression, vars(library))
    assert is_named_by_itself(type(made))
    assert reduced_with_content(made) == made.__reduce_ex__(5)
