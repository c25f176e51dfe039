"""Classes: what their bodies may hold, what they inherit, where they are made, and how often."""

from collections.abc import Iterator

from case import EDIT, Part, indented
from hypothesis import strategies as st
from left_out import drawn

# name: (lines of the body, what a probe asks of an instance `o`, whether instances need a dictionary)
_FEATURES: dict[str, tuple[list[str], str, bool]] = {
    "class method": (["@classmethod", "def klass(cls): return cls.__name__, k"], "o.klass()", False),
    "static method": (["@staticmethod", "def still(): return [k]"], "o.still()", False),
    "property": (
        ["@property", "def size(self): return k + 5", "@size.setter", "def size(self, v): raise ValueError(v)"],
        "o.size",
        False,
    ),
    "cached property": (
        ["@functools.cached_property", "def slow(self): return [k]"],
        "(o.slow, o.slow is o.slow)",
        True,
    ),
    "list of the class": (
        ["seen = []", "def note(self): self.seen.append(len(self.seen)); return self.seen"],
        "o.note()",
        False,
    ),
    "own getattr": (
        [
            "def __getattr__(self, name):",
            "    if name.startswith('_'): raise AttributeError(name)",
            "    return name, k",
        ],
        "o.anything",
        False,
    ),
    "call": (["def __call__(self, x=1): return x + k"], "o(2)", False),
    "equality": (
        ["def __eq__(self, other): return type(self) is type(other)", "def __hash__(self): return k"],
        "(o == type(o).__new__(type(o)), hash(o))",
        False,
    ),
    "unhashable": (["def __eq__(self, other): return NotImplemented"], "type(o).__hash__", False),
    "iteration": (["def __iter__(self):", "    yield k", "    yield from [1, 2]"], "list(o)", False),
    "nested class": (
        ["class Inner:", "    depth = 2", "    def up(self): return k, type(self).__qualname__"],
        "(o.Inner().up(), o.Inner)",
        False,
    ),
    "partial method": (
        ["def add(self, a, b): return a + b + k", "plus = functools.partialmethod(add, 10)"],
        "o.plus(1)",
        False,
    ),
    "dispatched method": (
        [
            "@functools.singledispatchmethod",
            "def told(self, x): return 'any'",
            "@told.register",
            "def _(self, x: int): return 'int', k",
        ],
        "(o.told(1), o.told('a'))",
        False,
    ),
    "cached method": (["@functools.lru_cache(None)", "def fast(self, x): return x * k"], "o.fast(3)", False),
    "private name": (["__hidden = {'k': k}", "def peek(self): return self.__hidden"], "o.peek()", False),
    "class cell": (["def own(self): return __class__.__name__, super().__hash__ is not None"], "o.own()", False),
    "docstring": (['"""What it is."""'], "type(o).__doc__", False),
    "state": (
        [
            "def __getstate__(self): return dict(vars(self), kept=k)",
            "def __setstate__(self, state): assert state.pop('kept'); vars(self).update(state)",
        ],
        "getattr(o, 'fresh', None)",
        True,
    ),
    "reduce": (["def __reduce__(self): return type(self), ()"], "type(o).__reduce__(o)[1]", False),
    "descriptor": (["field = Described(k)"], "(o.field, type(o).field, type(o).__dict__['field'].name)", False),
    "annotations": (["a: int = k", "b: 'list[int]'"], "type(o).__annotations__", False),
    "coroutine": (["async def later(self): return k"], "asyncio.run(o.later())", False),
    "decorated method": (["@traced", "def told_twice(self, x): return x, k"], "o.told_twice(1)", False),
    "none": (["nothing = None"], "o.nothing", False),
    "self": (["def same(self): return self"], "o.same() is o", False),
    "comparison": (
        ["def __lt__(self, other): return k < 2"],
        "(o < o, functools.total_ordering(type('T', (type(o),), {'__eq__': lambda s, t: s is t}))() <= 1)",
        False,
    ),
    "context": (
        ["def __enter__(self): return k", "def __exit__(self, *what): return True"],
        "[[x, 1 / 0] for _ in [0] for x in [0]] if False else type(o).__enter__(o)",
        False,
    ),
}

_DESCRIBED = '''
class Described:
    """A descriptor that knows its name."""
    def __init__(self, k): self.k, self.name, self.asked = k, None, []
    def __set_name__(self, owner, name): self.name = name
    def __get__(self, instance, owner=None): return self if instance is None else (self.k, self.name)
'''
_TRACED = """
def traced(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        inner.calls += 1
        return inner.calls, function(*args, **kwargs)
    inner.calls = 0
    return inner
"""
TOOLS = (_DESCRIBED, _TRACED)

