"""Submodules that code reaches as attributes of their packages: `pkg.sub.f()`, `getattr(pkg, "sub")`.

Such a submodule is there because something in the notebook has imported it; in a container nothing else would. Packages
that the function imports itself don't count: to load these ahead would cost a container that never gets there.
"""

import sys
from collections.abc import Iterator
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any, Final

from autocontainer_nb.pickling.code.references import references, walk_code

# Where code has one of these names, its texts may be names of attributes.
_BY_TEXT: Final = frozenset({"getattr", "hasattr", "attrgetter", "vars", "__dict__", "__getattribute__", "eval"})


def submodules_of(function: FunctionType) -> list[ModuleType]:
    """Return the modules that the notebook has loaded and the function may reach through packages that it mentions."""
    mentioned = {each.__name__: each for _, each in references(function) if issubclass(type(each), ModuleType)}
    packages = [each for each in mentioned.values() if getattr(each, "__path__", None) is not None]
    if not packages:
        return []
    names = _names_of_attributes(function)
    found: dict[str, ModuleType] = {}
    for package in packages:
        for name in _loaded_below(package.__name__, len(sys.modules)):
            module = sys.modules.get(name)
            if isinstance(module, ModuleType) and names.issuperset(name[len(package.__name__) + 1 :].split(".")):
                found[name] = module
    return list(found.values())


def _names_of_attributes(function: FunctionType) -> set[str]:
    names: set[str] = set()
    for code in walk_code(function.__code__):
        names.update(code.co_names)
        if _BY_TEXT.intersection(code.co_names):
            for text in (*_texts(code.co_consts), *_texts(each for _, each in references(function))):
                names.update(text.split("."))
    return names


def _texts(values: Any) -> Iterator[str]:
    """Yield those of the values, and of the items of tuples and lists among them, that may be dotted names."""
    for value in values:
        for each in value if type(value) in {tuple, list} else (value,):
            if type(each) is str and each.replace(".", "_").isidentifier():
                yield each


@lru_cache(maxsize=64)
def _loaded_below(package: str, _: int) -> tuple[str, ...]:
    """Return the names of the modules in a package that are loaded; looked up anew when other modules are."""
    prefix = f"{package}."
    return tuple(name for name in list(sys.modules) if name.startswith(prefix))
