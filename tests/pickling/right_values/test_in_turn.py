"""Data that definitions hold finds its classes complete where it is loaded; objects of libraries have their content."""

import pickle
from unittest import mock

import pytest

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.values import dumps

HASHES = {
    "own": """
class Key:
    def __init__(self, n): self.n = n
    def __hash__(self): return hash(("key", self.n))
    def __eq__(self, other): return isinstance(other, Key) and self.n == other.n
""",
    "by a helper": """
SALT = {"of": ["helper"]}
def salted(n): return hash((SALT["of"][0], n))
class Key:
    def __init__(self, n): self.n = n
    def __hash__(self): return salted(self.n)
    def __eq__(self, other): return self.n == other.n
""",
    "of a base": """
class Base:
    def __hash__(self): return hash(self.n)
    def __eq__(self, other): return self.n == other.n
class Key(Base):
    def __init__(self, n): self.n = n
""",
    "frozen dataclass": """
@dataclass(frozen=True)
class Key:
    n: int
""",
    "frozen with slots": """
@dataclass(frozen=True, slots=True)
class Key:
    n: int
""",
    "named tuple": """
class Key(namedtuple("Key", "n")):
    def __hash__(self): return hash(("key", self.n))
    def __eq__(self, other): return self.n == other.n
""",
    "frozen attrs": """
import attrs
@attrs.frozen
class Key:
    n: int
""",
    "attrs with a dictionary": """
import attrs
@attrs.frozen(slots=False, cache_hash=True)
class Key:
    n: int = attrs.field(converter=lambda n: n + 0)
""",
    "metaclass": """
class Meta(type):
    def __hash__(cls): return hash(cls.__name__)
    def __eq__(cls, other): return cls.__name__ == other.__name__
def Key(n): return Meta(f"Key{n}", (), {"n": n})
""",
}
HOLDERS = {
    "set": ("{Key(1), Key(2)}", "key in held"),
    "frozenset": ("frozenset({Key(1), Key(2)})", "key in held"),
    "dict": ("{Key(1): 1, Key(2): 2}", "held.get(key)"),
    "tuple key": ("{(Key(1), 1): 1, (Key(2), 2): 2}", "held.get((key, 2))"),
    "set in a list": ("[frozenset({Key(1), Key(2)})]", "key in held[0]"),
    "ordered": ("OrderedDict({Key(2): 2})", "held.get(key)"),
    "default": ("defaultdict(list, {Key(2): [2]})", "held[key]"),
    "counter": ("Counter([Key(2), Key(2)])", "held[key]"),
}
# What holds it, and is loaded before the class is complete: the method `of` of the class, or what that refers to.
PLACES = {
    "global": ("HELD = {value}", "def of(key):\n    held = HELD\n    return {look}"),
    "closure": (
        "def make(held):\n    def of(key): return {look}\n    return of\nmade = make({value})",
        "def of(key): return made(key)",
    ),
    "default": ("", "def of(key, held={value}): return {look}"),
    "attribute": ("", "def of(key):\n    held = of.held\n    return {look}\nof.held = {value}"),
}
ANSWERING = """
class Node:
    def __init__(self, n): self.__dict__.update(n=n, own={{}}, near={kind})
    def __getattr__(self, name): return self.own[name]
"""
REGISTERING = """
class Node:
    all = []
    def __new__(cls, n): made = object.__new__(cls); cls.all.append(made); return made
    def __init__(self, n): self.n, self.near = n, {kind}
"""
NEAR = "field(default_factory=lambda: {kind}, hash=False, compare=False, repr=False)"
IMPORTS = """
from collections import Counter, OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
"""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("kind", HASHES)
def test_what_is_hashed_by_its_class_is_found_again(notebook, kind, holder, place):
    """A method's class is in the containers that the method refers to: they are made when it has its own hash."""
    value, look = HOLDERS[holder]
    before, method = (part.replace("{value}", value).replace("{look}", look) for part in PLACES[place])
    notebook.run(IMPORTS)
    notebook.run(HASHES[kind])
    notebook.run(before)
    notebook.run(method + ("" if kind == "metaclass" else "\nKey.of = of"))
    notebook.run("def f(n): return of(Key(n)), Key.__name__, [of(Key(each)) for each in (1, 2, 3)]")
    assert notebook.there("f", 2) == notebook.here("f", 2)
    assert notebook.here("f", 2) != notebook.here("f", 3)


