"""The judgement of a call as dangerous, harmless or unknown, by the tables.

`DANGEROUS` lists whole modules and single names that run commands or code, open files or connections, or reach into
the interpreter. `HARMLESS` lists constructors that only create an object from their arguments. A name on neither list
does whatever its package decides.
"""

from typing import Any, Final

from autocontainer_nb.pickled_names import PLACES, VALUES
from autocontainer_nb.pickling.symbolic.known_names import (
    _ENCODINGS,
    _HARMLESS_CLASSES_OF,
    _HOOKS,
    _KNOWN_DUNDERS,
    _KNOWN_HARMLESS,
    _METACLASSES,
    _MODULE_RISKS,
    _NAME_RISKS,
    _OLD_NAMES,
)
from autocontainer_nb.pickling.symbolic.resolve import NAMED, effective, is_own_maker, is_setter
from autocontainer_nb.pickling.symbolic.values import (
    COMPUTED,
    Call,
    Global,
    Items,
    is_carried_class,
    is_carried_function,
)
from autocontainer_nb.wire import PACKAGE_NAME

MAX_ANCESTORS: Final = 50
MAX_ARGUMENTS: Final = 50
DANGER, UNKNOWN, HARMLESS = "danger", "unknown", "harmless"
SEVERITIES: Final = (DANGER, UNKNOWN, HARMLESS)
_TUPLE_NEW: Final = {"builtins.tuple.__new__"}
_CLASS_MAKERS: Final = ("._make_skeleton_class", f"{PACKAGE_NAME}.make_class")
_SPECIAL: Final = {
    "types.CodeType": (HARMLESS, "creates a code object, which runs only if it is called"),
    "cloudpickle.cloudpickle.subimport": (HARMLESS, "imports a module by name"),
    "autocontainer_nb.importlib_attribute": (HARMLESS, "imports a module by name"),
    "autocontainer_nb.reference": (HARMLESS, "imports a module by name"),
    "autocontainer_nb.optional_reference": (HARMLESS, "imports a module by name"),
}


def danger_of(name: Global) -> str | None:
    """Return what is dangerous about a global, or None; a lookup is enough for a warning."""
    if name.danger is None:
        name.danger = _danger_of(name) or ""
    return name.danger or None


def _danger_of(name: Global) -> str | None:
    if COMPUTED in {name.module, name.name}:
        return "its name is computed while unpickling"
    module = _OLD_NAMES.get(name.module, name.module)
    path = f"{module}.{name.name}" if name.name else module
    if path in _TUPLE_NEW:
        return None
    found = _NAME_RISKS.get(path)
    parts = path.split(".")
    for length in range(min(len(parts), 4), 0, -1):
        found = found or _MODULE_RISKS.get(".".join(parts[:length]))
    if found is None and any(part.startswith("__") and part not in _KNOWN_DUNDERS for part in name.name.split(".")):
        return "reaches into a class or function"
    return found


def judge_call(call: Call) -> tuple[str, str]:
    """Return (severity, reason) of a call that unpickling would make."""
    made = effective(call)
    if isinstance(made, Call):
        return _judge_made(call, made)
    if not isinstance(made, Global):
        return DANGER, "the called object is computed while unpickling"
    special = _judge_special(call, made)
    if special is not None:
        return special
    danger = danger_of(made)
    if danger is not None:
        return DANGER, danger
    handed = None if _keeps_only(made) else _handed_over(call.arguments)
    if handed is not None:
        return DANGER, f"receives {handed.path}, which {danger_of(handed)}"
    return _judge_name(made, is_class=call.how != "REDUCE" or made is not call.function)


def _keeps_only(made: Global) -> bool:
    """Whether it only stores its arguments, such as the globals of a carried function."""
    keepers = {"builtins.staticmethod", "builtins.classmethod"}
    return made.module.startswith("cloudpickle.") or is_own_maker(made) or made.path in keepers


def _handed_over(arguments: Any) -> Global | None:
    """Return the dangerous name among the arguments, which may be called later: `map(os.system, ...)`."""
    for argument in getattr(arguments, "items", ())[:MAX_ARGUMENTS]:
        inner = argument.items[:MAX_ARGUMENTS] if isinstance(argument, Items) else [argument]
        for item in inner:
            if isinstance(item, Global) and item.name and danger_of(item) is not None:
                return item
    return None


