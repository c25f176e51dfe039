"""What every family of types provides: a Transformer for one Python type. It raises Misfit where something is off."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.idl.literals import show_literal
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.packed.packer import while_reading
from autocontainer_nb.type_engine.wording import Misfit, show_type, show_value
from autocontainer_nb.wire import MSGPACK_TAG

if TYPE_CHECKING:
    from autocontainer_nb.type_engine.packed.packer import Packer


class Engine(Protocol):
    """What a transformer asks of the engine that made it: the transformers of other types."""

    def transformer(self, python_type: Any) -> "Transformer":
        """Return the transformer for the type."""


class Transformer:
    """Converts values of one Python type. Subclass it, and give the subclass to `TypeEngine.register`.

    An instance belongs to one type with its notes, is made once and kept by the engine, and has no other state.
    """

    tag: ClassVar[str] = ""  # names the variant in a union's literal; flytekit's transformer names are the protocol

    def __init__(self, python_type: Any, engine: Engine) -> None:
        self.python_type = python_type
        self.engine = engine

    def annotate(self, notes: tuple[Any, ...]) -> None:
        """Take what stands beside the type in `Annotated[...]`, once, before anything else; most families need none."""

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the Flyte type."""
        raise NotImplementedError

    def check(self, value: Any) -> None:
        """Raise Misfit unless `to_literal` would take the value. Nothing is read or written."""
        raise NotImplementedError

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the literal; raises Misfit like `check`."""
        raise NotImplementedError

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the value; the literal is neither offloaded nor a union's, and no packed value that `packer` reads."""
        raise NotImplementedError

    def is_exact(self, value: Any) -> bool:
        """Whether the value is of this very type, which decides between the members of a union."""
        return type(value) is self.python_type

    def packer(self) -> "Packer | None":
        """Return how values of this type are packed by msgpack inside dataclasses, or None if they aren't."""
        from autocontainer_nb.type_engine.packed.packing import find_packer

        return find_packer(self.python_type)

    # --- for many elements at a time: containers call these; families with a faster way override them ---------------
    def check_many(self, values: list[Any]) -> None:
        """Raise Misfit for the first value that doesn't fit."""
        index = 0
        try:
            for index, value in enumerate(values):  # noqa: B007 - the index is for the error
                self.check(value)
        except Misfit as misfit:
            raise misfit.inside(f"[{index}]") from misfit.__cause__

    def write_many(self, values: list[Any], files: FileAccess) -> literals_pb2.LiteralCollection:
        """Return the collection of the values' literals."""
        collection = literals_pb2.LiteralCollection()
        add = collection.literals.append
        index = 0
        try:
            for index, value in enumerate(values):  # noqa: B007 - the index is for the error
                add(self.to_literal(value, files))
        except Misfit as misfit:
            raise misfit.inside(f"[{index}]") from misfit.__cause__
        return collection

    def read_many(self, literals: Iterable[literals_pb2.Literal], files: FileAccess) -> list[Any]:
        """Return the values of the literals."""
        found: list[Any] = []
        add = found.append
        try:
            for literal in literals:
                add(self.from_literal(literal, files))
        except Misfit as misfit:
            raise misfit.inside(f"[{len(found)}]") from misfit.__cause__
        return found

    # --- what is the same for all ------------------------------------------------------------------------------------
    def from_literal(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the value, after taking off what may be around it: offloading, a union, a packed form."""
        if literal.HasField("offloaded_metadata"):
            content = files.get_bytes(literal.offloaded_metadata.uri)
            return self.from_literal(literals_pb2.Literal.FromString(content), files)
        if not literal.HasField("scalar"):
            return self.read(literal, files)
        kind = literal.scalar.WhichOneof("value")
        if kind == "union":
            return self.from_literal(literal.scalar.union.value, files)
        if kind in ("binary", "generic"):
            packer = self.packer()
            if packer is not None and literal.metadata.get("format") != "pickle":
                plain, unpack = self.packed(literal), packer.unpack
                return while_reading(files, lambda: unpack(plain))
        return self.read(literal, files)

    def packed(self, literal: literals_pb2.Literal) -> Any:
        """Return the plain dict, list or scalar in a msgpack or protobuf-struct literal."""
        if literal.scalar.HasField("generic"):
            from autocontainer_nb.idl.literals import struct_to_dict

            return struct_to_dict(literal.scalar.generic)
        binary = literal.scalar.binary
        if binary.tag != MSGPACK_TAG:
            raise Misfit(f"binary tagged {MSGPACK_TAG!r}", f"binary tagged {binary.tag!r}")
        import msgpack

        try:
            return msgpack.unpackb(binary.value, strict_map_key=False)
        except (ValueError, msgpack.UnpackException) as error:
            raise Misfit("msgpack", f"{len(binary.value)} bytes that aren't: {error}") from error

    def misfit(self, value: Any, hint: str = "") -> Misfit:
        """Return the Misfit for a value of another type."""
        return Misfit(show_type(self.python_type), show_value(value), hint)

    def misread(self, literal: literals_pb2.Literal) -> Misfit:
        """Return the Misfit for a literal of another shape."""
        return Misfit(show_type(self.python_type), show_literal(literal))
