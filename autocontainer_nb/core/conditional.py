"""`conditional`: which one of several tasks runs is decided by conditions when the workflow runs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from autocontainer_nb.compiler.types import castable
from autocontainer_nb.core.binding import Binding
from autocontainer_nb.core.comparison import Comparison, Conjunction, Expression, evaluate
from autocontainer_nb.core.compilation import CompilationState, current_compilation, draw_on
from autocontainer_nb.core.condition_check import checked_condition, plain_constant
from autocontainer_nb.core.interface import Interface
from autocontainer_nb.core.local_graph import Values, node_outputs, resolve
from autocontainer_nb.core.node import Node, NodeMetadata
from autocontainer_nb.core.promise import NodeOutputs, Ordered, Promise, outputs_of
from autocontainer_nb.errors import DefinitionError, UserError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.names import show_type


@dataclass(frozen=True)
class BranchCase:
    """One branch: the node that runs where the condition holds; the last branch has no condition."""

    condition: Expression | None
    node: Node
    outputs: Mapping[str, Any]  # name ► type, of those that `then` was given


class BranchNode:
    """What a node runs that chooses among its branches."""

    noun = "Conditional"

    def __init__(self, name: str, cases: Sequence[BranchCase], error: str | None, where: str) -> None:
        """Gather the variables that the conditions read, and the outputs that all branches have.

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
        """The nodes of all branches, of which one runs."""
        return tuple(case.node for case in self.cases)

    @property
    def bindings(self) -> list[Binding]:
        """Where the values come from that the conditions read, by the variables' names."""
        return [Binding(name, self._variables[name], None) for name in sorted(self._variables)]

    def variable(self, promise: Promise) -> str:
        """Return the name under which the conditions read the promised value."""
        return next(name for name, known in self._variables.items() if _key(known) == _key(promise))

    def construct_node_metadata(self) -> NodeMetadata:
        """Return how the node is shown: by the conditional's name."""
        return NodeMetadata(name=self.name)

    def outputs_in(self, values: Values) -> dict[str, Any]:
        """Run the first branch whose condition holds, no other one, and return its outputs.

        Raises:
            UserError: none holds, and the conditional says that this is a failure.
        """
        for case in self.cases:
            if case.condition is None or evaluate(case.condition, lambda side: plain_constant(resolve(side, values))):
                outputs = node_outputs(case.node, values)
                return {name: outputs[name] for name in self.python_interface.outputs}
        raise UserError(f"{self.where}: {self.error}")


@dataclass
class BranchState(CompilationState):
    """The graph that the branches' nodes are drawn on: it takes one node for each branch."""

    branch: str = ""  # which one is being drawn; empty between two of them
    drawn: Node | None = None
    frame: FrameType | None = None  # that began it, where no workflow's function does

    @property
    def is_abandoned(self) -> bool:
        """Whether the frame that began it has gone, and can't end it any more."""
        return self.frame is not None and not _is_running(self.frame)

    def next_id(self) -> str:
        """Return the id of the branch's node.

        Raises:
            DefinitionError: no branch is being drawn, or it has its node already.
        """
        if self.is_abandoned:
            draw_on(None)
            raise DefinitionError(
                f"{self.owner} was begun and not ended; perhaps an error came between. It is dropped now: call again."
            )
        if not self.branch:
            raise DefinitionError(
                f"{self.owner}: a call between its branches. End it by .else_().then(...) or .else_().fail(...), and "
                "make what its conditions need before it."
            )
        if self.drawn is not None:
            raise DefinitionError(
                f"{self.owner}, {self.branch}: a branch is one call, but after {self.drawn.entity.short_name!r} "
                "comes another one. Make the first before the conditional, or put both into a workflow."
            )
        return super().next_id()

    def add(self, node: Node) -> None:
        """Take the branch's node."""
        super().add(node)
        self.drawn = node

    def left_open(self) -> DefinitionError:
        """Return the error for a workflow in which the conditional isn't ended."""
        return DefinitionError(f"{self.owner} has no else: end it by .else_().then(...) or .else_().fail(...).")


@dataclass
class ConditionalSection:
    """A conditional without branches yet: goes on by `if_`."""

    name: str
    outer: CompilationState
    state: BranchState
    after: CompilationState | None  # whose turn it is again when the conditional is ended
    cases: list[BranchCase] = field(default_factory=list)

    def if_(self, condition: Expression) -> "Case":
        """Begin the first branch: what runs where the condition holds."""
        return self.begin("if_", condition)

    def begin(self, branch: str, condition: Any) -> "Case":
        """Begin a branch.

        Raises:
            DefinitionError: the condition is none, or compares what can't be compared.
        """
        checked = None if branch == "else_" else checked_condition(condition, f"{self.state.owner}, {branch}")
        self.state.branch, self.state.drawn = branch, None
        return Case(self, checked)

    def end_branch(self, case: BranchCase | None, error: str | None = None) -> Any:
        """End a branch: goes on by `elif_` or `else_`, and after `else_` gives the outputs."""
        last = self.state.branch == "else_"
        self.state.branch = ""
        if case is not None:
            self.cases.append(case)
        return self._end(error) if last else Condition(self)

    def _end(self, error: str | None) -> Any:
        draw_on(self.after)
        entity = BranchNode(self.name, self.cases, error, self.state.owner)
        node = Node(self.outer.next_id(), entity, entity.bindings, entity.construct_node_metadata())
        self.outer.add(node)
        return outputs_of(node, entity.python_interface.outputs, as_tuple=False)


