"""Cells made at random of what has gone wrong before: factories, closures, classes, sharing, containers, edits."""

import random
from dataclasses import dataclass, field

_IMPORTS = "import enum\nfrom dataclasses import dataclass, field\nfrom typing import NamedTuple"
_KINDS = ("plain", "slots", "dataclass", "enum", "named tuple", "registry", "exception", "child", "metaclass")


@dataclass
class Case:
    """A notebook: cells, one edit of each of some of them, and the name of the function to call."""

    seed: int
    cells: list[str]
    edits: list[tuple[int, str]] = field(default_factory=list)  # (number of the cell, its new text)
    reruns: list[int] = field(default_factory=list)  # cells to run once more as they are

    def __str__(self) -> str:
        """Show everything, to be copied into a notebook."""
        return f"seed {self.seed}\n" + "\n# next cell\n".join(self.cells)


class Composer:
    """Composes one case from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._case = Case(seed, [_IMPORTS])
        self._made: list[str] = []  # expressions that give classes
        self._values: list[str] = []  # names of values

    def case(self) -> Case:
        """Return the case."""
        for number in range(self._random.randint(1, 3)):
            self._factory(number)
        self._case.cells.append("RATE = 1")
        for number in range(self._random.randint(2, 5)):
            self._value(number)
        self._function()
        return self._case

    def _pick(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _factory(self, number: int) -> None:
        kind = self._random.choice(_KINDS)
        body = _bodies(kind, self._pick("k", "k * 2", "[k]", "{'k': k}", "(k, [k])"))
        text = f"def make{number}(k):\n" + "".join(f"    {line}\n" for line in body) + "    return Model"
        self._case.cells.append(text)
        if self._random.random() < 0.5:
            self._case.edits.append((len(self._case.cells) - 1, text.replace("# edit", "+ 100 # edit", 1)))
        calls = [self._random.randint(1, 3) for _ in range(self._random.randint(1, 3))]
        names = [f"C{number}_{index}" for index in range(len(calls))]
        self._case.cells.append("\n".join(f"{name} = make{number}({k})" for name, k in zip(names, calls, strict=True)))
        self._made += names
        if self._random.random() < 0.3:
            self._case.reruns.append(len(self._case.cells) - 1)

    def _instance(self) -> str:
        name = self._random.choice(self._made)
        return f"instance({name})"

    def _leaf(self) -> str:
        return self._pick("1", "'a'", "(1, 2)", "[1]", "{'a': [1]}", "set()", "None", self._instance(), self._name())

    def _name(self) -> str:
        return self._random.choice(self._values) if self._values else self._random.choice(self._made)

    def _value(self, number: int) -> None:
        shared, other = self._leaf(), self._leaf()
        text = self._pick(
            f"[{shared}] * 2 + [{other}]",
            f"[[{shared}], [{shared}]]",
            f"(lambda s: {{'a': s, 'b': [s], 'c': ({other}, s)}})({shared})",
            f"(lambda s: [(s,), (s,)])({shared})",
            f"[{self._instance()}, {self._instance()}]",
            f"counter({self._random.randint(0, 1)})",
            f"circle({shared})",
        )
        self._case.cells.append(f"{_TOOLS}V{number} = {text}" if not self._values else f"V{number} = {text}")
        self._values.append(f"V{number}")
        if self._random.random() < 0.2:
            self._case.reruns.append(len(self._case.cells) - 1)

    def _function(self) -> None:
        names = ", ".join([*self._values, *self._made])
        held = ", ".join(self._values)
        self._case.cells.append(f"def f(x):\n    return show([{names}, RATE, x]), [{held}]")


def _bodies(kind: str, closed: str) -> list[str]:
    """Return the lines of a factory's body for a kind of class; `k` and `closed` are in it."""
    method = ["    def of(self):", "        return 1 # edit", "    def closed(self):", f"        return {closed}"]
    return {
        "plain": ["class Model:", "    seen = []", *method],
        "slots": ["class Model:", "    __slots__ = ('a', 'b')", *method],
        "dataclass": ["@dataclass", "class Model:", "    a: list = field(default_factory=lambda: [k])", *method],
        "enum": ["class Model(enum.Enum):", "    A = k", "    B = k + 1", *method],
        "named tuple": ["class Model(NamedTuple):", "    a: int = k", *method],
        "registry": [
            "class Base:",
            "    made = []",
            "    def __init_subclass__(cls): Base.made.append(cls.__name__)",
            "class Model(Base):",
            *method,
        ],
        "exception": ["class Model(ValueError):", *method],
        "child": [
            "class Base: flag = None",
            "class Other(Base): flag = k",
            "class Own(Base): flag = None",
            "class Model(Own, Other):",
            *method,
        ],
        "metaclass": [
            "class Meta(type):",
            "    def __call__(cls, *args): return super().__call__()",
            "class Model(metaclass=Meta):",
            *method,
        ],
    }[kind]


_TOOLS = '''
def instance(cls):
    return cls.A if issubclass(cls, enum.Enum) else cls()

def counter(both):
    n = [0] if both else 0
    def up():
        nonlocal n
        n = n + 1 if not both else n + [1]
        return n
    def get(): return n
    return [up, get, up]

def circle(value):
    ring = [value]
    ring.append(ring)
    return ring

def show(value, seen=None):
    """Return a text that tells which parts are the same, what classes have and what methods give."""
    seen = {} if seen is None else seen
    if isinstance(value, (int, str, float, type(None))) and not isinstance(value, enum.Enum):
        return repr(value)
    if isinstance(value, tuple) and type(value) is tuple:
        return "(" + ", ".join(show(one, seen) for one in value) + ")"
    if id(value) in seen:
        return f"#{seen[id(value)][0]}"
    seen[id(value)] = len(seen), value
    if isinstance(value, (list, set)):
        return type(value).__name__ + str([show(one, seen) for one in value])
    if isinstance(value, dict):
        return str([(show(key, seen), show(one, seen)) for key, one in value.items()])
    if isinstance(value, type):
        own = {key: one for key, one in vars(value).items() if isinstance(one, (list, int, str))}
        own = {key: one for key, one in own.items() if not key.startswith("__")}
        bases = [one.__name__ for one in value.__mro__]
        return f"class {bases} {show(own, seen)} {getattr(value, 'flag', '')} {getattr(value, 'made', '')}"
    if callable(value) and hasattr(value, "__code__"):
        return f"{value.__name__}() = {value()}"
    held = getattr(value, "__dict__", {})
    shown = held if not isinstance(value, enum.Enum) else value.name
    return f"{show(type(value), seen)} {show(shown, seen)} {value.of()} {show(value.closed(), seen)}"

'''