def judge_state(target: Any) -> tuple[str, str]:
    """Return (severity, reason) of BUILD: it calls `__setstate__` if the class has one, else it sets attributes."""
    if isinstance(target, Global):
        return DANGER, "changes a class, function or module that doesn't belong to the pickle"
    if not isinstance(target, Call):
        return DANGER, "sets the state of something that isn't an object"
    made = effective(target)
    if isinstance(made, Call):
        return _judge_carried(made, "BUILD")
    return _judge_name(made, is_class=True) if isinstance(made, Global) else (UNKNOWN, "sets the state of an object")


def _judge_name(name: Global, *, is_class: bool) -> tuple[str, str]:
    module = _OLD_NAMES.get(name.module, name.module)
    if f"{module}.{name.name}" in _KNOWN_HARMLESS or is_own_maker(name):
        return HARMLESS, "creates an object from its arguments"
    is_class = is_class or name.name.rpartition(".")[2][:1].isupper()  # the member of an enum is looked up by a call
    if is_class and (module.startswith(_HARMLESS_CLASSES_OF) or _is_own_value(name)):
        return HARMLESS, "creates an object from its arguments"
    return UNKNOWN, f"does whatever {module.partition('.')[0]} decides"


def _is_own_value(name: Global) -> bool:
    """Whether it is a class of this package with a lasting name, one with a format, or one within it."""
    return name.module == PACKAGE_NAME and name.name.replace(":", ".").partition(".")[0] in VALUES


def _judge_made(call: Call, made: Call) -> tuple[str, str]:
    """Judge a call of an earlier call's result."""
    if is_carried_function(made):
        return UNKNOWN, "runs a function in the pickle"
    if is_carried_class(made):
        return _judge_carried(made, call.how)
    return DANGER, "the called object is computed while unpickling"


def _judge_carried(made: Call, how: str) -> tuple[str, str]:
    if not is_carried_class(made):
        return UNKNOWN, "sets the state of an object from a computed call"
    hooks = [_HOOKS[how]] if how in _HOOKS else ["__new__", "__init__"]
    owners: list[Any] = [made]
    looked_at = 0
    while owners:
        owner = owners.pop()
        bases = getattr(owner.argument(2), "items", [])
        looked_at += 1 + len(bases)
        if looked_at > MAX_ANCESTORS:
            return UNKNOWN, "its class has too many ancestors to examine"
        if any(owner.attribute(hook) is not None for hook in hooks):
            return UNKNOWN, f"runs {' or '.join(hooks)} of a class in the pickle"
        owners += [base for base in bases if is_carried_class(base)]
    return HARMLESS, "creates an object of a class in the pickle"


def _judge_getattr(owner: Any, name: Any) -> tuple[str, str]:
    if isinstance(owner, Global) and (owner.path, name) == ("builtins.tuple", "__new__"):  # every named tuple's
        return HARMLESS, "looks up the constructor of tuples"
    if not isinstance(owner, Global) and isinstance(name, str) and not name.startswith("_"):
        return UNKNOWN, "looks up an attribute of an object in the pickle"
    return DANGER, "looks up any attribute"


def _judge_named(name: Any) -> tuple[str, str]:
    lasting = name.replace(":", ".").partition(".")[0] if isinstance(name, str) else COMPUTED
    if lasting in PLACES:
        return HARMLESS, "looks up a name of this package"
    return UNKNOWN, "looks up a name that this version of the package doesn't have"


def _is_of_types(path: str, call: Call, first: Any) -> bool:
    """Whether it is `Generic[T]`, `int | None` or `type(None)`, as they are pickled."""
    if path == "_operator.getitem":
        return is_carried_class(first) or (isinstance(first, Global) and first.module in {"typing", "builtins"})
    if path in {"functools.reduce", "_functools.reduce"}:
        return isinstance(first, Global) and first.path == "_operator.or_"
    return path == "builtins.type" and call.argument(1) is None


def _judge_special(call: Call, made: Global) -> tuple[str, str] | None:
    """Judge the calls whose risk depends on their arguments."""
    path = f"{_OLD_NAMES.get(made.module, made.module)}.{made.name}"
    first = call.argument(0)
    if is_setter(made) and not isinstance(first, Call):
        return DANGER, "changes a class or function that doesn't belong to the pickle"
    if path in {NAMED, "builtins.getattr"}:
        return _judge_named(first) if path == NAMED else _judge_getattr(first, call.argument(1))
    if _is_of_types(path, call, first):
        return HARMLESS, "creates a type from types"
    if path.endswith(_CLASS_MAKERS) and isinstance(first, Global) and first.path not in _METACLASSES:
        return UNKNOWN, f"creates a class by {first.path}"
    if path == "_codecs.encode" and call.argument(1) not in _ENCODINGS:
        return UNKNOWN, "encodes a text with the named codec"
    return _SPECIAL.get(path)
