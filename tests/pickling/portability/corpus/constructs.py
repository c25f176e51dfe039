"""Constructs of the language by the version that brought them: bodies of functions of `x` and `k` that return a value.

Their values are the same on every version that has them, wherever the body stands. Those with a loop of their own
(`LOOPS`) can't stand where one runs.
"""

CONSTRUCTS: dict[tuple[int, int], dict[str, str]] = {
    (3, 10): {
        "match": """
class P:
    __match_args__ = ("a", "b")
    def __init__(self, a, b): self.a, self.b = a, b
def told(value):
    match value:
        case P(0, b) | P(b, 0): return "axis", b
        case P(a=a, b=b) if a == b + k - k: return "diagonal", a
        case {"kind": str(kind), **rest}: return kind, rest
        case [1, *middle, 9]: return middle
        case [int() as number, (str() | bytes()) as text]: return number, text
        case -1 | 2.5 | "t" | None | True: return "literal"
        case (P() as p, [[q]]): return p.a, q
        case _: return "other"
values = [P(0, x), P(x, 0), P(3, 3), P(1, 2), {"kind": "a", "n": x}, [1, 2, x, 9], (1, 9), [5, b"t"], -1, 2.5, None, True]
return [told(value) for value in [*values, (P(x, k), [[x]]), {"kind": 1}, "u", 1]]
""",
        "walrus": """
found = [last := value * k for value in range(x)]
if (n := len(found)) > 1 and (total := sum(y := n + value for value in found)):
    return found, last, n, total, y
return None
""",
        "walrus deep": """
rows = [[(seen := row * k, cell) for cell in range(x) if (kept := cell) or True] for row in range(x)]
return rows, seen, kept, any((hit := value) > 0 for value in range(x)), hit
""",
        "scopes of comprehensions": """
value = "kept"
got = [value for value in range(x)], {value: k for value in range(x)}, {value for value in range(x)}
later = [lambda: (value, k) for value in range(x)]
bound = [lambda a, value=value: a + value + k for value in range(x)]
return value, got, [one() for one in later], [one(1) for one in bound], list(value for value in (value, k))
""",
        "comprehension in a class": """
class C:
    size = x
    table = {n: k for n in range(size)}
    pairs = [(a, b) for a in range(size) for b in (lambda: range(k))()]
    y = [y for y in (x, x)]
    def read(self): return [self.size + n for n in range(k)], x, __class__.__name__
return C.table, C.pairs, C.y, C().read()
""",
        "mangled": """
class Outer:
    __secret = x
    class _Inner__:
        __secret = k
        def read(self): return [self.__secret for _ in range(1)], sorted(n for n in vars(type(self)) if "secret" in n)
    def __init__(self, __a=1): self.__dict__["_Outer__b"] = __a
    def __hidden(self): return lambda: self.__secret + self.__b
    def read(self, *, __c=2):
        __d = [__c + n for n in range(2)]
        def inner(__e): return __e, __c, self.__hidden()()
        return inner(__d), self._Inner__().read(), self.__secret
return Outer(k).read(), sorted(n for n in vars(Outer) if not n.startswith("__"))
""",
        "super and class cells": """
class A:
    def name(self): return ["A"]
    @classmethod
    def made(cls): return cls()
    @property
    def size(self): return 1
class B(A):
    def name(self): return super().name() + [(lambda: __class__.__name__)(), super(B, self).name()[0]]
    @classmethod
    def made(cls): return super().made()
    @property
    def size(self): return super().size + k
    def later(self):
        def inner(): return __class__, self
        return inner()[0].__name__, inner()[1] is self
class C(B):
    def name(self): return (lambda s: s.name())(super()) + ["C"]
class D(C):
    pass
return D().name(), D.made().size, D().later(), [c.__name__ for c in D.__mro__]
""",
        "shadowed names": """
class C:
    x = 1
    y = k
    def read(self): return x, self.x
    z = lambda self, y=y: (x, y)
    class D:
        w = x
list = [x]
def inner(x=x, *, k=k):
    def deeper():
        nonlocal x
        x += 1
        return x, k
    return deeper(), x
return C().read(), C().z(), C.D.w, list, inner(), inner(5, k=6), x
""",
        "slots and order": """
from dataclasses import dataclass, field, fields, replace, astuple
@dataclass(slots=True, kw_only=True, order=True)
class S:
    b: int = k
    a: list = field(default_factory=list, compare=False)
    def grow(self): return replace(self, b=self.b + x)
@dataclass(frozen=True, slots=True)
class T(S if False else object):
    n: int
    def twice(self): return T(self.n * 2)
one = S(a=[x])
return astuple(one.grow()), one < one.grow(), S.__slots__, [f.name for f in fields(S)], T(x).twice(), hash(T(1)) == hash(T(1))
""".replace("T(x).twice()", "repr(T(x).twice())[-6:]"),
        "errors": """
def fails(kind):
    try:
        try:
            raise kind("first")
        except KeyError as error:
            raise ValueError(str(error)) from error
        except (TypeError, OSError) as error:
            raise RuntimeError("other") from None
        else:
            return "never"
        finally:
            done.append(kind.__name__)
    except Exception as error:
        return type(error).__name__, str(error), type(error.__cause__).__name__, error.__suppress_context__
done = []
def leaves():
    for n in range(k):
        try:
            if n == 1: continue
            if n == 2: break
        finally:
            done.append(n)
    try:
        return "try"
    finally:
        done.append("finally")
try:
    error = 1 // 0
except ZeroDivisionError as error:
    pass
return [fails(kind) for kind in (KeyError, TypeError, AttributeError)], leaves(), done, "error" in locals()
""",
        "with": """
import contextlib
events = []
@contextlib.contextmanager
def opened(name, swallow=False):
    events.append("+" + name)
    try:
        yield name.upper()
    except ValueError as error:
        events.append(str(error))
        if not swallow: raise
    finally:
        events.append("-" + name)
with (opened("a") as a, opened("b") as (b), opened("c", swallow=True)):
    events.append(a + b)
    raise ValueError("inside")
with contextlib.ExitStack() as stack:
    got = [stack.enter_context(opened(name)) for name in "de"]
return events, got
""",
        "decorators": """
order = []
def noted(name):
    order.append("made " + name)
    def decorate(function):
        order.append("applied " + name)
        return lambda *a: (name, function(*a))
    return decorate
table = {"a": noted("a")}
@table["a"]
@(lambda f: noted("b")(f))
@noted("c")
def f(n): return n + k
@(order.append("class") or (lambda c: c))
class C:
    @staticmethod
    @noted("d")
    def g(n): return n
return f(x), order, C.g(x)[0]
""",
        "parameters": """
def f(a, b=k, /, c=x, *d, e, g=lambda n: n * k, **h): return a, b, c, d, e, g(2), sorted(h.items())
g = lambda a, /, b=k, *c, d=x, **e: (a, b, c, d, e)
def defaults(n, seen=[]):
    seen.append(n)
    return seen
defaults(x); defaults(k)
one, two = [1], {"e": 4}
return f(1, e=2), f(1, 2, 3, 4, e=5, a=6, z=7), g(1), g(*one, *[2, 3], **two, d=9), defaults(0), f(*one, **two, **{"q": 1})
""",
        "formatted": r'''
name, width = "naïve", 10
class F:
    def __format__(self, spec): return f"<{spec}>"
return (f"{name!r:>{width}}", f"{x=}", f"{x + k = :>{width}}", f"{x:=+5d}", f"{{{x}}}", f"{(lambda n: n * 2)(x)}", f"{F():%Y-{x}}",
        rf"\d{x}\n", f"""{name
        !s:^{width}}""" "and" f'{k!r}', f"{'a' if x else 'b'}{3.14159:.{k}f}", f"{x!s}" f"{{}}", f"{ {1: 2}[1] }")
''',
        "documented": '''
def f():
    """First.

        Indented.
    """
class C:
    """Of C.

      Deep.
    """
    def m(self):
        "Of m."
        return None
import inspect
return inspect.getdoc(f), inspect.getdoc(C), C.m.__doc__, (lambda: 0).__doc__
''',
        "literals": r'''
return ("\N{GREEK SMALL LETTER ALPHA}\x41\u00e9\101", b"\xff\0" b"more", r"\raw" "\\", u"u", 1_000_000, 0xFF, 0o17, 0b11, 10**30, 1e400, -0.0, 1j, 3.5e-3, ...,
        """tri"ple""", ("tu" "ple",), {1, 1.0, True}, {"a": 1, "a": 2}, -7 // 2, -7 % 3, 2 ** -1, not x is None, ~k, x if k else 0)
''',
        "unpacked": """
a, (b, *c), *d = 1, (2, 3, k), 4, x
def many(): return *c, *d
(e,) = [x]
first, *rest = "abc"
head = [*range(x), *"ab", *{}]
total = {**{"a": 1}, "b": 2, **dict(c=3)}
f = g = []
g += [x]
for i, (j, *m) in enumerate([(1, 2, 3), (4,)]): head.append((i, j, m))
q: int = 3
r: "list[int]"
del a
return b, c, d, many(), e, first, rest, head, total, f is g, f, q, sorted(n for n in locals() if n in "abqr")
""",
        "subscripts": """
class G:
    def __getitem__(self, key): return key
    def __setitem__(self, key, value): self.__dict__[str(key)] = value
    def __class_getitem__(cls, key): return key
g = G()
g[1:x] = 5
g.__dict__["n"] = [1]
g.n += [2]
g.n[0] += k
return [g[1:2, ::3], g[..., -1], g[x:], g[()], g[1,], G[int, x], sorted(vars(g).items())]
""".replace("G[int, x]", "G[1, x]").replace("sorted(vars(g).items())", "sorted(map(str, vars(g).values()))"),
        "evaluated in order": """
seen = []
def s(value): seen.append(value); return value
s(1) < s(3) < s(2) < s(9)
s(0) and s(5) or s(6)
{s("k1"): s("v1"), **{s("k2"): s("v2")}}
s(7) if s(0) else s(8)
[s(a) + s(b) for a in (10, 20) if s(a) > 10 for b in (1,)]
t = [0, 0]
t[s(0)], t[s(1)] = s("l"), s("r")
return seen, t
""",
        "generators": """
def g(n):
    got = yield n
    while got:
        try:
            got = yield got * k
        except ValueError as error:
            got = yield str(error)
    try:
        inner = yield from h()
    finally:
        log.append("closed")
    return inner
def h():
    yield "h"
    return "back"
log = []
one = g(x)
values = [next(one), one.send(2), one.throw(ValueError("thrown")), one.send(3), one.send(0)]
try:
    next(one)
except StopIteration as end:
    values.append(end.value)
other = g(1); next(other); other.send(None); other.close()
lazy = (a * b for a in range(x) for b in range(k) if (a + b) % 2)
return values, log, list(lazy), sum(n for n in range(k)), [*map(lambda n: n + k, filter(None, range(x)))]
""",
        "metaclasses": """
class Meta(type):
    @classmethod
    def __prepare__(mcs, name, bases, **options): return {"made_by": "prepare", **options}
    def __new__(mcs, name, bases, names, **options): return super().__new__(mcs, name, bases, dict(names))
    def __init__(cls, name, bases, names, **options): super().__init__(name, bases, names)
    def __call__(cls, *a):
        made = super().__call__(*a)
        made.called = k
        return made
    def __len__(cls): return x
class Named:
    def __set_name__(self, owner, name): self.name = (owner.__name__, name)
    def __get__(self, instance, owner): return self.name, instance is None
class Base(metaclass=Meta, size=x):
    field = Named()
    def __init_subclass__(cls, /, tag="none", **more): cls.tag = tag
    def __init__(self, n=0): self.n = n
class Leaf(Base, tag="leaf"):
    pass
return len(Leaf), Leaf.tag, Leaf(4).called, Leaf(4).n, Base.field, Leaf().field, Base.made_by, Base.size, type(Leaf).__name__
""",
        "names of its own": """
class C:
    size: int = k
    def __init__(self): self.a = x; self.b = [self.a]
    def set(self): self.late = self.a
    @classmethod
    def of(cls): return cls()
def f():
    f.count = getattr(f, "count", 0) + 1
    return f.count
f(); f()
return sorted(n for n in vars(C) if not n.startswith("__")), vars(C()), C.__annotations__, f.count, f.__name__, C.of().a
""",
        "unicode names": """
ﬁne, größe, 名 = x, k, [x]
class Ä:
    ß = 1
    def µ(self): return self.ß
return fine, größe, 名, Ä().μ(), sorted(n for n in locals() if not n.isascii() or n == "fine")
""",
        "lines": """
if x: a = 1; b = 2
else: a = 0; b = 0
c = a + \\
    b
d = (1,
     # a comment with "quotes" and 'more
     2)
while a < 3: a += 1
for e in (): pass
else: e = "else"
try: f = 1
except Exception: f = 2
return [a, b, c, d, e, f,
        ]
""",
        "tools": """
import functools, itertools, operator, enum, typing, collections
class Tool:
    def __init__(self, n): self.n = n
    @functools.cached_property
    def twice(self): return self.n * 2
    @functools.singledispatchmethod
    def told(self, value): return "any"
    @told.register
    def _(self, value: int): return "int", value + self.n
    @told.register(list)
    def _(self, value): return "list", len(value)
    add = functools.partialmethod(lambda self, a, b: self.n + a + b, 1)
    @functools.lru_cache(maxsize=None)
    def slow(self): return k
class Colour(enum.Enum):
    RED = enum.auto()
    BLUE = x * 10
    @property
    def next(self): return list(Colour)[self.value % 2]
class Flags(enum.IntFlag):
    A = 1
    B = 2
class Row(typing.NamedTuple):
    a: int
    b: str = "b"
    def both(self): return self.b * self.a
Plain = collections.namedtuple("Plain", "p q", defaults=[k])
tool = Tool(x)
return (tool.twice, tool.told("a"), tool.told(3), tool.told([1]), tool.add(b=2), tool.slow(), Colour(x * 10).name, Colour.RED.next.name,
        (Flags.A | Flags.B).value, Row(2).both(), Row(1)._replace(a=3) == (3, "b"), Plain(1) == (1, k), list(itertools.chain("a", [k])))
""",
    },
    (3, 11): {
        "groups": """
def caught(*errors):
    seen = []
    try:
        raise ExceptionGroup("outer", [*errors])
    except* (ValueError, KeyError) as group:
        seen.append(sorted(type(e).__name__ for e in group.exceptions))
    except* TypeError:
        seen.append("type")
    except* OSError as group:
        raise RuntimeError(len(group.exceptions)) from group
    else:
        seen.append("none")
    finally:
        seen.append(k)
    return seen
class Own(ExceptionGroup):
    def derive(self, errors): return Own(self.message + "!", errors)
inner = ExceptionGroup("inner", [ValueError(1), TypeError(x)])
own = Own("own", [ValueError(1), OSError(2)]).split(ValueError)
try:
    caught(OSError(1), ValueError(2))
    told = ""
except RuntimeError as error:
    told = str(error)
except ExceptionGroup as group:
    told = group.message, sorted(type(e).__name__ for e in group.exceptions)
return caught(ValueError(1), KeyError(2), TypeError(3)), caught(inner), [type(o).__name__ + o.message for o in own], told
""",
        "notes": """
error = ValueError("first")
error.add_note(f"x is {x}")
error.add_note("second")
import traceback
return error.__notes__, traceback.format_exception_only(error)[-1]
""",
        "starred index": """
class G:
    def __getitem__(self, key): return key
key = range(x)
def f(*args: *tuple[int, ...]): return args
return G()[*key, k], G()[*key], f(1, 2)
""",
        "members": """
import enum
class Text(enum.StrEnum):
    FIRST = enum.auto()
    OTHER = "oTHER"
    helper = enum.nonmember(k)
class Count(enum.IntEnum, boundary=None) if False else type("Count", (), {"X": x}):
    pass
return Text.FIRST, Text.OTHER.upper(), Text.helper, [m.name for m in Text], f"{Text.FIRST}"
""".replace('class Count(enum.IntEnum, boundary=None) if False else type("Count", (), {"X": x}):\n    pass\n', ""),
        "typed": """
from typing import Generic, NamedTuple, Self, TypedDict, TypeVar, TypeVarTuple, Required, NotRequired, assert_never, get_type_hints
T = TypeVar("T")
Ts = TypeVarTuple("Ts")
class Row(NamedTuple, Generic[T]):
    value: T
    def same(self) -> Self: return self
class Options(TypedDict, total=False):
    name: Required[str]
    size: NotRequired[int]
class Many(Generic[*Ts]):
    def __init__(self, *values: *Ts): self.values = values
return Row[int](x).same().value, sorted(Options.__required_keys__), Many[int, str](1, "a").values, Options(name="n")
""",
    },
    (3, 12): {
        "type parameters": """
type Alias[A, *B, **C] = dict[A, tuple[*B]]
type Tree = list[Tree] | int
def first[T: (int, str)](items: list[T], other: T | None = None) -> T | None:
    inner: list[T] = [item for item in items]
    return inner[0] if inner else other
class Box[T, *Ts]:
    size = k
    def __init__(self, value: T): self.value = value
    def map[U](self, function: "Callable[[T], U]") -> "Box[U]":
        return Box[U](function(self.value)) if U is not T else None
    def names(self): return [p.__name__ for p in type(self).__type_params__], __class__.__name__
    type Inner = Box[T]
class Sub[T](Box[T, int]):
    def names(self): return super().names()
return (Alias.__name__, [p.__name__ for p in Alias.__type_params__], repr(Tree.__value__).count("Tree"), first([x]), first([], "o"),
        Box[int, str](x).map(lambda v: v * k).value, Sub[int](1).names(), Box.Inner.__name__, first.__type_params__[0].__constraints__ == (int, str))
""",
        "nested f-strings": r'''
data = {"a": [1, 2]}
return (f"{data["a"]}", f"{"".join(f"{n:{">"}{k}}" for n in data["a"])}", f"{'\n'.join(["a", "b"])}", f"""{
    x  # a comment, "quoted"
    + k
}""", f"{f"{f"{x}"}"}", f"{x:{"0>"}{k}}", rf"{"\n"}\n")
''',
        "soft keywords": """
type = match = case = _ = x
match match:
    case 1: got = "one"
    case case if case == type: got = type, case
import itertools, typing
class C:
    @typing.override
    def m(self): return list(itertools.batched("abc", 2))
return got, C().m(), C.m.__override__
""",
        "comprehensions in a class": """
class A:
    def name(self): return "A"
class B(A):
    n = k
    values = [(n, item) for item in range(n)] if False else [item for item in range(n)]
    def names(self): return [self.name() + str(item) for item in range(x)], [__class__.__name__ for _ in (1,)]
    lazy = [lambda: item for item in range(k)]
return B().names(), B.values, [f() for f in B.lazy]
""",
    },
    (3, 13): {
        "defaults of type parameters": """
class Many[*Ts = *tuple[int, str]]: pass
class Box[T = int, **P = [int]]:
    def get(self, value: T) -> T: return value
type Alias[T = str] = list[T]
def f[T = int](a: T) -> T: return a
return [p.has_default() for p in (*Box.__type_params__, *Many.__type_params__)], Box.__type_params__[0].__default__, Box().get(x), Alias.__type_params__[0].__default__.__name__, f(k)
""",
        "static attributes": """
class C:
    def __init__(self): self.a = x; self.b = k
    def set(self): self.c = 1; other = lambda: setattr(self, "d", 2); self.e, (self.f, *self.g) = 1, (2, 3)
return sorted(C.__static_attributes__), isinstance(C.__firstlineno__, int), vars(C())
""",
        "newer tools": """
import copy, warnings, dataclasses, typing
@dataclasses.dataclass(frozen=True)
class P:
    a: int
    b: int = k
    def __replace__(self, /, **changes): return P(**{"a": self.a, "b": self.b, **changes})
@warnings.deprecated("old")
def old(n): return n
class Movie(typing.TypedDict):
    title: typing.ReadOnly[str]
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    value = old(x)
return copy.replace(P(x), b=9).b, value, [str(w.message) for w in seen], Movie.__readonly_keys__ == {"title"}
""",
    },
}

