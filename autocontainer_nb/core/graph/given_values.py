"""What a call is given while a graph is drawn: the value of that moment, whatever the function does to it afterwards.

    for x in xs:
        seen.append(x)
        totals.append(total(xs=seen))      # each node has its own list

A dynamic task stores each value at once, as the call of a task would. A workflow may be drawn long before it runs, and
what it takes from the notebook may change until then; so it keeps the object itself, unless that was changed while the
graph was being drawn.
"""

import copy
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from autocontainer_nb.core.graph.binding import Binding, items_with_promises, promises_in
from autocontainer_nb.core.graph.compilation import CompilationState
from autocontainer_nb.core.graph.promise import NodeOutputs, Promise, VoidPromise

_UNCHANGING: Final = (str, bytes, int, float, complex, type(None), os.PathLike, Promise, VoidPromise, NodeOutputs)


def given(binding: Binding, state: CompilationState, path: str) -> Binding:
    """Return the binding with a value that stays as it is now; `path` tells where, if it can't be stored."""
    if state.store is not None:
        return replace(binding, value=_stored(binding, path, state.store))
    value = _copied(binding.value)
    if value is binding.value:
        return binding
    made = replace(binding, value=value)
    state.originals.append((made, binding.value))
    return made


def settle(state: CompilationState) -> None:
    """Let the bindings of a graph that is drawn have the objects themselves again, where these weren't changed."""
    for binding, original in state.originals:
        if _is_same(original, binding.value):
            object.__setattr__(binding, "value", original)
    state.originals.clear()


def _stored(binding: Binding, path: str, store: Callable[[Any, Any, str], Any]) -> Any:
    value, kind = binding.value, binding.python_type
    if isinstance(value, Promise):
        return value
    if next(promises_in(value), None) is None:
        return store(value, kind, path)
    parts = [
        _stored(Binding(binding.var, item, item_kind), f"{path}{step}", store)
        for step, item, item_kind in items_with_promises(value, kind, path)
    ]
    return dict(zip(value, parts, strict=True)) if isinstance(value, dict) else parts


def _copied(value: Any) -> Any:
    """Return a copy of what can be changed, down to the promises in it; what can't be copied stays itself."""
    if isinstance(value, _UNCHANGING):
        return value
    try:  # all at once: what is shared in it, or contains itself, does so in the copy
        return copy.deepcopy(value, {id(promise): promise for promise in promises_in(value)})
    except Exception:  # noqa: BLE001 - a value's own code may raise anything; the graph gets the object itself
        return value


def _is_same(one: Any, other: Any, met: frozenset[tuple[int, int]] = frozenset()) -> bool:
    """Whether a copy is still what it was copied from; `met` are the pairs that they are parts of."""
    if one is other or type(one) is not type(other) or isinstance(one, _UNCHANGING):
        return one is other
    pair = (id(one), id(other))
    if pair in met:
        return True
    around = met | {pair}
    if isinstance(one, dict):
        return list(one) == list(other) and all(_is_same(item, other[key], around) for key, item in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(_is_same(*pair, around) for pair in zip(one, other, strict=True))
    try:
        return pickle.dumps(one) == pickle.dumps(other)
    except Exception:  # noqa: BLE001 - as above; a class of a function's own, for example
        return hasattr(one, "__dict__") and _is_same(vars(one), vars(other), around)
