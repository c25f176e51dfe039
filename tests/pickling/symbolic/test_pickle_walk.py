"""Following a pickle as symbols: what it would call is told, and nothing of it is executed or imported."""

import collections
import datetime as dt
import decimal
import io
import json
import pickle
import struct
import subprocess
import sys
import uuid
from pathlib import Path

import cloudpickle
import numpy as np
import pytest

from autocontainer_nb.pickling.symbolic.foreign import inspect_pickle
from autocontainer_nb.pickling.symbolic.opcodes import MAX_STREAM_BYTES, Source
from autocontainer_nb.pickling.symbolic.walk import MAX_OPERATIONS, walk_pickle


def walk(data: bytes, **options):
    return walk_pickle(Source(io.BufferedReader(io.BytesIO(data)), **options))


def calls(data: bytes) -> dict[str, str]:
    """Return {what: severity} of the calls."""
    found = walk(data)
    assert found.problem is None
    return {call["what"]: call["severity"] for call in found.findings.calls_json()}


def reduced(function, *arguments):
    """Return an object whose unpickling calls the function."""

    class Caller:
        def __reduce__(self):
            return function, arguments

    return Caller()


PLAIN = [
    1,
    -(2**70),
    1.5,
    "text",
    "ä" * 300,
    b"x" * 300,
    bytearray(b"y"),
    None,
    True,
    (1, 2),
    {"a": {3}},
    frozenset({1}),
]


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_of_every_protocol_make_no_dangerous_call(protocol):
    """Protocols 0 to 5: numbers, texts, bytes and containers are followed to the end and found harmless."""
    data = pickle.dumps([PLAIN, PLAIN], protocol)
    assert set(calls(data).values()) <= {"harmless"}
    assert walk(data).size_bytes == len(data)


@pytest.mark.parametrize("protocol", range(6))
def test_known_constructors_are_harmless(protocol):
    """Objects of the standard library and of numpy aren't flagged."""
    value = [
        collections.OrderedDict(a=1), collections.Counter("aab"), collections.deque([1]),
        dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc),
        dt.timedelta(1), decimal.Decimal("1.5"), uuid.UUID(int=5), Path("/x"), range(3), slice(1), complex(1, 2),
        np.arange(3.0), np.float64(2), np.dtype("int8"), collections.defaultdict(list, a=[1]),
    ]  # fmt: skip
    assert {what for what, severity in calls(pickle.dumps(value, protocol)).items() if severity != "harmless"} == set()


DANGEROUS = [
    (eval, ("1",)), (exec, ("x",)), (__import__, ("os",)), (open, ("f",)),
    (getattr, (collections.OrderedDict, "fromkeys")),
    (compile, ("1",)),
    (__import__("os").system, ("true",)), (__import__("subprocess").Popen, (["true"],)),
    (__import__("socket").socket, ()), (__import__("importlib").import_module, ("os",)), (setattr, ("y", "x", 1)),
    (__import__("shutil").rmtree, ("/nowhere",)), (pickle.loads, (b"N.",)), (__import__("ctypes").CDLL, ("x",)),
    (__import__("runpy").run_path, ("x",)), (map, (eval, ["1"])), (collections.defaultdict, (eval,)),
]  # fmt: skip


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(("function", "arguments"), DANGEROUS, ids=lambda value: getattr(value, "__name__", ""))
def test_dangerous_calls_are_told_first(function, arguments, protocol):
    """What runs commands or code, opens files or connections, or looks up anything, is flagged in every protocol."""
    value = [collections.OrderedDict(), reduced(function, *arguments)]
    first = walk(pickle.dumps(value, protocol)).findings.calls_json()[0]
    assert first["severity"] == "danger"
    assert first["what"].rpartition(".")[2] == function.__name__
    assert first["how"] == "called"
    assert first["arguments"]


