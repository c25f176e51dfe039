"""Values and types of the standard library that notebooks keep in globals, and code that uses them."""

from corpus.definition import Definition, cell

LIBRARY = [
    Definition(
        name="dates",
        cell=cell("""
import datetime as dt
from zoneinfo import ZoneInfo
start = dt.datetime(2024, 2, 28, 12, tzinfo=dt.timezone.utc)
values = [start, dt.date(2024, 1, 1), dt.time(1, 2), dt.timedelta(days=1, seconds=3),
          dt.datetime(2024, 5, 1, tzinfo=ZoneInfo("Europe/Berlin")), dt.timezone(dt.timedelta(hours=2), "X")]
def dates():
    return (start + 2 * values[3]).isoformat(), values[4].utcoffset().seconds, values[5].tzname(None), values[1].strftime("%Y")
"""),
        call="dates()",
        expected=("2024-03-01T12:00:06+00:00", 7200, "X", "2024"),
    ),
    Definition(
        name="numbers_kept",
        cell=cell("""
from decimal import Decimal, localcontext, ROUND_UP
from fractions import Fraction
import math, statistics, random
price, part, generator = Decimal("1.10"), Fraction(3, 4), random.Random(7)
normal = statistics.NormalDist(1, 2)
def numbers_kept():
    with localcontext() as context:
        context.prec = 4
        third = Decimal(1) / 3
    return (str(price * 3), part + 1, str(third), str(price.quantize(Decimal("0.1"), ROUND_UP)), math.isclose(normal.mean, 1),
            generator.randint(1, 6) in range(1, 7), complex(1, 2) * 2)
"""),
        call="tuple(map(str, numbers_kept()))",
        expected=("3.30", "7/4", "0.3333", "1.1", "True", "True", "(2+4j)"),
    ),
    Definition(
        name="containers",
        cell=cell("""
from collections import Counter, OrderedDict, defaultdict, deque, ChainMap
from array import array
from types import SimpleNamespace, MappingProxyType
import heapq, bisect, itertools, operator
counted = Counter("abracadabra")
recent = deque([1, 2, 3], maxlen=3)
groups = defaultdict(list, {"a": [1]})
settings = ChainMap({"x": 1}, {"y": 2})
space = SimpleNamespace(a=1, b=[2])
frozen = MappingProxyType({"k": 1})
get = operator.itemgetter(1)
def containers():
    recent.append(4)
    groups["b"].append(2)
    pairs = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return (pairs[:2], list(recent), dict(groups), settings["y"], space.b, dict(frozen), get("xyz"), array("i", [1, 2]).tolist(),
            list(itertools.accumulate([1, 2, 3], operator.mul)), frozenset([3]) | {4}, slice(1, 3), range(3), b"x", bytearray(b"y"))
"""),
        call="tuple(map(str, containers()))",
        expected=(
            "[('a', 5), ('b', 2)]",
            "[2, 3, 4]",
            "{'a': [1], 'b': [2]}",
            "2",
            "[2]",
            "{'k': 1}",
            "y",
            "[1, 2]",
            "[1, 2, 6]",
            "frozenset({3, 4})",
            "slice(1, 3, None)",
            "range(0, 3)",
            "b'x'",
            "bytearray(b'y')",
        ),
    ),
    Definition(
        name="paths",
        cell=cell("""
from pathlib import Path, PurePosixPath
import os.path
root = Path("/data/in")
pure = PurePosixPath("a/b.tar.gz")
class Folder(type(Path())):
    pass
def paths(*names: Path) -> list[str]:
    return [str(root / name) for name in names] + [pure.suffix, pure.stem, os.path.join("x", "y"), type(root).__name__]
paths.default = [root, Path]
"""),
        call="paths('x.csv', 'y')",
        expected=["/data/in/x.csv", "/data/in/y", ".gz", "b.tar", "x/y", "PosixPath"],
    ),
    Definition(
        name="patterns",
        cell=cell(r"""
import re
word = re.compile(r"(?P<first>\w)(\w*)", re.IGNORECASE | re.MULTILINE)
flags = re.DOTALL
def patterns(text):
    try:
        re.compile("(")
    except re.error as error:
        bad = type(error) is BadPattern
    return [m.group("first") for m in word.finditer(text)], word.sub(lambda m: m[1].upper() + m[2], text), bool(flags), bad
BadPattern = re.error
"""),
        call="patterns('ab cd')",
        expected=(["a", "c"], "Ab Cd", True, True),
    ),
    Definition(
        name="text_tools",
        cell=cell("""
import json, csv, io, textwrap, string, hashlib, base64, uuid, urllib.parse, os, logging
logger = logging.getLogger("corpus")
template = string.Template("$a and $b")
namespace = uuid.UUID("12345678123456781234567812345678")
def text_tools():
    logger.debug("quiet")
    buffer = io.StringIO()
    csv.writer(buffer).writerow([1, "x,y"])
    parsed = urllib.parse.urlparse("https://example.org/p?q=1")
    return (json.loads(json.dumps({"a": [1, None]})), buffer.getvalue(), template.substitute(a=1, b=2), hashlib.sha256(b"x").hexdigest()[:4],
            base64.b64encode(b"abc").decode(), str(namespace)[:8], parsed.query, os.sep, textwrap.shorten("hello big world", 12))
"""),
        call="text_tools()",
        expected=({"a": [1, None]}, '1,"x,y"\r\n', "1 and 2", "2d71", "YWJj", "12345678", "q=1", "/", "hello [...]"),
    ),
    Definition(
        name="typed_things",
        cell=cell("""
from typing import Any, Callable, Generic, Literal, NewType, Optional, TypeVar, Union, Annotated, Iterable, ClassVar, Final
from collections.abc import Mapping, Sequence, Iterator
import typing
UserId = NewType("UserId", int)
K = TypeVar("K", bound=str)
V = TypeVar("V", int, float)
Json = Union[dict[str, "Json"], list["Json"], str, int, None]
Handler = Callable[[int, str], Optional[bool]]
Positive = Annotated[int, "positive"]
Mode = Literal["r", "w"]
either = int | None
class Store(Generic[K, V]):
    items: ClassVar[dict] = {}
    def __init__(self, first: K, second: V): self.pair = (first, second)
    def get(self, mode: Mode = "r", *, handler: Handler | None = None) -> Mapping[K, V]: return dict([self.pair])
class StrStore(Store[str, int]):
    limit: Final = 3
def typed_things(a: UserId, b: list[tuple[int, ...]] = (), c: either = None, *, d: Json = None, e: type[Any] = int) -> Iterator[Sequence[K]]:
    hints = typing.get_type_hints(StrStore.get, include_extras=True)
    return UserId(5), StrStore("a", 1).get(), sorted(hints), typing.get_args(Mode), typing.get_origin(Positive) is Annotated, either, K.__bound__
"""),
        call="(typed_things(1), sorted(typed_things.__annotations__))",
        expected=(
            (5, {"a": 1}, ["handler", "mode", "return"], ("r", "w"), True, int | None, str),
            ["a", "b", "c", "d", "e", "return"],
        ),
    ),
    Definition(
        name="overloaded",
        cell=cell("""
from typing import overload, ParamSpec, TypeVar, Callable, Concatenate, TypeAlias, TypeGuard, no_type_check, cast, TYPE_CHECKING
if TYPE_CHECKING:
    from nowhere import Nothing
P = ParamSpec("P")
R = TypeVar("R", covariant=True)
Number: TypeAlias = int | float
@overload
def overloaded(x: int) -> int: ...
@overload
def overloaded(x: str) -> str: ...
def overloaded(x): return x * 2
def logged(function: Callable[P, R]) -> Callable[P, R]:
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)
    return inner
@logged
def is_text(x: object) -> "TypeGuard[Nothing]": return isinstance(x, str)
overloaded.is_text = is_text
"""),
        call="(overloaded(2), overloaded('a'), overloaded.is_text('x'))",
        expected=(4, "aa", True),
    ),
    Definition(
        name="futures_used",
        cell=cell("""
from concurrent.futures import ThreadPoolExecutor
import threading, queue, time, contextvars
def work(n): return n * n
def futures_used(numbers):
    lock, done = threading.Lock(), queue.Queue()
    def collect(n):
        with lock:
            done.put(work(n))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(collect, numbers))
    return sorted(done.queue)
"""),
        call="futures_used([1, 2, 3])",
        expected=[1, 4, 9],
    ),
    Definition(
        name="submodules",
        cell=cell("""
import os, importlib, xml.etree.ElementTree as ET, collections.abc, email.message, concurrent.futures
def submodules():
    tree = ET.fromstring("<a><b c='1'/></a>")
    mail = email.message.EmailMessage()
    mail["To"] = "x@e.org"
    return tree.find("b").get("c"), issubclass(dict, collections.abc.Mapping), mail["To"], importlib.import_module("json").dumps(1), os.path.basename("a/b")
"""),
        call="submodules()",
        expected=("1", True, "x@e.org", "1", "b"),
    ),
    Definition(
        name="local_imports",
        cell=cell("""
def local_imports(n):
    import math as m
    from collections import Counter as C, OrderedDict
    try:
        import tomllib
    except ImportError:
        tomllib = None
    def inner():
        return m.floor(n), C("aa")["a"]
    return inner(), OrderedDict(a=1)["a"]
"""),
        call="local_imports(2.5)",
        expected=((2, 2), 1),
    ),
    Definition(
        name="signatures",
        cell=cell("""
import inspect
def shown(a, b: int = 1, *args, c=None, **kw): ...
signature = inspect.signature(shown)
frame = inspect.Parameter("q", inspect.Parameter.KEYWORD_ONLY, default=3)
def signatures():
    bound = signature.bind(1, c=2)
    return str(signature), frame.default, bound.arguments, inspect.getsource(shown).strip()
"""),
        call="signatures()",
        expected=(
            "(a, b: int = 1, *args, c=None, **kw)",
            3,
            {"a": 1, "c": 2},
            "def shown(a, b: int = 1, *args, c=None, **kw): ...",
        ),
    ),
    Definition(
        name="kept_errors",
        cell=cell("""
kept = [ValueError("a", 1), KeyError("k"), OSError(2, "gone", "file"), UnicodeDecodeError("utf-8", b"x", 0, 1, "why"), StopIteration(3)]
class Custom(Exception):
    def __init__(self, a, b=2):
        super().__init__(a)
        self.b = b
kept.append(Custom(1))
def kept_errors():
    return [type(e).__name__ for e in kept], kept[0].args, kept[2].filename, kept[4].value, kept[5].b
"""),
        call="kept_errors()",
        expected=(
            ["ValueError", "KeyError", "FileNotFoundError", "UnicodeDecodeError", "StopIteration", "Custom"],
            ("a", 1),
            "file",
            3,
            2,
        ),
    ),
    Definition(
        name="shared_state",
        cell=cell("""
shared = {"log": []}
alias = shared["log"]
def first(): shared["log"].append(1)
def second(): alias.append(2)
def shared_state():
    first(); second(); first()
    return shared["log"] is alias, alias
"""),
        call="shared_state()",
        expected=(True, [1, 2, 1]),
    ),
    Definition(
        name="cyclic",
        cell=cell("""
class Node:
    def __init__(self, name):
        self.name, self.links = name, []
a, b = Node("a"), Node("b")
a.links.append(b); b.links.append(a); b.links.append(b)
ring = []; ring.append(ring)
def cyclic():
    return a.links[0].links[0] is a, b.links[1].name, ring[0] is ring
"""),
        call="cyclic()",
        expected=(True, "b", True),
    ),
    Definition(
        name="evaluated",
        cell=cell("""
offset = 3
def evaluated(text):
    scope = {"offset": offset}
    exec("def made(x): return x + offset", scope)
    return eval(text, {"x": 1}), scope["made"](2), globals()["offset"], sorted(locals())
"""),
        call="evaluated('x + 1')",
        expected=(2, 5, 3, ["scope", "text"]),
    ),
]
