"""The literals that an execution or a launch plan starts with, in a form that Flyte accepts."""

from collections.abc import Mapping
from typing import Any, Final

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.compiler.literals import accepted_as_input
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.offload import offloaded
from autocontainer_nb.wire import OFFLOADED_FILE_SUFFIX

_MAX_TOGETHER: Final = 3 << 20  # control planes take messages of 4 MiB, which hold more than the inputs
_WORTH_A_FILE: Final = 64 << 10


def launch_inputs(
    values: Mapping[str, Any], types: Mapping[str, Any], files: FileAccess, path: str
) -> dict[str, literals_pb2.Literal]:
    """Return the values as literals; `files` stores their files, and what Flyte takes from a file only.

    That is what is too large for a message, and a list or dict of which it would infer another type than the declared
    one: it takes an empty dict for another type than those beside it. A literal in a file brings its type along.

    Raises:
        ConversionError: a value doesn't fit its type; the message tells where, starting with `path`.
    """
    made = {
        name: type_engine.to_literal(value, types[name], files=files, path=f"{path}.{name}")
        for name, value in values.items()
    }
    rest = sum(literal.ByteSize() for literal in made.values())
    for name in sorted(made, key=lambda each: -made[each].ByteSize()):
        literal, declared = made[name], type_engine.to_literal_type(types[name])
        size = literal.ByteSize()
        is_large = rest > _MAX_TOGETHER and size >= _WORTH_A_FILE
        if is_large or _is_mistaken(literal, declared):
            content = literal.SerializeToString(deterministic=True)
            made[name] = offloaded(literal, files.put_bytes(content, name + OFFLOADED_FILE_SUFFIX), declared)
            rest -= size
    return made


def _is_mistaken(literal: literals_pb2.Literal, declared: types_pb2.LiteralType) -> bool:
    """Whether Flyte would infer another type of a list or dict; of other values it can't."""
    return literal.WhichOneof("value") in {"collection", "map"} and not accepted_as_input(literal, declared)
