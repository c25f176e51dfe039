"""Classes with metaclasses, descriptors, operators and other machinery."""

from corpus.definition import Definition, cell

MORE_CLASSES = [
    Definition(
        name="with_metaclass",
        cell=cell("""
class Meta(type):
    instances = []
    def __call__(cls, *args, **kwargs):
        made = super().__call__(*args, **kwargs)
        Meta.instances.append(cls.__name__)
        return made
    @property
    def label(cls):
        return cls.__name__.lower()
class Service(metaclass=Meta):
    def __init__(self, n=1):
        self.n = n
class Special(Service):
    pass
def with_metaclass():
    Special(2)
    return Service().n, Service.label, Meta.instances, type(Special).__name__
"""),
        call="with_metaclass()",
        expected=(1, "service", ["Special", "Service"], "Meta"),
    ),
    Definition(
        name="descriptors",
        cell=cell("""
class Typed:
    def __init__(self, kind):
        self.kind = kind
    def __set_name__(self, owner, name):
        self.name = "_" + name
    def __get__(self, instance, owner):
        return self if instance is None else getattr(instance, self.name, None)
    def __set__(self, instance, value):
        if not isinstance(value, self.kind):
            raise TypeError(f"{self.name[1:]}: {self.kind.__name__}")
        setattr(instance, self.name, value)
class Person:
    name = Typed(str)
    age = Typed(int)
    def __init__(self, name, age):
        self.name, self.age = name, age
def descriptors():
    try:
        Person("a", "b")
    except TypeError as error:
        caught = str(error)
    return Person("x", 3).age, caught, Person.name.kind
"""),
        call="descriptors()",
        expected=(3, "age: int", str),
    ),
    Definition(
        name="operators",
        cell=cell("""
from numbers import Number
class Money:
    def __init__(self, amount): self.amount = amount
    def __add__(self, other): return Money(self.amount + (other.amount if isinstance(other, Money) else other))
    __radd__ = __add__
    def __neg__(self): return Money(-self.amount)
    def __mul__(self, k): return NotImplemented if not isinstance(k, Number) else Money(self.amount * k)
    def __rmul__(self, k): return self * k
    def __iadd__(self, other):
        self.amount += other
        return self
    def __lt__(self, other): return self.amount < other.amount
    def __eq__(self, other): return isinstance(other, Money) and self.amount == other.amount
    def __hash__(self): return hash(self.amount)
    def __call__(self, rate): return self.amount * rate
    def __format__(self, spec): return f"{self.amount:{spec or '.1f'}}"
    def __getattr__(self, name): return f"no {name}"
    def __matmul__(self, other): return "@"
def operators():
    m = Money(2)
    m += 3
    return (sum([Money(1), Money(2)]).amount, (-m).amount, (2 * m).amount, m(2), f"{m}", f"{m:.2f}", m.colour, m @ m, min(m, Money(1)).amount)
"""),
        call="operators()",
        expected=(3, -5, 10, 10, "5.0", "5.00", "no colour", "@", 1),
    ),
    Definition(
        name="Outer",
        cell=cell("""
class Outer:
    factor = 3
    class Inner:
        def __init__(self, n): self.n = n
        def __repr__(self): return f"{type(self).__qualname__}({self.n})"
        class Deep:
            value = 5
    chosen = (lambda names: [n.upper() for n in names])(["a"])
    def make(self, n):
        return self.Inner(n * self.factor)
"""),
        call="(repr(Outer().make(2)), Outer.Inner.Deep.value, Outer.Inner.Deep.__qualname__, Outer.chosen)",
        expected=("Outer.Inner(6)", 5, "Outer.Inner.Deep", ["A"]),
    ),
    Definition(
        name="diamond",
        cell=cell("""
class Base:
    def who(self): return ["Base"]
class Left(Base):
    def who(self): return ["Left", *super().who()]
class Right(Base):
    def who(self): return ["Right", *super().who()]
class Both(Left, Right):
    def who(self):
        names = [name for name in super().who()]
        return ["Both", *names, __class__.__name__]
    @classmethod
    def bases(cls): return [base.__name__ for base in super().__thisclass__.__mro__]
diamond = Both()
"""),
        call="(diamond.who(), diamond.bases())",
        expected=(["Both", "Left", "Right", "Base", "Both"], ["Both", "Left", "Right", "Base", "object"]),
    ),
    Definition(
        name="private_names",
        cell=cell("""
class Secret:
    __slots__ = ("__hidden", "shown")
    def __init__(self, hidden):
        self.__hidden = hidden
        self.shown = [self.__double(x) for x in (1, hidden)]
    def __double(self, x):
        return 2 * x
    def reveal(self):
        return (lambda: self.__hidden)()
private_names = Secret
"""),
        call="(private_names(4).reveal(), private_names(4).shown, hasattr(private_names(1), '__dict__'))",
        expected=(4, [2, 8], False),
    ),
    Definition(
        name="reduced",
        cell=cell("""
class Reduced:
    def __init__(self, n):
        self.n, self.how = n, "init"
    def __reduce__(self):
        return rebuild, (self.n,), {"how": "state"}
def rebuild(n):
    return Reduced(max(n, 10))  # also of one that has come this way before
class Copied:
    def __init__(self, *, n): self.n = n
    def __getnewargs_ex__(self): return (), {"n": self.n}
    def __new__(cls, *, n):
        made = super().__new__(cls)
        made.new = n
        return made
reduced = [Reduced(1), Copied(n=2)]
"""),
        call="(reduced[0].n in (1, 10), reduced[1].n, reduced[1].new)",
        expected=(True, 2, 2),
    ),
    Definition(
        name="slots_with_state",
        cell=cell("""
class Compact:
    __slots__ = ("a", "b", "__weakref__")
    def __init__(self, a, b):
        self.a, self.b = a, b
    def __getstate__(self):
        return (self.a, self.b)
    def __setstate__(self, state):
        self.a, self.b = state
class Wider(Compact):
    __slots__ = "c",
    def __init__(self, *all):
        *first, self.c = all
        super().__init__(*first)
slots_with_state = [Compact(1, 2), Compact([3], {})]
"""),
        call="[(item.a, item.b) for item in slots_with_state]",
        expected=[(1, 2), ([3], {})],
    ),
    Definition(
        name="user_errors",
        cell=cell("""
class AppError(Exception):
    code = 1
class NotThere(AppError, KeyError):
    def __init__(self, name, *, hint=None):
        super().__init__(name)
        self.name, self.hint = name, hint
    def __str__(self):
        return f"{self.name} isn't there ({self.hint})"
    code = 2
def find(name):
    try:
        {}[name]
    except KeyError as error:
        raise NotThere(name, hint="look") from error
def user_errors():
    try:
        find("x")
    except AppError as error:
        return str(error), error.code, type(error.__cause__).__name__, isinstance(error, KeyError), error.args
"""),
        call="user_errors()",
        expected=("x isn't there (look)", 2, "KeyError", True, ("x",)),
    ),
    Definition(
        name="mixins",
        cell=cell("""
import json
class JsonMixin:
    def to_json(self):
        return json.dumps(vars(self), sort_keys=True)
    @classmethod
    def from_json(cls, text):
        made = cls.__new__(cls)
        made.__dict__.update(json.loads(text))
        return made
class Settings(JsonMixin, dict):
    def __init__(self, **values):
        super().__init__(values)
        self.__dict__.update(values)
    def __missing__(self, key):
        return f"<{key}>"
def mixins():
    s = Settings(a=1, b="x")
    return s.to_json(), Settings.from_json('{"a": 5}').a, s["zzz"], s["a"]
"""),
        call="mixins()",
        expected=('{"a": 1, "b": "x"}', 5, "<zzz>", 1),
    ),
    Definition(
        name="subclassed_builtins",
        cell=cell("""
from collections import UserDict, OrderedDict, defaultdict
class Stack(list):
    def push(self, item):
        self.append(item)
        return self
class Lower(UserDict):
    def __setitem__(self, key, value):
        super().__setitem__(key.lower(), value)
class Celsius(float):
    def fahrenheit(self):
        return self * 9 / 5 + 32
class Name(str):
    def __new__(cls, text): return super().__new__(cls, text.title())
subclassed_builtins = (Stack([1]).push(2), Lower(A=1), Celsius(100), Name("ada"), defaultdict(lambda: 7, a=1))
"""),
        call="(list(subclassed_builtins[0].push(3)), dict(subclassed_builtins[1]), subclassed_builtins[2].fahrenheit(), str(subclassed_builtins[3]), subclassed_builtins[4]['q'])",
        expected=([1, 2, 3], {"a": 1}, 212.0, "Ada", 7),
    ),
    Definition(
        name="plugins",
        cell=cell("""
class Plugin:
    registry = {}
    def __init_subclass__(cls, /, name=None, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.registry[name or cls.__name__.lower()] = cls
    def run(self): return type(self).__name__
class A(Plugin, name="first"): pass
class B(Plugin): pass
def plugins():
    return {name: cls().run() for name, cls in sorted(Plugin.registry.items())}
"""),
        call="plugins()",
        expected={"b": "B", "first": "A"},
    ),
    Definition(
        name="chained",
        cell=cell("""
class Query:
    def __init__(self, items, steps=()):
        self.items, self.steps = items, steps
    def where(self, test): return Query(self.items, (*self.steps, lambda xs: [x for x in xs if test(x)]))
    def map(self, f): return Query(self.items, (*self.steps, lambda xs: [f(x) for x in xs]))
    def run(self):
        result = self.items
        for step in self.steps: result = step(result)
        return result
chained = Query(range(10)).where(lambda x: x % 2).map(lambda x: x * x).where(lambda x: x > 5)
"""),
        call="chained.run()",
        expected=[9, 25, 49, 81],
    ),
    Definition(
        name="bound_methods",
        cell=cell("""
class Scaler:
    def __init__(self, k): self.k = k
    def scale(self, x): return x * self.k
    @classmethod
    def named(cls): return cls.__name__
    @staticmethod
    def plus(a, b): return a + b
bound_methods = [Scaler(3).scale, Scaler.named, Scaler.plus, "abc".upper, [].__len__, str.lower, "-".join]
"""),
        call="[bound_methods[0](2), bound_methods[1](), bound_methods[2](1, 2), bound_methods[3](), bound_methods[4](), bound_methods[5]('X'), bound_methods[6]('ab')]",
        expected=[6, "Scaler", 3, "ABC", 0, "x", "a-b"],
    ),
    Definition(
        name="class_getitem",
        cell=cell("""
class Array:
    def __class_getitem__(cls, item):
        return type(f"Array_{item}", (cls,), {"dtype": item})
    dtype = None
    __match_args__ = ("n",)
    def __init__(self, n): self.n = n
IntArray = Array["int"]
def class_getitem(value):
    match value:
        case Array(n=0): return "empty"
        case Array(n): return f"{type(value).__name__} of {n}"
    return None
class_getitem.kind = IntArray
"""),
        call="(class_getitem(class_getitem.kind(3)), class_getitem(class_getitem.kind(0)), class_getitem(1))",
        expected=("Array_int of 3", "empty", None),
    ),
    Definition(
        name="class_body_globals",
        cell=cell("""
limit = 3
names = ["a", "b"]
def decorate(f): return f
def class_body_globals():
    class Local:
        size = limit * 2
        copies = list(names)
        @decorate
        def get(self, default=len(names)): return default
    return Local.size, Local.copies, Local().get()
"""),
        call="class_body_globals()",
        expected=(6, ["a", "b"], 2),
    ),
]
