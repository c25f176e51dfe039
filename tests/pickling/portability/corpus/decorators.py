"""Decorators, context managers, generators and coroutines."""

from corpus.definition import Definition, cell

DECORATORS = [
    Definition(
        name="plainly_decorated",
        cell=cell("""
def loud(function):
    def wrapper(*args, **kwargs):
        return str(function(*args, **kwargs)).upper()
    return wrapper
@loud
def plainly_decorated(name):
    return f"hello {name}"
"""),
        call="plainly_decorated('you')",
        expected="HELLO YOU",
    ),
    Definition(
        name="wrapped",
        cell=cell("""
import functools
def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        wrapper.calls += 1
        return function(*args, **kwargs), wrapper.calls
    wrapper.calls = 0
    return wrapper
@traced
def wrapped(x: int) -> int:
    "Doubles."
    return 2 * x
"""),
        call="(wrapped(1), wrapped(2), wrapped.__name__, wrapped.__doc__, wrapped.__wrapped__(5))",
        expected=((2, 1), (4, 2), "wrapped", "Doubles.", 10),
    ),
    Definition(
        name="retried",
        cell=cell("""
from functools import wraps
def retry(times, errors=(ValueError,)):
    def decorate(function):
        @wraps(function)
        def wrapper(*args):
            for attempt in range(times):
                try:
                    return function(*args, attempt)
                except errors:
                    continue
            return "gave up"
        return wrapper
    return decorate
@retry(3)
def retried(needed, attempt):
    if attempt < needed:
        raise ValueError(attempt)
    return f"attempt {attempt}"
"""),
        call="(retried(2), retried(5))",
        expected=("attempt 2", "gave up"),
    ),
    Definition(
        name="stacked",
        cell=cell("""
def add(n):
    return lambda function: lambda x: function(x) + n
def twice(function): return lambda x: function(function(x))
@add(1)
@twice
@add(
    10
)
def stacked(x):
    return x * 2
"""),
        call="stacked(1)",
        expected=35,
    ),
    Definition(
        name="Counted",
        cell=cell("""
class Counted:
    def __init__(self, function, *, step=1):
        self.function, self.count, self.step = function, 0, step
    def __call__(self, *args):
        self.count += self.step
        return self.function(*args), self.count
    def __get__(self, instance, owner=None):
        return self if instance is None else lambda *args: self(instance, *args)
@Counted
def counted(x):
    return x + 1
class Uses:
    @Counted
    def method(self, x):
        return x * 3
Counted.example = counted
Counted.uses = Uses
"""),
        call="(Counted.example(1), Counted.example(1), Counted.uses().method(2))",
        expected=((2, 1), (2, 2), (6, 1)),
    ),
    Definition(
        name="lambda_decorator",
        cell=cell("""
@(lambda function: lambda x: function(x) + 1)
@(lambda function: lambda x: function(x) * 2)
def lambda_decorator(x):
    return x
"""),
        call="lambda_decorator(5)",
        expected=11,
    ),
    Definition(
        name="cached",
        cell=cell("""
from functools import lru_cache, cache
@lru_cache(maxsize=8)
def cached(n):
    return n if n < 2 else cached(n - 1) + cached(n - 2)
@cache
def squares(n):
    return n * n
cached(4)
"""),
        call="(cached(30), cached.cache_info().maxsize, cached.__name__)",
        expected=(832040, 8, "cached"),
    ),
    Definition(
        name="uses_cached",
        cell=cell("""
from functools import cache, cached_property, partial, partialmethod, reduce
@cache
def squared(n):
    return n * n
class Lazy:
    def __init__(self, n):
        self.n, self.made = n, 0
    @cached_property
    def value(self):
        self.made += 1
        return squared(self.n)
    def scale(self, by, offset=0):
        return self.n * by + offset
    triple = partialmethod(scale, 3, offset=1)
    @cache
    def slow(self):
        return self.n
power = partial(pow, 2)
shifted = partial(lambda a, b, c: (a, b, c), 1, c=3)
def uses_cached(n):
    lazy = Lazy(n)
    return lazy.value, lazy.value, lazy.made, lazy.triple(), power(5), shifted(2), lazy.slow()
"""),
        call="uses_cached(4)",
        expected=(16, 16, 1, 13, 32, (1, 2, 3), 4),
    ),
    Definition(
        name="dispatched",
        cell=cell("""
from functools import singledispatch, singledispatchmethod
@singledispatch
def dispatched(value):
    "Say what it is."
    return f"object {value}"
@dispatched.register
def _(value: int):
    return f"int {value}"
@dispatched.register(list)
@dispatched.register(tuple)
def _(value):
    return [dispatched(item) for item in value]
class Shower:
    @singledispatchmethod
    def show(self, value):
        return "?"
    @show.register
    def _(self, value: str):
        return value + "!"
dispatched.shower = Shower
"""),
        call="(dispatched('x'), dispatched([1, (2.5,)]), dispatched.__doc__, dispatched.shower().show('a'), dispatched.shower().show(1))",
        expected=("object x", ["int 1", ["object 2.5"]], "Say what it is.", "a!", "?"),
    ),
    Definition(
        name="ordered",
        cell=cell("""
from functools import total_ordering
@total_ordering
class Size:
    def __init__(self, n): self.n = n
    def __eq__(self, other): return self.n == other.n
    def __lt__(self, other): return self.n < other.n
    __hash__ = None
def ordered():
    return Size(1) <= Size(1), Size(2) > Size(1), Size(1) >= Size(2), max(Size(3), Size(9)).n
"""),
        call="ordered()",
        expected=(True, True, False, 9),
    ),
    Definition(
        name="managed",
        cell=cell("""
from contextlib import contextmanager, ExitStack, suppress
log = []
@contextmanager
def opened(name):
    log.append(f"+{name}")
    try:
        yield name.upper()
    finally:
        log.append(f"-{name}")
class Managed:
    def __enter__(self):
        log.append("enter")
        return self
    def __exit__(self, kind, value, trace):
        log.append(kind.__name__ if kind else "exit")
        return kind is KeyError
def managed():
    log.clear()
    with opened("a") as a, opened("b") as b:
        log.append(a + b)
    with Managed(), suppress(ValueError):
        raise ValueError
    with Managed():
        raise KeyError
    with ExitStack() as stack:
        stack.enter_context(opened("c"))
        stack.callback(log.append, "callback")
    return log
"""),
        call="managed()",
        expected=["+a", "+b", "AB", "-b", "-a", "enter", "exit", "enter", "KeyError", "+c", "callback", "-c"],
    ),
    Definition(
        name="generated",
        cell=cell("""
def chunks(items, size):
    for start in range(0, len(items), size):
        yield items[start:start + size]
def flatten(nested):
    for item in nested:
        if isinstance(item, list):
            yield from flatten(item)
        else:
            yield item
def averager():
    total = count = 0
    while True:
        value = yield total / count if count else None
        if value is None:
            return count
        total, count = total + value, count + 1
def generated():
    average = averager()
    next(average)
    sent = [average.send(n) for n in (2, 4)]
    try:
        average.send(None)
    except StopIteration as stop:
        returned = stop.value
    lazily = (x * y for x in range(3) for y in range(x) if y)
    return list(chunks([1, 2, 3], 2)), list(flatten([1, [2, [3]]])), sent, returned, list(lazily)
"""),
        call="generated()",
        expected=([[1, 2], [3]], [1, 2, 3], [2.0, 3.0], 2, [2]),
    ),
    Definition(
        name="generator_expressions",
        cell=cell("""
def generator_expressions(n, k=2):
    pairs = ((a, b) for a in range(n) for b in (c * k for c in range(a)))
    total = sum(x * k for x in range(n)) + sum(x * k for x in range(n))
    anything = any((lambda v: v > k)(x) for x in range(n))
    return list(pairs), total, anything, {x: [y for y in range(x)] for x in range(n)}, {x % k for x in range(n)}
"""),
        call="generator_expressions(3)",
        expected=([(1, 0), (2, 0), (2, 2)], 12, False, {0: [], 1: [0], 2: [0, 1]}, {0, 1}),
    ),
    Definition(
        name="iterated",
        cell=cell("""
class Countdown:
    def __init__(self, start):
        self.start = start
    def __iter__(self):
        for n in range(self.start, 0, -1):
            yield n
    def __len__(self):
        return self.start
    def __contains__(self, n):
        return 0 < n <= self.start
    def __reversed__(self):
        return (n for n in range(1, self.start + 1))
iterated = Countdown(3)
"""),
        call="(list(iterated), len(iterated), 2 in iterated, list(reversed(iterated)))",
        expected=([3, 2, 1], 3, True, [1, 2, 3]),
    ),
    Definition(
        name="awaited",
        cell=cell("""
import asyncio
async def fetch(n):
    await asyncio.sleep(0)
    return n * 2
async def gather_all(numbers):
    results = await asyncio.gather(*(fetch(n) for n in numbers))
    return [await fetch(n) for n in results if n], {n: await fetch(n) for n in numbers}
def awaited():
    return asyncio.run(gather_all([0, 1, 2]))
"""),
        call="awaited()",
        expected=([4, 8], {0: 0, 1: 2, 2: 4}),
    ),
    Definition(
        name="async_things",
        cell=cell("""
import asyncio
from contextlib import asynccontextmanager
class Resource:
    def __init__(self, log): self.log = log
    async def __aenter__(self):
        self.log.append("in")
        return self
    async def __aexit__(self, *exc):
        self.log.append("out")
@asynccontextmanager
async def session(log):
    log.append("open")
    yield 5
    log.append("close")
async def ticks(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i
class Numbers:
    def __init__(self, n): self.left = n
    def __aiter__(self): return self
    async def __anext__(self):
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left
async def main():
    log = []
    async with Resource(log) as resource, session(log) as number:
        log.append(number)
    async for tick in ticks(2):
        log.append(tick)
    log.append([n async for n in Numbers(3) if n])
    log.append(sum([n async for n in ticks(3)]))
    return log
async_things = main
"""),
        call="__import__('asyncio').run(async_things())",
        expected=["in", "open", 5, "close", "out", 0, 1, [2, 1], 3],
    ),
    Definition(
        name="awaitable_generator",
        cell=cell("""
import types, asyncio
@types.coroutine
def switch():
    yield
    return 7
async def twice_switched():
    return await switch() + await switch()
def awaitable_generator():
    return asyncio.run(twice_switched())
"""),
        call="awaitable_generator()",
        expected=14,
    ),
]
