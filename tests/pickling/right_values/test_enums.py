"""What an enumeration is made by, and what its members hold, is carried and in the version."""

import sys

import pytest
from notebook import Notebook

# Of each: a cell, what is edited in it, the function's body.
EDITS = {
    "__new__ that sets an attribute": (
        """
        class Planet(enum.Enum):
            def __new__(cls, mass):
                o = object.__new__(cls)
                o._value_ = mass
                o.g = mass * 2
                return o
            EARTH = 5
        """,
        ("mass * 2", "mass * 10"),
        "Planet.EARTH.g, Planet(5).g, Planet.EARTH.value",
    ),
    "__new__ that differs where no member shows it": (
        """
        class Planet(enum.Enum):
            def __new__(cls, mass):
                o = object.__new__(cls)
                o._value_ = mass
                return o
            EARTH = 5
            @classmethod
            def constructor(cls): return cls.__new_member__.__code__.co_consts
        """,
        ("o._value_ = mass", "o._value_ = mass + 0"),
        "Planet.EARTH.value",
    ),
    "__init__ that sets an attribute": (
        """
        class Planet(enum.Enum):
            EARTH = 5, 6
            def __init__(self, mass, radius): self.g = mass * radius
        """,
        ("mass * radius", "mass + radius"),
        "Planet.EARTH.g, Planet.EARTH.value",
    ),
    "an attribute of a member that a cell has set": (
        """
        class Planet(enum.Enum):
            EARTH = 5
            MARS = 6
        Planet.EARTH.note = "a"
        """,
        ('note = "a"', 'note = "b"'),
        "Planet.EARTH.note, hasattr(Planet.MARS, 'note')",
    ),
    "which member has an attribute": (
        """
        class Planet(enum.Enum):
            EARTH = 5
            MARS = 6
        Planet.EARTH.note = "a"
        """,
        ("Planet.EARTH.note", "Planet.MARS.note"),
        "hasattr(Planet.EARTH, 'note'), hasattr(Planet.MARS, 'note')",
    ),
    "_missing_": (
        """
        class Planet(enum.Enum):
            EARTH = 5
            MARS = 6
            @classmethod
            def _missing_(cls, value): return cls.EARTH
        """,
        ("return cls.EARTH", "return cls.MARS"),
        "Planet(7), Planet('x')",
    ),
    "_generate_next_value_": (
        """
        class Base(enum.Enum):
            def _generate_next_value_(name, start, count, last_values): return name.lower()
        class Planet(Base):
            EARTH = enum.auto()
        """,
        ("name.lower()", "name.title()"),
        "Planet.EARTH.value, [one.value for one in Base('More', ['NEW'])]",
    ),
    "_generate_next_value_ that no member shows": (
        """
        class Base(enum.Enum):
            def _generate_next_value_(name, start, count, last_values): return name.lower()
        """,
        ("name.lower()", "name.title()"),
        "[one.value for one in Base('More', ['NEW'])]",
    ),
    "a method": (
        """
        class Planet(enum.Enum):
            EARTH = 5
            def of(self): return self.value * 2
        """,
        ("* 2", "* 3"),
        "Planet.EARTH.of()",
    ),
    "a property and a static method": (
        """
        class Planet(enum.IntEnum):
            EARTH = 5
            @property
            def of(self): return int(self) * 2
            @staticmethod
            def rate(): return 2
        """,
        ("return 2", "return 3"),
        "Planet.EARTH.of, Planet.rate()",
    ),
    "__str__, __format__ and __repr__": (
        """
        class Planet(str, enum.Enum):
            EARTH = "e"
            def __str__(self): return "s-" + self.value
            def __format__(self, spec): return "f-" + self.value
            def __repr__(self): return "r-" + self.value
        """,
        ('"f-"', '"g-"'),
        "str(Planet.EARTH), f'{Planet.EARTH}', repr(Planet.EARTH)",
    ),
    "__eq__ and __hash__": (
        """
        class Planet(enum.Enum):
            EARTH = 5
            def __eq__(self, other): return True
            def __hash__(self): return 1
        """,
        ("return 1", "return 2"),
        "Planet.EARTH == 3, hash(Planet.EARTH)",
    ),
    "a constructor of a base": (
        """
        class Base(enum.Enum):
            def __new__(cls, mass):
                o = object.__new__(cls)
                o._value_ = mass
                o.g = mass * 2
                return o
        class Planet(Base):
            EARTH = 5
        """,
        ("mass * 2", "mass * 10"),
        "Planet.EARTH.g, Planet(5).g, [one.g for one in Base('More', {'NEW': 3})]",
    ),
    "a data type with a constructor": (
        """
        class Planet(float, enum.Enum):
            def __new__(cls, mass, unit):
                o = float.__new__(cls, mass)
                o._value_ = mass
                o.unit = unit + "!"
                return o
            EARTH = 5.5, "kg"
        """,
        ('unit + "!"', 'unit + "?"'),
        "Planet.EARTH.unit, Planet.EARTH + 1, Planet(5.5).unit",
    ),
    "a flag's boundary and combinations": (
        """
        class Perm(enum.IntFlag):
            R = 4
            W = 2
            RW = 6
            def of(self): return int(self) * 2
        """,
        ("* 2", "* 3"),
        "Perm.RW.of(), (Perm.R | Perm.W) is Perm.RW, (Perm.R | Perm.W).of(), ~Perm.R & Perm.RW",
    ),
    "an alias": (
        """
        class Planet(enum.Enum):
            EARTH = 5
            TERRA = 5
        """,
        ("TERRA", "HOME"),
        "list(Planet.__members__)",
    ),
    "a name to ignore": (
        """
        class Planet(enum.Enum):
            _ignore_ = "n"
            n = 3
            EARTH = 5
            def of(self): return hasattr(Planet, "n")
        """,
        ("hasattr(", "not hasattr("),
        "Planet.EARTH.of()",
    ),
}


