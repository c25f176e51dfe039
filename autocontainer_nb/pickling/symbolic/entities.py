"""The tasks in a pickle, read from its symbols: flytekit's entities, functions, and everything they reach."""

from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from autocontainer_nb.pickling.symbolic.values import (
    Buffer,
    Call,
    Global,
    Items,
    Payload,
    class_name,
    is_carried_class,
    is_carried_function,
    shown,
    type_of,
)

MAX_ENTITIES: Final = 1000
MAX_CONTENTS: Final = 100  # of a dict
MAX_CAPTURES: Final = 1000  # of one function
MAX_REFERENCES: Final = 1_000_000  # followed for all functions together
_MODULE_GLOBALS: Final = {"__package__", "__name__", "__path__", "__file__", "__builtins__"}
MAX_NAME: Final = 200
# The positions of cloudpickle's CodeType arguments, from the end, before and since Python 3.11.
_OLD_CODE, _NEW_CODE = 16, 18


class Budget:
    """The number of references that may still be followed: functions may share a graph larger than any of them."""

    def __init__(self) -> None:
        self.left = MAX_REFERENCES

    def spend(self) -> bool:
        """Whether one more may be followed."""
        self.left -= 1
        return self.left >= 0


def entities_of(root: Any, budget: Budget) -> list[dict[str, Any]]:
    """Return the description of each entity in a `PickledEntity`, or in a dict of entities by name."""
    found = root.attribute("entities") if is_pickled_entity(root) else root
    if not isinstance(found, Items) or found.kind != "dict":
        return []
    pairs = [(name, value) for name, value in found.pairs() if isinstance(name, str) and _is_entity(value)]
    return [_entity(name, value, budget) for name, value in pairs[:MAX_ENTITIES]]


def python_version_of(root: Any) -> str | None:
    """Return the version of Python that made a `PickledEntity`, according to itself."""
    metadata = root.attribute("metadata") if is_pickled_entity(root) else None
    version = metadata.attribute("python_version") if isinstance(metadata, Call) else None
    return version if isinstance(version, str) else None


def is_pickled_entity(root: Any) -> bool:
    """Whether the symbol is a `PickledEntity`, of flytekit or of this package."""
    return isinstance(root, Call) and isinstance(root.function, Global) and root.function.name == "PickledEntity"


def contents_of(root: Any) -> list[dict[str, Any]]:
    """Return `name`, `type` and `bytes` of the first 100 items if the outermost object is a dict."""
    if not isinstance(root, Items) or root.kind != "dict":
        return []
    rows = zip(root.pairs(), root.sizes or (), range(MAX_CONTENTS), strict=False)
    return [
        {"name": (key if isinstance(key, str) else shown(key))[:MAX_NAME], "type": type_of(value), "bytes": size}
        for (key, value), size, _ in rows
    ]


def function_json(function: Call, budget: Budget) -> dict[str, Any]:
    """Return `name`, `file`, `line` and `captures` of a function that the pickle carries."""
    return {"name": _name(function), **_code(function), "captures": captures_of(function, budget)}


def captures_of(function: Call, budget: Budget) -> list[dict[str, Any]]:
    """Return the names that a function, and the carried functions it uses, reach, nearest first, each name once."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    seen = {id(function)}
    queue = deque([function])
    while queue and len(found) < MAX_CAPTURES:
        for name, value, size in _references(queue.popleft()):
            if len(found) >= MAX_CAPTURES or not budget.spend():
                break
            if isinstance(value, Call) and id(value) in seen:
                continue
            how = "reference" if isinstance(value, Global) else "value"
            kind = type_of(value)
            row = {"name": name, "type": kind, "how": how, "bytes": size if how == "value" else 0}
            found.setdefault((name, kind), row)
            inner = value.attribute("_task_function") or value if isinstance(value, Call) else value
            if isinstance(inner, Call) and is_carried_function(inner):
                seen.add(id(inner))
                queue.append(inner)
            seen.add(id(value))
    return list(found.values())


def _references(function: Call) -> Iterator[tuple[str, Any, int]]:
    """Yield (name, symbol, bytes) of a carried function's globals and closure variables."""
    cells = function.attribute("__closure__")
    names = _code_arguments(function)[1:]
    free = names[-2] if len(names) >= _OLD_CODE - 1 and isinstance(names[-2], Items) else None
    if isinstance(cells, Items) and free is not None:
        for name, cell in zip(free.items, cells.items, strict=False):
            value = cell.argument(0) if isinstance(cell, Call) else None
            yield str(name)[:MAX_NAME], value, _size(value)
    namespace = function.attribute("__globals__")
    if isinstance(namespace, Items) and namespace.kind == "dict":
        for (name, value), size in zip(namespace.pairs(), namespace.sizes or (), strict=False):
            if isinstance(name, str) and name not in _MODULE_GLOBALS:
                yield name[:MAX_NAME], value, size


