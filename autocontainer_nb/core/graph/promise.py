"""Promises: the values that nodes will output, and conditions on them."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

from flyteidl.core import condition_pb2

from autocontainer_nb.core.graph.not_yet import NotYet, told
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.wording import with_article

SYMBOLS: Final[dict[int, str]] = {
    condition_pb2.ComparisonExpression.EQ: "==",
    condition_pb2.ComparisonExpression.NEQ: "!=",
    condition_pb2.ComparisonExpression.GT: ">",
    condition_pb2.ComparisonExpression.GTE: ">=",
    condition_pb2.ComparisonExpression.LT: "<",
    condition_pb2.ComparisonExpression.LTE: "<=",
}
COMPARISONS: Final[dict[int, Callable[[Any, Any], Any]]] = {
    condition_pb2.ComparisonExpression.EQ: operator.eq,
    condition_pb2.ComparisonExpression.NEQ: operator.ne,
    condition_pb2.ComparisonExpression.GT: operator.gt,
    condition_pb2.ComparisonExpression.GTE: operator.ge,
    condition_pb2.ComparisonExpression.LT: operator.lt,
    condition_pb2.ComparisonExpression.LTE: operator.le,
}
_COMPARE: Final = condition_pb2.ComparisonExpression


class Expression:
    """A condition that is evaluated when the workflow runs. Combine conditions with `&` and `|`, not `and` and `or`."""

    def __and__(self, other: object) -> "Conjunction":
        return Conjunction(self, condition_pb2.ConjunctionExpression.AND, _expression(other))

    def __or__(self, other: object) -> "Conjunction":
        return Conjunction(self, condition_pb2.ConjunctionExpression.OR, _expression(other))

    def __bool__(self) -> bool:
        raise DefinitionError(
            "A condition on a task's output has no truth value while the workflow is being drawn. Combine conditions "
            "with `&`, `|` and parentheses, and use conditional(...).if_(...) instead of `if`."
        )


@dataclass(frozen=True, eq=False)
class Comparison(Expression):
    """Two sides, each a promise or a plain value, and the protocol's number of the comparison."""

    left: Any
    operation: int
    right: Any


@dataclass(frozen=True, eq=False)
class Conjunction(Expression):
    """Two conditions joined by AND or OR, as the protocol numbers them."""

    left: Expression
    operation: int
    right: Expression


def evaluate(expression: Expression, value_of: Callable[[Any], Any]) -> bool:
    """Return whether the condition holds; `value_of` returns the value of a side."""
    if isinstance(expression, Comparison):
        return bool(COMPARISONS[expression.operation](value_of(expression.left), value_of(expression.right)))
    if isinstance(expression, Conjunction):
        left, right = expression.left, expression.right
        if expression.operation == condition_pb2.ConjunctionExpression.AND:
            return evaluate(left, value_of) and evaluate(right, value_of)
        return evaluate(left, value_of) or evaluate(right, value_of)
    raise DefinitionError(f"Expected a condition on outputs, got {with_article(type(expression))}.")


def _expression(value: object) -> Expression:
    if isinstance(value, Expression):
        return value
    raise DefinitionError(
        f"`&` and `|` join conditions: expected another condition, got {with_article(type(value))}. Use parentheses."
    )


@runtime_checkable
class SourceNode(Protocol):
    """The part of a node that a promise uses."""

    id: str

    def runs_before(self, other: Any) -> None:
        """Make `other` wait for this node."""

    def with_overrides(self, **overrides: Any) -> Any:
        """Change how this node runs."""


class Ordered:
    """A node's result, for ordering: `a >> b` makes b wait for a; `with_overrides` changes how the node runs."""

    node: SourceNode | None

    def __rshift__(self, other: Any) -> Any:
        """Make `other` wait for this one, and return `other`."""
        _node(self).runs_before(_node(other))
        return other

    def runs_before(self, other: Any) -> None:
        """Make `other` wait for this one."""
        _node(self).runs_before(_node(other))

    def with_overrides(self, **overrides: Any) -> Any:
        """Change how the node runs: see `Node.with_overrides`."""
        _node(self).with_overrides(**overrides)
        return self


