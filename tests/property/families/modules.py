"""Local modules and packages beside the notebook: imported in every way, with state, edited between two launches."""

from case import EDIT, Part
from hypothesis import strategies as st

_MODULE = """\
import functools
from dataclasses import dataclass, field

RATE = {k}
TABLE = {{"rate": [RATE]}}

def rated(x):
    return x * RATE + EDIT_OF_FILE

EDIT_OF_FILE = {edit}

class Local:
    made = []
    def __init__(self, a={k}):
        self.a = [a]
    def of(self):
        return self.a, rated(2), type(self).__module__

@dataclass
class Record:
    a: int = {k}
    b: list = field(default_factory=list)

def decorated(function):
    @functools.wraps(function)
    def inner(*args):
        return RATE, function(*args)
    return inner

def make(n):
    class Made:
        def of(self):
            return n, rated(n)
    return Made
"""
_IMPORTS = {
    "module": ("import {m}", "{m}."),
    "as": ("import {m} as M{n}", "M{n}."),
    "names": ("from {m} import rated as rated{n}, Local as Local{n}, Record as Record{n}, TABLE as TABLE{n}", ""),
    "star": ("from {m} import *", "*"),
}


@st.composite
def modules(draw: st.DrawFn, number: int) -> Part:
    """A module or package of the notebook's folder, and the ways in which cells use it."""
    shape = draw(st.sampled_from(["module", "package", "package by re-export", "two modules"]))
    name = f"local_{number}"
    k = draw(st.integers(1, 3))
    text = _MODULE.format(k=k, edit=EDIT)
    files, module = _files(shape, name, text)
    way = draw(st.sampled_from(sorted(_IMPORTS)))
    line, prefix = _IMPORTS[way]
    filled = {"m": module, "n": number}
    line, prefix = line.format(**filled), prefix.format(**filled)

    def named(attribute: str) -> str:
        if prefix == "*":
            return attribute
        return f"{prefix}{attribute}" if prefix else f"{attribute}{number}"

    model, rated, record, table = named("Local"), named("rated"), named("Record"), named("TABLE")
    cells = [
        line,
        f"L{number} = {model}([7])\nclass Own{number}({model}):\n    def of(self): return super().of(), 'own'",
    ]
    probes = [
        f"({model}().of(), L{number}.of(), {rated}(3), type(L{number}) is {model}, Own{number}().of())",
        f"({record}(b=[1]), {table}, {model}.__module__)",
        f"isinstance(Own{number}(), {model})",
    ]
    if draw(st.booleans()):
        probes.append(f"__import__('importlib').import_module('{module}').Local is {model}")
    if way in {"module", "as"}:
        cells.append(f"@{prefix}decorated\ndef deco{number}(x): return x + {k}\nMade{number} = {prefix}make({k})")
        probes.append(f"(deco{number}(1), Made{number}().of())")
    reload = f"import importlib, sys\nfor each in [one for one in sys.modules if one.startswith('{name}')]: del sys.modules[each]\n"
    reload += "importlib.invalidate_caches()\n"
    return Part(
        cells=tuple(cells),
        names=(f"L{number}", f"Own{number}"),
        values=(f"{model}()", f"Own{number}()", f"{record}(b=[1])"),
        probes=tuple(probes),
        files=tuple(files),
        reload=reload,
        labels=("local module", f"module: {shape}", f"imported by {way}"),
    )


def _files(shape: str, name: str, text: str) -> tuple[list[tuple[str, str]], str]:
    """Return the files, and the module to import."""
    if shape == "module":
        return [(f"{name}.py", text)], name
    if shape == "package":
        return [(f"{name}/__init__.py", "VERSION = 1\n"), (f"{name}/inner.py", text)], f"{name}.inner"
    if shape == "package by re-export":
        again = "from .inner import *\nfrom .inner import rated, Local\n"
        return [(f"{name}/__init__.py", again), (f"{name}/inner.py", text)], name
    above = f"from {name}_base import *\nfrom {name}_base import Local as Base\nclass Local(Base):\n    pass\n"
    return [(f"{name}_base.py", text), (f"{name}.py", above)], name
