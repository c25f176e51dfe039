"""The transformer for protobuf messages: Flyte's generic struct, through the message's JSON form."""

from typing import Any

from flyteidl.core import literals_pb2, types_pb2
from google.protobuf import json_format, struct_pb2

from autocontainer_nb.idl.literals import struct
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wording import Misfit, with_article

MESSAGE_FIELD = "pb_type"  # of the type's metadata: where the message's class is (flytekit's form)


class MessageTransformer(Transformer):
    """A protobuf message. Its numbers become doubles on the way, except 64-bit integers, strings in JSON."""

    tag = "Protobuf-Transformer"

    def literal_type(self) -> types_pb2.LiteralType:
        """Return STRUCT whose metadata names the class."""
        place = f"{self.python_type.__module__}.{self.python_type.__name__}"
        return types_pb2.LiteralType(simple=types_pb2.STRUCT, metadata=struct({MESSAGE_FIELD: place}))

    def packer(self) -> None:
        """Return None: messages aren't packed."""
        return

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is such a message."""
        if not isinstance(value, self.python_type):
            raise self.misfit(value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the struct's literal; a ListValue becomes a collection of its items, as with flytekit."""
        self.check(value)
        if isinstance(value, struct_pb2.ListValue):
            collection = literals_pb2.LiteralCollection()
            for item in value:
                collection.literals.append(self.engine.transformer(type(item)).to_literal(item, files))
            return literals_pb2.Literal(collection=collection)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(generic=struct(json_format.MessageToDict(value))))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the message."""
        if literal.WhichOneof("value") == "collection" and self.python_type is struct_pb2.ListValue:
            return self._list(literal, files)
        if literal.scalar.WhichOneof("value") != "generic":
            raise self.misread(literal)
        try:
            return json_format.ParseDict(json_format.MessageToDict(literal.scalar.generic), self.python_type())
        except json_format.ParseError as error:
            raise Misfit(with_article(self.python_type), "a struct with other fields", str(error)) from error

    def _list(self, literal: literals_pb2.Literal, files: FileAccess) -> struct_pb2.ListValue:
        found = struct_pb2.ListValue()
        for item in literal.collection.literals:
            if item.WhichOneof("value") == "collection":
                found.add_list().CopyFrom(self._list(item, files))
            elif item.scalar.WhichOneof("value") == "generic":
                found.add_struct().CopyFrom(item.scalar.generic)
            else:
                found.extend([self.engine.transformer(Any).from_literal(item, files)])
        return found