@pytest.mark.parametrize("kind", ["own", "by a helper", "of a base", "frozen dataclass"])
def test_a_classes_own_register_is_right(notebook, kind):
    """A set of instances that is an attribute of their class, with an attribute that came later."""
    notebook.run(IMPORTS)
    notebook.run(HASHES[kind])
    notebook.run("Key.all = {Key(1), Key(2)}\nKey.first = Key(1)\nKey.names = {Key.first: 'one'}")
    notebook.run("def f(n): return Key(n) in Key.all, Key.names.get(Key(n)), Key.first in Key.all, len(Key.all)")
    assert [notebook.there("f", n) for n in (1, 3)] == [notebook.here("f", n) for n in (1, 3)]


def test_an_enumerations_own_hash_holds_for_its_tables(notebook):
    """A table by members that their methods refer to, and one that was put into the class later."""
    notebook.run("""
import enum
class Side(enum.Enum):
    LEFT = 1
    RIGHT = 2
    def __hash__(self): return hash(self.name) + 1
    def __eq__(self, other): return self is other
    def other(self): return OTHER[self]
OTHER = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}
Side.BOTH = frozenset(Side)
def f(n): return Side(n).other(), Side(n) in Side.BOTH, Side.LEFT.other().other() is Side.LEFT
""")
    assert notebook.there("f", 1) == notebook.here("f", 1)


@pytest.mark.parametrize(
    "pickled",
    [
        "def __reduce__(self): return Money, (self.cents,)",
        "def __getstate__(self): return [self.cents]\n    def __setstate__(self, own): self.cents = own[0] + OFF[0]",
        "def __getstate__(self): return [self.cents]\n    def __setstate__(self, own): self.cents = own[0] + KEPT.n",
        "def __getnewargs__(self): return (self.cents,)\n    def __new__(cls, cents=5): return object.__new__(cls)",
    ],
)
@pytest.mark.parametrize("place", ["FEE = Money(1)", "Money.fee = FEE = Money(1)"])
def test_instances_are_made_by_complete_classes(notebook, pickled, place):
    """A class that says how it is pickled, and whose methods use an instance of it."""
    notebook.run(f"""
OFF = [0, object]
class Kept:
    def __init__(self, n): self.n = n
    def __hash__(self): return hash(self.n)
KEPT = Kept(0)
class Money:
    def __init__(self, cents): self.cents = cents
    {pickled}
    def plus(self, other): return Money(self.cents + other.cents + FEE.cents)
{place}
def f(n, given=Money(3)): return Money(n).plus(given).cents, getattr(Money, "fee", FEE).cents
""")
    assert notebook.there("f", 2) == notebook.here("f", 2)


@pytest.mark.parametrize(
    "own",
    [
        "class Node:\n    def __init__(self, n): self.n, self.near = n, {kind}",
        f"@dataclass(frozen=True)\nclass Node:\n    n: int\n    near: object = {NEAR}",
        f"@dataclass(frozen=True, slots=True)\nclass Node:\n    n: int\n    near: object = {NEAR}",
        "class Node:\n    def __init__(self, n): self.near, self.n = {kind}, (n, frozenset([n]))",
        ANSWERING,
        REGISTERING,
        "class Node(list):\n    def __init__(self, n): self.near, self.n = {kind}, n",
    ],
)
@pytest.mark.parametrize(("kind", "put"), [("set()", "add({})"), ("dict()", "update({{{}: 1}})")])
def test_objects_are_in_containers_that_they_lead_to(notebook, own, kind, put):
    """Neighbours of each other and of themselves: what the hash is made of is there before the containers are."""
    hashed = (
        ""
        if "dataclass" in own
        else ("\n    def __hash__(self): return hash(self.n)\n    def __eq__(self, other): return self.n == other.n")
    )
    notebook.run(IMPORTS)
    notebook.run(own.format(kind=kind) + hashed)
    notebook.run("a, b = Node(1), Node(2)")
    notebook.run("\n".join(f"{one}.near.{put.format(other)}" for one, other in ("aa", "ab", "ba")))
    notebook.run("""
def f(n):
    names = list(vars(a)) if hasattr(a, "__dict__") else []
    return a in a.near, b in a.near, a in b.near, Node(n) in a.near, b in b.near, len(a.near), names
""")
    assert notebook.there("f", 2) == notebook.here("f", 2)
    assert notebook.here("f", 2) != notebook.here("f", 3)


