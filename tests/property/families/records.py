"""Records: dataclasses, named tuples, typed dictionaries, models of pydantic, classes of attrs."""

from case import EDIT, Part, indented
from hypothesis import strategies as st
from left_out import drawn

_FIELDS = {  # of a dataclass or model: (its line, whether a frozen or slotted class can have it)
    "number": "a: int = k",
    "text": "t: str = 'x'",
    "list": "items: list[int] = field(default_factory=lambda: [k])",
    "table": "by: dict[str, list[int]] = field(default_factory=lambda: {'a': [1, k]})",
    "maybe": "maybe: typing.Optional[int] = None",
    "either": "either: typing.Union[int, str] = 'e'",
    "any": "free: typing.Any = None",
    "hidden": "hidden: int = field(default=3, repr=False, compare=False)",
    "not given": "count: int = field(default=4, init=False)",
    "float": "f: float = 1.5",
}
_DATACLASSES = {
    "plain": ("@dataclass", []),
    "frozen": ("@dataclass(frozen=True)", []),
    "slots": ("@dataclass(slots=True)", []),
    "frozen slots": ("@dataclass(frozen=True, slots=True)", []),
    "keywords": ("@dataclass(kw_only=True)", []),
    "ordered": ("@dataclass(order=True)", []),
    "unsafe hash": ("@dataclass(unsafe_hash=True)", []),
    "post init": ("@dataclass", ["def __post_init__(self): self.made = [self.of(), k]"]),
    "class variable": ("@dataclass", ["seen: typing.ClassVar[list] = []"]),
    "init variable": (
        "@dataclass",
        ["scale: dataclasses.InitVar[int] = 2", "def __post_init__(self, scale): self.scaled = scale * k"],
    ),
    "property": ("@dataclass", ["@property", "def twice(self): return 2 * k"]),
}


@st.composite
def data_classes(draw: st.DrawFn, number: int) -> Part:
    """A dataclass, which may inherit one, and its instances."""
    kind = draw(st.sampled_from(sorted(_DATACLASSES)))
    decorator, more = _DATACLASSES[kind]
    fields = draw(st.lists(st.sampled_from(drawn(_FIELDS)), min_size=1, max_size=4, unique=True))
    name = f"D{number}"
    body = [*(_FIELDS[each] for each in fields), *more, "def of(self):", f"    return {EDIT}"]
    lines = [decorator, f"class {name}:", *("    " + line for line in body)]
    if draw(st.integers(0, 2)) == 0 and kind not in {"init variable", "post init"}:
        lines += [decorator, f"class Child{number}({name}):", "    extra: int = 9", f"{name} = Child{number}"]
    in_factory = draw(st.integers(0, 3)) == 0
    k = draw(st.integers(1, 3))
    if in_factory:
        cells = [f"def record{number}(k):\n{indented([*lines, f'return {name}'])}", f"{name} = record{number}({k})"]
    else:
        cells = [f"k = {k}\n" + "\n".join(lines)]
    probe = "[o.of(), repr(o).partition('<locals>')[2] or repr(o), dataclasses.fields(o), o == o, dataclasses.asdict(o)"
    probe += ", dataclasses.replace(o) == o, type(o).__match_args__]"
    is_typed = kind != "init variable" and "any" not in fields
    return Part(
        cells=(*cells, f"J{number} = {name}()"),
        names=(name,),
        values=(f"{name}()",),
        probes=(f"(lambda o: {probe})(J{number})", f"(lambda o: {probe})({name}())"),
        typed=((name, f"{name}()"), (f"list[{name}]", f"[{name}(), {name}()]")) if is_typed else (),
        labels=("dataclass", f"dataclass: {kind}", *(f"field: {each}" for each in fields)),
    )


@st.composite
def named_tuples(draw: st.DrawFn, number: int) -> Part:
    """A named tuple by class or by call, and a typed dictionary."""
    name, k = f"N{number}", draw(st.integers(1, 3))
    by_class = [
        f"class {name}(typing.NamedTuple):",
        f"    a: int = {k}",
        "    b: typing.Any = None",
        f"    def of(self): return {EDIT}",
        "    @property",
        "    def both(self): return [self.a, self.b]",
    ]
    by_call = [
        f"{name} = collections.namedtuple('{draw(st.sampled_from([name, 'Other']))}', 'a b', defaults=[{k}, None])",
        f"def of(self): return {EDIT}",
        f"{name}.of = of",
        f"{name}.both = property(lambda self: [self.a, self.b])",
    ]
    inherited = [
        f"class {name}(collections.namedtuple('Base', 'a b', defaults=[{k}, None])):",
        "    __slots__ = ()",
        f"    def of(self): return {EDIT}",
        "    both = property(lambda self: [self.a, self.b])",
    ]
    lines = draw(st.sampled_from([by_class, by_call, inherited]))
    typed = [
        f"class T{number}(typing.TypedDict, total={draw(st.booleans())}):",
        "    a: int",
        "    b: str",
    ]
    probe = "[o.of(), o.both, o._fields, o._asdict(), o._replace(a=7), type(o)._field_defaults, o == tuple(o)]"
    return Part(
        cells=("\n".join(lines), "\n".join(typed)),
        names=(name, f"T{number}"),
        values=(f"{name}()", f"{name}(1, [2])", f"T{number}(a=1, b='b')"),
        probes=(f"(lambda o: {probe})({name}())", f"(T{number}.__annotations__, T{number}.__total__)"),
        typed=((f"T{number}", f"T{number}(a=1, b='b')"),),
        labels=("named tuple", "typed dictionary"),
    )


