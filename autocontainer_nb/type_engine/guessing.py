"""Guesses of Python types and values for literals whose declared type isn't known, as after a kernel restart."""

import datetime as dt
from importlib.util import find_spec
from typing import Any, Union

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.constants import literal_of_constant
from autocontainer_nb.type_engine.transformer import Engine
from autocontainer_nb.wire import (
    NUMPY_FORMAT,
    PICKLE_FORMAT,
    PICKLE_KEY,
    PIL_FORMAT,
    SKLEARN_FORMAT,
    TORCH_MODULE_FORMAT,
    TORCH_TENSOR_FORMAT,
)

_LIBRARY_FORMATS = {
    NUMPY_FORMAT: ("numpy", "ndarray"),
    PIL_FORMAT: ("PIL.Image", "Image"),
    SKLEARN_FORMAT: ("sklearn.base", "BaseEstimator"),
    TORCH_MODULE_FORMAT: ("torch.nn", "Module"),
    TORCH_TENSOR_FORMAT: ("torch", "Tensor"),
}
_SIMPLE: dict[int, Any] = {
    types_pb2.NONE: type(None),
    types_pb2.INTEGER: int,
    types_pb2.FLOAT: float,
    types_pb2.STRING: str,
    types_pb2.BOOLEAN: bool,
    types_pb2.DATETIME: dt.datetime,
    types_pb2.DURATION: dt.timedelta,
    types_pb2.BINARY: Any,
}


def guess_type(literal_type: types_pb2.LiteralType) -> Any:  # noqa: PLR0911 - one return for each form of type
    """Return a Python type that can read literals of this Flyte type.

    Values whose class only their writer knows become plain ones: a dataclass becomes a dict, an enum member a str.
    A pickle becomes Any: since unpickling can run its writer's code, that waits until the value is asked for.

    Raises:
        ConversionError: no Python type is known for it.
    """
    kind = literal_type.WhichOneof("type")
    if kind == "simple":
        return _guess_simple(literal_type)
    if kind == "collection_type":
        return list[guess_type(literal_type.collection_type)]  # type: ignore[misc] # made at run time
    if kind == "map_value_type":
        return dict[str, guess_type(literal_type.map_value_type)]  # type: ignore[misc] # made at run time
    if kind == "union_type":
        return Union[tuple(guess_type(variant) for variant in literal_type.union_type.variants)]  # noqa: UP007 - made at run time
    if kind == "enum_type":
        return str
    if kind == "blob":
        return _guess_blob(literal_type.blob)
    if kind == "structured_dataset_type":
        return _importable("pandas", "DataFrame")
    raise _unknown(kind or "empty")


def _guess_simple(literal_type: types_pb2.LiteralType) -> Any:
    if literal_type.simple == types_pb2.STRUCT:
        schema = literal_type.metadata.fields
        # Asking a protobuf map for a missing key would add it.
        is_array = "type" in schema and schema["type"].string_value == "array"
        is_array |= "pb_type" in schema and schema["pb_type"].string_value == "google.protobuf.struct_pb2.ListValue"
        return list if is_array else dict
    if literal_type.simple == types_pb2.ERROR:
        return _error()
    if literal_type.simple not in _SIMPLE:
        raise _unknown(types_pb2.SimpleType.Name(literal_type.simple))
    return _SIMPLE[literal_type.simple]


def _guess_blob(blob: types_pb2.BlobType) -> Any:
    form = blob.format
    if form == PICKLE_FORMAT:
        return Any
    if form in _LIBRARY_FORMATS:
        return _importable(*_LIBRARY_FORMATS[form])
    if blob.dimensionality == types_pb2.BlobType.MULTIPART:
        from autocontainer_nb.type_engine.values.flyte_directory import FlyteDirectory

        return FlyteDirectory.with_format(form)
    if not form:
        return _path()
    from autocontainer_nb.type_engine.values.flyte_file import FlyteFile

    return FlyteFile.with_format(form)


def _importable(module: str, name: str) -> Any:
    if find_spec(module.partition(".")[0]) is None:
        return _path()
    from importlib import import_module

    return getattr(import_module(module), name)


def _path() -> Any:
    from pathlib import Path

    return Path


def _error() -> Any:
    from autocontainer_nb.type_engine.values.flyte_error import FlyteError

    return FlyteError


def _unknown(kind: str) -> ConversionError:
    return ConversionError(f"No Python type is known for Flyte's type {kind}. Declare it where the value is read.")


def guess_value(literal: literals_pb2.Literal, engine: Engine, files: FileAccess) -> Any:
    """Return the literal's value, guided only by the literal itself."""
    literal = literal_of_constant(literal)
    if PICKLE_KEY in literal.metadata:
        return engine.transformer(Any).read(literal, files)
    kind = literal.WhichOneof("value")
    if kind == "collection":
        return [guess_value(item, engine, files) for item in literal.collection.literals]
    if kind == "map":
        return {key: guess_value(literal.map.literals[key], engine, files) for key in sorted(literal.map.literals)}
    return _guess_scalar(literal, engine, files)


def _guess_scalar(literal: literals_pb2.Literal, engine: Engine, files: FileAccess) -> Any:
    scalar = literal.scalar
    form = scalar.WhichOneof("value")
    if form == "union":
        return guess_value(scalar.union.value, engine, files)
    if form == "blob":
        guessed = _guess_blob(scalar.blob.metadata.type)
        return engine.transformer(guessed).from_literal(literal, files)
    if form == "binary":
        return engine.transformer(Any).packed(literal)
    wanted = _by_form(form, scalar)
    if wanted is None:
        raise engine.transformer(Any).misread(literal)
    return engine.transformer(wanted).from_literal(literal, files)


def _by_form(form: str | None, scalar: literals_pb2.Scalar) -> Any:
    if form == "primitive":
        names = {
            "integer": int,
            "float_value": float,
            "string_value": str,
            "boolean": bool,
            "datetime": dt.datetime,
            "duration": dt.timedelta,
        }
        return names.get(scalar.primitive.WhichOneof("value") or "")
    if form == "structured_dataset":
        return _importable("pandas", "DataFrame")
    if form == "error":
        return _error()
    return {"none_type": type(None), "generic": dict}.get(form or "")