@dataclass(frozen=True)
class Condition:
    """A conditional with branches, but not the last one: goes on by `elif_` or `else_`."""

    section: ConditionalSection

    def elif_(self, condition: Expression) -> "Case":
        """Begin another branch, for where no condition before holds, and this one does."""
        return self.section.begin("elif_", condition)

    def else_(self) -> "Case":
        """Begin the last branch, for where no condition holds."""
        return self.section.begin("else_", None)


@dataclass(frozen=True)
class Case:
    """A branch that is begun: ended by `then`, or, the last one, by `fail`."""

    section: ConditionalSection
    condition: Expression | None

    def then(self, outputs: Any) -> Any:
        """Run this call in the branch. Gives what goes on by `elif_` or `else_`; after `else_`, the outputs.

        Raises:
            DefinitionError: it isn't one call of a task, workflow, launch plan or another conditional.
        """
        state = self.section.state
        node: Any = outputs.node if isinstance(outputs, Ordered) else outputs
        is_part = isinstance(outputs, Promise) and outputs.attr_path
        drawn = state.drawn
        if drawn is None or drawn is not node or is_part:
            raise DefinitionError(
                f"{state.owner}, {state.branch}: .then(...) takes one call, made inside its brackets, such as "
                f".then(train(epochs=3)); got {outputs!r}."
            )
        return self.section.end_branch(BranchCase(self.condition, drawn, _outputs(outputs)))

    def fail(self, message: str) -> Any:
        """Let the workflow fail with this message; only where no condition holds, after `else_`.

        Raises:
            DefinitionError: it isn't the last branch, which is the only one that the protocol lets fail.
        """
        state = self.section.state
        if self.condition is not None:
            raise DefinitionError(
                f"{state.owner}, {state.branch}: only .else_() can .fail(...). Turn the condition round, or run a task "
                "that raises."
            )
        return self.section.end_branch(None, message)


def conditional(name: str) -> ConditionalSection:
    """Choose by conditions what runs: `conditional("size").if_(n > 3).then(big(n=n)).else_().then(small(n=n))`.

    Each branch is one call. The result has those outputs that all branches have in common, with their names.

    Raises:
        DefinitionError: no workflow is being drawn.
    """
    state = current_compilation()
    if state is None:
        raise DefinitionError(
            f"conditional({name!r}): no workflow is being drawn here. Use it in the body of a @workflow; in a task, "
            "Python's own `if` does."
        )
    return begin_conditional(name, state, after=state)


def begin_conditional(
    name: str, outer: CompilationState, *, after: CompilationState | None, frame: FrameType | None = None
) -> ConditionalSection:
    """Begin a conditional in the graph `outer`; when it has ended, `after` is drawn on.

    Where no workflow's function is being called, `frame` is the one that must end it: when it has gone, the conditional
    is dropped, or all later calls of tasks would become nodes.
    """
    owner = f"{outer.owner} ► {outer.prefix}n{len(outer.nodes)} conditional {name!r}"
    state = BranchState(owner=owner, prefix=outer.prefix, frame=frame)
    section = ConditionalSection(name, outer, state, after)
    draw_on(state)
    return section


def _is_running(frame: FrameType) -> bool:
    each: FrameType | None = sys._getframe()  # noqa: SLF001 - inspect would be imported for this
    while each is not None and each is not frame:
        each = each.f_back
    return each is frame


def _outputs(given: Any) -> dict[str, Any]:
    if isinstance(given, Promise):
        return {given.var: given.python_type}
    return {promise.var: promise.python_type for promise in given} if isinstance(given, NodeOutputs) else {}


def _common_outputs(cases: Sequence[BranchCase], where: str) -> dict[str, Any]:
    common = {}
    for name, kind in cases[0].outputs.items() if cases else ():
        if all(name in case.outputs for case in cases):
            common[name] = _widest(name, kind, cases, where)
    return common


def _widest(name: str, first: Any, cases: Sequence[BranchCase], where: str) -> Any:
    """Return the type among the branches' that takes the values of all of them."""
    kinds = {id(case): type_engine.to_literal_type(case.outputs[name]) for case in cases}
    for case in cases:
        if all(castable(given, kinds[id(case)]) for given in kinds.values()):
            return case.outputs[name]
    other = next(case for case in cases if not castable(kinds[id(case)], kinds[id(cases[0])]))
    raise DefinitionError(
        f"{where}: the output {name!r} is {show_type(first)} of {cases[0].node.entity.short_name!r}, but "
        f"{show_type(other.outputs[name])} of {other.node.entity.short_name!r}. Give both the same type."
    )


def _variables(cases: Sequence[BranchCase]) -> dict[str, Promise]:
    """Return the promises that the conditions read, each once, by names that differ."""
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
