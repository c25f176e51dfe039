"""Transformers for dataclasses, untyped dicts and lists: msgpack in a binary literal, as in Flyte since 1.14."""

from contextlib import suppress
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.idl.literals import struct
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.families import pickles
from autocontainer_nb.type_engine.families.whole import (
    comes_back,
    read_struct,
    to_struct,
    whole_contents,
    whole_msgpack,
)
from autocontainer_nb.type_engine.packed.base import Packer, watched
from autocontainer_nb.type_engine.packed.composites import find_packer, packer_for
from autocontainer_nb.type_engine.packed.msgpack_form import binary_literal, binary_literals
from autocontainer_nb.type_engine.packed.records import fields_of
from autocontainer_nb.type_engine.transformer import Engine, Transformer
from autocontainer_nb.type_engine.wording import Misfit, with_article
from autocontainer_nb.wire import MSGPACK_TAG, PICKLE_KEY

PICKLE_FIELD = "pickle_file"  # of the struct in place of a dict that msgpack can't encode (flytekit's form)


def struct_type(metadata: dict[str, Any] | None = None) -> types_pb2.LiteralType:
    """Return the type STRUCT, annotated to say that its literals are msgpack."""
    found = types_pb2.LiteralType(simple=types_pb2.STRUCT, metadata=struct(metadata) if metadata else None)
    annotations = struct({"cache-key-metadata": {"serialization-format": MSGPACK_TAG}})
    found.annotation.CopyFrom(types_pb2.TypeAnnotation(annotations=annotations))
    return found


class DataclassTransformer(Transformer):
    """A dataclass whose fields can all be packed; other dataclasses are pickled (see `rules`)."""

    tag = "Object-Dataclass-Transformer"

    def __init__(self, python_type: Any, engine: Engine) -> None:
        super().__init__(python_type, engine)
        self._packer = packer_for(python_type)
        self._type: types_pb2.LiteralType | None = None

    def packer(self) -> Packer:
        """Return the packer of the dataclass."""
        return self._packer

    def literal_type(self) -> types_pb2.LiteralType:
        """Return STRUCT with the JSON schema, and each field's own type for attribute access."""
        if self._type is None:
            from autocontainer_nb.type_engine.packed.schema import dataclass_schema

            found = struct_type(dataclass_schema(self.python_type))
            found.structure.CopyFrom(types_pb2.TypeStructure(dataclass_type=self._field_types()))
            self._type = found
        return self._type

    def _field_types(self) -> dict[str, types_pb2.LiteralType]:
        found = {}
        for name, (_, hint) in fields_of(self.python_type).items():
            if not has_field_type(hint) or contains(hint, self.python_type):
                continue
            with suppress(Misfit):  # such as an enum of ints
                found[name] = self.engine.transformer(hint).literal_type()
        return found

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is an instance whose fields all fit."""
        with suppress(RecursionError):  # it contains itself: it will be pickled
            watched(lambda: self._packer.pack(value))

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the binary literal, after storing the files in it."""
        return to_struct(value, self.python_type, self._packer, self._kept, files)

    def check_many(self, values: list[Any]) -> None:
        """Raise Misfit for the first value that doesn't fit."""
        watched(lambda: super(DataclassTransformer, self).check_many(values))

    def write_many(self, values: list[Any], files: FileAccess) -> literals_pb2.LiteralCollection:
        """Return the collection of the values' literals; where Flyte's form holds each whole, all are made at once."""
        contents = None if self._packer.needs_proof else whole_contents(values, self._packer, files)
        return super().write_many(values, files) if contents is None else binary_literals(contents)

    def _kept(self, value: Any, plain: Any) -> dict[str, Any]:
        """Return those fields of the packed form that come back as they were."""
        packers = {name: packer_for(hint) for name, (_, hint) in fields_of(self.python_type).items()}
        return {name: part for name, part in plain.items() if comes_back(getattr(value, name, None), packers[name])}

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the pickled instance: what isn't pickled is read by the packer."""
        return read_struct(self, literal, files)


def has_field_type(hint: Any) -> bool:
    """Whether the dataclass's Flyte type lists the field's type: not for tuples and untyped lists, as in flytekit."""
    if hint is list or (get_origin(hint) or hint) is tuple:
        return False
    return all(has_field_type(arg) for arg in get_args(hint) if isinstance(arg, type) or get_args(arg))


def contains(hint: Any, wanted: type, seen: tuple[Any, ...] = ()) -> bool:
    """Whether a value of type `hint` can contain one of type `wanted`: a type that contains itself would never end."""
    if hint is wanted:
        return True
    if any(hint is each for each in seen):
        return False
    if isinstance(hint, type) and (is_dataclass(hint) or hasattr(hint, "model_fields")):
        return any(contains(inner, wanted, (*seen, hint)) for inner in _hints(hint))
    return any(contains(arg, wanted, seen) for arg in get_args(hint) if arg is not Ellipsis)


def _hints(record: Any) -> list[Any]:
    if hasattr(record, "model_fields"):  # a pydantic model
        return [field.annotation for field in record.model_fields.values()]
    return [hint for _, hint in fields_of(record).values()]


class DictTransformer(Transformer):
    """dict without types, or with keys that aren't str. One that msgpack can't encode is pickled as a whole."""

    tag = "Typed Dict"
    wanted: type = dict

    def __init__(self, python_type: Any, engine: Engine) -> None:
        super().__init__(python_type, engine)
        self._packer = find_packer(python_type)

    def packer(self) -> Packer | None:
        """Return the packer of the dict's type, or None if its values can only be pickled."""
        return self._packer

    def literal_type(self) -> types_pb2.LiteralType:
        """Return STRUCT without a schema."""
        return struct_type()

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is a dict whose keys and values fit their types, if there are types."""
        if not isinstance(value, self.wanted):
            raise self.misfit(value)
        packer = self._packer
        if packer is not None:
            with suppress(RecursionError):  # it contains itself: it will be pickled
                watched(lambda: packer.pack(value))

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the binary literal, or a struct with the URI of a pickle."""
        if not isinstance(value, self.wanted):
            raise self.misfit(value)
        content = None if self._packer is None else whole_msgpack(value, self._packer, files)
        if content is not None:
            return binary_literal(content)
        generic = struct({PICKLE_FIELD: pickles.store(value, with_article(self.python_type), files)})
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(generic=generic), metadata={"format": "pickle"})

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the unpickled dict, or the content of a map or collection of literals."""
        if literal.scalar.WhichOneof("value") == "generic" and PICKLE_FIELD in literal.scalar.generic.fields:
            uri = literal.scalar.generic.fields[PICKLE_FIELD].string_value
            return pickles.fetch(uri, with_article(self.python_type), files)
        if PICKLE_KEY in literal.metadata:  # a dataclass or model, which counts as a dict
            return read_struct(self, literal, files)
        wanted_kind = "map" if self.wanted is dict else "collection"
        if self.python_type is not self.wanted or literal.WhichOneof("value") != wanted_kind:
            raise self.misread(literal)
        from autocontainer_nb.type_engine.guessing import guess_value

        return guess_value(literal, self.engine, files)

    def is_exact(self, value: Any) -> bool:
        """Whether it is exactly a dict, not of a subclass."""
        return type(value) is self.wanted


class ListTransformer(DictTransformer):
    """list without an element type, in the form of an untyped dict; flytekit doesn't support it."""

    tag = "Typed List"
    wanted = list

    def literal_type(self) -> types_pb2.LiteralType:
        """Return STRUCT with the schema of an array, which distinguishes it from a dict."""
        return struct_type({"type": "array"})
