"""FlyteFile and FlyteDirectory as blobs: local content is stored, remote content keeps its place."""

from typing import Any, ClassVar

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.flyte_directory import FlyteDirectory
from autocontainer_nb.type_engine.flyte_file import FlyteFile
from autocontainer_nb.type_engine.misfit import Misfit
from autocontainer_nb.type_engine.names import show_type
from autocontainer_nb.type_engine.stored_path import StoredPath, check_place, found_at, stored_at
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.wire import NUMPY_FORMAT, PICKLE_FORMAT

_OWN_FORMATS = (PICKLE_FORMAT, NUMPY_FORMAT)  # blobs of other families


class BlobTransformer(Transformer):
    """What files and directories have in common: a place that is passed on, or content that is stored first."""

    dimensionality: ClassVar["types_pb2.BlobType.BlobDimensionality"]  # quoted: typing refuses the enum's wrapper
    plain: ClassVar[type[StoredPath]]

    def _blob_type(self) -> types_pb2.BlobType:
        return types_pb2.BlobType(format=self.python_type.extension(), dimensionality=self.dimensionality)

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the blob type with the declared format."""
        return types_pb2.LiteralType(blob=self._blob_type())

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is such an object, or a text or path; what is here must exist."""
        check_place(value, self.python_type)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the blob's literal, after storing local content."""
        self.check(value)
        metadata = literals_pb2.BlobMetadata(type=self._blob_type())
        blob = literals_pb2.Blob(metadata=metadata, uri=stored_at(value, files))
        scalar = literals_pb2.Scalar(blob=blob)
        return literals_pb2.Literal(scalar=scalar, metadata=getattr(value, "metadata", None) or None)

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the object; its content stays where it is until it is needed."""
        kind = literal.scalar.blob.metadata.type
        if literal.scalar.WhichOneof("value") != "blob" or kind.format in _OWN_FORMATS:
            raise self.misread(literal)
        if kind.dimensionality != self.dimensionality:
            noun = "file" if self.plain is FlyteDirectory else "directory"
            raise Misfit(show_type(self.python_type), f"the blob of a {noun} at {literal.scalar.blob.uri}")
        return found_at(literal.scalar.blob.uri, dict(literal.metadata), self.python_type, files)

    def is_exact(self, value: Any) -> bool:
        """Whether it is such an object, with whatever format."""
        return isinstance(value, self.plain)


class FileTransformer(BlobTransformer):
    """FlyteFile: a blob of one file."""

    tag = "FlyteFilePath"
    dimensionality = types_pb2.BlobType.SINGLE
    plain = FlyteFile


class DirectoryTransformer(BlobTransformer):
    """FlyteDirectory: a blob of many parts."""

    tag = "FlyteDirectory"
    dimensionality = types_pb2.BlobType.MULTIPART
    plain = FlyteDirectory
