"""Composed definitions: each construct of the language in each place where a function's body may stand.

A definition has all constructs that one version brought in one place. What they must give is what the same bodies give
as plain functions on the Python that runs this part of the matrix: nothing of that was ever captured.
"""

import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from corpus.constructs import CONSTRUCTS, LOOPS
from corpus.definition import Definition

Place = Callable[[str, Sequence[str]], str]


def _functions(bodies: Sequence[str], header: str, indent: str = "", first: str = "") -> str:
    """Return a function for each body; `header` has its number as {n}."""
    made = [f"{header.format(n=n)}\n{textwrap.indent(first + body, '    ')}" for n, body in enumerate(bodies)]
    return textwrap.indent("\n".join(made), indent)


def _list(bodies: Sequence[str], call: str) -> str:
    return f"[{', '.join(call.format(n=n) for n in range(len(bodies)))}]"


def functions(name: str, bodies: Sequence[str]) -> str:
    """Return a cell of functions with a default."""
    made = _functions(bodies, f"def {name}_{{n}}(x, k=3):")
    return f"{made}\ndef {name}(x): return {_list(bodies, f'{name}_{{n}}(x)')}\n"


def readers_of_globals(name: str, bodies: Sequence[str]) -> str:
    """Return a cell of functions that read a global."""
    made = _functions(bodies, f"def {name}_{{n}}(x):")
    return f"k = 3\n{made}\ndef {name}(x): return {_list(bodies, f'{name}_{{n}}(x)')}\n"


def closures(name: str, bodies: Sequence[str]) -> str:
    """Return a cell of closures, three functions deep, over a variable that one of them sets."""
    made = _functions(bodies, "def f_{n}(x):", "            ")
    return f"""\
def make_{name}(k):
    def middle():
        def inner():
{made}
            return lambda x: {_list(bodies, "f_{n}(x)")}
        nonlocal k
        k += 1
        return inner()
    return middle()
{name} = make_{name}(2)
"""


def methods(name: str, bodies: Sequence[str]) -> str:
    """Return a cell of a dataclass's methods."""
    made = _functions(bodies, "def f_{n}(self, x):", "    ", "k = self.k\n")
    return f"""\
import dataclasses
@dataclasses.dataclass(slots=True)
class Of_{name}:
    k: int
{made}
    def __call__(self, x): return {_list(bodies, "self.f_{n}(x)")}
{name} = Of_{name}(3)
"""


def statics_in_a_class_in_a_class(name: str, bodies: Sequence[str]) -> str:
    """Return a cell of static methods, in a class in a class in a function."""
    made = _functions(bodies, "@staticmethod\ndef f_{n}(x, k=k):", "            ")
    return f"""\
def make_{name}(k):
    class Outer:
        class Inner:
{made}
        @classmethod
        def all(cls, x): return {_list(bodies, "cls.Inner.f_{n}(x)")}
    return Outer.all
{name} = make_{name}(3)
"""


def members(name: str, bodies: Sequence[str]) -> str:
    """Return a cell of an enumeration's methods."""
    made = _functions(bodies, "def f_{n}(self, x):", "    ", "k = self.value\n")
    return f"""\
import enum
class Of_{name}(enum.Enum):
    K = 3
{made}
    def all(self, x): return {_list(bodies, "self.f_{n}(x)")}
{name} = Of_{name}.K.all
"""


def coroutines(name: str, bodies: Sequence[str]) -> str:
    """Return a cell of coroutine functions."""
    made = _functions(bodies, f"async def {name}_{{n}}(x, k=3):")
    return f"""\
{made}
def {name}(x):
    def result(coroutine):
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
    return {_list(bodies, f"result({name}_{{n}}(x))")}
"""


def generators(name: str, bodies: Sequence[str]) -> str:
    """Return a cell of decorated generator functions."""
    made = _functions(bodies, f"@as_generator\ndef {name}_{{n}}(x, k=3):", "", "yield x\n")
    return f"""\
import functools
def as_generator(function):
    @functools.wraps(function)
    def run(*args, **kwargs):
        return [*wrapped(*args, **kwargs)][-1]
    def wrapped(*args, **kwargs):
        yield (yield from function(*args, **kwargs))
    return run
{made}
def {name}(x): return {_list(bodies, f"{name}_{{n}}(x)")}
"""


PLACES: tuple[Place, ...] = (
    functions,
    readers_of_globals,
    closures,
    methods,
    statics_in_a_class_in_a_class,
    members,
    coroutines,
    generators,
)


def _expected(since: tuple[int, int], bodies: Sequence[str]) -> Any:
    """Return what plain functions give here; None on a Python without these constructs."""
    if sys.version_info < since:
        return None
    found = []
    for body in bodies:
        names: dict[str, Any] = {"__name__": "plain"}
        exec("def plain(x, k=3):\n" + textwrap.indent(body, "    "), names)
        found.append(names["plain"](2))
    return found


def _composed() -> list[Definition]:
    made = []
    for kind, constructs in (("constructs", CONSTRUCTS), ("loops", LOOPS)):
        for since, named in constructs.items():
            bodies = [body.strip("\n") + "\n" for body in named.values()]
            expected = _expected(since, bodies)
            for place in PLACES:
                name = f"{kind}_{since[0]}_{since[1]}_as_{place.__name__}"
                made.append(
                    Definition(name=name, cell=place(name, bodies), call=f"{name}(2)", expected=expected, since=since)
                )
    return made


COMPOSED = _composed()
