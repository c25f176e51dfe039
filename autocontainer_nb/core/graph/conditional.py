"""`conditional(...).if_(...).then(...)`: the calls with which people write a conditional."""

from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from autocontainer_nb.core.graph.branches import BranchCase, BranchNode, BranchState
from autocontainer_nb.core.graph.compilation import CompilationState, current_compilation, draw_on
from autocontainer_nb.core.graph.conditions import checked_condition
from autocontainer_nb.core.graph.node import Node
from autocontainer_nb.core.graph.promise import Expression, NodeOutputs, Ordered, Promise, outputs_of
from autocontainer_nb.errors import DefinitionError


@dataclass
class ConditionalSection:
    """A conditional without branches; continue with `if_`."""

    name: str
    outer: CompilationState
    state: BranchState
    after: CompilationState | None  # the graph to draw on when the conditional has ended
    cases: list[BranchCase] = field(default_factory=list)

    def if_(self, condition: Expression) -> "Case":
        """Begin the first branch, which runs if the condition holds."""
        return self.begin("if_", condition)

    def begin(self, branch: str, condition: Any) -> "Case":
        """Begin a branch.

        Raises:
            DefinitionError: it isn't a condition, or compares values that can't be compared.
        """
        checked = None if branch == "else_" else checked_condition(condition, f"{self.state.owner}, {branch}")
        self.state.branch, self.state.drawn = branch, None
        return Case(self, checked)

    def end_branch(self, case: BranchCase | None, error: str | None = None) -> Any:
        """End a branch; return the next step for `elif_` or `else_`, or the outputs if it was the last branch."""
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
    """A conditional that lacks its last branch; continue with `elif_` or `else_`."""

    section: ConditionalSection

    def elif_(self, condition: Expression) -> "Case":
        """Begin another branch, which runs if this condition holds and none before does."""
        return self.section.begin("elif_", condition)

    def else_(self) -> "Case":
        """Begin the last branch, which runs if no condition holds."""
        return self.section.begin("else_", None)


@dataclass(frozen=True)
class Case:
    """An open branch; end it with `then`, or the last one also with `fail`."""

    section: ConditionalSection
    condition: Expression | None

    def then(self, outputs: Any) -> Any:
        """Run this call in the branch; return the next step for `elif_` or `else_`, or after `else_` the outputs.

        Raises:
            DefinitionError: it isn't a single call of a task, workflow, launch plan or another conditional.
        """
        state = self.section.state
        node: Any = outputs.node if isinstance(outputs, Ordered) else outputs
        is_part = isinstance(outputs, Promise) and outputs.attr_path
        drawn = state.drawn
        if drawn is None or drawn is not node or is_part:
            raise DefinitionError(
                f"{state.owner}, {state.branch}: .then(...): expected one call, made inside its parentheses, such as "
                f".then(train(epochs=3)), got {outputs!r}."
            )
        return self.section.end_branch(BranchCase(self.condition, drawn, _outputs(outputs)))

    def fail(self, message: str) -> Any:
        """Fail the workflow with this message if no condition holds; only after `else_`.

        Raises:
            DefinitionError: it isn't the last branch; the protocol lets no other branch fail.
        """
        state = self.section.state
        if self.condition is not None:
            raise DefinitionError(
                f"{state.owner}, {state.branch}: only .else_() can .fail(...). Reverse the condition or run a task "
                "that raises an error."
            )
        return self.section.end_branch(None, message)


def conditional(name: str) -> ConditionalSection:
    """Choose a call by conditions: `conditional("size").if_(n > 3).then(big(n=n)).else_().then(small(n=n))`.

    Each branch is a single call. The result has the outputs, by name, that all branches have in common.

    Raises:
        DefinitionError: no workflow is being drawn.
    """
    state = current_compilation()
    if state is None:
        raise DefinitionError(
            f"conditional({name!r}): no workflow is being drawn here. Use it in the body of a @workflow. In a task, "
            "use Python's own `if`."
        )
    return begin_conditional(name, state, after=state)


def begin_conditional(
    name: str, outer: CompilationState, *, after: CompilationState | None, frame: FrameType | None = None
) -> ConditionalSection:
    """Begin a conditional in the graph `outer`; when it has ended, drawing continues on `after`.

    If no workflow's function is running, `frame` is the frame that must end it: once that has returned, the conditional
    is dropped. Otherwise all later calls of tasks would become nodes.
    """
    owner = f"{outer.owner} ► {outer.prefix}n{len(outer.nodes)} conditional {name!r}"
    state = BranchState(owner=owner, prefix=outer.prefix, frame=frame, store=outer.store)
    state.originals = outer.originals
    section = ConditionalSection(name, outer, state, after)
    draw_on(state)
    return section


def _outputs(given: Any) -> dict[str, Any]:
    if isinstance(given, Promise):
        return {given.var: given.python_type}
    return {promise.var: promise.python_type for promise in given} if isinstance(given, NodeOutputs) else {}