def test_what_a_library_pickles_by_name_has_its_content(notebook):
    """A decorated function that calls itself by its name, one in a class, and what they have counted."""
    notebook.run("""
from decorating import Counted
@Counted
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
class Model:
    @Counted
    def step(self, n): return n + STEP
STEP = 5
fib(3)
def f(n): return fib(n), fib.calls, Model().step(n), Model.step.calls, fib.__name__
""")
    assert notebook.there("f", 6) == notebook.here("f", 6)
    before = notebook.version("f")
    notebook.run("STEP = 6")
    assert notebook.version("f") != before


def test_an_object_that_names_itself_is_the_notebooks(notebook):
    """A singleton is one in the container, and a value with it leads back to the one that is here."""
    notebook.run("""
class Unset:
    def __reduce__(self): return "UNSET"
UNSET = Unset()
UNSET.words = ["a"]
def f(n, given=UNSET): return given is UNSET, given.words, type(given) is Unset
""")
    assert notebook.there("f", 1) == notebook.here("f", 1)
    unset = notebook.names["UNSET"]
    assert pickle.loads(dumps([unset, unset])) == [unset, unset]
    assert unset.words == ["a"]
    notebook.run("OTHER = Unset()\nOTHER.words = ['b']\ndef h(n): return OTHER.words, OTHER is UNSET")
    assert notebook.there("h", 1) == notebook.here("h", 1)


@pytest.mark.parametrize("target", ["len_of", "Model", "[1]"])
def test_a_proxy_is_never_taken_for_what_it_stands_for(notebook, target):
    """What gives itself out for a function isn't captured as that function: it travels as it is, or is refused."""
    notebook.run(f"""
from decorating import Proxy
class Model: pass
def len_of(x): return len(x)
proxy = Proxy({target})
def f(n): return proxy([n])
""")
    with pytest.raises(CaptureError, match="proxy"):
        notebook.there("f", 1)


@pytest.mark.parametrize(
    ("made", "used"),
    [
        ("mock.Mock(return_value=3)", "(M(n), M.call_count, M.a.b is M.a.b)"),
        ("mock.MagicMock(**{'__len__.return_value': 4})", "(len(M), M.a.b is M.a.b, M(n) is M(n))"),
        ("mock.Mock(side_effect=lambda n: 2 * n, spec=['go'])", "(M(n), hasattr(M, 'stop'), hasattr(M, 'go'))"),
        ("mock.create_autospec(target, return_value=3)", "(M(n), M.call_count)"),
        ("mock.create_autospec(Target)", "(isinstance(M(), Target), M().go(n) is M().go(n))"),
        ("mock.NonCallableMock(a=[1])", "(M.a, callable(M))"),
    ],
)
def test_mocks_arrive(notebook, made, used):
    """Each mock is of a class of its own, gives itself out for another one, and answers to any name."""
    notebook.names["mock"] = mock
    notebook.run(f"""
def target(n): return n
class Target:
    def go(self, n): return n
M = {made}
def f(n): return {used}
""")
    assert notebook.there("f", 2) == notebook.here("f", 2)
    notebook.run("M(1)" if "NonCallable" not in made else "M.a.append(2)")
    assert notebook.there("f", 2) == notebook.here("f", 2) or "call_count" in used


