"""Transformers for int, float, bool, str and None: Flyte's simple types, with a fast path for long lists."""

import struct
from collections.abc import Iterable
from itertools import chain, repeat
from typing import Any, ClassVar

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.packed.leaves import note_type
from autocontainer_nb.type_engine.scalars import INT_MAX, INT_MIN, as_bool, as_float, as_int, as_str
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wire_form import head, varint
from autocontainer_nb.type_engine.wording import Misfit

# The wire form of one element of a LiteralCollection, around n bytes of the primitive itself:
#   collection.literals(1) { literal.scalar(1) { scalar.primitive(1) { primitive } } }
# Each level is a tag (field 1, with a length) and the length of what follows.
_TAGS = b"\x0a\x0a\x0a"
_INT_TAG, _FLOAT_TAG, _STR_TAG, _BOOL_TAG = b"\x08", b"\x11", b"\x1a", b"\x20"  # literals.proto, message Primitive

_INT_HEADS = [head(_TAGS, 1 + n) + _INT_TAG for n in range(11)]
_TINY_INTS = [_INT_HEADS[1] + bytes((value,)) for value in range(128)]
_FLOAT_HEAD = head(_TAGS, 9) + _FLOAT_TAG
_BOOLS = (head(_TAGS, 2) + _BOOL_TAG + b"\x00", head(_TAGS, 2) + _BOOL_TAG + b"\x01")


class SimpleTransformer(Transformer):
    """The base for Flyte's primitives; a subclass names the message's field and decides which values fit."""

    simple: ClassVar["types_pb2.SimpleType"]  # quoted: before 3.11, typing refuses the enum wrapper that it is
    field: ClassVar[str]

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the simple type."""
        return types_pb2.LiteralType(simple=self.simple)

    def encode(self, value: Any) -> Any:
        """Return the content of the message's field, or raise Misfit."""
        raise NotImplementedError

    def decode(self, content: Any) -> Any:
        """Return the Python value of the field's content."""
        return content

    def check(self, value: Any) -> None:
        """Raise Misfit unless the value fits."""
        self.encode(value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:  # noqa: ARG002 - needs no files
        """Return the primitive's literal."""
        primitive = literals_pb2.Primitive(**{self.field: self.encode(value)})
        if type(value) is not self.python_type and not (self.python_type is float and type(value) is int):
            note_type(value, self.python_type)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=primitive))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:  # noqa: ARG002 - needs no files
        """Return the primitive's value."""
        primitive = literal.scalar.primitive
        kind = primitive.WhichOneof("value")
        if kind == self.field:
            return self.decode(getattr(primitive, self.field))
        return self.read_other(literal, kind)

    def read_other(self, literal: literals_pb2.Literal, kind: str | None) -> Any:  # noqa: ARG002 - for subclasses
        """Return the value of another primitive that this type accepts, or raise Misfit."""
        raise self.misread(literal)

    def all_fit(self, values: list[Any]) -> bool:  # noqa: ARG002 - for subclasses
        """Whether all values, each exactly of the type, fit; False if each has to be checked by itself."""
        return False

    def check_many(self, values: list[Any]) -> None:
        """Raise Misfit for the first value that doesn't fit; all at once if each is exactly of the type."""
        if not (set(map(type, values)) <= {self.python_type} and self.all_fit(values)):
            super().check_many(values)

    def read_many(self, literals: Iterable[literals_pb2.Literal], files: FileAccess) -> list[Any]:
        """Return the values; where a literal has the expected field, it is read without further calls."""
        found: list[Any] = []
        add, field, decode = found.append, self.field, self.decode
        plain = type(self).decode is SimpleTransformer.decode
        try:
            for literal in literals:
                primitive = literal.scalar.primitive
                if primitive.WhichOneof("value") == field:
                    add(getattr(primitive, field) if plain else decode(getattr(primitive, field)))
                else:
                    add(self.from_literal(literal, files))
        except Misfit as misfit:
            raise misfit.inside(f"[{len(found)}]") from misfit.__cause__
        return found

    def wire_parts(self, values: list[Any]) -> list[bytes]:
        """Return the wire form of each as a LiteralCollection's element, for families that assemble it themselves."""
        raise NotImplementedError

    def wire_form(self, values: list[Any]) -> bytes:
        """Return the wire form of a LiteralCollection of the values."""
        return b"".join(self.wire_parts(values))

    @property
    def has_wire_form(self) -> bool:
        """Whether the family assembles the wire form, and reads the message's field as it is."""
        family = type(self)
        return family.wire_parts is not SimpleTransformer.wire_parts and family.decode is SimpleTransformer.decode

    def write_many(self, values: list[Any], files: FileAccess) -> literals_pb2.LiteralCollection:
        """Return the collection, parsed from a wire form assembled here: one call for all, not six per value."""
        if not self.has_wire_form or not set(map(type, values)) <= {self.python_type}:
            return super().write_many(values, files)
        try:
            return literals_pb2.LiteralCollection.FromString(self.wire_form(values))
        except (Misfit, ValueError, OverflowError):
            return super().write_many(values, files)  # finds the element, and raises with its place