def _entity(name: str, value: Any, budget: Budget) -> dict[str, Any]:
    made = value.function
    kind = made.name if isinstance(made, Global) else type_of(value)
    interface = value.attribute("_native_interface")
    function = value.attribute("_task_function")
    carried = function if isinstance(function, Call) and is_carried_function(function) else None
    return {
        "name": name[:MAX_NAME],
        "kind": "task" if kind == "PythonFunctionTask" else kind,
        "inputs": _types(interface, "_inputs"),
        "outputs": _types(interface, "_outputs"),
        "source": None,
        "cell": None,
        **(_code(carried) if carried is not None else {"file": None, "line": None}),
        "captures": captures_of(carried, budget) if carried is not None else [],
        "imports": [],
    }


def _is_entity(value: Any) -> bool:
    return isinstance(value, Call) and (
        value.attribute("_native_interface") is not None or value.attribute("_task_function") is not None
    )


def _types(interface: Any, name: str) -> dict[str, str]:
    types = interface.attribute(name) if isinstance(interface, Call) else None
    if not isinstance(types, Items) or types.kind != "dict":
        return {}
    return {str(key): _type_name(value) for key, value in types.pairs() if isinstance(key, str)}


def _type_name(value: Any) -> str:
    if isinstance(value, Items) and value.kind == "tuple" and value.items:  # flytekit's inputs: type and default
        value = value.items[0]
    if value is None:
        return "None"
    if isinstance(value, Call) and is_carried_class(value):
        return str(class_name(value))
    return shown(value).replace("builtins.", "").replace("__main__.", "")


def _name(function: Call) -> str:
    for attribute in ("__qualname__", "__name__"):
        name = function.attribute(attribute)
        if isinstance(name, str):
            return name
    return "function"


def _code(function: Call) -> dict[str, Any]:
    """Return the file and the first line of a carried function, if its code has them."""
    arguments = _code_arguments(function)
    count = len(arguments)
    if count not in {_OLD_CODE, _NEW_CODE}:
        return {"file": None, "line": None}
    file, line = arguments[10], arguments[13 if count == _NEW_CODE else 12]
    return {"file": file if isinstance(file, str) else None, "line": line if isinstance(line, int) else None}


def _code_arguments(function: Call) -> list[Any]:
    code = function.argument(0)
    return code.arguments.items if isinstance(code, Call) and isinstance(code.arguments, Items) else []


def _size(value: Any) -> int:
    """Return the approximate size of a symbol in bytes; nested objects count once."""
    total, seen, queue = 0, set(), deque([value])
    for _ in range(MAX_CAPTURES):
        if not queue:
            break
        item = queue.popleft()
        if isinstance(item, str | bytes):
            total += len(item)
        elif isinstance(item, Payload):
            total += item.size_bytes
        elif not isinstance(item, Items | Call | Buffer | Global):
            total += 8
        elif id(item) not in seen:
            seen.add(id(item))
            queue.extend(item.items[:MAX_CAPTURES] if isinstance(item, Items) else ())
            queue.extend([item.arguments, *item.states] if isinstance(item, Call) else ())
    return total
