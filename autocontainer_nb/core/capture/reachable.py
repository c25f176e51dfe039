"""What a task or workflow can reach: every entity that it may run, wherever it is mentioned.

A task's function mentions others by name: as a global, in a closure, in a list or dict of the notebook, in a helper
function. A graph has them as nodes: of subworkflows, of each branch, of launch plans, of failure handlers.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.pickling.code.references import inner_function, is_own_code, references

_PLAIN: Final = (str, bytes, int, float, complex, type(None))
_PLAIN_KINDS: Final = frozenset({*_PLAIN, bool})
_ROWS: Final = frozenset({list, tuple})


def reachable_entities(entity: Any) -> list[Any]:
    """Return the entity itself and all tasks, workflows and launch plans that it reaches, nearest first, each once."""
    found = []
    seen = {id(entity)}
    queue = deque([entity])
    own: dict[type, bool] = {}  # whether a class is the user's own code, asked for each of its instances
    while queue:
        value = queue.popleft()
        if is_entity(value):
            found.append(value)
        for part in _parts(value, own):
            if type(part) not in _PLAIN_KINDS and id(part) not in seen:
                seen.add(id(part))
                queue.append(part)
    return found


def reachable_tasks(entity: Any) -> dict[str, PythonTask[Any]]:
    """Return the tasks among the reachable entities by their registered names, nearest first.

    Raises:
        DefinitionError: two different tasks have one name; the control plane could know only one of them.
    """
    return tasks_among(entity, reachable_entities(entity))


def tasks_among(entity: Any, reached: Sequence[Any]) -> dict[str, PythonTask[Any]]:
    """Return the tasks among what the entity reaches.

    Raises:
        DefinitionError: two different tasks have one name; the control plane could know only one of them.
    """
    found: dict[str, PythonTask[Any]] = {}
    for task in reached:
        if not isinstance(task, PythonTask):
            continue
        if not is_registered_alike(found.setdefault(task.name, task), task):
            short = getattr(entity, "short_name", entity)
            raise DefinitionError(
                f"{short!r} reaches two different tasks named {task.name!r}. If the cell of {task.short_name!r} was "
                f"run again, something that {short!r} uses still holds the older one: run the cell of that as well. "
                "If a function makes the tasks, give each one's function its own __name__ before @task."
            )
    return found


def is_registered_alike(one: Any, other: Any) -> bool:
    """Whether two of one name are one for the control plane: one object, or a map or launch plan made twice."""
    if one is other:
        return True
    says_the_same = getattr(one, "says_the_same", None)
    return says_the_same is not None and type(one) is type(other) and bool(says_the_same(other))


def is_entity(value: Any) -> bool:
    """Whether the value is something that a node can run: a task, a workflow, a launch plan or the like."""
    return hasattr(type(value), "construct_node_metadata")


def _parts(value: Any, own: dict[type, bool]) -> Iterator[Any]:
    """Yield what the value directly holds or mentions and an entity may be found in."""
    if is_entity(value):
        yield from _parts_of_entity(value)
    elif isinstance(value, Mapping):
        yield from _holders(value.values() if type(value) is dict else list(value.values()))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from _holders(value)
    elif isinstance(value, partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, MethodType):
        yield from (value.__self__, value.__func__)
    elif isinstance(value, staticmethod | classmethod):
        yield value.__func__
    elif isinstance(value, FunctionType):
        yield from _parts_of_function(value)
    elif isinstance(value, ModuleType | type):
        if is_own_code(value):
            yield from list(vars(value).values())
    else:
        kind = type(value)
        if kind not in own:
            own[kind] = is_own_code(kind)
        if own[kind]:
            yield from list(getattr(value, "__dict__", {}).values())


def _parts_of_function(function: FunctionType) -> Iterator[Any]:
    if is_own_code(function):
        yield from (item for _, item in references(function))
        yield from function.__defaults__ or ()
        yield from (function.__kwdefaults__ or {}).values()


def _parts_of_entity(entity: Any) -> Iterator[Any]:
    nodes = [*getattr(entity, "nodes", ()), *getattr(entity, "branch_nodes", ())]
    failure_node = getattr(entity, "failure_node", None)
    yield from (node.entity for node in (*nodes, *([failure_node] if failure_node else [])))
    function = inner_function(entity)
    # A workflow's function has done its work when the graph was drawn: what counts is which nodes it has.
    if function is not None and isinstance(entity, PythonTask):
        yield from (item for _, item in references(function))
    yield from list(vars(entity).values())


def _holders(values: Collection[Any]) -> Iterator[Any]:
    """Yield the items that may hold an entity: a list of a million numbers costs one quick pass."""
    if not all(issubclass(kind, _PLAIN) for kind in set(map(type, values))):
        yield from (item for item in values if not isinstance(item, _PLAIN) and not _is_plain_row(item))


def _is_plain_row(item: Any) -> bool:
    """Whether it is a list, tuple or dictionary of plain data: a table has a million of them."""
    kind = type(item)
    if kind is dict:
        return _PLAIN_KINDS.issuperset(map(type, item.values()))
    return kind in _ROWS and _PLAIN_KINDS.issuperset(map(type, item))