HIDDEN = {
    "through the memo": b"\x80\x04\x8c\x02os\x94\x8c\x06system\x9400h\x00h\x01\x93\x8c\x02id\x85R.",
    "through a memo that is written over": b"\x80\x02X\x04\x00\x00\x00jsonq\x000X\x02\x00\x00\x00osq\x00"
    b"0h\x00X\x06\x00\x00\x00system\x93X\x02\x00\x00\x00id\x85R.",
    "INST": b"(S'id'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'id'\no.",
    "NEWOBJ": b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85\x81.",
    "NEWOBJ_EX": b"\x80\x04cos\nsystem\nX\x02\x00\x00\x00id\x85}\x92.",
    "getattr": b"cbuiltins\ngetattr\n(cos\n__dict__\nS'system'\ntR(S'id'\ntR.",
    "cloudpickle's import": b"cbuiltins\ngetattr\n("
    b"ccloudpickle.cloudpickle\nsubimport\n(S'os'\ntRS'system'\ntR(S'id'\ntR.",
    "our own import": b"cautocontainer_nb.core.resolvers\nimportlib_attribute\n(S'os'\nS'system'\ntR(S'id'\ntR.",
    "duplicated": b"cos\nsystem\n2(S'id'\ntR.",
    "taken from the stack again": b"cos\nsystem\np0\n0g0\n(S'id'\ntR.",
    "a dotted name": b"\x80\x04\x8c\x0bcollections\x8c\x0fabc.sys.modules\x93.",
    "after the first pickle": b"N.cos\nsystem\n(S'id'\ntR.",
    "before the end is missing": b"cos\nsystem\n(S'id'\ntR",
    "before an unknown opcode": b"cos\nsystem\n(S'id'\ntR\xff",
    "copyreg": b"ccopy_reg\n_reconstructor\n(cos\nsystem\ncbuiltins\nobject\nNtR.",
    "Python 2's name of a module": b"curllib2\nurlopen\n(S'x'\ntR.",
    "the old name of builtins": b"c__builtin__\neval\n(S'1'\ntR.",
    "a setter of cloudpickle": b"ccloudpickle.cloudpickle\n_class_setstate\n(ccollections\nOrderedDict\n(}}ttR.",
    "BUILD of a class": b"ccollections\nOrderedDict\n}S'x'\nNsb.",
    "SETITEM of a global": b"cos\nenviron\nS'x'\nS'y'\ns.",
}


@pytest.mark.parametrize("data", HIDDEN.values(), ids=HIDDEN)
def test_what_is_hidden_is_found(data):
    """Memo, marks and stack are followed: none of the ways around a list of names keeps a call from being told."""
    found = walk(data).findings.calls_json()
    severities = {call["severity"] for call in found}
    assert severities & ({"danger", "unknown"} if b"abc.sys" in data else {"danger"}) or any(
        "abc.sys.modules" in names for names in walk(data).findings.references_json().values()
    )


def test_a_name_that_is_computed_is_dangerous():
    """STACK_GLOBAL whose names come from a call isn't believed to be harmless."""
    data = b"\x80\x04cbuiltins\nstr\n\x8c\x02os\x85R\x8c\x06system\x93\x8c\x02id\x85R."
    assert "danger" in calls(data).values()


def test_nothing_is_executed_or_imported(tmp_path):
    """Objects whose unpickling leaves a trace leave none, and their modules aren't imported."""
    trace = tmp_path / "executed"
    data = pickle.dumps([reduced(exec, f"open({str(trace)!r}, 'w').close()")])
    data += b"cantigravity\nx\n(S'a'\ntR."
    assert "danger" in calls(data).values()
    assert not trace.exists()
    assert "antigravity" not in sys.modules
    with pytest.raises(AttributeError):
        pickle.loads(pickle.dumps([reduced(exec, f"open({str(trace)!r}, 'w').close()"), reduced(getattr, 1, "x")]))
    assert trace.exists()  # the canary works


def test_functions_and_classes_by_value_are_followed():
    """What cloudpickle makes classes with is harmless; a class's own __setstate__ is code that the pickle carries."""

    class Plain:
        pass

    class Careful:
        def __setstate__(self, state):
            raise AssertionError

    Plain.__module__ = Careful.__module__ = "__main__"
    plain = calls(cloudpickle.dumps(Plain()))
    assert set(plain.values()) == {"harmless"}
    careful = Careful()
    careful.x = 1
    found = [call for call in walk(cloudpickle.dumps(careful)).findings.calls_json() if call["severity"] != "harmless"]
    assert [(call["what"], call["how"]) for call in found] == [("<class Careful>", "state set")]
    assert "__setstate__" in found[0]["reason"]


def test_values_of_harmless_calls_are_never_told():
    """What might be a credential is shown by its kind; the arguments of a dangerous call are shown."""

    class Client:
        def __init__(self, key):
            self.key = key

    Client.__module__ = "__main__"
    told = str(walk(cloudpickle.dumps([Client("sk-secret"), reduced(eval, "boom")])).findings.calls_json())
    assert "sk-secret" not in told
    assert "boom" in told


class WithStorage(pickle.Pickler):
    def persistent_id(self, obj):
        return "storage" if obj is PLAIN else None


