"""What cells had changed in other modules, changed again in a task's process.

No module is imported for it: what a module is to get waits until something imports that module.

Archives call `behind` and `restore` by their names in `pickled_names`: their parameters are part of the format.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Final

from autocontainer_nb.pickling.portable.main_module import is_loading_main

# (the module that has to be there, what it is, its name, its content)
Item = tuple[str, str, str, Any]


def behind(*parts: Any) -> Any:
    """Return the last of things that were loaded one after another."""
    return parts[-1]


def restore(items: Sequence[Item]) -> None:
    """Change in this process what the items say; in the notebook's own, and wherever else a file is loaded, nothing."""
    if not is_loading_main():
        return
    waiting: dict[str, list[Item]] = {}
    for item in items:
        waiting.setdefault(item[0], []).append(item)
    for module in [name for name in waiting if name in sys.modules]:
        _apply(waiting.pop(module))
    if waiting:
        sys.meta_path.insert(0, _AfterImport(waiting))


def behind_surroundings(items: Sequence[Item], payload: Any) -> Any:
    """Return what is pickled as the payload, ahead of which the items are restored."""
    return _Behind(_Restored(tuple(items)), payload) if items else payload


class _Restored:
    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items

    def __reduce__(self) -> tuple[Any, ...]:
        return restore, (self._items,)


class _Behind:
    def __init__(self, *parts: Any) -> None:
        self._parts = parts

    def __reduce__(self) -> tuple[Any, ...]:
        return behind, self._parts


class _AfterImport:
    """Finds modules as always, and lets what waits for one of them follow its import."""

    def __init__(self, waiting: dict[str, list[Item]]) -> None:
        self._waiting = waiting

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002 - import's own
        """Return the module's spec, whose loader does what waits when the module is complete; None for all others."""
        items = self._waiting.pop(name, None)
        if items is None:
            return None
        from importlib.util import find_spec

        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module
            spec.loader.exec_module = partial(_executed, execute, items)  # type: ignore[method-assign]  # of this one loader, which is the spec's own
        return spec


def _executed(execute: Callable[[Any], None], items: Sequence[Item], module: Any) -> None:
    execute(module)
    _apply(items)


def _apply(items: Sequence[Item]) -> None:
    for item in items:
        _apply_one(*item)


def _apply_one(module: str, kind: str, name: str, content: Any) -> None:
    try:
        _KINDS[kind](module, name, content)
    except Exception as error:  # noqa: BLE001 - another version may not know the setting: the task runs all the same
        cause = f"{type(error).__name__}: {error}"
        print(f"{module}: {name} can't be what it is in the notebook: {cause}", file=sys.stderr)  # noqa: T201 - the container's log


def _set(module: str, name: str, content: Any) -> None:
    found = sys.modules[module]
    if module == "pandas":
        found.set_option(name, content)
    elif module == "sklearn":
        found.set_config(**{name: content})
    elif module == "numpy":
        getattr(found, name)(**content)
    elif module == "decimal":
        found.setcontext(found.Context(**content))
    else:
        _set_logger(found, name, content)


def _set_logger(logging: Any, name: str, content: dict[str, Any]) -> None:
    """Give a logger its level; the root gets a handler to the process's output, where the notebook has one."""
    logger = logging.getLogger(name or None)
    logger.setLevel(content["level"])
    if content.get("disable"):
        logging.disable(content["disable"])
    if content.get("format") is not None and not logger.handlers:
        handler = logging.StreamHandler(getattr(sys, content["stream"]))
        handler.setFormatter(logging.Formatter(*content["format"]))
        logger.addHandler(handler)


def _put(module: str, name: str, content: Any) -> None:
    owner, _, attribute = name.partition(".")
    setattr(getattr(sys.modules[module], owner), attribute, content)


def _register_accessor(module: str, name: str, content: type) -> None:
    owner, _, attribute = name.partition(".")
    library = sys.modules[module]
    if module == "pandas":
        register = getattr(library.api.extensions, f"register_{owner.lower()}_accessor")
    else:
        register = getattr(library.api, f"register_{owner.lower()}_namespace")
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it may be there already
        register(attribute)(content)


def _import(_: str, name: str, __: Any) -> None:
    import_module(name)


def _register(module: str, name: str, content: Sequence[tuple[Any, Any]]) -> None:
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part)
    for kind, implementation in content:
        found.register(kind, implementation)


def _progress(_: str, __: str, content: tuple[str, str, dict[str, Any]]) -> None:
    module, kind, options = content
    getattr(import_module(module), kind).pandas(**options)


_KINDS: Final[dict[str, Callable[[str, str, Any], None]]] = {
    "setting": _set,
    "attribute": _put,
    "accessor": _register_accessor,
    "import": _import,
    "registered": _register,
    "progress": _progress,
}
