"""A node's input: a plain value, a promise, or a list or dict with promises in it, checked as soon as it is given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from autocontainer_nb.compiler.types import LiteralType, castable, is_none, part_type
from autocontainer_nb.core.graph.not_yet import refuse_texts
from autocontainer_nb.core.graph.promise import NodeOutputs, Promise, VoidPromise
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.families.annotated import MAY_BE_MISSING
from autocontainer_nb.type_engine.wording import show_type


@dataclass(frozen=True, eq=False)
class Binding:
    """The value of one input. Plain values stay Python values until the graph is serialized or run."""

    var: str
    value: Any
    python_type: Any


def bind(var: str, value: Any, python_type: Any, where: str) -> Binding:
    """Return the binding of one input, after checking everything that can be known now.

    Raises:
        DefinitionError: a promise has another type, or no value; the message names node, input and both types.
        ConversionError: a plain value has another type.
    """
    _check(value, python_type, f"{where}.{var}")
    return Binding(var, value, python_type)


def promises_in(value: Any, around: frozenset[int] = frozenset()) -> Iterator[Promise]:
    """Yield the promises in a bound value, in order; `around` are the containers that it is in."""
    if isinstance(value, Promise):
        yield value
    elif isinstance(value, Mapping | list | tuple) and id(value) not in around:
        around |= {id(value)}
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from promises_in(item, around)


def _check(value: Any, python_type: Any, path: str) -> None:
    if isinstance(value, Promise):
        _check_promise(value, python_type, path)
    elif isinstance(value, VoidPromise):
        raise DefinitionError(
            f"{path} gets the result of {value!r}, which has no outputs. To run it after that node, use `>>`."
        )
    elif isinstance(value, NodeOutputs):
        raise DefinitionError(
            f"{path} gets all outputs of node {value[0].node.id if value[0].node else ''} at once "
            f"({', '.join(value.names)}). Pass one of them, such as .{value.names[0]}."
        )
    elif next(promises_in(value), None) is None:
        type_engine.check(value, python_type, path)
        refuse_texts(value, path)
    else:
        for step, item, kind in items_with_promises(value, python_type, path):
            _check(item, kind, f"{path}{step}")


def items_with_promises(value: Any, python_type: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield (step, item, type) of a container with promises in it."""
    arguments = get_args(python_type)
    if isinstance(value, list) and get_origin(python_type) is list and arguments:
        yield from ((f"[{index}]", item, arguments[0]) for index, item in enumerate(value))
    elif isinstance(value, dict) and get_origin(python_type) is dict and arguments:
        yield from ((f"[{key!r}]", item, arguments[1]) for key, item in value.items())
    else:
        raise DefinitionError(
            f"{path} gets a {type(value).__name__} with promises in it: expected a type such as list[...] or "
            f"dict[str, ...], got {show_type(python_type)}."
        )


def _check_promise(promise: Promise, python_type: Any, path: str) -> None:
    if promise.python_type is None:
        return
    _refuse_missing_items(promise, python_type, path)
    whole, wanted = type_engine.to_literal_type(promise.python_type), type_engine.to_literal_type(python_type)
    given = part_type(whole, promise.attr_path)
    if given is None:
        raise DefinitionError(f"{path} gets {promise!r}, but {_why_no_part(promise, whole)}")
    if castable(given, wanted):
        return
    if not promise.attr_path:
        raise DefinitionError(
            f"{path} is {show_type(python_type)}, but gets {show_type(promise.python_type)} from {promise!r}. Change "
            "one of the two annotations, or convert the value in a task between them."
        )
    raise DefinitionError(
        f"{path} is {show_type(python_type)}, but gets {promise!r}, a part of {show_type(promise.python_type)} whose "
        f"type {'is different' if given != whole else 'is unknown'}. Let a task extract the part and return it with "
        "its own type."
    )


def _why_no_part(promise: Promise, whole: LiteralType) -> str:
    """Return why Flyte can't look the part up, and the way out."""
    way_out = "Let a task extract the part and return it with its own type."
    for count, step in enumerate(promise.attr_path):
        holder = part_type(whole, promise.attr_path[:count])
        if holder is None or part_type(holder, [step]) is not None:
            continue
        if isinstance(step, int) and step < 0:
            return f"Flyte counts items from 0, and never from the end: [{step}] can't be looked up. {way_out}"
        if holder.structure.dataclass_type:
            known = ", ".join(sorted(holder.structure.dataclass_type))
            kind = show_type(promise.python_type)
            return f"{kind} has no such field with a Flyte type; those with one are {known or 'none'}. {way_out}"
        step_kind = {"collection_type": "a number", "map_value_type": "a str"}.get(holder.WhichOneof("type") or "")
        if step_kind:
            return f"{step!r} isn't {step_kind}, by which its parts are looked up. {way_out}"
        break
    return f"Flyte can't look into a value of this type, {show_type(promise.python_type)}. {way_out}"


def _refuse_missing_items(promise: Promise, python_type: Any, path: str) -> None:
    """Check that a map whose items may fail isn't passed where items can't be None.

    Raises:
        DefinitionError: it is.
    """
    if promise.attr_path or not _may_be_missing(promise.python_type):
        return
    item = get_args(python_type)[0] if get_origin(python_type) is list and get_args(python_type) else Any
    if _may_be_missing(python_type) or takes_none(item):
        return
    raise DefinitionError(
        f"{path} is {show_type(python_type)}, but {promise!r} has None for each item that failed, since its map allows "
        f"failures. Declare list[Optional[{show_type(item)}]], or require all items to succeed."
    )


def _may_be_missing(python_type: Any) -> bool:
    items = get_args(python_type) if get_origin(python_type) is list else ()
    return any(MAY_BE_MISSING in getattr(item, "__metadata__", ()) for item in items)


def takes_none(python_type: Any) -> bool:
    """Whether None is a value of the type."""
    if python_type is Any:
        return True
    kind = type_engine.to_literal_type(python_type)
    return any(is_none(each) for each in kind.union_type.variants or [kind])