def test_out_of_band_buffers_and_persistent_ids_are_counted():
    buffers = []
    found = walk(pickle.dumps([np.arange(10), np.arange(20)], protocol=5, buffer_callback=buffers.append))
    assert (found.buffers, found.problem) == (2, None)
    stream = io.BytesIO()
    WithStorage(stream).dump([PLAIN])
    found = walk(stream.getvalue())
    assert found.persistent_ids == 1
    assert "persistent id" in {call["what"] for call in found.findings.calls_json()}


MALFORMED = {
    "empty": (b"", "ends at byte 0"),
    "no end": (b"\x80\x04N", "ends at byte 3"),
    "an unknown opcode": (b"\x80\x04\xff", "byte 2 (0xff) isn't an opcode"),
    "stack underflow": (b"\x80\x04R.", "REDUCE at byte 2"),
    "below a mark": (b"\x80\x04N(\x85.", "TUPLE1 at byte 4"),
    "no such memo": (b"\x80\x04h\x05.", "BINGET at byte 2"),
    "no mark": (b"\x80\x04t.", "TUPLE at byte 2"),
    "an odd number of items": (b"\x80\x04}(Nu.", "SETITEMS at byte 5"),
    "items of a number": (b"\x80\x04K\x01Na.", "APPEND at byte 5"),
    "a length beyond the end": (b"\x80\x04X\xff\xff\xff\x7fabc", "expected 2147483647 bytes, got 3"),
    "a length of half the memory": (b"\x80\x04\x8e" + struct.pack("<Q", 2**63) + b"x", "bytes, got 1"),
    "a negative length": (b"\x80\x02\x8b\xff\xff\xff\xff", "a negative length"),
    "a future protocol": (b"\x80\x63N.", "protocol 99"),
    "text that isn't UTF-8": (b"\x80\x04\x8c\x02\xff\xfe.", "SHORT_BINUNICODE at byte 2"),
    "a number that is none": (b"Iabc\n.", "INT at byte 0"),
    "a line without end": (b"Vabc", "a line without an end"),
    "a line that is too long": (b"V" + b"a" * (2 << 20) + b"\n.", "a line of more than"),
    "bytes behind it": (b"\x80\x04N.\xff\xff", "it ends at byte 4; the bytes after that aren't a pickle"),
    "a state set for ever": (b"\x80\x02cx\nC\n)\x81" + b"}b" * 60 + b".", "more than 50 times"),
}


@pytest.mark.parametrize(("data", "words"), MALFORMED.values(), ids=MALFORMED)
def test_what_cannot_be_followed_is_told_with_its_place(data, words):
    problem = walk(data).problem
    assert problem is not None
    assert words in problem


def test_every_cut_of_a_pickle_is_told_and_none_raises():
    """A pickle cut anywhere gives a problem; its calls up to there are told."""
    data = pickle.dumps([reduced(eval, "1"), PLAIN, collections.OrderedDict(a=1)], 4)
    for length in range(len(data)):
        assert walk(data[:length]).problem
    assert walk(data[:-1]).findings.calls_json()[0]["severity"] == "danger"


def test_deep_nesting_needs_no_recursion():
    depth = 60_000
    found = walk(b"\x80\x02N" + b"\x85" * depth + b"]" * depth + b"a" * (depth - 1) + b"0.")
    assert found.problem is None
    assert found.operations == 3 * depth + 3


def test_a_shared_graph_is_told_once():
    """A hundred levels of lists that hold the one before twice stand for 2**100 items, and are followed at once."""
    data: list = []
    for _ in range(100):
        data = [data, data]
    assert walk(pickle.dumps(reduced(eval, data))).findings.calls_json()[0]["severity"] == "danger"


def test_one_large_class_of_many_objects_is_looked_through_once():
    """Whether a class has a hook is found at once for each of its objects, however many attributes it has."""
    state = b"".join(b"X\x06\x00\x00\x00%06dN" % index for index in range(10_000))
    head = b"\x80\x02ccloudpickle.cloudpickle\n_make_skeleton_class\n(cbuiltins\ntype\nX\x01\x00\x00\x00C)}NNtRq\x00}("
    found = walk(head + state + b"ub0" + b"h\x00)\x810" * 10_000 + b"N.")
    assert found.problem is None
    assert {call["count"] for call in found.findings.calls_json() if call["how"] == "made"} == {10_000}


def test_the_limits_are_told(monkeypatch):
    """More opcodes, names or unpacked bytes than allowed end the walk with the limit in the message."""
    assert MAX_OPERATIONS == 4_000_000
    assert MAX_STREAM_BYTES == 4 << 30
    monkeypatch.setattr("autocontainer_nb.pickling.symbolic.walk.MAX_OPERATIONS", 100)
    problem = walk(b"\x80\x02" + b"N" * 200 + b".").problem
    assert "more than 100 opcodes; the rest after byte 101 was not examined" in problem
    monkeypatch.setattr("autocontainer_nb.pickling.symbolic.machine.MAX_GLOBALS", 10)
    names = b"".join(b"cm%d\nx\n" % index for index in range(20))
    assert "more than 10 different names" in walk(names + b".").problem
    assert "more than 50" in walk(b"\x80\x04\x8e" + struct.pack("<Q", 100) + bytes(100), limit_bytes=50).problem


