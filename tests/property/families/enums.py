"""Enumerations: plain ones, flags, members with attributes, made by a class or by a call."""

from case import EDIT, Part, indented
from hypothesis import strategies as st

# name: (the base, lines of the body, a probe on a member `m` and its class `c`)
_KINDS: dict[str, tuple[str, list[str], str]] = {
    "plain": ("enum.Enum", ["A = k", "B = k + 1", "ALSO = k"], "(m.name, m.value, c(k_of(c)) is m, c['ALSO'] is c.A)"),
    "int": ("enum.IntEnum", ["A = k", "B = k + 1"], "(m + 1, m == c(int(m)), c.A < c.B)"),
    "text": ("str, enum.Enum", ["A = 'a'", "B = 'b'"], "(m.value, m == 'a', c('a') is m, str.upper(m))"),
    "auto": ("enum.Enum", ["A = enum.auto()", "B = enum.auto()"], "[one.value for one in c]"),
    "own values": (
        "enum.Enum",
        [
            "def _generate_next_value_(name, start, count, last): return name.lower(), count",
            "A = enum.auto()",
            "B = enum.auto()",
        ],
        "[one.value for one in c]",
    ),
    "flag": (
        "enum.Flag",
        ["A = enum.auto()", "B = enum.auto()", "AB = A | B"],
        "((m | c.B) is c.AB, m in c.AB, [one.name for one in c], (~m).value)",
    ),
    "int flag": (
        "enum.IntFlag",
        ["A = 1", "B = 2", "D = 8"],
        "(m | 2, m | c.D, (m | c.D).value, isinstance(m & 8, c), type(m | c.B) is c)",
    ),
    "own new": (
        "enum.Enum",
        [
            "def __new__(cls, mass, label):",
            "    made = object.__new__(cls)",
            "    made._value_, made.mass, made.label = mass, mass * k, [label]",
            "    return made",
            "A = 1, 'x'",
            "B = 2, 'y'",
        ],
        "(m.mass, m.label, m.value, c(2) is c.B)",
    ),
    "own init": (
        "enum.Enum",
        ["def __init__(self, mass, label): self.mass, self.label = mass * k, label", "A = 1, 'x'", "B = 2, 'y'"],
        "(m.mass, m.label, m.value)",
    ),
    "missing": (
        "enum.Enum",
        ["A = 1", "B = 2", "@classmethod", "def _missing_(cls, value): return cls.B"],
        "(c(77) is c.B, m.value)",
    ),
    "mutable values": ("enum.Enum", ["A = [k]", "B = {'k': k}"], "(m.value, c.A.value is m.value)"),
    "functions": (
        "enum.Enum",
        [
            "A = 1",
            "B = 2",
            "@property",
            "def half(self): return self.value / 2 + k",
            "@classmethod",
            "def first(cls): return cls.A",
        ],
        "(m.half, c.first() is c.A)",
    ),
    "unordered": ("enum.Enum", ["B = 2", "A = 1", "__order = 3"], "[one.name for one in c]"),
}


@st.composite
def enums(draw: st.DrawFn, number: int) -> Part:
    """An enumeration with a method, at the top of a cell, made by a factory, or by the functional call."""
    kind = draw(st.sampled_from(sorted(_KINDS)))
    base, lines, probe = _KINDS[kind]
    if draw(st.integers(0, 7)) == 0:
        return _functional(number)
    members = [*lines, "def of(self):", f"    return self.name, {EDIT}"]
    text = f"class Level({base}):\n{indented(members)}"
    if kind != "mutable values" and draw(st.integers(0, 3)) == 0:
        text = f"@enum.unique\n{text}" if "ALSO" not in text else text
    calls = draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))
    made = [f"E{number}_{index}" for index in range(len(calls))]
    if draw(st.booleans()):
        factory = f"def level{number}(k):\n{indented([*text.splitlines(), 'return Level'])}"
        cells = [factory, "\n".join(f"{each} = level{number}({k})" for each, k in zip(made, calls, strict=True))]
    else:
        made = made[:1]
        cells = [f"k = {calls[0]}\n{text}\n{made[0]} = Level"]
    cells.append("def k_of(c): return c.A.value")
    return Part(
        cells=tuple(cells),
        names=tuple(made),
        values=tuple(f"{each}.{member}" for each in made for member in ("A", "B")),
        probes=tuple(f"(lambda c, m: [{probe}, m.of(), c.A is c['A']])({each}, {each}.A)" for each in made),
        typed=((made[0], f"{made[0]}.B"),) if kind == "text" else (),
        labels=("enum", f"enum: {kind}"),
    )


def _functional(number: int) -> Part:
    name = f"E{number}_0"
    return Part(
        cells=(f"{name} = enum.Enum('{name}', {{'A': 1, 'B': [2]}})",),
        names=(name,),
        values=(f"{name}.A", f"{name}.B"),
        probes=(f"({name}(1) is {name}.A, [one.value for one in {name}])",),
        labels=("enum", "enum: by a call"),
    )
