"""What a workflow's body names before it is defined: a task of a later line or cell, or a slip of the pen."""

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FunctionType
from typing import Any, Final

from autocontainer_nb.core.graph.node import Node
from autocontainer_nb.errors import DefinitionError

_SIMILAR: Final = 0.75  # of the letters in order: `latre` is `later`, but `later` isn't `outer`
_drawing: Final[ContextVar[tuple[Any, ...]]] = ContextVar("workflows_being_drawn", default=())  # the outermost first


@contextmanager
def being_drawn(workflow: Any) -> Iterator[None]:
    """Within the block the workflow is being drawn: it can't be a part of itself."""
    token = _drawing.set((*_drawing.get(), workflow))
    try:
        yield
    finally:
        _drawing.reset(token)


def may_come_later(error: NameError, function: FunctionType) -> bool:
    """Whether the error is about a name of the module, or of the outer function, in which the workflow is defined."""
    trace = error.__traceback__
    if trace is None or error.name is None or isinstance(error, UnboundLocalError):
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    here = trace.tb_frame.f_globals
    return any(here is each.__globals__ for each in (function, inspect.unwrap(function)))


def missing_inside(nodes: Iterable[Node]) -> str | None:
    """Return a name for which a workflow that the nodes run still waits, after trying to draw it; None if all is drawn.

    Raises:
        DefinitionError: one of them is being drawn: it would run itself, by way of others.
    """
    return next(_missing(nodes, set()), None)


def _missing(nodes: Iterable[Node], seen: set[int]) -> Iterator[str]:
    for node in nodes:
        target = getattr(node.entity, "target", node.entity)
        entity = getattr(target, "workflow", target)  # of a launch plan
        if id(entity) in seen:
            continue
        seen.add(id(entity))
        if entity in _drawing.get():
            raise _circle(entity)
        if getattr(entity, "missing_name", None) is not None:
            missing = entity.attempt()
            if missing is not None:
                yield missing
        yield from _missing([*vars(entity).get("_nodes", ()), *getattr(entity, "branch_nodes", ())], seen)


def is_defined(name: str, function: FunctionType) -> bool:
    """Whether the module in which the workflow is defined has the name by now."""
    return any(name in each.__globals__ for each in (function, inspect.unwrap(function)))


def similar_name(name: str, function: FunctionType) -> str:
    """Return a hint, after a space, at what a misspelt name may be meant for; an empty string if there is none."""
    from difflib import get_close_matches

    known = [each for each in inspect.unwrap(function).__globals__ if not each.startswith("_")]
    close = get_close_matches(name, known, n=1, cutoff=_SIMILAR)
    return f" Did you mean {close[0]!r}?" if close else ""


def not_defined(workflow: Any, name: str) -> DefinitionError:
    """Return the error for a workflow that is used before a name in its body is defined."""
    return DefinitionError(
        f"Workflow {workflow.short_name!r} uses {name!r}, which isn't defined."
        f"{similar_name(name, workflow.__wrapped__)} Define it before the workflow is used for the first time."
    )


def _circle(workflow: Any) -> DefinitionError:
    stack = _drawing.get()
    others = [each.short_name for each in stack[stack.index(workflow) + 1 :]]
    way = f", by way of {' and '.join(map(repr, others))}" if others else ""
    return DefinitionError(
        f"Workflow {workflow.short_name!r} runs itself{way}: it would never end. Let a @dynamic task call it, which "
        "decides by its inputs whether to go on."
    )
