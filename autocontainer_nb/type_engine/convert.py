"""Conversion of Python values to Flyte's messages and back without a task: for notebooks, tests and tools."""

from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.storage.scratch import scratch_files
from autocontainer_nb.type_engine.engine import type_engine


def to_literal_type(python_type: Any) -> types_pb2.LiteralType:
    """Return Flyte's type for the Python type.

    Raises:
        ConversionError: no Flyte type can represent it.
    """
    found = types_pb2.LiteralType()
    found.CopyFrom(type_engine.to_literal_type(python_type))  # the engine keeps its own
    return found


def to_literal(value: Any, python_type: Any, *, files: FileAccess | None = None) -> literals_pb2.Literal:
    """Return the value as a literal; files in it are stored by `files`.

    By default they go to a temporary folder that is removed when this process ends.

    Raises:
        ConversionError: the value doesn't fit the type; the message has the path to it.
    """
    return type_engine.to_literal(value, python_type, files=files or scratch_files())


def from_literal(literal: literals_pb2.Literal, python_type: Any, *, files: FileAccess | None = None) -> Any:
    """Return the literal's value as the Python type; `files` fetches files in it, by default from where they are.

    Raises:
        ConversionError: the literal doesn't fit the type; the message has the path to it.
    """
    return type_engine.from_literal(literal, python_type, files=files or scratch_files())
