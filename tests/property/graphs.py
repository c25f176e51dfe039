"""The strategy of graphs over a case's task: workflows, maps, dynamic tasks, branches, and one inside the other.

In a local run all tasks are in one process, and what one changes in global variables the next one sees; in containers
it doesn't. So where the parts change such state, one node alone looks at them.
"""

from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True)
class Signature:
    """Inputs of the task `f`: (name, annotation, expression of a value)."""

    inputs: tuple[tuple[str, str, str], ...]

    @property
    def parameters(self) -> str:
        """The parameters of a function that takes them."""
        return ", ".join(f"{name}: {kind}" for name, kind, _ in self.inputs)

    @property
    def lists(self) -> str:
        """The parameters of a function that takes a list of each."""
        return ", ".join(f"{name}: list[{kind}]" for name, kind, _ in self.inputs)

    @property
    def given(self) -> str:
        """The arguments of a call of `f` within such a function."""
        return ", ".join(f"{name}={name}" for name, _, _ in self.inputs)

    @property
    def constants(self) -> str:
        """The arguments of a call of `f` whose values are written there, but for `x`."""
        return ", ".join(f"{name}={name if name == 'x' else value}" for name, _, value in self.inputs)

    @property
    def lists_of_constants(self) -> str:
        """The arguments of a map of `f` over two items whose values are written there."""
        return ", ".join(f"{name}=[{value}, {value}]" for name, _, value in self.inputs)

    @property
    def values(self) -> tuple[tuple[str, str], ...]:
        """The inputs of a launch."""
        return tuple((name, value) for name, _, value in self.inputs)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The inputs of a launch that takes lists."""
        return tuple((name, f"[{value}, {value}]") for name, _, value in self.inputs)


# name: the cell after that of `f`, which defines `w`
_ONE_NODE_LOOKS = {
    "chain": "@workflow\ndef w({parameters}) -> Any: return g(v=f({given}))",
    "two outputs": "@workflow\ndef w({parameters}) -> tuple[Any, Any]:\n    one = f({given})\n    return one, g(v=one)",
    "two after one": "@workflow\ndef w({parameters}) -> Any:\n    one = f({given})\n    return two(a=g(v=one), b=one)",
    "workflow in a workflow": "@workflow\ndef inner({parameters}) -> Any: return f({given})\n@workflow\ndef w({parameters}) -> Any: return g(v=inner({given}))",
    "branch": "@workflow\ndef w({parameters}) -> Any:\n    return conditional('c').if_(x > {limit}).then(f({given})).else_().then(small(x=x))",
    "later task": "@workflow\ndef w({parameters}) -> Any: return last(v=f({given}))\n@task\ndef last(v: Any) -> Any: return [v, show(v, False)]",
    "dynamic": "@dynamic\ndef w({parameters}) -> Any: return g(v=f({given}))",
    "dynamic in a workflow": "@dynamic\ndef d({parameters}) -> Any: return f({given})\n@workflow\ndef w({parameters}) -> Any: return g(v=d({given}))",
    "workflow in a dynamic": "@workflow\ndef inner({parameters}) -> Any: return g(v=f({given}))\n@dynamic\ndef w({parameters}) -> list[Any]: return [inner({given}) for _ in range(1)]",
}
_SEVERAL_LOOK = {
    "twice": "@workflow\ndef w({parameters}) -> Any: return two(a=f({given}), b=f({given}))",
    "map": "@workflow\ndef w({lists}) -> list[Any]: return map_task(f)({given})",
    "loop": "@dynamic\ndef w({parameters}) -> list[Any]: return [f({given}) for _ in range(2)]",
    "map in a dynamic": "@dynamic\ndef w({lists}) -> list[Any]: return map_task(f)({given})",
    "dynamic that looks": "@dynamic\ndef w({parameters}) -> Any:\n    seen = show({names})\n    return two(a=f({given}), b=seen)",
    "constants": "@workflow\ndef w({parameters}) -> Any: return two(a=f({constants}), b=small(x=x))",
    "constants in a dynamic": "@dynamic\ndef w(x: int) -> list[Any]: return [f({constants}) for _ in range(2)]",
    "constants of a map": "@workflow\ndef w(x: int) -> list[Any]:\n    return map_task(f)({lists_of_constants})",
    "map of a partial": "@workflow\ndef w({parameters}) -> list[Any]:\n    one = f({given})\n    return map_task(functools.partial(two, b=one))(a=[small(x=x), one])",
}


@dataclass(frozen=True)
class Graph:
    """A cell that defines `w` over the task `f`, and the inputs that it is launched with."""

    kind: str
    text: str
    inputs: tuple[tuple[str, str], ...]


@st.composite
def graphs(draw: st.DrawFn, signature: Signature, names: list[str], is_shared_state: bool) -> Graph:
    """A workflow or dynamic task; `names` are what other tasks of it may look at."""
    kinds = _ONE_NODE_LOOKS if is_shared_state else {**_ONE_NODE_LOOKS, **_SEVERAL_LOOK}
    kind = draw(st.sampled_from(sorted(kinds)))
    looked = [] if is_shared_state else draw(st.lists(st.sampled_from(names), max_size=2)) if names else []
    text = kinds[kind]
    filled = {
        "parameters": signature.parameters,
        "lists": signature.lists,
        "given": signature.given,
        "constants": signature.constants,
        "lists_of_constants": signature.lists_of_constants,
        "names": f"[{', '.join(looked)}]",
        "limit": draw(st.sampled_from([2, 3])),
    }
    end = "], False)" if is_shared_state else "])"  # what classes hold, others may have changed
    seen = ", ".join(["v", *looked])
    tasks = (
        f"@task\ndef g(v: Any) -> Any: return [show([{seen}{end}, v]\n"
        f"@task\ndef two(a: Any, b: Any) -> Any: return [show([a, b{end}, a, b]\n"
        "@task\ndef small(x: int) -> Any: return [x]\n"
    )
    inputs = signature.pairs if "{lists}" in text else signature.values
    if "(x: int)" in text:
        inputs = tuple(pair for pair in inputs if pair[0] == "x")
    return Graph(kind, tasks + text.format(**filled), inputs)