# Asynchronous constructs, which run a loop.
LOOPS: dict[tuple[int, int], dict[str, str]] = {
    (3, 10): {
        "asynchronous": """
import asyncio, contextlib
async def numbers(n):
    try:
        for value in range(n):
            got = yield value
            if got: events.append(got)
            await asyncio.sleep(0)
    finally:
        events.append("closed")
class Held:
    async def __aenter__(self): return k
    async def __aexit__(self, *error): events.append(error[0].__name__ if error[0] else "left"); return True
@contextlib.asynccontextmanager
async def managed():
    yield x
events = []
async def main():
    async with Held() as held, managed() as n:
        events.append(held + n)
    async with Held(): raise ValueError
    source = numbers(9)
    first = await source.__anext__(), await source.asend("sent")
    await source.aclose()
    listed = [v * k async for v in numbers(x) if v % 2 == 0], {v: await later(v) async for v in numbers(2)}
    awaited = [await later(v) for v in range(2)], await asyncio.gather(*(later(v) for v in range(2)))
    total = 0
    async for v in numbers(3): total += v
    else: total += 100
    return first, listed, awaited, total, [v async for v in (later_one async for later_one in numbers(2))]
async def later(v): return await asyncio.sleep(0, v + k)
return asyncio.run(main()), events
""",
    },
    (3, 11): {
        "task groups": """
import asyncio
async def numbers(n):
    for value in range(n):
        yield value
async def work(n):
    await asyncio.sleep(0)
    if n < 0: raise ValueError(n)
    return n * k
async def main():
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work(n)) for n in range(x)]
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(work(-1))
            group.create_task(work(1))
    except* ValueError as errors:
        told = len(errors.exceptions)
    async with asyncio.timeout(30):
        nested = [[v async for v in numbers(n)] for n in range(x)]
    return [task.result() for task in tasks], told, nested
with asyncio.Runner() as runner:
    return runner.run(main())
""",
    },
}
