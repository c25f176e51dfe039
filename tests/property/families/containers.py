"""Containers over what the other families make: with sharing, with circles, of many types."""

import re
from collections.abc import Sequence

from case import EDIT, Part
from hypothesis import strategies as st

_LEAVES = (
    "1", "'a'", "(1, 2)", "[1]", "{'a': [1]}", "set()", "None", "b'bytes'", "1.5", "float('inf')", "-0.0", "10**30", "'ü'",
    "frozenset({1, 'a'})", "{1, 'b', (2, 3)}", "bytearray(b'x')", "datetime.date(2024, 2, 29)", "range(3)", "3+4j", "...",
    "datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)", "datetime.timedelta(days=1)", "decimal.Decimal('1.10')",
    "fractions.Fraction(1, 3)", "uuid.UUID(int=5)", "pathlib.PurePosixPath('/a/b')", "collections.deque([1, 2], maxlen=3)",
    "collections.Counter('aab')", "collections.defaultdict(list, a=[1])", "collections.OrderedDict(b=1, a=2)",
    "collections.ChainMap({'a': 1}, {'b': 2})", "types.SimpleNamespace(a=[1])", "slice(1, 2)", "re.compile('a')", "True",
    "memoryview(b'abc').tobytes()", "array.array('i', [1, 2])", "random.Random(5)", "int", "list[int]", "typing.Optional[int]",
    "len", "str.upper", "math.pi", "operator.add", "object()", "Exception('e')",
    "zoneinfo.ZoneInfo('UTC')", "ipaddress.ip_address('127.0.0.1')", "string.Template('$x')", "collections.abc.Mapping",
)  # fmt: skip
_SHAPES = {
    "sharing": (
        "[{a}] * 2 + [{b}]",
        "(lambda s: {{'a': s, 'b': [s], 'c': ({b}, s)}})({a})",
        "(lambda s: [(s,), (s,)])({a})",
        "dict.fromkeys(['x', 'y'], {a})",
        "(lambda s: [s, copy.copy(s), copy.deepcopy(s)])([{a}])",
    ),
    "no sharing": (
        "[[{a}], [{a}]]",
        "collections.deque([{a}, {b}])",
        "collections.defaultdict(list, k=[{a}, {b}])",
        "collections.defaultdict(dict_of, k=[{a}])",
        "types.SimpleNamespace(left={a}, right={b})",
        "{{'k': {a}, 2: {b}, None: [{a}]}}",
        "[{a}, [{a}, {b}], {b}]",
    ),
    "cycle": ("circle({a})", "twins({a})", "parent_and_child({a})", "tuple_in_circle({a})", "remembered({a})"),
    "object": ("Linked({a}, Linked({b}, None))", "keyed({b})", "Pair({a}, {b})", "Boxed[int]({a})"),
    "code": (
        "functools.partial(dict, a={a})",
        "keeper({a}, {b})",
        "(lambda x={a}: x)",
        "type('Holder', (), {{'held': {a}, 'other': property(lambda self: {b})}})",
        "subclass({a})",
        "Linked({a}, None).get",
        "marked({a}, {b})",
    ),
}
_TOOLS = {
    "circle": """
def circle(value):
    ring = [value]
    ring.append(ring)
    return ring
""",
    "dict_of": """
def dict_of(): return {'made': 1}
""",
    "twins": """
def twins(value):
    left, right = [value], {}
    left.append(right)
    right['left'], right['self'] = left, right
    return left, right
""",
    "Linked": """
class Linked:
    def __init__(self, item, rest): self.item, self.rest = item, rest
    def get(self): return self.item
""",
    "Pair": """
@dataclass
class Pair:
    left: Any
    right: Any
""",
    "Boxed": """
Item = typing.TypeVar('Item')
class Boxed(typing.Generic[Item]):
    def __init__(self, item): self.item = item
""",
    "keeper": """
def keeper(value, other):
    def get(): return value, other
    def put(new): nonlocal value; value = new
    return get, put
""",
    "subclass": """
def subclass(value):
    try: return type('Sub', (value,), {'more': [value]})
    except Exception: return [value]
""",
    "marked": """
def marked(value, other):
    def told(): return told.value
    told.value, told.other = value, other
    return told
""",
    "remembered": """
def remembered(value):
    def again(): return again, value
    return [again, again]
""",
    "parent_and_child": """
def parent_and_child(value):
    parent = Linked(value, [])
    parent.rest.append(Linked(parent, None))
    return parent
""",
    "tuple_in_circle": """
def tuple_in_circle(value):
    inner = [value]
    outer = (inner, 'outer')
    inner.append(outer)
    return outer
""",
    "keyed": """
def keyed(value):
    key = Linked(value, None)
    return {key: [key], 'key': key}
""",
}
TOOLS = tuple(_TOOLS.values())


@st.composite
def held(draw: st.DrawFn, number: int, values: Sequence[str], names: Sequence[str]) -> Part:
    """A variable `V<number>` that holds values, which the other parts make, and earlier variables."""
    choices = [*names, *values] * 3 + draw(st.lists(st.sampled_from(_LEAVES), min_size=2, max_size=6))
    one, other = draw(st.sampled_from(choices)), draw(st.sampled_from(choices))
    kind = draw(st.sampled_from(sorted(_SHAPES)))
    shape = draw(st.sampled_from(_SHAPES[kind]))
    name = f"V{number}"
    text = f"{name} = {shape.format(a=one, b=other)}"
    probes = []
    if draw(st.integers(0, 3)) == 0:
        text += f"\nEDIT_{name} = {EDIT}\nO{number} = [EDIT_{name}]\n{name} = [{name}, O{number}]"
        probes.append(f"(lambda v: v[1] is O{number})({name})")
    tools = [tool for called, tool in _TOOLS.items() if re.search(rf"\b{called}\b", text)]
    if any("Linked(" in tool for tool in tools):
        tools = list(dict.fromkeys([_TOOLS["Linked"], *tools]))
    labels = ("container", f"held: {kind}")
    return Part(cells=(*tools, text), names=(name,), probes=tuple(probes), labels=labels)
