"""`Transformer`, the base class of every type family: it converts values of one Python type, or raises Misfit."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.idl.literals import show_literal
from autocontainer_nb.storage.access import FileAccess, Parts
from autocontainer_nb.type_engine.constants import literal_of_constant
from autocontainer_nb.type_engine.packed.base import while_reading
from autocontainer_nb.type_engine.packed.given import restore_given
from autocontainer_nb.type_engine.packed.msgpack_form import packed_from
from autocontainer_nb.type_engine.wording import Misfit, show_value, with_article
from autocontainer_nb.wire import GIVEN_KEY, MSGPACK_TAG, PICKLE_KEY

if TYPE_CHECKING:
    from autocontainer_nb.type_engine.packed.base import Packer


_STORED_TOGETHER: Final = 32  # values, which take space on this machine's disk until they are stored


class Engine(Protocol):
    """The part of the engine that a transformer uses: the transformers of other types."""

    def transformer(self, python_type: Any) -> "Transformer":
        """Return the transformer for the type."""


class Transformer:
    """Converts values of one Python type. Subclass it, and pass the subclass to `TypeEngine.register`.

    The engine makes one instance for each type with its notes, and keeps it; an instance has no other state.
    """

    tag: ClassVar[str] = ""  # names the variant in a union's literal, by the protocol with flytekit's names
    stores: bool = False  # whether `to_literal` stores content, whose URI is in the literal
    fetches: bool = False  # whether `read` fetches the content at the literal's URI ...
    parts: Parts = None  # ... and what it knows of it: see `FileAccess`

    def __init__(self, python_type: Any, engine: Engine) -> None:
        self.python_type = python_type
        self.engine = engine

    def annotate(self, notes: tuple[Any, ...]) -> None:
        """Take the notes beside the type in `Annotated[...]`; called once, first. Most families ignore them."""

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the Flyte type."""
        raise NotImplementedError

    def check(self, value: Any) -> None:
        """Raise Misfit unless `to_literal` would accept the value; nothing is read or written."""
        raise NotImplementedError

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the literal; raises Misfit like `check`."""
        raise NotImplementedError

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the value of a literal that is neither offloaded, nor a union's, nor a packed value for `packer`."""
        raise NotImplementedError

    def place_of(self, literal: literals_pb2.Literal) -> str:
        """Return the URI of the content that `read` fetches, empty where it fetches nothing."""
        return literal.scalar.blob.uri or literal.scalar.structured_dataset.uri

    def is_exact(self, value: Any) -> bool:
        """Whether the value is exactly of this type, which decides between the members of a union."""
        return type(value) is self.python_type

    def packer(self) -> "Packer | None":
        """Return the packer for values of this type inside dataclasses, or None if they can't be packed."""
        from autocontainer_nb.type_engine.packed.composites import find_packer

        return find_packer(self.python_type)

    # --- many elements at a time: containers call these; families with a faster way override them -------------------
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
        if self.stores and len(values) > 1 and getattr(files, "puts_together", False):
            return self._write_together(values, files)
        collection = literals_pb2.LiteralCollection()
        add = collection.literals.append
        index = 0
        try:
            for index, value in enumerate(values):  # noqa: B007 - the index is for the error
                add(self.to_literal(value, files))
        except Misfit as misfit:
            raise misfit.inside(f"[{index}]") from misfit.__cause__
        return collection

    def _write_together(self, values: list[Any], files: FileAccess) -> literals_pb2.LiteralCollection:
        """Return the same, with what belongs to a batch of values stored at once."""
        from tempfile import TemporaryDirectory

        from autocontainer_nb.storage.together import PuttingTogether

        collection = literals_pb2.LiteralCollection()
        for start in range(0, len(values), _STORED_TOGETHER):
            with TemporaryDirectory(prefix="autocontainer-nb-") as folder:
                later = PuttingTogether(files, folder)
                index = start
                try:
                    for index in range(start, min(start + _STORED_TOGETHER, len(values))):
                        collection.literals.append(self.to_literal(values[index], later))
                except Misfit as misfit:
                    raise misfit.inside(f"[{index}]") from misfit.__cause__
                uris = later.settle()
            for literal in collection.literals[start:]:
                _settle(literal, uris)
        return collection

    def read_many(self, literals: Iterable[literals_pb2.Literal], files: FileAccess) -> list[Any]:
        """Return the values of the literals."""
        found: list[Any] = []
        add = found.append
        if self.fetches:
            literals = list(literals)
            files.fetch_ahead(dict.fromkeys(filter(None, map(self.place_of, literals)), self.parts))
        try:
            for literal in literals:
                add(self.from_literal(literal, files))
        except Misfit as misfit:
            raise misfit.inside(f"[{len(found)}]") from misfit.__cause__
        return found

    def read_collection(self, collection: literals_pb2.LiteralCollection, files: FileAccess) -> list[Any]:
        """Return the values of the collection's literals."""
        return self.read_many(collection.literals, files)

    # --- the same for all families -----------------------------------------------------------------------------------
    def from_literal(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the value, after unwrapping the literal: an offloaded one, a union's, a packed one."""
        if literal.HasField("offloaded_metadata"):
            content = files.get_bytes(literal.offloaded_metadata.uri)
            return self.from_literal(literals_pb2.Literal.FromString(content), files)
        if PICKLE_KEY in literal.metadata and (found := self.pickled(literal, files)):
            return found[0]
        if not literal.HasField("scalar"):
            return self.read(literal, files)
        kind = literal.scalar.WhichOneof("value")
        if kind == "union":
            return self.from_literal(literal.scalar.union.value, files)
        if kind in ("binary", "generic"):
            literal = literal_of_constant(literal)
            packer = self.packer()
            pickled = literal.metadata.get("format") == "pickle" or PICKLE_KEY in literal.metadata
            if packer is not None and not pickled:
                plain, unpack = self.packed(literal), packer.unpack
                found = while_reading(files, lambda: unpack(plain))
                if GIVEN_KEY in literal.metadata:
                    restore_given(found, literal.metadata[GIVEN_KEY])
                return found
        return self.read(literal, files)

    def pickled(self, literal: literals_pb2.Literal, files: FileAccess) -> tuple[Any] | None:
        """Return the value of the pickle beside a form that isn't a record's; None where it isn't of this type."""
        if literal.scalar.WhichOneof("value") in {"binary", "generic"}:
            return None
        found = self.engine.transformer(Any).read(literal, files)
        try:
            self.check(found)
        except Misfit:
            return None
        return (found,)

    def packed(self, literal: literals_pb2.Literal) -> Any:
        """Return the plain dict, list or scalar in a msgpack or protobuf-struct literal."""
        if literal.scalar.HasField("generic"):
            from autocontainer_nb.idl.literals import struct_to_dict

            return struct_to_dict(literal.scalar.generic)
        binary = literal.scalar.binary
        if binary.tag != MSGPACK_TAG:
            raise Misfit(f"binary data tagged {MSGPACK_TAG!r}", f"binary data tagged {binary.tag!r}")
        return packed_from(binary.value)

    def misfit(self, value: Any, hint: str = "") -> Misfit:
        """Return the Misfit for a value of another type."""
        return Misfit(with_article(self.python_type), show_value(value), hint)

    def misread(self, literal: literals_pb2.Literal) -> Misfit:
        """Return the Misfit for a literal of another shape."""
        return Misfit(with_article(self.python_type), show_literal(literal))


def _settle(literal: literals_pb2.Literal, uris: Mapping[str, str]) -> None:
    """Replace the marks in the literal by the URIs that they stand for."""
    kind = literal.scalar.WhichOneof("value")
    if kind == "blob":
        literal.scalar.blob.uri = uris.get(literal.scalar.blob.uri, literal.scalar.blob.uri)
    elif kind == "structured_dataset":
        dataset = literal.scalar.structured_dataset
        dataset.uri = uris.get(dataset.uri, dataset.uri)
