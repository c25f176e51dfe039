"""Functions: closures, decorators, partials, methods, defaults, recursion, what a cell makes of the standard library."""

from case import EDIT, Part
from hypothesis import strategies as st
from left_out import drawn

# name: (text of the cell with {n} for the part's number and {k} for a number, names to capture, probes, is it state)
_KINDS: dict[str, tuple[str, list[str], list[str], bool]] = {
    "closure": (
        "def adder{n}(k):\n    held = [k]\n    def add(x): return x + k + sum(held) + {edit}\n    return add\n"
        "f{n}, g{n} = adder{n}({k}), adder{n}(2)",
        ["f{n}", "g{n}"],
        ["(f{n}(1), g{n}(1), f{n}.__closure__[0].cell_contents)"],
        False,
    ),
    "shared cell": (
        "def counter{n}(k):\n    n = k\n    def up():\n        nonlocal n\n        n += {edit}\n        return n\n"
        "    def get(): return n\n    return up, get\nup{n}, get{n} = counter{n}({k})\nup{n}()",
        ["up{n}", "get{n}"],
        ["(up{n}(), get{n}(), up{n}.__closure__[0] is get{n}.__closure__[0])"],
        True,
    ),
    "one function twice": (
        "def plain{n}(x=[{k}]):\n    x.append({edit})\n    return x\nh{n} = plain{n}",
        ["plain{n}", "h{n}"],
        ["(plain{n}(), h{n}(), plain{n} is h{n}, plain{n}.__defaults__)"],
        True,
    ),
    "wrapped": (
        "def logged{n}(f):\n    @functools.wraps(f)\n    def inner(*a, **k):\n        inner.calls.append(a)\n"
        "        return {edit}, f(*a, **k)\n    inner.calls = []\n    return inner\n"
        "@logged{n}\n@logged{n}\ndef w{n}(x):\n    'said'\n    return x * {k}",
        ["w{n}"],
        ["(w{n}(2), w{n}.__name__, w{n}.__doc__, w{n}.__wrapped__.__wrapped__(3), w{n}.calls)"],
        True,
    ),
    "with arguments": (
        "def times{n}(*, by):\n    def decorate(f):\n        @functools.wraps(f)\n        def inner(x): return f(x) * by + {edit}\n"
        "        return inner\n    return decorate\n@times{n}(by={k})\n@times{n}(by=10)\ndef d{n}(x): return x",
        ["d{n}"],
        ["(d{n}(2), d{n}.__wrapped__.__wrapped__ is not d{n})"],
        False,
    ),
    "class decorator": (
        "class Keep{n}:\n    def __init__(self, f): self.f, self.seen = f, {{}}\n    def __call__(self, x):\n"
        "        return self.seen.setdefault(x, self.f(x))\n@Keep{n}\ndef kept{n}(x): return x + {k} + {edit}",
        ["kept{n}"],
        ["(kept{n}(2), kept{n}(2), kept{n}.seen, type(kept{n}) is Keep{n})"],
        True,
    ),
    "partial": (
        "def base{n}(a, b, *, c=3): return a, b, c, {edit}\np{n} = functools.partial(base{n}, {k}, c=[5])\n"
        "q{n} = functools.partial(p{n}, 7)",
        ["p{n}", "q{n}"],
        ["(p{n}(2), q{n}(), p{n}.func is base{n}, q{n}.keywords['c'] is p{n}.keywords['c'])"],
        False,
    ),
    "bound method": (
        "class Owner{n}:\n    def __init__(self): self.items = [{k}]\n    def add(self, x):\n        self.items.append(x)\n"
        "        return self.items, {edit}\nowner{n} = Owner{n}()\nadd{n} = owner{n}.add\nappend{n} = owner{n}.items.append",
        ["owner{n}", "add{n}", "append{n}"],
        ["(add{n}(1), append{n}(2), owner{n}.items, add{n}.__self__ is owner{n})"],
        True,
    ),
    "class and static methods": (
        "class Tools{n}:\n    seen = []\n    @classmethod\n    def klass(cls, x): return cls, x, {edit}\n"
        "    @staticmethod\n    def still(x): return x + {k}\nk{n}, s{n} = Tools{n}.klass, Tools{n}.still",
        ["k{n}", "s{n}", "Tools{n}"],
        ["(k{n}(1)[0] is Tools{n}, k{n}(1)[1:], s{n}(2), k{n}.__self__ is Tools{n})"],
        False,
    ),
    "recursion": (
        "def even{n}(x): return True if x == 0 else odd{n}(x - 1)\ndef odd{n}(x): return False if x == 0 else even{n}(x - 1)\n"
        "def fact{n}(x): return {edit} if x < 2 else x * fact{n}(x - 1)",
        ["even{n}", "fact{n}"],
        ["(even{n}(4), odd{n}(4), fact{n}({k} + 3))"],
        False,
    ),
    "inner recursion": (
        "def walk{n}():\n    def go(x): return [] if x == 0 else [x, *go(x - 1), {edit}]\n    return go\ngo{n} = walk{n}()",
        ["go{n}"],
        ["(go{n}({k}), go{n}.__closure__[0].cell_contents is go{n})"],
        False,
    ),
    "lambdas": (
        "ls{n} = [lambda x, i=i: (x, i, {edit}) for i in range({k})]\nlate{n} = [lambda: j for j in range(3)]",
        ["ls{n}", "late{n}"],
        ["([one(1) for one in ls{n}], [one() for one in late{n}])"],
        False,
    ),
    "cache": (
        "@functools.lru_cache(maxsize=8)\ndef cached{n}(x): return x * {k} + {edit}\n"
        "@functools.cache\ndef also{n}(x=1, *, y=2): return [x, y]",
        ["cached{n}", "also{n}"],
        ["(cached{n}(3), cached{n}.cache_parameters(), also{n}() is also{n}(), cached{n}.__name__)"],
        False,
    ),
    "single dispatch": (
        "@functools.singledispatch\ndef told{n}(x): return 'any', {edit}\n@told{n}.register\ndef _(x: int): return 'int', {k}\n"
        "@told{n}.register(list)\ndef _(x): return [told{n}(one) for one in x]",
        ["told{n}"],
        ["(told{n}('a'), told{n}(1), told{n}([1, 'b']), told{n}.dispatch(bool)(True))"],
        False,
    ),
    "attributes": (
        "def marked{n}(x): return marked{n}.table[x]\nmarked{n}.table = {{1: [{k}], 2: {edit}}}\nmarked{n}.me = marked{n}",
        ["marked{n}"],
        ["(marked{n}(1), marked{n}(2), marked{n}.me is marked{n})"],
        False,
    ),
    "keyword defaults": (
        "K{n} = [{k}]\ndef kw{n}(a, /, b=K{n}, *rest, c=K{n}, **more): return a, b, rest, c, more, {edit}",
        ["kw{n}", "K{n}"],
        [
            "(kw{n}(1), kw{n}(1)[1] is K{n}, kw{n}.__kwdefaults__['c'] is kw{n}.__defaults__[0], inspect.signature(kw{n}))"
        ],
        False,
    ),
    "new type": (
        "UserId{n} = typing.NewType('UserId{n}', int)\nT{n}v = typing.TypeVar('T{n}v', bound=int)\n"
        "def of_user{n}(u: UserId{n}) -> 'UserId{n}': return UserId{n}(u + {k} + {edit})",
        ["UserId{n}", "of_user{n}"],
        [
            "(of_user{n}(2), UserId{n}.__supertype__, UserId{n}.__name__, "
            "typing.get_type_hints(of_user{n})['return'] is UserId{n})"
        ],
        False,
    ),
    "generic class": (
        "T = typing.TypeVar('T')\nclass Box{n}(typing.Generic[T]):\n    def __init__(self, item: T) -> None: self.item = item\n"
        "    def get(self) -> T: return self.item, {edit}\nBoxed{n} = Box{n}[int]\nbox{n} = Boxed{n}([{k}])",
        ["Box{n}", "box{n}", "Boxed{n}"],
        [
            "(box{n}.get(), typing.get_origin(Boxed{n}) is Box{n}, typing.get_args(Boxed{n}), type(box{n}) is Box{n}, "
            "Box{n}.__parameters__[0].__name__)"
        ],
        False,
    ),
    "operators": (
        "get{n} = operator.itemgetter({k}, 0)\nat{n} = operator.attrgetter('real', 'imag')\n"
        "call{n} = operator.methodcaller('split', ',')\npat{n} = re.compile('a+', re.I)\ned{n} = {edit}",
        ["get{n}", "at{n}", "call{n}", "pat{n}"],
        ["(get{n}([1, 2, 3, 4]), at{n}(2), call{n}('a,b'), pat{n}.findall('aAb'), ed{n})"],
        False,
    ),
    "iterators": (
        "it{n} = iter([1, 2, {k}, {edit}])\nnext(it{n})\nct{n} = itertools.count({k})\nnext(ct{n})\n"
        "rg{n} = iter(range(5))\nen{n} = enumerate('abc')\nnext(en{n})\nsame{n} = [it{n}, it{n}]\nzp{n} = zip([1, 2], it{n})",
        ["it{n}", "ct{n}", "rg{n}", "en{n}", "same{n}"],
        ["(next(it{n}), next(ct{n}), list(rg{n}), list(en{n}), next(same{n}[0]), same{n}[0] is same{n}[1])"],
        True,
    ),
    "generator function": (
        "def gen{n}(k):\n    got = yield k\n    yield from [got, {edit}]\n    return k\n"
        "async def agen{n}():\n    yield {k}\nasync def co{n}(): return [x async for x in agen{n}()]",
        ["gen{n}", "co{n}"],
        ["(list(gen{n}(2)), asyncio.run(co{n}()))"],
        False,
    ),
    "globals": (
        "RATE{n} = {k}\nTABLE{n} = {{'r': RATE{n}}}\ndef rated{n}(x): return x * RATE{n} + {edit}\n"
        "def outer{n}(x): return rated{n}(x), TABLE{n}, globals()['RATE{n}']\nRATE{n} += 1",
        ["outer{n}"],
        ["(outer{n}(2), rated{n}.__globals__ is outer{n}.__globals__)"],
        False,
    ),
    "global statement": (
        "COUNT{n} = {k}\ndef bump{n}():\n    global COUNT{n}\n    COUNT{n} += {edit}\n    return COUNT{n}\nbump{n}()",
        ["bump{n}"],
        ["(bump{n}(), bump{n}(), COUNT{n})"],
        True,
    ),
    "own main": (
        "class Seen{n}:\n    def __init__(self): self.k = [{k}]\nseen{n} = Seen{n}()\ndef by_name{n}(): return {edit}",
        ["Seen{n}", "seen{n}", "by_name{n}"],
        [
            "(type(pickle.loads(pickle.dumps(seen{n}))) is Seen{n}, pickle.loads(pickle.dumps(by_name{n})) is by_name{n}, "
            "sys.modules['__main__'].Seen{n} is Seen{n}, copy.deepcopy(seen{n}).k, by_name{n}())"
        ],
        False,
    ),
    "context manager": (
        "@contextlib.contextmanager\ndef opened{n}(x):\n    yield [x, {k}, {edit}]\n"
        "def use{n}():\n    with opened{n}(1) as a, contextlib.suppress(KeyError):\n        return a",
        ["use{n}"],
        ["(use{n}(), opened{n}.__wrapped__.__name__)"],
        False,
    ),
    "exceptions": (
        "class Bad{n}(Exception):\n    def __init__(self, code, why): super().__init__(code, why); self.code = code\n"
        "bad{n} = Bad{n}({k}, 'w')\nbad{n}.__cause__ = ValueError({edit})\n"
        "def fails{n}():\n    try: raise bad{n}\n    except Bad{n} as e: return e.code, str(e), e is bad{n}, e.__cause__.args",
        ["Bad{n}", "bad{n}", "fails{n}"],
        ["fails{n}()"],
        False,
    ),
    "match": (
        "class Pt{n}:\n    __match_args__ = ('x', 'y')\n    def __init__(self, x, y): self.x, self.y = x, y\n"
        "def where{n}(p):\n    match p:\n        case Pt{n}({k}, y): return 'k', y\n        case Pt{n}(x=a, y=b): return a, b\n"
        "        case [*all]: return all, {edit}\n",
        ["Pt{n}", "where{n}"],
        ["(where{n}(Pt{n}({k}, 2)), where{n}(Pt{n}(99, 2)), where{n}([1]))"],
        False,
    ),
    "comprehensions": (
        "N{n} = [1, 2, {k}]\ndef comp{n}(): return [y for x in N{n} if (y := x * 2)], {{x: {edit} for x in N{n}}}, {{*N{n}}}",
        ["comp{n}"],
        ["comp{n}()"],
        False,
    ),
    "annotations": (
        "class Node{n}:\n    next: 'typing.Optional[Node{n}]' = None\ndef hinted{n}(a: Node{n}, b: 'list[Node{n}]' = None) -> None: return {edit}",
        ["hinted{n}", "Node{n}"],
        [
            "(typing.get_type_hints(hinted{n})['a'] is Node{n}, typing.get_type_hints(Node{n}), hinted{n}(1), "
            "typing.get_args(typing.get_type_hints(hinted{n})['b'])[0] is Node{n}, {k})"
        ],
        False,
    ),
}


@st.composite
def functions(draw: st.DrawFn, number: int) -> Part:
    """Functions of one kind."""
    kind = draw(st.sampled_from(drawn(_KINDS)))
    text, names, probes, is_state = _KINDS[kind]
    filled = {"n": number, "k": draw(st.integers(1, 3))}
    edit = f"EDIT_{number}"  # a global of its own, since a comment ends the line
    cell = text.format(**filled, edit=edit)
    return Part(
        cells=(f"{edit} = {EDIT}\n{cell}",),
        names=tuple(each.format(**filled) for each in names),
        probes=tuple(each.format(**filled) for each in probes),
        is_shared_state=is_state,
        labels=("function", f"function: {kind}"),
    )
