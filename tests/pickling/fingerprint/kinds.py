"""One cell with a notebook's usual kinds of objects that a hash seed, an address or an order could show through.

No dictionary is filled in the order of a set of texts: that order is another one in each kernel, a program sees it, and
so the fingerprint is another one, too.
"""

CELL = '''
import abc, asyncio, collections, dataclasses, datetime, decimal, enum, fractions, functools, operator, pathlib, re
import types, typing, uuid
import attr, numpy as np, pandas as pd, polars as pl, pyarrow as pa, pydantic
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

@dataclasses.dataclass
class Record:
    number: int = 1
    anything: typing.Any = object()
    items: list = dataclasses.field(default_factory=list)

@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    number: int = 1

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

class Access(enum.Flag):
    READ = 1
    WRITE = 2

class Shape(abc.ABC):
    """A shape."""
    @abc.abstractmethod
    def area(self): ...
    @property
    def names(self): return {"x", "y", "z"}

class Square(Shape):
    def __init__(self): self.side, self.tags = 2, {"p", "q", "r"}
    def area(self): return self.side ** 2

Shape.register(dict)

class Runs(typing.Protocol):
    def run(self) -> int: ...

Pair = collections.namedtuple("Pair", "a b")

class Point(typing.NamedTuple):
    x: int
    y: str = "y"

class Options(typing.TypedDict):
    depth: int

class Settings(pydantic.BaseModel):
    rate: int = 1
    names: list[str] = []

@attr.s(auto_attribs=True)
class Weighed:
    weight: int = 1

class Slotted:
    __slots__ = ("b", "a")
    def __init__(self): self.a, self.b = 1, {"x", "y"}

class Stateful:
    def __init__(self): self.x = {"u", "v", "w"}
    def __getstate__(self): return {"x": self.x}
    def __setstate__(self, state): self.x = state["x"]

class Letters(set):
    pass

class Registry(dict):
    pass

class Meta(type):
    def __call__(cls, *args): return super().__call__(*args)

class Made(metaclass=Meta):
    kind = frozenset("abc")

Kind = typing.TypeVar("Kind", bound=Record)

class Box(typing.Generic[Kind]):
    content: Kind

def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)

def member(x): return x in {"p", "q", "r", "s"}

def nested():
    class Inner:
        value = numbers
        names = strings
    return Inner

def closure(x):
    tags = {"a", "b", "c"}
    def inner(): return x, tags
    return inner

def typed(x: int | None, *rest: "str", **more: list[int]) -> dict[str, Record]: ...

def decorated(function):
    @functools.wraps(function)
    def wrapper(*args): return function(*args)
    return wrapper

@decorated
def wrapped(x): return member(x)

@functools.singledispatch
def dispatched(x): return 1

@dispatched.register
def _(x: int): return 2

def generator():
    yield from strings

async def coroutine():
    await asyncio.sleep(0)
    return strings

def matching(x):
    match x:
        case {"a": 1, **rest}: return rest
        case [1, *others] | (2, *others): return others

strings = {"alpha", "beta", "gamma", "delta"}
frozen = frozenset("uvwxyz")
tuples = {("a", 1), ("b", 2)}
mixed = {1, "a", None, 2.5, (1, "b")}
functions = {even, odd, member}
of_sets = {name: {name, "x"} for name in sorted(strings)}
keys_of_kinds = {1: "a", "b": 2, None: 3, (1, "x"): 4}
ordered = collections.OrderedDict(b=1, a=2)
counted = collections.Counter("mississippi")
defaulted = collections.defaultdict(set, {"a": {"x", "y"}})
chained = collections.ChainMap({"a": 1}, {"b": 2})
queue = collections.deque(["a", {"b", "c"}], maxlen=5)
letters = Letters("abcdef")
letters.note = 1
registry = Registry(a={"x", "y"})
registry.note = {"z", "w"}
numbers = np.arange(1000.0)
strided = np.arange(1000)[::7]
objects = np.array([{"a", "b"}, None, "x"], dtype=object)
records = np.zeros(3, dtype=[("a", "i4"), ("b", "U5")])
scalar = np.float64(2.5)
random = np.random.default_rng(7)
frame = pd.DataFrame({"a": range(5), "b": list("abcde")}, index=list("vwxyz"))
series = pd.Series(["a", "b", "a"], dtype="category")
times = pd.date_range("2020-01-01", periods=3, tz="UTC")
multi = pd.MultiIndex.from_product([["a", "b"], [1, 2]])
polars_frame = pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]})
table = pa.table({"a": [1, None, 3], "b": ["x", "y", None]})
fitted = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])
pipeline = make_pipeline(StandardScaler(), LinearRegression())
settings = Settings(rate=2)
weighed = Weighed()
record = Record()
point = Point(1)
colour = Colour.RED
access = Access.READ | Access.WRITE
square = Square()
slotted = Slotted()
stateful = Stateful()
bound = square.area
partial = functools.partial(member, "p")
first, second = (lambda x: x + 1), (lambda x: x + 2)
cached = functools.lru_cache(maxsize=5)(member)
method_of = str.upper
getter = operator.itemgetter("a", 1)
circle = [1, {"self": None}]
circle[1]["self"] = circle
rings = {"a": circle, "b": [circle, {"p", "q"}]}
moment = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
where = pathlib.PurePosixPath("/data/x")
price = decimal.Decimal("1.20")
third = fractions.Fraction(1, 3)
pattern = re.compile("a+", re.I)
identity = uuid.UUID(int=5)
space = types.SimpleNamespace(a={"x", "y"}, b=2)
view = types.MappingProxyType({"b": 1, "a": {"x", "y"}})
error = ValueError("no", {"a", "b"})
alias = dict[str, list[int]]
union = int | None
inner = closure(3)
imaginary = [complex(0.0, -0.0), float("nan"), -0.0, 1 << 5000]
raw = bytearray(b"abc" * 100)
ellipsis = [..., NotImplemented, type(None), int, np.mean, len]
'''

_NAMES = """
Record Frozen Colour Access Shape Square Runs Pair Point Options Settings Weighed Slotted Stateful Letters Registry Meta
Made Kind Box even odd member nested closure typed decorated wrapped dispatched generator coroutine matching strings
frozen tuples mixed functions of_sets keys_of_kinds ordered counted defaulted chained queue letters registry
numbers strided objects records scalar random frame series times multi polars_frame table fitted pipeline settings
weighed record point colour access square slotted stateful bound partial first second cached method_of getter circle
rings moment where price third pattern identity space view error alias union inner imaginary raw ellipsis
"""
NAMES = _NAMES.split()