_MODEL_PARTS = {
    "constraint": (["a: int = pydantic.Field(default=3, ge=0)"], "o.a"),
    "optional": (["m: typing.Optional[int] = None"], "o.m"),
    "list": (["items: list[int] = pydantic.Field(default_factory=lambda: [k])"], "o.items"),
    "validator": (
        ["v: int = 2", "@pydantic.field_validator('v')", "@classmethod", "def _v(cls, v): return v + k"],
        "(o.v, type(o)(v=5).v)",
    ),
    "model validator": (
        ["w: int = 2", "@pydantic.model_validator(mode='after')", "def _w(self): return self"],
        "o.w",
    ),
    "computed": (["@pydantic.computed_field", "@property", "def twice(self) -> int: return 2 * k"], "o.twice"),
    "private": (["_p: list = pydantic.PrivateAttr(default_factory=lambda: [k])"], "o._p"),
    "literal": (["l: typing.Literal['x', 'y'] = 'x'"], "o.l"),
    "union": (["u: typing.Union[int, str] = 'u'"], "o.u"),
    "alias": (["al: int = pydantic.Field(default=3, alias='other')"], "(o.al, type(o)(other=8).al)"),
    "excluded": (["ex: int = pydantic.Field(default=3, exclude=True)"], "o.ex"),
    "serializer": (
        ["s: int = 3", "@pydantic.field_serializer('s')", "def _s(self, s): return str(s)"],
        "(o.s, o.model_dump()['s'])",
    ),
    "secret": (
        ["sec: pydantic.SecretStr = pydantic.Field(default_factory=lambda: pydantic.SecretStr('no'))"],
        "o.sec.get_secret_value()",
    ),
}


@st.composite
def models(draw: st.DrawFn, number: int) -> Part:
    """A model of pydantic: fields, validators, private attributes, generics."""
    chosen = draw(st.lists(st.sampled_from(sorted(_MODEL_PARTS)), min_size=1, max_size=4, unique=True))
    name, k = f"M{number}", draw(st.integers(1, 3))
    config = draw(st.sampled_from(["", "frozen=True", "extra='allow'", "validate_assignment=True"]))
    body = [f"model_config = pydantic.ConfigDict({config})"] if config else []
    body += [line for each in chosen for line in _MODEL_PARTS[each][0]]
    body += ["def of(self):", f"    return {EDIT}"]
    text = f"k = {k}\nclass {name}(pydantic.BaseModel):\n{indented(body)}"
    if draw(st.integers(0, 3)) == 0:
        text += f"\nclass Sub{number}({name}):\n    more: int = 1\n{name} = Sub{number}"
    probe = ", ".join(_MODEL_PARTS[each][1] for each in chosen)
    probe = f"(lambda o: [{probe}, o.of(), list(type(o).model_fields), o.model_dump(), o == type(o)()])"
    return Part(
        cells=(text, f"P{number} = {name}()"),
        names=(name,),
        values=(f"{name}()",),
        probes=(f"{probe}(P{number})", f"{probe}({name}())"),
        typed=((name, f"{name}()"),) if drawn(["model inputs"]) else (),
        labels=("pydantic model", *(f"model: {each}" for each in chosen)),
    )


@st.composite
def attrs_classes(draw: st.DrawFn, number: int) -> Part:
    """A class of attrs."""
    how = draw(
        st.sampled_from(["attrs.define", "attrs.frozen", "attrs.define(slots=False)", "attrs.define(kw_only=True)"])
    )
    k = draw(st.integers(1, 3))
    body = [
        f"a: int = {k}",
        "b: list = attrs.field(factory=lambda: [1])",
        "c: int = attrs.field(default=2, converter=lambda v: v + 0, validator=attrs.validators.instance_of(int))",
        "def of(self):",
        f"    return {EDIT}",
    ]
    name = f"A{number}"
    return Part(
        cells=(f"@{how}\nclass {name}:\n{indented(body)}", f"B{number} = {name}()"),
        names=(name,),
        values=(f"{name}()",),
        probes=(
            f"(lambda o: [o.of(), repr(o), attrs.asdict(o), attrs.evolve(o, a=5), o == {name}()])(B{number})",
            f"[one.name for one in attrs.fields({name})]",
        ),
        labels=("attrs", f"attrs: {how}"),
    )