# name: (lines before the class, its bases, more lines of its body, a probe)
_BASES: dict[str, tuple[list[str], str, list[str], str]] = {
    "nothing": ([], "", [], "o is o"),
    "registry": (
        [
            "class Base:",
            "    made = []",
            "    def __init_subclass__(cls, tag='t', **more):",
            "        super().__init_subclass__(**more)",
            "        cls.tag = tag, k",
            "        Base.made.append(cls)",
        ],
        "Base, tag='mine'",
        [],
        "(o.tag, [one.__name__ for one in o.made], o.made[-1] is type(o))",
    ),
    "metaclass": (
        [
            "class Meta(type):",
            "    def __new__(meta, name, bases, space, **more):",
            "        return super().__new__(meta, name, bases, {**space, 'made_by': meta.__name__, 'more': more})",
            "    def __init__(cls, *args, **more): super().__init__(*args)",
            "    def __call__(cls, *args): return super().__call__(*args)",
            "    @property",
            "    def shape(cls): return k, cls.__name__",
        ],
        "metaclass=Meta, option=[1]",
        [],
        "(o.made_by, o.more, type(o).shape)",
    ),
    "abstract": (
        ["class Base(abc.ABC):", "    @abc.abstractmethod", "    def must(self): return 'base', k"],
        "Base",
        ["def must(self): return super().must()"],
        "(o.must(), isinstance(o, type(o).__mro__[1]))",
    ),
    "registered": (
        ["class Base(abc.ABC): pass", "Base.register(int)"],
        "Base",
        [],
        "(isinstance(3, type(o).__mro__[1]), isinstance('a', type(o).__mro__[1]))",
    ),
    "protocol": (
        ["@typing.runtime_checkable", "class Base(typing.Protocol):", "    def of(self) -> int: ..."],
        "Base",
        [],
        "(isinstance(o, type(o).__mro__[1]), isinstance(3, type(o).__mro__[1]))",
    ),
    "generic": (
        [
            "T = typing.TypeVar('T')",
            "class Base(typing.Generic[T]):",
            "    def what(self): return type(self).__orig_bases__",
        ],
        "Base[int]",
        [],
        "(typing.get_args(o.what()[0]), typing.get_origin(o.what()[0]) is type(o).__mro__[1])",
    ),
    "diamond": (
        [
            "class Top:",
            "    def path(self): return ['top']",
            "class Left(Top):",
            "    def path(self): return ['left', k, *super().path()]",
            "class Right(Top):",
            "    def path(self): return ['right', *super().path()]",
        ],
        "Left, Right",
        ["def path(self): return ['own', *super().path()]"],
        "o.path()",
    ),
    "equal to the base's": (
        ["class Base: flag = None", "class Quiet(Base): flag = None", "class Loud(Base): flag = k"],
        "Quiet, Loud",
        [],
        "(o.flag, [('flag' in vars(one)) for one in type(o).__mro__])",
    ),
    "method of the base": (
        ["class Base:", "    def rate(self): return k", "class Other(Base):", "    def rate(self): return -k"],
        "Other",
        ["rate = Base.rate"],
        "o.rate()",
    ),
    "exception": ([], "ValueError", ["def __str__(self): return f'own {k}'"], "(str(o), o.args)"),
    "exception of two": (
        [],
        "Exception",
        [
            "def __init__(self, code=4, *, why='w'): super().__init__(f'{code} {why}'); self.code, self.why = code, why",
        ],
        "(str(o), o.code, o.why)",
    ),
    "list": ([], "list", ["def total(self): return sum(self) + k"], "(o.total(), len(o))"),
    "dict": ([], "dict", ["def __missing__(self, key): return key, k"], "(o['no'], len(o))"),
    "tuple": (
        [],
        "tuple",
        ["__slots__ = ()", "def __new__(cls, *a): return super().__new__(cls, a or (k, 2))"],
        "(tuple(o), len(o))",
    ),
    "int": ([], "int", ["def __new__(cls, v=3): return super().__new__(cls, v + k)"], "(o + 1, int(o))"),
    "str": ([], "str", ["def __new__(cls, v='s'): return super().__new__(cls, v * 2)"], "(o + '!', str(o))"),
    "ordered": ([], "collections.OrderedDict", [], "list(o)"),
    "user dict": ([], "collections.UserDict", [], "o.data"),
    "mixin of slots": (
        [
            "class Base:",
            "    __slots__ = ('x', '__y')",
            "    def put(self): self.x, self.__y = k, [k]; return self.__y",
        ],
        "Base",
        [],
        "(o.put(), o.x)",
    ),
}
_WITHOUT_INIT = {"exception", "exception of two", "tuple", "int", "str", "protocol"}
_NO_DICT_BASES = {"nothing", "mixin of slots", "equal to the base's", "diamond"}
_INITS = {
    "none": [],
    "plain": ["def __init__(self): self.a, self.b = k, [k]"],
    "shared": ["def __init__(self): self.a = self.b = [k]"],
    "circle": ["def __init__(self): self.me, self.parts = self, [self]"],
    "super": ["def __init__(self, *args): super().__init__(*args); self.a = {'k': k}"],
    "method": ["def __init__(self): self.bound, self.also = self.of, self.of"],
    "function": ["def __init__(self): self.made = lambda: (k, self.of())"],
}


