"""Enums and `Literal[...]`: one of a fixed set of values."""

import enum
from typing import Any, get_args

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.idl.literals import struct
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.transformer import Engine, Transformer
from autocontainer_nb.type_engine.wording import ANOTHER_DEFINITION, Misfit, show_type


class EnumTransformer(Transformer):
    """An enum whose values are str, as Flyte's EnumType; the literal holds the member's value, not its name."""

    tag = "DefaultEnumTransformer"

    def __init__(self, python_type: Any, engine: Engine) -> None:
        super().__init__(python_type, engine)
        self._values = [member.value for member in python_type]
        if not self._values or not all(isinstance(value, str) for value in self._values):
            raise Misfit(
                "an enum with str values",
                f"{show_type(python_type)} with {', '.join(map(repr, self._values[:3])) or 'no members'}",
                "Flyte's enums hold strings only: give the members str values, or put the enum into a dataclass",
            )

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the enum type with all values."""
        return types_pb2.LiteralType(enum_type=types_pb2.EnumType(values=self._values))

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is a member or a member's value."""
        self._text(value)

    def _text(self, value: Any) -> str:
        text = value.value if isinstance(value, enum.Enum) else value
        if isinstance(value, enum.Enum) and type(value) is not self.python_type:
            same_name = type(value).__qualname__ == self.python_type.__qualname__
            raise self.misfit(value, ANOTHER_DEFINITION if same_name else "")
        if text not in self._values:
            values = ", ".join(map(repr, self._values))
            raise self.misfit(value, f"{show_type(self.python_type)} has the values {values}")
        return str(text)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:  # noqa: ARG002 - needs no files
        """Return the literal with the member's value."""
        primitive = literals_pb2.Primitive(string_value=self._text(value))
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=primitive))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:  # noqa: ARG002 - needs no files
        """Return the member."""
        primitive = literal.scalar.primitive
        if primitive.WhichOneof("value") != "string_value" or primitive.string_value not in self._values:
            raise self.misread(literal)
        return self.python_type(primitive.string_value)


class ChoiceTransformer(Transformer):
    """`Literal["a", "b"]`: the simple type of the values, annotated with them."""

    tag = "LiteralTypeTransformer"

    def __init__(self, python_type: Any, engine: Engine) -> None:
        super().__init__(python_type, engine)
        self._values = get_args(python_type)
        kinds = {type(value) for value in self._values}
        if len(kinds) != 1 or not kinds <= {int, float, bool, str}:
            raise Misfit(
                "a Literal[...] whose values are all int, all float, all bool or all str",
                show_type(python_type),
                "split it into a union of several Literal[...]",
            )
        self._simple = engine.transformer(kinds.pop())

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the simple type with the values in its annotation."""
        found = self._simple.literal_type()
        annotations = struct({"literal_values": list(self._values)})
        found.annotation.CopyFrom(types_pb2.TypeAnnotation(annotations=annotations))
        return types_pb2.LiteralType.FromString(found.SerializeToString())

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is one of the values."""
        if not self.is_exact(value):
            raise self.misfit(value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the primitive's literal."""
        self.check(value)
        found: literals_pb2.Literal = self._simple.to_literal(value, files)
        return found

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the value if it is one of the listed ones."""
        value = self._simple.from_literal(literal, files)
        if not self.is_exact(value):
            raise self.misread(literal)
        return value

    def is_exact(self, value: Any) -> bool:
        """Whether it is one of the values, and of the same type."""
        return any(type(value) is type(each) and value == each for each in self._values)