class Promise(Ordered, NotYet):
    """One output of a node, or one input of the workflow (`node` is None), or a part of it (`attr_path`).

    Get a part by attribute or in brackets; use brackets for a field with the name of an attribute here (`node`, `var`).
    """

    def __init__(
        self, node: SourceNode | None, var: str, python_type: Any = None, attr_path: tuple[str | int, ...] = ()
    ) -> None:
        self.node = node
        self.var = var
        self.python_type = python_type  # of the whole output; parts are checked when the value exists
        self.attr_path = attr_path

    @property
    def is_ready(self) -> bool:
        """Whether the value already exists; always False for a promise."""
        return False

    def __getattr__(self, key: str) -> "Promise":
        if key.startswith("_"):  # asked by Python and libraries, not a field
            raise AttributeError(key)
        return self._part(key)

    def __getitem__(self, key: str | int) -> "Promise":
        """Return the promise of an item of a list or dict."""
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise DefinitionError(f"{self!r}[{key!r}]: expected an int or a str in the brackets.")
        return self._part(key)

    def _part(self, key: str | int) -> "Promise":
        return Promise(self.node, self.var, self.python_type, (*self.attr_path, key))

    def __iter__(self) -> Iterator[Any]:
        raise DefinitionError(
            f"{self!r} can't be iterated over while the workflow is being drawn: its number of items isn't known yet. "
            "Use map_task(...), or a @dynamic task."
        )

    def __bool__(self) -> bool:
        raise _no_truth_value(self)

    def __eq__(self, other: object) -> Comparison:  # type: ignore[override]  # a condition, for conditional(...)
        return Comparison(self, _COMPARE.EQ, other)

    def __ne__(self, other: object) -> Comparison:  # type: ignore[override]  # likewise
        return Comparison(self, _COMPARE.NEQ, other)

    def __gt__(self, other: object) -> Comparison:
        return Comparison(self, _COMPARE.GT, other)

    def __ge__(self, other: object) -> Comparison:
        return Comparison(self, _COMPARE.GTE, other)

    def __lt__(self, other: object) -> Comparison:
        return Comparison(self, _COMPARE.LT, other)

    def __le__(self, other: object) -> Comparison:
        return Comparison(self, _COMPARE.LTE, other)

    def is_true(self) -> Comparison:
        """Return the condition that the value is True."""
        return Comparison(self, _COMPARE.EQ, right=True)

    def is_false(self) -> Comparison:
        """Return the condition that the value is False."""
        return Comparison(self, _COMPARE.EQ, right=False)

    def is_none(self) -> Comparison:
        """Return the condition that the value is None."""
        return Comparison(self, _COMPARE.EQ, None)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.attr_path)
        return told(f"<promise of {self.node.id if self.node else 'input'}.{self.var}{path}>")


class VoidPromise(Ordered, NotYet):
    """The result of a node without outputs: nothing to pass on, but something to wait for."""

    def __init__(self, node: SourceNode) -> None:
        self.node = node

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        raise DefinitionError(
            f"{self!r} has no output {key!r}. A task has the outputs that its annotation names, a conditional those "
            "that all its branches have under the same name."
        )

    def __bool__(self) -> bool:
        raise _no_truth_value(self)

    def __repr__(self) -> str:
        return f"<{self.node.id if self.node else ''} without outputs>"


class NodeOutputs(tuple[Promise, ...], Ordered):  # noqa: SLOT001 - the names are in its own dictionary, on purpose
    """The promises of a node with several outputs: unpack them, or get one by position or by name."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, node: SourceNode, promises: Mapping[str, Promise]) -> "NodeOutputs":
        """Return the outputs of the node, in order."""
        made = cls(promises.values())
        # In the instance's own dictionary: an output named `count` or `index` comes before tuple's method.
        made.__dict__.update({"names": tuple(promises), "node": node, **promises})
        return made

    def __getattr__(self, key: str) -> Promise:
        if key.startswith("_"):
            raise AttributeError(key)
        first = self[0]
        raise DefinitionError(
            f"{first!r}: its node has no output {key!r}. Its outputs: {', '.join(p.var for p in self)}."
        )


def outputs_of(node: SourceNode, types: Mapping[str, Any], *, as_tuple: bool) -> Promise | VoidPromise | NodeOutputs:
    """Return the result of a call while a workflow is being drawn: a void promise, one promise, or several."""
    promises = {name: Promise(node, name, kind) for name, kind in types.items()}
    if not promises:
        return VoidPromise(node)
    if len(promises) == 1 and not as_tuple:
        return next(iter(promises.values()))
    return NodeOutputs.of(node, promises)


def _node(value: Any) -> SourceNode:
    node = value.node if isinstance(value, Ordered) else value if isinstance(value, SourceNode) else None
    if node is None:
        raise DefinitionError(f"`>>` and with_overrides: expected a node of the workflow or its output, got {value!r}.")
    return node


def _no_truth_value(value: object) -> DefinitionError:
    return DefinitionError(
        f"{value!r} has no truth value while the workflow is being drawn. Use conditional(...).if_(...) instead "
        "of `if`, with .is_true(), .is_false() or .is_none() as its condition."
    )