@pytest.mark.parametrize("kind", EDITS)
def test_an_enumerations_edit_is_seen_and_arrives(notebook: Notebook, kind: str) -> None:
    """Before and after an edit the container gives what is here; the version changes with it, and only with it."""
    cell, edit, body = EDITS[kind]
    assert edit[0] in cell
    notebook.run("import enum")
    versions = []
    for text in (cell, cell.replace(*edit), cell):
        notebook.run(text)
        notebook.run(f"def f(x): return {body}")
        versions.append(notebook.version("f"))
        assert notebook.there("f", 0) == notebook.here("f", 0)
    assert versions[0] == versions[2]
    assert versions[0] != versions[1]


@pytest.mark.parametrize("kind", EDITS)
def test_an_enumeration_is_left_alone_by_a_result(notebook: Notebook, kind: str) -> None:
    """A member that comes back is the notebook's own member, and holds what it held."""
    cell, _, body = EDITS[kind]
    notebook.run("import enum")
    notebook.run(cell)
    notebook.run(f"def f(x): return {body}")
    before, version = notebook.here("f", 0), notebook.version("f")
    name = next(name for name in ("Planet", "Perm", "Base") if name in notebook.names)
    notebook.run(f"def members(x): return list({name}), {name}")
    members, cls = notebook.result("members", 0)
    assert cls is notebook.names[name]
    assert all(one is other for one, other in zip(members, cls, strict=True))
    assert (notebook.here("f", 0), notebook.version("f")) == (before, version)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10's flags have no boundaries")
@pytest.mark.parametrize("boundary", ["KEEP", "CONFORM", "EJECT", "STRICT"])
@pytest.mark.parametrize("kind", ["Flag", "IntFlag"])
def test_a_flag_that_was_inverted_is_the_same(notebook: Notebook, boundary: str, kind: str) -> None:
    """What a member remembers of its inverse is no part of the version, and is found anew within its own bounds."""
    notebook.run(f"import enum\nclass Bits(enum.{kind}, boundary=enum.{boundary}):\n    A = 1\n    B = 4")
    notebook.run("def f(): return repr(~Bits.A), Bits.B in ~Bits.A, ~Bits.A is ~Bits.A, list(Bits), repr(~~Bits.A)")
    version, here = notebook.version("f"), notebook.here("f")
    assert notebook.version("f") == version
    assert notebook.there("f") == here
    if boundary == "KEEP":
        notebook.run("EVERY, OTHER = ~Bits.A, Bits(8 | 1)\ndef g(): return EVERY, OTHER, EVERY.value, OTHER.value")
        assert notebook.there("g") == notebook.here("g")
