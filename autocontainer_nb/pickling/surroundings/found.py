"""What cells have changed in other modules, of a closed list: `surroundings_of` has it, docs/what-travels.md tells it.

Only what isn't as a new process has it counts, and only what the task may see: settings of packages that it needs,
accessors and implementations that its code mentions. Nothing is imported to look: what isn't loaded isn't changed.
"""

import re
import sys
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any, Final

from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.references import travels_by_value
from autocontainer_nb.pickling.surroundings.restore import Item

_DECIMAL: Final = {
    "prec": 28,
    "rounding": "ROUND_HALF_EVEN",
    "Emin": -999999,
    "Emax": 999999,
    "capitals": 1,
    "clamp": 0,
}
_SIGNALS: Final = frozenset({"InvalidOperation", "DivisionByZero", "Overflow"})
_PRINT: Final[dict[str, Any]] = {
    "edgeitems": 3, "threshold": 1000, "floatmode": "maxprec", "precision": 8, "suppress": False, "linewidth": 75,
    "nanstr": "nan", "infstr": "inf", "sign": "-", "formatter": None,
}  # fmt: skip
_ERRORS: Final = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
_SKLEARN: Final[dict[str, Any]] = {
    "assume_finite": False, "working_memory": 1024, "print_changed_only": True, "display": "diagram",
    "pairwise_dist_chunk_size": 256, "enable_cython_pairwise_dist": True, "array_api_dispatch": False,
    "transform_output": "default", "enable_metadata_routing": False, "skip_parameter_validation": False,
}  # fmt: skip
_PLAIN_PANDAS: Final = {"display.max_columns": 0}  # in a process without a notebook; there the default is another one
_ENABLE: Final = "sklearn.experimental.enable_"
_CLASSES: Final = {"pandas": ("DataFrame", "Series", "Index"), "polars": ("DataFrame", "LazyFrame", "Series", "Expr")}
_NEAR: Final = {"numpy": ("pandas", "polars", "sklearn", "scipy", "torch"), "pandas": (), "sklearn": (), "polars": ()}
_PROGRESS: Final = ("progress_apply", "progress_map", "progress_applymap", "progress_aggregate", "progress_transform")
_LOGGER: Final = re.compile(r"getLogger\(\s*[\"']([\w.]+)[\"']")
_WARNING: Final = 30  # the root logger's level in a new process


class Mentions:
    """What the captured code mentions: packages by their names, and attributes."""

    def __init__(self, modules: Collection[str], attributes: Callable[[str], bool]) -> None:
        self._packages = {name.partition(".")[0] for name in modules}
        self.has = attributes

    def needs(self, package: str) -> bool:
        """Whether the code may use the package: it, or a package that hands out its objects."""
        return not self._packages.isdisjoint((package, *_NEAR.get(package, ())))


def surroundings_of(mentions: Mentions, home: dict[str, Any], book: CellBook) -> list[Item]:
    """Return what has been changed and the code may see, in a fixed order."""
    found = [*_decimal(), *_logging(book)]
    if mentions.needs("numpy"):
        found += _numpy()
    if mentions.needs("pandas"):
        found += [*_pandas(), *_progress(mentions)]
    if mentions.needs("sklearn"):
        found += _sklearn()
    for package in _CLASSES:
        if mentions.needs(package):
            found += _attributes(package, mentions)
    return [*found, *_registered(mentions, home, book)]


def label_of(item: Item) -> str:
    """Return how people call what was changed: `pandas display.max_rows`."""
    module, kind, name, _ = item
    if module == "logging":
        return f"logging {name or 'root'}"
    return f"{module} {name}" if kind != "import" else f"import {name}"


def _decimal() -> Iterator[Item]:
    module = sys.modules.get("decimal")
    if module is None:
        return
    context = module.getcontext()
    now = {name: getattr(context, name) for name in _DECIMAL}
    signals = sorted(kind.__name__ for kind, is_set in context.traps.items() if is_set)
    if now != _DECIMAL or set(signals) != _SIGNALS:
        traps = [kind for kind, is_set in context.traps.items() if is_set]
        yield "decimal", "setting", "context", {**now, "traps": sorted(traps, key=lambda kind: kind.__name__)}


def _logging(book: CellBook) -> Iterator[Item]:
    module = sys.modules.get("logging")
    if module is None:
        return
    root = module.getLogger()
    outputs = [one for one in root.handlers if isinstance(one, module.StreamHandler) and _stream_of(one)]
    if root.level != _WARNING or outputs or root.manager.disable:
        content: dict[str, Any] = {"level": root.level, "disable": root.manager.disable}
        if outputs:
            formatter = outputs[0].formatter or module.Formatter()
            style = next(key for key, (kind, _) in module._STYLES.items() if type(formatter._style) is kind)  # noqa: SLF001 - nothing public tells
            content["format"] = formatter._fmt, formatter.datefmt, style  # noqa: SLF001 - likewise
            content["stream"] = _stream_of(outputs[0])
        yield "logging", "setting", "", content
    for name in _loggers_named(tuple(cell.source for cell in book.all())):
        logger = module.root.manager.loggerDict.get(name)
        if getattr(logger, "level", 0):
            yield "logging", "setting", name, {"level": logger.level}


