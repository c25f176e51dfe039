"""Dataclasses in their variants, and what attrs makes of classes."""

from corpus.definition import Definition, cell

DATACLASSES = [
    Definition(
        name="Point",
        cell=cell("""
from dataclasses import dataclass, field
@dataclass
class Point:
    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list)
    def norm(self):
        return abs(self.x) + abs(self.y)
"""),
        call="(repr(Point(1)), Point(1, 2) == Point(1, 2), Point(-3, 4).norm(), Point(1).tags is Point(1).tags)",
        expected=("Point(x=1, y=0, tags=[])", True, 7, False),
    ),
    Definition(
        name="frozen_points",
        cell=cell("""
from dataclasses import dataclass, replace, FrozenInstanceError
@dataclass(frozen=True, order=True)
class Frozen:
    x: int
    y: int = 2
def frozen_points(n):
    points = sorted(Frozen(i % 3, i) for i in range(n))
    try:
        points[0].x = 1
    except FrozenInstanceError as error:
        caught = str(error)
    return [(p.x, p.y) for p in points], len({Frozen(1), Frozen(1)}), caught, replace(points[0], y=9)
"""),
        call="tuple(map(str, frozen_points(4)))",
        expected=("[(0, 0), (0, 3), (1, 1), (2, 2)]", "1", "cannot assign to field 'x'", "Frozen(x=0, y=9)"),
    ),
    Definition(
        name="slotted",
        cell=cell("""
from dataclasses import dataclass
@dataclass(slots=True)
class Slotted:
    x: int
    y: str = "why"
    def both(self):
        return f"{self.x}{self.y}"
slotted = [Slotted(1), Slotted(2, "z")]
"""),
        call="([s.both() for s in slotted], hasattr(slotted[0], '__dict__'), slotted[0] == type(slotted[0])(1), repr(slotted[1]))",
        expected=(["1why", "2z"], False, True, "Slotted(x=2, y='z')"),
    ),
    Definition(
        name="frozen_slotted",
        cell=cell("""
from dataclasses import dataclass
@dataclass(frozen=True, slots=True, order=True)
class FrozenSlotted:
    x: int = 1
    y: int = 2
    def tried(self):
        try:
            object.__getattribute__(self, "__class__").__setattr__(self, "x", 3)
        except (AttributeError, TypeError) as error:
            return "refused"
        return self.x
frozen_slotted = FrozenSlotted(5)
"""),
        call="(frozen_slotted.tried(), hash(frozen_slotted) == hash(type(frozen_slotted)(5, 2)), frozen_slotted > type(frozen_slotted)())",
        expected=("refused", True, True),
    ),
    Definition(
        name="KeywordOnly",
        cell=cell("""
from dataclasses import dataclass, KW_ONLY, field
@dataclass
class KeywordOnly:
    a: int
    _: KW_ONLY
    b: int = 2
    c: str = field(default="c", repr=False, compare=False)
def KeywordOnly_signature():
    import inspect
    return str(inspect.signature(KeywordOnly))
"""),
        call="(repr(KeywordOnly(1, b=5)), KeywordOnly(1, c='x') == KeywordOnly(1), KeywordOnly.__match_args__)",
        expected=("KeywordOnly(a=1, b=5)", True, ("a",)),
    ),
    Definition(
        name="WithInit",
        cell=cell("""
from dataclasses import dataclass, field, InitVar
from typing import ClassVar
@dataclass
class WithInit:
    limit: ClassVar[int] = 10
    start: InitVar[int]
    factor: InitVar[int] = 2
    total: int = field(init=False)
    def __post_init__(self, start, factor):
        self.total = min(start * factor, self.limit)
"""),
        call="(WithInit(3).total, WithInit(30, 2).total, repr(WithInit(1)), WithInit.limit, WithInit.factor)",
        expected=(6, 10, "WithInit(total=2)", 10, 2),
    ),
    Definition(
        name="Child",
        cell=cell("""
from dataclasses import dataclass, field
@dataclass
class Parent:
    name: str
    size: int = 1
    def describe(self):
        return f"{self.name}/{self.size}"
@dataclass
class Middle(Parent):
    extra: dict = field(default_factory=dict)
    def describe(self):
        return super().describe() + f"/{len(self.extra)}"
@dataclass
class Child(Middle):
    size: int = 5
    last: float = 0.5
"""),
        call="(repr(Child('n')), Child('n', 2, {'a': 1}).describe(), Child('a') == Child('a'))",
        expected=("Child(name='n', size=5, extra={}, last=0.5)", "n/2/1", True),
    ),
    Definition(
        name="Tree",
        cell=cell("""
from __future__ import annotations
from dataclasses import dataclass, field, fields, asdict
from typing import ClassVar, Optional
@dataclass
class Tree:
    value: int
    children: list[Tree] = field(default_factory=list)
    parent: Optional[Tree] = None
    kinds: ClassVar[dict[str, int]] = {}
    def depth(self) -> int:
        return 1 + max((child.depth() for child in self.children), default=0)
def leaf(value) -> Tree:
    return Tree(value)
Tree.kinds["leaf"] = 1
"""),
        call="(Tree(1, [Tree(2, [Tree(3)])]).depth(), repr(Tree(1)), Tree.kinds)",
        expected=(3, "Tree(value=1, children=[], parent=None)", {"leaf": 1}),
    ),
    Definition(
        name="own_methods",
        cell=cell("""
from dataclasses import dataclass
@dataclass(eq=False)
class OwnRepr:
    x: int
    def __repr__(self):
        return f"<{self.x}>"
@dataclass(unsafe_hash=True)
class Hashed:
    x: int
    def __eq__(self, other):
        return self.x % 10 == other.x % 10
@dataclass(init=False)
class NoInit:
    x: int = 3
    def __init__(self, x):
        self.x = x + 1
own_methods = OwnRepr, Hashed, NoInit
"""),
        call="(repr(own_methods[0](1)), own_methods[0](1) == own_methods[0](1), own_methods[1](1) == own_methods[1](11), "
        "hash(own_methods[1](1)) == hash((1,)), own_methods[2](1).x, repr(own_methods[2](1)))",
        expected=("<1>", False, True, True, 2, "NoInit(x=2)"),
    ),
    Definition(
        name="made_dataclass",
        cell=cell("""
import dataclasses
made_dataclass = dataclasses.make_dataclass(
    "Made", [("x", int), ("y", int, dataclasses.field(default=5))], namespace={"sum": lambda self: self.x + self.y})
"""),
        call="(made_dataclass(1).sum(), repr(made_dataclass(2)))",
        expected=(6, "Made(x=2, y=5)"),
    ),
    Definition(
        name="dataclass_tools",
        cell=cell("""
from dataclasses import dataclass, field, fields, asdict, astuple, replace, MISSING
@dataclass
class Inner:
    n: int = 1
@dataclass
class Outer:
    inner: Inner
    many: list[Inner] = field(default_factory=list, metadata={"unit": "m"})
def dataclass_tools():
    outer = Outer(Inner(2), [Inner()])
    return (asdict(outer), astuple(outer), [f.name for f in fields(Outer)], fields(Outer)[1].metadata["unit"],
            fields(Outer)[0].default is MISSING, replace(outer, many=[]).many)
"""),
        call="dataclass_tools()",
        expected=({"inner": {"n": 2}, "many": [{"n": 1}]}, ((2,), [(1,)]), ["inner", "many"], "m", True, []),
    ),
    Definition(
        name="dataclass_with_machinery",
        cell=cell("""
from dataclasses import dataclass, field
from functools import cached_property, total_ordering
@total_ordering
@dataclass(eq=True)
class Version:
    text: str
    @cached_property
    def parts(self):
        return tuple(int(part) for part in self.text.split("."))
    def __lt__(self, other):
        return self.parts < other.parts
    @classmethod
    def parse(cls, text):
        return cls(text.strip())
    @property
    def major(self):
        return self.parts[0]
def dataclass_with_machinery(texts):
    return [v.text for v in sorted(map(Version.parse, texts))], Version("1.2") >= Version("1.1"), Version("3.1").major
"""),
        call="dataclass_with_machinery([' 1.10', '1.9 '])",
        expected=(["1.9", "1.10"], True, 3),
    ),
    Definition(
        name="local_dataclass",
        cell=cell("""
from dataclasses import dataclass
def make(default):
    @dataclass
    class Local:
        value: int = default
        def more(self):
            return self.value + default
    return Local
local_dataclass = make(7)
"""),
        call="(local_dataclass().more(), repr(local_dataclass(1)))",
        expected=(14, "make.<locals>.Local(value=1)"),
    ),
    Definition(
        name="dataclass_instances",
        cell=cell("""
from dataclasses import dataclass, field
@dataclass
class Config:
    rate: float = 0.1
    layers: list[int] = field(default_factory=lambda: [8, 4])
    nested: "Config | None" = None
config = Config(nested=Config(0.2, [1]))
def dataclass_instances():
    return config.rate, config.layers, config.nested == Config(0.2, [1]), Config().layers
"""),
        call="dataclass_instances()",
        expected=(0.1, [8, 4], True, [8, 4]),
    ),
    Definition(
        name="generic_dataclass",
        cell=cell("""
from dataclasses import dataclass
from typing import Generic, TypeVar
T = TypeVar("T")
@dataclass
class Box(Generic[T]):
    item: T
    def map(self, f):
        return Box(f(self.item))
@dataclass
class IntBox(Box[int]):
    label: str = "int"
def generic_dataclass():
    return Box[int](3).map(str), IntBox(4)
"""),
        call="repr(generic_dataclass())",
        expected="(Box(item='3'), IntBox(item=4, label='int'))",
    ),
    Definition(
        name="AttrsPoint",
        cell=cell("""
import attrs
@attrs.define
class AttrsPoint:
    x: int = attrs.field(converter=int)
    y: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    tags: list = attrs.Factory(list)
    def norm(self):
        return self.x + self.y
"""),
        call="(repr(AttrsPoint('1')), AttrsPoint(1, 2) == AttrsPoint(1, 2), AttrsPoint(3, 4).norm(), hasattr(AttrsPoint(1), '__dict__'))",
        expected=("AttrsPoint(x=1, y=0, tags=[])", True, 7, False),
        needs=("attrs",),
    ),
    Definition(
        name="frozen_attrs",
        cell=cell("""
import attrs
@attrs.frozen(order=True)
class FrozenAttrs:
    x: int
    label: str = attrs.field(default="none", kw_only=True)
    double: int = attrs.field(init=False)
    @double.default
    def _(self):
        return 2 * self.x
    @label.validator
    def _check(self, attribute, value):
        if len(value) > 5:
            raise ValueError(f"{attribute.name} too long")
def frozen_attrs():
    log = []
    try:
        FrozenAttrs(1).x = 2
    except attrs.exceptions.FrozenInstanceError:
        log.append("frozen")
    try:
        FrozenAttrs(1, label="very long")
    except ValueError as error:
        log.append(str(error))
    return log, attrs.asdict(FrozenAttrs(3)), attrs.evolve(FrozenAttrs(3), x=4).double, len({FrozenAttrs(1), FrozenAttrs(1)})
"""),
        call="frozen_attrs()",
        expected=(["frozen", "label too long"], {"x": 3, "label": "none", "double": 6}, 8, 1),
        needs=("attrs",),
    ),
    Definition(
        name="old_attrs",
        cell=cell("""
import attr
@attr.s(auto_attribs=True)
class OldAttrs:
    x: int
    y: float = 1.5
@attr.s
class OldChild(OldAttrs):
    z = attr.ib(default=3)
old_attrs = [OldAttrs(1), OldChild(2)]
"""),
        call="repr(old_attrs)",
        expected="[OldAttrs(x=1, y=1.5), OldChild(x=2, y=1.5, z=3)]",
        needs=("attrs",),
    ),
]
