"""Corners: cycles between classes and functions, and machinery inside of machinery."""

from corpus.definition import Definition, cell

CORNERS = [
    Definition(
        name="recursive_closure",
        cell=cell("""
def make(base):
    def factorial(n):
        return base if n < 1 else n * factorial(n - 1)
    def even(n): return n == 0 or odd(n - 1)
    def odd(n): return n != 0 and even(n - 1)
    return factorial, even, odd
recursive_closure = make(1)
"""),
        call="(recursive_closure[0](5), recursive_closure[1](4), recursive_closure[2](4))",
        expected=(120, True, False),
    ),
    Definition(
        name="base_knows_child",
        cell=cell("""
from dataclasses import dataclass
@dataclass
class Animal:
    name: str
    def grow(self): return Dog(self.name, 3)
    @classmethod
    def all(cls): return [kind.__name__ for kind in (Animal, Dog, Puppy)]
@dataclass(order=True)
class Dog(Animal):
    age: int = 1
@dataclass
class Puppy(Dog):
    def grow(self): return Animal("grown " + self.name)
base_knows_child = Animal("rex")
"""),
        call="(repr(base_knows_child.grow()), base_knows_child.all(), base_knows_child.grow() > type(base_knows_child.grow())('rex', 1))",
        expected=("Dog(name='rex', age=3)", ["Animal", "Dog", "Puppy"], True),
    ),
    Definition(
        name="child_first",
        cell=cell("""
from dataclasses import dataclass
@dataclass
class First:
    x: int = 1
    def second(self): return Second(self.x)
@dataclass
class Second(First):
    y: int = 2
child_first = Second
"""),
        call="(repr(child_first(5)), repr(child_first(1).second()))",
        expected=("Second(x=5, y=2)", "Second(x=1, y=2)"),
    ),
    Definition(
        name="enum_inside",
        cell=cell("""
from enum import Enum, IntFlag
class Job:
    class State(Enum):
        NEW = "new"
        DONE = "done"
        @property
        def next(self): return Job.State.DONE
    class Bits(IntFlag):
        A = 1
        B = 2
        BOTH = 3
    def __init__(self): self.state = self.State.NEW
    def step(self):
        self.state = self.state.next
        return self
enum_inside = Job().step()
"""),
        call="(enum_inside.state is type(enum_inside).State.DONE, repr(enum_inside.state), enum_inside.Bits.BOTH == enum_inside.Bits.A | enum_inside.Bits.B)",
        expected=(True, "<State.DONE: 'done'>", True),
    ),
    Definition(
        name="lazy_of_itself",
        cell=cell("""
from functools import cached_property, lru_cache, wraps
class Graph:
    def __init__(self, n): self.n = n
    @cached_property
    def child(self): return Graph(self.n - 1) if self.n else None
    @staticmethod
    @lru_cache(None)
    def depth(n): return 0 if n == 0 else 1 + Graph.depth(n - 1)
    @property
    @wraps(len)
    def size(self): return self.n
def lazy_of_itself(n):
    graph = Graph(n)
    return graph.child.child.n, Graph.depth(n), graph.size
"""),
        call="lazy_of_itself(4)",
        expected=(2, 4, 4),
    ),
    Definition(
        name="strict_plugins",
        cell=cell("""
class Strict:
    kinds = []
    def __init_subclass__(cls, *, kind):
        super().__init_subclass__()
        cls.kind = kind
        Strict.kinds.append(kind)
class One(Strict, kind="one"):
    def run(self): return f"{self.kind} of {Strict.kinds}"
class Two(One, kind="two"): pass
strict_plugins = Two()
"""),
        call="strict_plugins.run()",
        expected="two of ['one', 'two']",
    ),
    Definition(
        name="strict_metaclass",
        cell=cell("""
class Checked(type):
    def __new__(mcs, name, bases, namespace, **options):
        if bases and "run" not in namespace:
            raise TypeError(f"{name} needs run")
        made = super().__new__(mcs, name, bases, namespace)
        made.options = options
        return made
    def __init__(cls, name, bases, namespace, **options):
        super().__init__(name, bases, namespace)
class Root(metaclass=Checked): pass
class Leaf(Root, fast=True):
    def run(self): return self.options
strict_metaclass = Leaf()
"""),
        call="strict_metaclass.run()",
        expected={"fast": True},
    ),
    Definition(
        name="generic_tuple",
        cell=cell("""
from typing import NamedTuple, TypedDict
class Node(NamedTuple):
    value: int
    left: "Node | None" = None
    def total(self): return self.value + (self.left.total() if self.left else 0)
    def __str__(self): return f"N{self.value}"
class Options(TypedDict):
    node: Node
generic_tuple = [Node(1, Node(2)), Options(node=Node(3))]
"""),
        call="(generic_tuple[0].total(), str(generic_tuple[1]['node']), generic_tuple[0][1].value)",
        expected=(3, "N3", 2),
    ),
    Definition(
        name="weakly_kept",
        cell=cell("""
import weakref, operator
class Cache:
    def __init__(self): self.kept = weakref.WeakValueDictionary()
class Key:
    def __init__(self, n): self.n = n
keys = [Key(1), Key(2)]
by_n = {key.n: key for key in keys}
sort_key = operator.attrgetter("n")
method = operator.methodcaller("upper")
def weakly_kept():
    return [key.n for key in sorted(keys, key=sort_key, reverse=True)], by_n[1] is keys[0], method("a"), type(Cache().kept).__name__
"""),
        call="weakly_kept()",
        expected=([2, 1], True, "A", "WeakValueDictionary"),
    ),
]
