"""The branch node of a conditional, and its local run."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from autocontainer_nb.compiler.types import castable
from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.core.graph.binding import Binding
from autocontainer_nb.core.graph.compilation import CompilationState, draw_on
from autocontainer_nb.core.graph.conditions import plain_constant
from autocontainer_nb.core.graph.local_run import node_outputs
from autocontainer_nb.core.graph.node import Node, NodeMetadata
from autocontainer_nb.core.graph.passed_values import Stored, Values, resolve
from autocontainer_nb.core.graph.promise import Comparison, Conjunction, Expression, Promise, evaluate
from autocontainer_nb.errors import DefinitionError, UserError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import show_type


@dataclass(frozen=True)
class BranchCase:
    """One branch: the node that runs if the condition holds; the last branch has no condition."""

    condition: Expression | None
    node: Node
    outputs: Mapping[str, Any]  # name ► type, of the outputs passed to `then`


class BranchNode:
    """The entity of a node that runs one of its branches."""

    noun = "Conditional"

    def __init__(self, name: str, cases: Sequence[BranchCase], error: str | None, where: str) -> None:
        """Collect the variables that the conditions read, and the outputs that all branches have.

        Raises:
            DefinitionError: an output has different types in two branches.
        """
        self.name = name
        self.cases = tuple(cases)
        self.error = error
        self.where = where
        self._variables = _variables(cases)
        outputs = _common_outputs(cases, where)
        inputs = {name: promise.python_type for name, promise in self._variables.items()}
        self.python_interface = Interface(inputs=inputs, outputs=outputs)

    @property
    def short_name(self) -> str:
        """The conditional's name."""
        return self.name

    @property
    def branch_nodes(self) -> tuple[Node, ...]:
        """The nodes of all branches; only one of them runs."""
        return tuple(case.node for case in self.cases)

    @property
    def bindings(self) -> list[Binding]:
        """The sources of the values that the conditions read, sorted by variable."""
        return [Binding(name, self._variables[name], None) for name in sorted(self._variables)]

    def variable(self, promise: Promise) -> str:
        """Return the name under which the conditions read the promised value."""
        return next(name for name, known in self._variables.items() if _key(known) == _key(promise))

    def construct_node_metadata(self) -> NodeMetadata:
        """Return the node's metadata: it is shown by the conditional's name."""
        return NodeMetadata(name=self.name)

    def outputs_in(self, values: Values) -> dict[str, Stored]:
        """Run the first branch whose condition holds, and no other, and return its outputs.

        Raises:
            UserError: no condition holds, and the conditional ends with `.fail(...)`.
        """
        for case in self.cases:
            if case.condition is None or evaluate(case.condition, lambda side: plain_constant(resolve(side, values))):
                outputs = node_outputs(case.node, values)
                return {name: outputs[name] for name in self.python_interface.outputs}
        raise UserError(f"{self.where}: {self.error}")


@dataclass
class BranchState(CompilationState):
    """The graph that the branches' nodes are drawn on, one node per branch."""

    branch: str = ""  # the branch that is being drawn; empty between two branches
    drawn: Node | None = None
    frame: FrameType | None = None  # that began the conditional, if no workflow's function did

    @property
    def is_abandoned(self) -> bool:
        """Whether the frame that began the conditional has returned and can no longer end it."""
        return self.frame is not None and not _is_running(self.frame)

    def next_id(self) -> str:
        """Return the id of the branch's node.

        Raises:
            DefinitionError: no branch is being drawn, or it has its node already.
        """
        if self.is_abandoned:
            draw_on(None)
            raise DefinitionError(
                f"{self.owner} was begun but never ended, perhaps because of an error. It has been dropped: call again."
            )
        if not self.branch:
            raise DefinitionError(
                f"{self.owner}: a task was called between its branches. End the conditional with .else_().then(...) or "
                ".else_().fail(...), and call what its conditions need before it."
            )
        if self.drawn is not None:
            raise DefinitionError(
                f"{self.owner}, {self.branch}: a branch is a single call, but {self.drawn.entity.short_name!r} is "
                "followed by another one. Make the first call before the conditional, or put both into a workflow."
            )
        return super().next_id()

    def add(self, node: Node) -> None:
        """Add the branch's node."""
        super().add(node)
        self.drawn = node

    def left_open(self) -> DefinitionError:
        """Return the error for a workflow that leaves the conditional open."""
        return DefinitionError(f"{self.owner} has no else. End it with .else_().then(...) or .else_().fail(...).")


def _is_running(frame: FrameType) -> bool:
    each: FrameType | None = sys._getframe()  # noqa: SLF001 - inspect would be imported for this
    while each is not None and each is not frame:
        each = each.f_back
    return each is frame


def _common_outputs(cases: Sequence[BranchCase], where: str) -> dict[str, Any]:
    common = {}
    for name, kind in cases[0].outputs.items() if cases else ():
        if all(name in case.outputs for case in cases):
            common[name] = _shared_type(name, kind, cases, where)
    return common


def _shared_type(name: str, first: Any, cases: Sequence[BranchCase], where: str) -> Any:
    """Return the first branch's type of an output; Flyte wants the values of each branch accepted as those of it.

    Raises:
        DefinitionError: a branch's type isn't interchangeable with the first one's.
    """
    wanted = type_engine.to_literal_type(first)
    for case in cases:
        kind = type_engine.to_literal_type(case.outputs[name])
        if not (castable(kind, wanted) and castable(wanted, kind)):
            raise DefinitionError(
                f"{where}: the output {name!r} is {show_type(first)} in {cases[0].node.entity.short_name!r}, but "
                f"{show_type(case.outputs[name])} in {case.node.entity.short_name!r}. Give both the same type."
            )
    return first


def _variables(cases: Sequence[BranchCase]) -> dict[str, Promise]:
    """Return the promises that the conditions read, each once, under unique names."""
    found: dict[str, Promise] = {}
    for promise in (side for case in cases for side in _sides(case.condition) if isinstance(side, Promise)):
        name = f"{promise.node.id if promise.node else ''}.{promise.var}"
        if name in found and _key(found[name]) != _key(promise):
            name = ".".join([name, *map(str, promise.attr_path)])  # another part of the same output
        found.setdefault(name, promise)
    return found


def _sides(condition: Expression | None) -> list[Any]:
    if isinstance(condition, Comparison):
        return [condition.left, condition.right]
    if isinstance(condition, Conjunction):
        return [*_sides(condition.left), *_sides(condition.right)]
    return []


def _key(promise: Promise) -> tuple[Any, ...]:
    return id(promise.node), promise.var, promise.attr_path