class IntTransformer(SimpleTransformer):
    """int of 64 bits, including numpy's integers; a bool is refused."""

    tag = "int"
    simple = types_pb2.INTEGER
    field = "integer"

    def encode(self, value: Any) -> int:
        """Return the value as int."""
        return as_int(value)

    def all_fit(self, values: list[Any]) -> bool:
        """Whether the smallest and the largest fit into 64 bits."""
        return not values or (min(values) >= INT_MIN and max(values) <= INT_MAX)

    def wire_parts(self, values: list[Any]) -> list[bytes]:
        """Return the wire forms of ints."""
        parts: list[bytes] = []
        add, tiny, two, three = parts.append, _TINY_INTS, _INT_HEADS[2], _INT_HEADS[3]
        for value in values:
            if 0 <= value < 0x80:  # noqa: PLR2004 - one byte of seven bits
                add(tiny[value])
            elif 0 <= value < 0x4000:  # noqa: PLR2004 - two
                add(two + bytes((value & 0x7F | 0x80, value >> 7)))
            elif 0 <= value < 0x200000:  # noqa: PLR2004 - three
                add(three + bytes((value & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value >> 14)))
            else:
                encoded = varint(self.encode(value))
                add(_INT_HEADS[len(encoded)] + encoded)
        return parts

    def read_other(self, literal: literals_pb2.Literal, kind: str | None) -> int:
        """Return a float without a fraction as int: JavaScript clients send every number as float."""
        if kind == "float_value" and literal.scalar.primitive.float_value.is_integer():
            return int(literal.scalar.primitive.float_value)
        raise self.misread(literal)


class FloatTransformer(SimpleTransformer):
    """float, including numpy's floats; an int is converted, a bool is refused."""

    tag = "float"
    simple = types_pb2.FLOAT
    field = "float_value"

    def encode(self, value: Any) -> float:
        """Return the value as float."""
        return as_float(value)

    def all_fit(self, values: list[Any]) -> bool:  # noqa: ARG002 - whatever they are
        """Return True: every float fits."""
        return True

    def wire_parts(self, values: list[Any]) -> list[bytes]:
        """Return the wire forms of floats."""
        content, size = self.wire_form(values), len(_FLOAT_HEAD) + 8
        return [content[at : at + size] for at in range(0, len(content), size)]

    def wire_form(self, values: list[Any]) -> bytes:
        """Return the wire form of a collection of floats: all heads and doubles in one call."""
        # A Struct of its own: struct.pack would keep each format in its cache.
        form = struct.Struct("<" + "7sd" * len(values))
        return form.pack(*chain.from_iterable(zip(repeat(_FLOAT_HEAD), values)))

    def read_other(self, literal: literals_pb2.Literal, kind: str | None) -> float:
        """Return an integer as float."""
        if kind == "integer":
            return float(literal.scalar.primitive.integer)
        raise self.misread(literal)


class BoolTransformer(SimpleTransformer):
    """bool, including numpy's; numbers are refused."""

    tag = "bool"
    simple = types_pb2.BOOLEAN
    field = "boolean"

    def encode(self, value: Any) -> bool:
        """Return the value as bool."""
        return as_bool(value)

    def all_fit(self, values: list[Any]) -> bool:  # noqa: ARG002 - whatever they are
        """Return True: every bool fits."""
        return True

    def wire_parts(self, values: list[Any]) -> list[bytes]:
        """Return the wire forms of bools."""
        no, yes = _BOOLS
        return [yes if value else no for value in values]


class StrTransformer(SimpleTransformer):
    """str that UTF-8 can encode."""

    tag = "str"
    simple = types_pb2.STRING
    field = "string_value"

    def encode(self, value: Any) -> str:
        """Return the value as plain str."""
        return as_str(value)

    def wire_parts(self, values: list[Any]) -> list[bytes]:
        """Return the wire forms of strings."""
        parts: list[bytes] = []
        add = parts.append
        heads: dict[int, bytes] = {}
        for value in values:
            encoded = value.encode()
            size = len(encoded)
            found = heads.get(size)
            if found is None:
                found = heads[size] = head(_TAGS + _STR_TAG, size)
            add(found + encoded)
        return parts


class NoneTransformer(Transformer):
    """None, as Flyte's Void."""

    tag = "none"

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the simple type NONE."""
        return types_pb2.LiteralType(simple=types_pb2.NONE)

    def check(self, value: Any) -> None:
        """Raise Misfit unless the value is None."""
        if value is not None:
            raise self.misfit(value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:  # noqa: ARG002 - needs no files
        """Return Flyte's literal for None."""
        self.check(value)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(none_type=literals_pb2.Void()))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> None:  # noqa: ARG002 - needs no files
        """Return None."""
        if literal.scalar.WhichOneof("value") != "none_type":
            raise self.misread(literal)

    def is_exact(self, value: Any) -> bool:
        """Whether the value is None."""
        return value is None