@st.composite
def classes(draw: st.DrawFn, number: int) -> Part:
    """A class, at the top of a cell or made by a factory that is called up to three times."""
    base_name = draw(st.sampled_from(drawn(_BASES)))
    before, bases, more, base_probe = _BASES[base_name]
    chosen = draw(st.lists(st.sampled_from(drawn(_FEATURES)), max_size=5, unique=True))
    has_slots = base_name in _NO_DICT_BASES and draw(st.integers(0, 2)) == 0
    if has_slots:
        chosen = [each for each in chosen if not _FEATURES[each][2] and each != "annotations"]
    if base_name in {"int", "str", "tuple", "dict", "list", "ordered", "user dict", "exception", "exception of two"}:
        chosen = [
            each
            for each in chosen
            if each not in {"reduce", "state", "equality", "unhashable", "iteration", "comparison"}
        ]
    if {"unhashable", "equality"} & set(chosen) or base_name in {"list", "dict", "ordered", "user dict"}:
        chosen = [each for each in chosen if each not in {"cached method", "class cell"}]
    lines = [line for each in chosen for line in _FEATURES[each][0]]
    if "docstring" in chosen:  # it comes first
        lines = [*_FEATURES["docstring"][0], *(line for line in lines if line not in _FEATURES["docstring"][0])]
    inits = ["none", "super"] if base_name in {"ordered", "user dict", "list", "dict"} else drawn(_INITS)
    init = "none" if has_slots or base_name in _WITHOUT_INIT else draw(st.sampled_from(inits))
    slots = ["__slots__ = ('a', 'b', '__c')"] if has_slots else []
    method = ["def of(self):", f"    return k, {EDIT}"]
    name = draw(st.sampled_from([f"Model{number}", "Model"]))
    body = [*lines, *slots, *more, *_INITS[init], *method]
    text = "\n".join([*before, f"class {name}({bases}):", indented(body)])
    probe = ", ".join([base_probe, "o.of()", *(_FEATURES[each][1] for each in chosen)])
    if draw(st.booleans()):
        cells, made = _from_factory(draw, text, name, number)
    else:
        cells = [f"k = {draw(st.integers(1, 3))}\n{text}\nC{number}_0 = {name}"]
        made = [f"C{number}_0"]
    cells.append("\n".join(f"I{each} = {each}()" for each in made))
    needed = {_DESCRIBED: "descriptor", _TRACED: "decorated method"}
    tools = [tool for tool, feature in needed.items() if feature in chosen]
    registers = base_name == "registry" and "comparison" in chosen  # whose probe makes a subclass
    is_stateful = registers or bool(
        {"list of the class", "decorated method", "cached method", "cached property"} & set(chosen)
    )
    return Part(
        cells=(*tools, *cells),
        names=tuple(made),
        values=tuple(f"{each}()" for each in made),
        probes=tuple(f"(lambda o: [{probe}])({each})" for one in made for each in (f"I{one}", f"{one}()")),
        typed=((made[0], f"{made[0]}()"),),
        is_shared_state=is_stateful,
        labels=tuple(_labels(base_name, chosen, init, has_slots, made)),
    )


def _labels(base: str, features: list[str], init: str, has_slots: bool, made: list[str]) -> Iterator[str]:
    yield from ("class", f"base: {base}", f"init: {init}")
    yield from (f"feature: {each}" for each in features)
    if has_slots:
        yield "slots"
    if len(made) > 1:
        yield "factory called twice"


def _from_factory(draw: st.DrawFn, text: str, name: str, number: int) -> tuple[list[str], list[str]]:
    closed = draw(st.sampled_from(["n", "n * 2", "n + G"]))
    calls = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    lines = [f"k = {closed}", *text.splitlines(), f"return {name}"]
    factory = f"G = 7\ndef make{number}(n):\n{indented(lines)}"
    made = [f"C{number}_{index}" for index in range(len(calls))]
    return [factory, "\n".join(f"{each} = make{number}({k})" for each, k in zip(made, calls, strict=True))], made
