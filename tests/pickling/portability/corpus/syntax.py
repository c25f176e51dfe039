"""Syntax: what IPython transforms, what only newer versions know, and what is easily compiled otherwise."""

from corpus.definition import Definition, cell

SYNTAX = [
    Definition(
        name="top_level_await",
        cell=cell("""
import asyncio
async def made(n):
    await asyncio.sleep(0)
    return lambda x: x + n
top_level_await = await made(4)
"""),
        call="top_level_await(1)",
        expected=5,
    ),
    Definition(
        name="beside_a_shell_line",
        cell=cell("""
if False:
    !ls {folder}
def beside_a_shell_line(x):
    return [value for value in range(x)]
"""),
        transformed=cell("""
if False:
    get_ipython().system('ls {folder}')
def beside_a_shell_line(x):
    return [value for value in range(x)]
"""),
        call="beside_a_shell_line(3)",
        expected=[0, 1, 2],
    ),
    Definition(
        name="with_a_magic_inside",
        cell=cell("""
def with_a_magic_inside(x):
    if x > 5:
        files = !ls
        %timeit x
        return files
    return x
"""),
        transformed=cell("""
def with_a_magic_inside(x):
    if x > 5:
        files = get_ipython().getoutput('ls')
        get_ipython().run_line_magic('timeit', 'x')
        return files
    return x
"""),
        call="with_a_magic_inside(2)",
        expected=2,
    ),
    Definition(
        name="later_annotations",
        cell=cell("""
from __future__ import annotations
def later_annotations(x: Unknown | None, y: list[Nowhere] = None) -> Missing:
    def inner(z: AlsoMissing): return z
    return inner(x)
class Annotated:
    field: Missing = 1
    def method(self, other: Annotated) -> Annotated: return other
later_annotations.cls = Annotated
"""),
        call="(later_annotations(3), later_annotations.__annotations__['return'], later_annotations.cls().method(4))",
        expected=(3, "Missing", 4),
    ),
    Definition(
        name="unicode_text",
        cell=cell('''
größe = 2
π = 3.14
def unicode_text(名="日本"):
    """Gibt Größe zurück: ✓"""
    return f"{名}: {größe * π:.2f} ✓", "\\N{GREEK SMALL LETTER ALPHA}", r"\\d", b"\\xff", "tab\\there"
'''),
        call="(unicode_text(), unicode_text.__doc__)",
        expected=(
            ("日本: 6.28 ✓", "\N{GREEK SMALL LETTER ALPHA}", "\\d", b"\xff", "tab\there"),
            "Gibt Größe zurück: ✓",
        ),
    ),
    Definition(
        name="constants_of_kinds",
        cell=cell("""
def constants_of_kinds(x=frozenset({1, 2}), y=(1, (2.0, -0.0)), z=...):
    table = {1: 1j, "a": b"b", None: True, (1, 2): 1_000_000}
    return x, y, z, table, x in {1, 2}, 10**20, 0x1F, 1e-3, 7 // 2, -7 % 3, not x, x is None, 1 < len(y) < 5, ~5, "a" "b"
"""),
        call="constants_of_kinds(1)",
        expected=(
            1,
            (1, (2.0, -0.0)),
            ...,
            {1: 1j, "a": b"b", None: True, (1, 2): 1000000},
            True,
            10**20,
            31,
            0.001,
            3,
            2,
            False,
            False,
            True,
            -6,
            "ab",
        ),
    ),
    Definition(
        name="loops",
        cell=cell("""
def loops(rows):
    out = []
    for i, (a, *rest) in enumerate(rows):
        if not rest:
            continue
        for value in rest:
            if value < 0:
                break
            out.append((i, a, value))
        else:
            out.append("all")
    while out and len(out) > 3:
        out.pop(0)
    else:
        out.append("end")
    del rows[0]
    assert isinstance(out, list), f"no list: {out}"
    a = b = 1
    a, b = b + 1, a
    return out, [*rows[0], *range(2)], {**{"k": 1}, "j": 2}, (x if x else "no" for x in [0]).__next__(), a, b
"""),
        call="loops([[1], [2, 3, -1], [4, 5]])",
        expected=([(1, 2, 3), (2, 4, 5), "all", "end"], [2, 3, -1, 0, 1], {"k": 1, "j": 2}, "no", 2, 1),
    ),
    Definition(
        name="finally_lambdas",
        cell=cell("""
def finally_lambdas(kind):
    made = []
    for step in range(3):
        try:
            if step == 1 and kind == "continue":
                continue
            if step == 1 and kind == "return":
                return [f() for f in made]
        finally:
            made.append(lambda step=step: (lambda: step * 10)())
            made.append(lambda step=step: step)
    return [f() for f in made]
"""),
        call="(finally_lambdas('continue'), finally_lambdas('return'))",
        expected=([0, 0, 10, 1, 20, 2], [0, 0]),
    ),
    Definition(
        name="one_line_of_many",
        cell="one_line_of_many = (lambda a: (lambda b: (lambda c: a + b + c)))(1), (lambda *a, **k: (a, k)), [(lambda i: lambda: i)(i) for i in range(3)], (lambda: (yield 1)), (x for x in ()).__class__, {k: (lambda v=k: v) for k in 'ab'}",
        call="(one_line_of_many[0](2)(3), one_line_of_many[1](1, b=2), [f() for f in one_line_of_many[2]], list(one_line_of_many[3]()), one_line_of_many[5]['b']())",
        expected=(6, ((1,), {"b": 2}), [0, 1, 2], [1], "b"),
    ),
    Definition(
        name="same_names",
        cell=cell("""
def same_names(n):
    if n > 1:
        def helper(): return "big"
    else:
        def helper(): return "small"
    class helper_class:
        def helper(self): return "method"
        def __init__(self): self.f = lambda: "first"; self.g = lambda: "second"
    if n:
        class helper_class(helper_class):
            def helper(self): return super().helper() + "!"
    made = helper_class()
    return helper(), made.helper(), made.f(), made.g()
"""),
        call="(same_names(2), same_names(0))",
        expected=(("big", "method!", "first", "second"), ("small", "method", "first", "second")),
    ),
    Definition(
        name="redefined",
        cell=cell("""
def redefined(): return "old"
older = redefined
def redefined(): return "new " + older()
"""),
        call="redefined()",
        expected="new old",
    ),
    Definition(
        name="comprehension_scopes",
        cell=cell("""
x = "global"
def comprehension_scopes(xs):
    x = "local"
    first = [x for x in xs]
    second = {x: [x + y for y in xs if (last := y) or x] for x in xs}
    third = [(lambda: x)() for _ in xs]
    fourth = [[f() for f in [lambda: (x, y) for y in range(2)]] for x in range(2)]
    class Inner:
        z = [x for x in xs]
        w = [i * k for i in range(2) for k in [x for x in xs]]
    return x, first, second, third, last, fourth, Inner.z, Inner.w
"""),
        call="comprehension_scopes([1, 2])",
        expected=(
            "local",
            [1, 2],
            {1: [2, 3], 2: [3, 4]},
            ["local", "local"],
            2,
            [[(0, 1), (0, 1)], [(1, 1), (1, 1)]],
            [1, 2],
            [0, 0, 1, 2],
        ),
    ),
    Definition(
        name="deep_closures",
        cell=cell("""
def pipeline(*steps, initial=0):
    total = initial
    def run(value):
        nonlocal total
        for step in steps:
            def apply(v, step=step):
                nonlocal total
                total += 1
                return step(v)
            value = apply(value)
        def report():
            return value, total, run.__name__
        return report
    return run
deep_closures = pipeline(lambda v: v + 1, lambda v: v * 2, initial=5)
"""),
        call="(deep_closures(1)(), deep_closures(2)())",
        expected=((4, 7, "run"), (6, 9, "run")),
    ),
    Definition(
        name="group_caught",
        cell=cell("""
def group_caught():
    caught = []
    try:
        raise ExceptionGroup("g", [ValueError(1), TypeError(2)])
    except* ValueError as group:
        caught.append(len(group.exceptions))
    except* TypeError:
        caught.append("type")
    return caught
"""),
        call="group_caught()",
        expected=[1, "type"],
        since=(3, 11),
    ),
    Definition(
        name="nested_quotes",
        cell=cell("""
def nested_quotes(data):
    return f"{", ".join(f"{key}={value!r}" for key, value in data.items())}"
"""),
        call="nested_quotes({'a': 1, 'b': 'x'})",
        expected="a=1, b='x'",
        since=(3, 12),
    ),
    Definition(
        name="type_parameters",
        cell=cell("""
type Pairs[T] = list[tuple[T, T]]
def type_parameters[T](items: list[T], default: T | None = None) -> T | None:
    return items[0] if items else default
class Holder[T: (int, str)]:
    def __init__(self, value: T): self.value = value
    def get(self) -> T: return self.value
type_parameters.holder = Holder
type_parameters.alias = Pairs
"""),
        call="(type_parameters([3]), type_parameters.holder[int](4).get(), type_parameters.alias.__name__, [p.__name__ for p in type_parameters.__type_params__])",
        expected=(3, 4, "Pairs", ["T"]),
        since=(3, 12),
    ),
    Definition(
        name="recursive_aliases",
        cell=cell("""
from typing import Callable
type Json = int | list["Json"] | dict[str, Json]
type Tree[T: (int, str)] = T | list[Tree[T]]
type Even[A, *Ts, **P] = Callable[P, Odd[A, *Ts, P]]
type Odd[A, *Ts, **P] = tuple[A, *Ts] | Callable[P, Even[A, *Ts, P]]
def recursive_aliases():
    [T] = Tree.__type_params__
    inner = Tree.__value__.__args__[1].__args__[0]
    return (
        Json.__value__.__args__[2].__args__[1] is Json, inner.__origin__ is Tree, inner.__args__ == (T,),
        Tree.__value__.__args__[0] is T, T.__constraints__, Tree[int].__args__, Even.__name__, Odd.__module__,
        Even.__value__.__args__[1].__origin__ is Odd, [str(one) for one in Odd.__type_params__],
    )
recursive_aliases.held = {"json": Json, "same": [Json, Tree]}
"""),
        call="(*recursive_aliases(), recursive_aliases.held['json'] is recursive_aliases.held['same'][0])",
        expected=(
            True,
            True,
            True,
            True,
            (int, str),
            (int,),
            "Even",
            "__main__",
            True,
            ["A", "Ts", "P"],
            True,
        ),
        since=(3, 12),
    ),
    Definition(
        name="starred_index",
        cell=cell("""
def starred_index(table, *key):
    return table[*key], [*key]
"""),
        call="starred_index({(1, 2): 'x'}, 1, 2)",
        expected=("x", [1, 2]),
        since=(3, 11),
    ),
]
