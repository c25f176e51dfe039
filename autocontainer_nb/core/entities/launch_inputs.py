"""The literals that an execution or a launch plan starts with, in a form that Flyte accepts."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.compiler.literals import accepted_as_input
from autocontainer_nb.errors import InputError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.offload import offloaded
from autocontainer_nb.wire import OFFLOADED_FILE_SUFFIX

# Control planes take messages of 4 MiB. But flyteadmin puts the inputs into the object that Kubernetes keeps of an
# execution, of which etcd takes 1.5 MB (its --max-request-bytes), and which flytepropeller writes anew at each step.
_MAX_TOGETHER: Final = 1 << 20
_WORTH_A_FILE: Final = 2 << 10


class CheckedInputs(dict[str, Any]):
    """Values that fit their types, by name; of some there are the `literals`, which took no store to make."""

    def __init__(self, values: Mapping[str, Any], literals: Mapping[str, literals_pb2.Literal]) -> None:
        super().__init__(values)
        self.literals = literals


def converted_at_once(values: Mapping[str, Any], types: Mapping[str, Any], path: str) -> CheckedInputs:
    """Return the values; nothing is stored. What needs no store is converted at once: to check it takes as long.

    Raises:
        ConversionError: a value doesn't fit its type; the message tells where, starting with `path`.
        InputError: the values are too large together, and each is too small for a file.
    """
    literals: dict[str, literals_pb2.Literal] = {}
    for name, value in values.items():
        try:
            if _is_without_files(type_engine.to_literal_type(types[name])):
                literals[name] = type_engine.to_literal(value, types[name], files=_NO_STORE, path=f"{path}.{name}")
                continue
        except Exception:  # noqa: BLE001, S110 - whatever it is, who checks knows how to tell it
            pass
        type_engine.check(value, types[name], f"{path}.{name}")
    _refuse_too_many(literals.values())
    return CheckedInputs(values, literals)


def _is_without_files(kind: types_pb2.LiteralType) -> bool:
    """Whether values of the type usually need no store."""
    which = kind.WhichOneof("type")
    if which == "union_type":
        return all(map(_is_without_files, kind.union_type.variants))
    if which in {"collection_type", "map_value_type"}:
        return _is_without_files(getattr(kind, which))
    return which in {"simple", "enum_type"}


class _NoStore:
    """In place of a store, for conversions that need none; asked for anything, it ends them."""

    def __getattr__(self, name: str) -> Any:
        raise _StoreNeededError(name)


class _StoreNeededError(Exception):
    """The conversion has to store something."""


_NO_STORE: Final[Any] = _NoStore()


def launch_inputs(
    values: Mapping[str, Any], types: Mapping[str, Any], files: FileAccess, path: str
) -> dict[str, literals_pb2.Literal]:
    """Return the values as literals; `files` stores their files, and what Flyte takes from a file only.

    That is what is too large for a message, and a list or dict of which it would infer another type than the declared
    one: it takes an empty dict for another type than those beside it. A literal in a file brings its type along.

    Raises:
        ConversionError: a value doesn't fit its type; the message tells where, starting with `path`.
    """
    made = dict(values.literals) if isinstance(values, CheckedInputs) else {}
    for name, value in values.items():
        if name not in made:
            made[name] = type_engine.to_literal(value, types[name], files=files, path=f"{path}.{name}")
    return as_launched(made, types, files)


def as_launched(
    literals: Mapping[str, literals_pb2.Literal], types: Mapping[str, Any], files: FileAccess
) -> dict[str, literals_pb2.Literal]:
    """Return the literals, with what Flyte takes from a file only in its place in `files`: see `launch_inputs`.

    Raises:
        InputError: they are too large together, and each is too small for a file; nothing was created.
    """
    made = dict(literals)
    rest = sum(literal.ByteSize() for literal in made.values())
    for name in sorted(made, key=lambda each: -made[each].ByteSize()):
        literal, declared = made[name], type_engine.to_literal_type(types[name])
        size = literal.ByteSize()
        is_large = rest > _MAX_TOGETHER and size >= _WORTH_A_FILE
        if is_large or _is_mistaken(literal, declared):
            content = literal.SerializeToString(deterministic=True)
            made[name] = offloaded(literal, files.put_bytes(content, name + OFFLOADED_FILE_SUFFIX), declared)
            rest -= size
    _refuse_too_many(made.values())
    return made


def _refuse_too_many(literals: Collection[literals_pb2.Literal]) -> None:
    """Raise an error if those that no file is worth for are too large together."""
    size_bytes = sum(size for size in (each.ByteSize() for each in literals) if size < _WORTH_A_FILE)
    if size_bytes > _MAX_TOGETHER:
        raise InputError(
            f"The {len(literals)} inputs are {size_bytes / (1 << 20):.1f} MiB together, but control planes take 1 MiB. "
            "Pass them as one list, a dict, a DataFrame or a FlyteFile, which is stored as a file."
        )


def _is_mistaken(literal: literals_pb2.Literal, declared: types_pb2.LiteralType) -> bool:
    """Whether Flyte would infer another type than the declared one."""
    return _may_be_mistaken(declared) and not accepted_as_input(literal, declared)


def _may_be_mistaken(kind: types_pb2.LiteralType, depth: int = 0) -> bool:
    """Whether values of the type may have an empty dict beside others, or an empty list that isn't the innermost."""
    which = kind.WhichOneof("type")
    if which == "union_type":
        return any(_may_be_mistaken(each, depth) for each in kind.union_type.variants)
    if which not in {"collection_type", "map_value_type"}:
        return False
    is_inside = depth > 0 and (which == "map_value_type" or depth > 1)
    return is_inside or _may_be_mistaken(getattr(kind, which), depth + 1)