ATTRS = ("attrs.frozen", "attrs.frozen(slots=False)", "attrs.frozen(cache_hash=True)", "attrs.define(unsafe_hash=True)")
HELD_FIRST = (
    "type('Holder', (), {'held': Key(1), 'made': property(lambda self: Key)})",
    "type('Holder', (), {'held': {Key(1): Key}})",
    "(lambda held={Key(1)}: held)",
    "functools.partial(lambda held: held, {Key(1)})",
)


@pytest.mark.parametrize("held", HELD_FIRST)
@pytest.mark.parametrize("decorator", ATTRS)
def test_a_class_of_attrs_is_met_in_what_holds_an_instance(notebook, decorator, held):
    """What attrs' own functions call is there before the first instance is loaded."""
    notebook.run(
        f"import attrs, functools\n@{decorator}\nclass Key:\n    n: int = attrs.field(converter=lambda n: n + 0)"
    )
    notebook.run(f"both = [{held}, Key]\ndef seen(x): return repr(both[1](x)), both[1] is Key, type(both[0]).__name__")
    assert notebook.there("seen", 5) == notebook.here("seen", 5)


REGISTERS = {
    "one": (
        """
class Kept:
    _one = None
    def __new__(cls, k='a'):
        if cls._one is None:
            cls._one = super().__new__(cls)
            cls._one.k = [k]
        return cls._one
""",
        "Kept() is a, a is b, Kept._one is a, a.k",
    ),
    "many, in the class": (
        """
class Kept:
    pool = {}
    def __new__(cls, k):
        if k not in cls.pool:
            made = cls.pool[k] = super().__new__(cls)
            made.k = k
        return cls.pool[k]
    def __getnewargs__(self): return (self.k,)
""",
        "Kept('a') is a, a is not b, sorted(Kept.pool), Kept.pool['b'] is b, Kept('c').k",
    ),
    "many, beside it": (
        """
POOL = {}
class Kept:
    __slots__ = ('k',)
    def __new__(cls, k):
        made = object.__new__(cls)
        made.k = k
        return POOL.setdefault(made, made)
    def __getnewargs__(self): return (self.k,)
    def __hash__(self): return hash(self.k)
    def __eq__(self, other): return self.k == other.k
""",
        "Kept('a') is a, POOL[b] is b, len(POOL), Kept('c').k",
    ),
    "by keywords": (
        """
class Kept(list):
    all = []
    def __new__(cls, k, *, by=1):
        made = super().__new__(cls)
        cls.all.append(made)
        return made
    def __init__(self, k, *, by=1):
        super().__init__([k, by])
    def __getnewargs_ex__(self): return (self[0],), {'by': self[1]}
""",
        "a, b, Kept.all[0] is a, len(Kept.all)",
    ),
}


@pytest.mark.parametrize("kind", REGISTERS)
def test_an_object_belongs_to_what_its_constructor_refers_to(notebook, kind):
    """A singleton, and registers of instances: each is there once, and the constructor isn't called to load it."""
    cell, seen = REGISTERS[kind]
    notebook.run(cell)
    notebook.run("a, b = Kept('a'), Kept('b')")
    notebook.run(f"def f(): return {seen}")
    assert notebook.there("f") == notebook.here("f")
    if kind != "by keywords":
        a = notebook.names["a"]
        assert pickle.loads(dumps([a]))[0] is a


def test_what_a_library_hashes_by_is_there(notebook):
    """A frozen model in a dictionary that its own method refers to: pydantic's hash asks a closure of its own."""
    notebook.run("""
import pydantic
class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)
    x: int = 1
    def known(self): return KNOWN.get(self)
KNOWN = {Model(x=2): 5}
def f(n): return Model(x=n).known(), KNOWN.get(Model(x=3))
""")
    assert notebook.there("f", 2) == notebook.here("f", 2)
