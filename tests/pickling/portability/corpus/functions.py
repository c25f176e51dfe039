"""Functions, closures and lambdas, as people write them in cells."""

from corpus.definition import Definition, cell

FUNCTIONS = [
    Definition(
        name="double",
        cell=cell("""
def double(x):
    return 2 * x
"""),
        call="double(21)",
        expected=42,
    ),
    Definition(
        name="typed",
        cell=cell("""
def typed(x: int, names: list[str] | None = None) -> dict[str, int]:
    \"\"\"Return the lengths.\"\"\"
    return {name: len(name) * x for name in names or ["a", "bc"]}
"""),
        call="(typed(2), typed.__doc__, sorted(typed.__annotations__))",
        expected=({"a": 2, "bc": 4}, "Return the lengths.", ["names", "return", "x"]),
    ),
    Definition(
        name="with_global",
        cell=cell("""
threshold = 0.5
def above(values):
    return [value for value in values if value > threshold]
def with_global(values):
    return len(above(values))
"""),
        call="with_global([0.1, 0.6, 0.9])",
        expected=2,
    ),
    Definition(
        name="kinds_of_parameters",
        cell=cell("""
def kinds_of_parameters(a, b=2, /, c=3, *rest, d, e=5, **others):
    return a, b, c, rest, d, e, others
"""),
        call="(kinds_of_parameters(1, d=4), kinds_of_parameters(1, 9, 8, 7, 6, d=0, z=1))",
        expected=((1, 2, 3, (), 4, 5, {}), (1, 9, 8, (7, 6), 0, 5, {"z": 1})),
    ),
    Definition(
        name="adder",
        cell=cell("""
def make_adder(step):
    def add(x):
        return x + step
    return add
adder = make_adder(10)
"""),
        call="adder(5)",
        expected=15,
    ),
    Definition(
        name="counter",
        cell=cell("""
def make_counter(start):
    count = start
    def step(by=1):
        nonlocal count
        count += by
        return count
    def reset():
        nonlocal count
        count = start
    return step, reset
counter = make_counter(3)
"""),
        call="[counter[0](), counter[0](5), counter[1](), counter[0]()]",
        expected=[4, 9, None, 4],
    ),
    Definition(
        name="closure_order",
        cell=cell("""
def outer(zebra, apple, mango):
    def middle(banana):
        total = [zebra * x + y for x in range(2) for y in range(apple)]
        def inner(cherry):
            return (zebra, apple, mango, banana, cherry, sum(total))
        return inner
    return middle
closure_order = outer(1, 2, 3)(4)
"""),
        call="closure_order(5)",
        expected=(1, 2, 3, 4, 5, 4),
    ),
    Definition(
        name="comprehension_closures",
        cell=cell("""
def comprehension_closures(n):
    squares = [lambda k=k: k * k for k in range(n)]
    late = [lambda: k for k in range(n)]
    nested = {i: {j: [i * j + m for m in range(2)] for j in range(2)} for i in range(n)}
    return [f() for f in squares], [f() for f in late], nested[1][1], sum(x for row in nested.values() for x in row[1])
"""),
        call="comprehension_closures(3)",
        expected=([0, 1, 4], [2, 2, 2], [1, 2], 9),
    ),
    Definition(
        name="closures_made_in_a_comprehension",
        cell="closures_made_in_a_comprehension = [lambda x: x + n for n in range(3)]",
        call="[f(10) for f in closures_made_in_a_comprehension]",
        expected=[12, 12, 12],
    ),
    Definition(
        name="two_lambdas",
        cell="two_lambdas = (lambda x: x + 1, lambda x: x * 5)",
        call="[f(3) for f in two_lambdas]",
        expected=[4, 15],
    ),
    Definition(
        name="alike_lambdas",
        cell="alike_lambdas = [lambda: 1, lambda: 1, lambda: 2, lambda x: 1, lambda: 'one', lambda: 1.0, lambda: True]",
        call="[f() if i != 3 else f(0) for i, f in enumerate(alike_lambdas)]",
        expected=[1, 1, 2, 1, "one", 1.0, True],
    ),
    Definition(
        name="lambdas_in_a_dict",
        cell=cell("""
operations = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b,
              "pow": lambda a, b: a ** b}
def lambdas_in_a_dict(name, a, b):
    return operations[name](a, b)
"""),
        call="[lambdas_in_a_dict(name, 2, 5) for name in ('add', 'sub', 'pow')]",
        expected=[7, -3, 32],
    ),
    Definition(
        name="lambda_defaults",
        cell=cell("""
def lambda_defaults(values, key=lambda pair: (pair[1], pair[0]), *, last=lambda items: items[-1]):
    return last(sorted(values, key=key))
"""),
        call="lambda_defaults([('a', 3), ('b', 3), ('c', 1)])",
        expected=("b", 3),
    ),
    Definition(
        name="fibonacci",
        cell=cell("""
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
"""),
        call="fibonacci(12)",
        expected=144,
    ),
    Definition(
        name="is_even",
        cell=cell("""
def is_even(n):
    return True if n == 0 else is_odd(n - 1)
def is_odd(n):
    return False if n == 0 else is_even(n - 1)
"""),
        call="(is_even(10), is_even(7))",
        expected=(True, False),
    ),
    Definition(
        name="counting_global",
        cell=cell("""
calls = 0
def counting_global():
    global calls
    calls += 1
    return calls
"""),
        call="[counting_global(), counting_global()]",
        expected=[1, 2],
    ),
    Definition(
        name="formatted",
        cell=cell("""
def formatted(name, value, width=8):
    inner = f"{value:>{width}.2f}"
    return f"{name!r}={inner}|{ {'a': 1}['a'] }|{value=}|{(lambda v: v + 1)(value)}"
"""),
        call="formatted('x', 3.14159)",
        expected="'x'=    3.14|1|value=3.14159|4.14159",
    ),
    Definition(
        name="walrus",
        cell=cell("""
def walrus(values):
    found = [half for value in values if (half := value // 2) > 1]
    while (size := len(found)) > 2:
        found.pop()
    return found, half, size
"""),
        call="walrus([1, 4, 6, 8, 3])",
        expected=([2, 3], 1, 2),
    ),
    Definition(
        name="matching",
        cell=cell("""
def matching(command):
    match command:
        case ["go", ("north" | "south") as way]:
            return f"go {way}"
        case {"action": str(action), **rest} if rest:
            return action, rest
        case [first, *others]:
            return first, others
        case int() | float():
            return "number"
        case _:
            return None
"""),
        call="[matching(c) for c in (['go', 'north'], {'action': 'stop', 'n': 1}, [1, 2, 3], 2.5, None)]",
        expected=["go north", ("stop", {"n": 1}), (1, [2, 3]), "number", None],
    ),
    Definition(
        name="cleaning_up",
        cell=cell("""
def cleaning_up(fail):
    log = []
    try:
        try:
            log.append("try")
            if fail:
                raise ValueError("bad")
        except ValueError as error:
            log.append((lambda: str(error))())
            raise RuntimeError("worse") from error
        else:
            log.append("else")
        finally:
            def note(word):
                log.append(word)
            note("finally")
    except RuntimeError as error:
        log.append(repr(error.__cause__))
    return log
"""),
        call="(cleaning_up(False), cleaning_up(True))",
        expected=(["try", "else", "finally"], ["try", "bad", "finally", "ValueError('bad')"]),
    ),
]