def _stream_of(handler: Any) -> str:
    """Return "stdout" or "stderr" of a handler that writes there, whichever object stands for it; else nothing."""
    name = str(getattr(handler.stream, "name", "")).strip("<>")
    return name if name in {"stdout", "stderr"} else ""


@lru_cache(maxsize=4)
def _loggers_named(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of loggers that cells ask for, where they set levels."""
    return tuple(sorted({name for text in texts if "setLevel" in text for name in _LOGGER.findall(text)}))


def _numpy() -> Iterator[Item]:
    module: Any = sys.modules.get("numpy")
    if module is None or not hasattr(module, "get_printoptions"):
        return
    now = module.get_printoptions()
    changed = {name: now[name] for name, default in _PRINT.items() if name in now and now[name] != default}
    if changed:
        yield "numpy", "setting", "set_printoptions", changed
    errors = module.geterr()
    if errors != _ERRORS:
        yield "numpy", "setting", "seterr", errors


def _pandas() -> Iterator[Item]:
    module: Any = sys.modules.get("pandas._config.config")
    if module is None:
        return
    for key, option in sorted(module._registered_options.items()):  # noqa: SLF001 - get_option() warns of old ones
        value: Any = module._global_config  # noqa: SLF001 - likewise
        for part in key.split("."):
            value = value[part]
        default = _PLAIN_PANDAS.get(key, option.defval)
        if value is not default and (type(value) is not type(default) or value != default):
            yield "pandas", "setting", key, value


def _sklearn() -> Iterator[Item]:
    module: Any = sys.modules.get("sklearn")
    if module is None or not hasattr(module, "get_config"):
        return
    now = module.get_config()
    for name, default in _SKLEARN.items():
        if now.get(name, default) != default:
            yield "sklearn", "setting", name, now[name]
    for name in sorted(sys.modules):
        if name.startswith(_ENABLE):
            yield "sklearn", "import", name, None


def _attributes(package: str, mentions: Mentions) -> Iterator[Item]:
    """Yield what the package's classes have of somebody else's: of the notebook by value, of a module by its import."""
    module = sys.modules.get(package)
    imports: dict[str, Item] = {}
    for owner in _CLASSES[package]:
        attributes = vars(getattr(module, owner, object))
        for name in sorted(one for one in attributes if not one.startswith("__") and mentions.has(one)):
            value = attributes[name]
            provider = _provider(value)
            origin = getattr(provider, "__module__", None)
            if not isinstance(origin, str) or origin.partition(".")[0] in {package, "builtins", "typing", "tqdm"}:
                continue
            if not travels_by_value(provider):
                imports[origin] = package, "import", origin, None
            elif provider is value or not isinstance(provider, type):
                yield package, "attribute", f"{owner}.{name}", value
            else:
                yield package, "accessor", f"{owner}.{name}", provider
    yield from imports.values()


def _provider(value: Any) -> Any:
    """Return the class behind an accessor, or the function behind what is another attribute."""
    own = getattr(value, "__dict__", {}) if not isinstance(value, type | FunctionType) else {}
    for name in ("_ns", "_accessor", "fget", "func"):
        found = own.get(name) if name in own else getattr(value, name, None) if isinstance(value, property) else None
        if isinstance(found, type | FunctionType):
            return found
    return getattr(value, "__func__", value)


def _progress(mentions: Mentions) -> Iterator[Item]:
    """Yield the call of `tqdm.pandas()`."""
    classes: Any = sys.modules.get("pandas")
    function: Any = vars(getattr(classes, "DataFrame", object)).get("progress_apply")
    code = getattr(function, "__code__", None)
    if code is None or function.__module__.partition(".")[0] != "tqdm" or not any(map(mentions.has, _PROGRESS)):
        return
    held = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    kind, options = (held[name].cell_contents if name in held else None for name in ("cls", "tqdm_kwargs"))
    if isinstance(kind, type) and isinstance(options, dict):
        module = "tqdm.auto" if "notebook" in kind.__module__ else kind.__module__  # there is no notebook there
        yield "pandas", "progress", "tqdm.pandas()", (module, "tqdm", dict(options))


def _registered(mentions: Mentions, home: dict[str, Any], book: CellBook) -> Iterator[Item]:
    """Yield the implementations that cells have registered with generic functions of modules."""
    if not any(".register" in cell.source for cell in book.all()):
        return
    known: dict[int, Any] = {}
    for value in list(home.values()):
        for one in list(vars(value).values()) if issubclass(type(value), ModuleType) else (value,):
            if type(one) is FunctionType and "registry" in vars(one) and not travels_by_value(one):
                known[id(one)] = one
    for function in sorted(known.values(), key=lambda one: (one.__module__, one.__qualname__)):
        own = [(kind, one) for kind, one in function.registry.items() if type(one) is FunctionType]
        own = [(kind, one) for kind, one in own if travels_by_value(one)]
        if own and (mentions.needs(function.__module__.partition(".")[0]) or mentions.has(function.__name__)):
            yield function.__module__, "registered", function.__qualname__, own