def test_what_was_cut_out_is_known_by_its_size():
    """A payload that stands elsewhere is followed by the hole that it left in the stream."""
    data = pickle.dumps([b"x" * 5000, "end"], 5)
    start = data.index(b"x" * 5000)
    found = walk(data[:start] + data[start + 5000 :], holes={start: 5000})
    assert found.problem is None
    assert found.roots[0].items[0].size_bytes == 5000
    assert "expected" in walk(data[:start] + data[start + 5000 :], holes={start: 4000}).problem


WIDE = """
import abc, collections, contextlib, dataclasses, datetime, decimal, enum, functools, itertools, json, operator
import pathlib, random, re, types, typing
import numpy as np, pandas as pd
from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity, pickled_entity_of
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.pickling.inspect.description import inspect_archive
class Colour(enum.Enum):
    RED = 1
class Flags(enum.Flag):
    A = 1
    B = 2
@dataclasses.dataclass
class Point:
    x: int
    y: list = dataclasses.field(default_factory=list)
@dataclasses.dataclass(frozen=True, slots=True)
class Slots:
    x: int
class Pair(typing.NamedTuple):
    a: int
    b: str = "x"
Old = collections.namedtuple("Old", "p q")
class Base(abc.ABC):
    @abc.abstractmethod
    def go(self): ...
class Child(Base):
    __slots__ = ("v",)
    def go(self): return super().__init__()
    @property
    def p(self): return 1
    @classmethod
    def c(cls): return cls
    @staticmethod
    def s(): return 1
    @functools.cached_property
    def cp(self): return 1
@functools.lru_cache
def cached(x): return x
@functools.singledispatch
def single(x): return x
@single.register
def _(x: int): return x
UserId = typing.NewType("UserId", int)
T = typing.TypeVar("T")
class Gen(typing.Generic[T]): pass
class Proto(typing.Protocol):
    def m(self) -> int: ...
class TD(typing.TypedDict):
    a: int
def outer(n):
    def inner(x): return x + n
    return inner
part = functools.partial(operator.add, 1)
@contextlib.contextmanager
def cm(): yield 1
class Err(Exception): pass
class Meta(type): pass
class WithMeta(metaclass=Meta): pass
def gen():
    yield 1
async def co(): return 1
values = [
    Colour.RED, Flags.A | Flags.B, Point(1), Slots(2), Pair(1), Old(1, 2), Child(), Gen(), WithMeta(), Err("x"),
    datetime.datetime.now(), pathlib.Path("x"), re.compile("a"), random.Random(3), decimal.Decimal(1), part,
    outer(3), operator.itemgetter(1), itertools.count(3), np.random.default_rng(0), np.float32(1),
    pd.Timestamp("2020"), pd.Series([1]), pd.Categorical(["a"]), types.SimpleNamespace(a=1),
    collections.OrderedDict(a=1), bytearray(b"x"), range(3), Ellipsis, int | None, list[int],
    typing.Optional[int], typing.Callable[[int], str],
]
others = [cached, single, UserId, T, Proto, TD, cm, gen, co, Base]

@task
def wide(x: int) -> int:
    return len(values) + len(others) + x

dump_pickled_entity(pickled_entity_of(wide), "entities.pkl")
pickle = inspect_archive("entities.pkl")["pickle"]
print(json.dumps([pickle["problem"], [call for call in pickle["calls"] if call["severity"] != "harmless"]]))
"""


def test_an_honest_capture_of_many_kinds_is_harmless(tmp_path):
    """Enums, dataclasses, named tuples, generics, caches, frames and more in a file of ours: nothing is flagged."""
    (tmp_path / "notebook.py").write_text(WIDE)
    done = subprocess.run([sys.executable, "notebook.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [None, []]


def test_a_damaged_argument_is_not_quoted_whole(tmp_path):
    """The fuzzer found it: what is wrong is told in a sentence, however long the argument is."""
    path = tmp_path / "long.pkl"
    path.write_bytes(b"\x80\x02F" + b"x" * 50_000 + b"\n.")
    problem = inspect_pickle(str(path))["problem"]
    assert "the argument of FLOAT at byte 2 is damaged" in problem
    assert len(problem) < 400
