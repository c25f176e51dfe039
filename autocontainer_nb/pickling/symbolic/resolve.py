"""The results of harmless calls, as far as they are known without making them: names looked up, and states set."""

from typing import Any, Final

from autocontainer_nb.pickled_names import MAKERS
from autocontainer_nb.pickling.symbolic.values import COMPUTED, Call, Global
from autocontainer_nb.wire import PACKAGE_NAME

NAMED: Final = "autocontainer_nb.pickled_names.named"  # looks up all other names of ours

# (module, name) ► the arguments with the module and the attribute that the call looks up.
_LOOKUPS: Final = {
    ("cloudpickle.cloudpickle", "subimport"): (0, None),
    ("cloudpickle.cloudpickle_fast", "subimport"): (0, None),
    ("importlib", "import_module"): (0, None),
    ("builtins", "__import__"): (0, None),
    ("__builtin__", "__import__"): (0, None),
    (PACKAGE_NAME, "importlib_attribute"): (0, 1),
    (PACKAGE_NAME, "reference"): (0, 1),
    (PACKAGE_NAME, "optional_reference"): (0, 1),
    ("pydoc", "locate"): (0, None),
    ("pkgutil", "resolve_name"): (0, None),
}
_TYPES_OF: Final = {("cloudpickle.cloudpickle", "_builtin_type"), ("cloudpickle.cloudpickle_fast", "_builtin_type")}
_GETATTR: Final = {("builtins", "getattr"), ("__builtin__", "getattr")}
_CLOUDPICKLES_SETTERS: Final = ("_function_setstate", "_class_setstate")


def resolved(call: Call) -> Any:
    """Return the symbol of the call's result: the global that it looks up, or the call itself.

    Objects of ours are looked up by their lasting names, and known by these from then on: `autocontainer_nb.Resources`.
    cloudpickle's setters set the state of an object; that is recorded with the object.
    """
    function = call.function
    if not isinstance(function, Global):
        return call
    key = (function.module, function.name)
    if function.path == NAMED:
        return Global(PACKAGE_NAME, _text(call.argument(0)))
    if key in _LOOKUPS:
        module, attribute = _LOOKUPS[key]
        return Global(_text(call.argument(module)), "" if attribute is None else _text(call.argument(attribute)))
    if key in _TYPES_OF:
        return Global("types", _text(call.argument(0)))
    if key in _GETATTR and isinstance(call.argument(0), Global):
        owner, name = call.argument(0), _text(call.argument(1))
        return Global(owner.module, f"{owner.name}.{name}" if owner.name else name)
    if is_setter(function) and isinstance(call.argument(0), Call):
        call.argument(0).add_state(call.argument(1))
    return call


def is_setter(function: Global) -> bool:
    """Whether it is one of the functions, cloudpickle's or our own, that give an object its state."""
    if is_own_maker(function):
        return function.name.startswith("fill_")
    return function.module.startswith("cloudpickle.") and function.name.startswith(_CLOUDPICKLES_SETTERS)


def is_own_maker(name: Global) -> bool:
    """Whether it is one of our functions by which our pickles make functions, classes and objects, and fill them in."""
    return name.module == PACKAGE_NAME and name.name in MAKERS


def effective(call: Call) -> Any:
    """Return what the call creates in the end: for the constructors of copyreg, the class of the instance."""
    function = call.function
    if isinstance(function, Global) and function.module in {"copyreg", "copy_reg"}:
        return call.argument(0) if function.name in {"_reconstructor", "__newobj__", "__newobj_ex__"} else function
    return function


def _text(value: Any) -> str:
    return value if isinstance(value, str) else COMPUTED
