"""Transformers for FlyteFile, FlyteDirectory, paths and open files: blobs.

An open file is stored from its current position to its end. flytekit reads such blobs and writes none.
"""

import io
import os
from typing import IO, Any, ClassVar

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.families.library_files import LibraryFileTransformer
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.values.flyte_directory import FlyteDirectory
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile
from autocontainer_nb.type_engine.values.stored_path import StoredPath, check_place, found_at, stored_at
from autocontainer_nb.type_engine.wording import Misfit, show_value, with_article
from autocontainer_nb.wire import NUMPY_FORMAT, PICKLE_FORMAT

_OWN_FORMATS = (PICKLE_FORMAT, NUMPY_FORMAT)  # blobs of other families


class BlobTransformer(Transformer):
    """The base for files and directories: remote content is passed on by its URI, local content is stored first."""

    stores = True
    dimensionality: ClassVar["types_pb2.BlobType.BlobDimensionality"]  # quoted: typing refuses the enum's wrapper
    plain: ClassVar[type[StoredPath]]

    def _blob_type(self) -> types_pb2.BlobType:
        return types_pb2.BlobType(format=self.python_type.extension(), dimensionality=self.dimensionality)

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the blob type with the declared format."""
        return types_pb2.LiteralType(blob=self._blob_type())

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is such an object, a str or a path; local content must exist."""
        check_place(value, self.python_type)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the blob's literal, after storing local content."""
        self.check(value)
        metadata = literals_pb2.BlobMetadata(type=self._blob_type())
        blob = literals_pb2.Blob(metadata=metadata, uri=stored_at(value, files))
        scalar = literals_pb2.Scalar(blob=blob)
        return literals_pb2.Literal(scalar=scalar, metadata=getattr(value, "metadata", None) or None)

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the object; its content is downloaded only when it is needed."""
        kind = literal.scalar.blob.metadata.type
        if literal.scalar.WhichOneof("value") != "blob" or kind.format in _OWN_FORMATS:
            raise self.misread(literal)
        if kind.dimensionality != self.dimensionality:
            noun = "file" if self.plain is FlyteDirectory else "directory"
            raise Misfit(with_article(self.python_type), f"the blob of a {noun} at {literal.scalar.blob.uri}")
        return found_at(literal.scalar.blob.uri, dict(literal.metadata), self.python_type, files)

    def is_exact(self, value: Any) -> bool:
        """Whether it is such an object, of any format."""
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


class PathTransformer(Transformer):
    """A path to one existing file. It is read as a path to a local copy."""

    tag = "FlyteFilePath"
    stores = True
    fetches = True

    def literal_type(self) -> types_pb2.LiteralType:
        """Return a single blob without a format, as flytekit does for os.PathLike."""
        return types_pb2.LiteralType(blob=types_pb2.BlobType(dimensionality=types_pb2.BlobType.SINGLE))

    def packer(self) -> None:
        """Return None: a file's content isn't packed."""
        return

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is a path to a file that exists."""
        if not isinstance(value, os.PathLike):
            hint = f"write Path({value!r})" if isinstance(value, str) else ""
            raise self.misfit(value, hint)
        path = os.fspath(value)
        if os.path.isdir(path):
            raise Misfit("a file", f"the directory {path!r}", "name one file, or pack the directory into an archive")
        if not os.path.exists(path):
            raise Misfit("an existing file", f"{path!r}, which doesn't exist")

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the blob's literal, after storing the file."""
        self.check(value)
        path = os.fspath(value)
        uri = files.put(path, os.path.basename(path))
        kind = types_pb2.BlobType(dimensionality=types_pb2.BlobType.SINGLE)
        blob = literals_pb2.Blob(metadata=literals_pb2.BlobMetadata(type=kind), uri=uri)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(blob=blob))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return a path to a local copy of the file, or of the directory if another client stored one."""
        kind = literal.scalar.WhichOneof("value")
        if kind == "blob" and literal.scalar.blob.metadata.type.format not in _OWN_FORMATS:
            uri = literal.scalar.blob.uri
        elif kind == "structured_dataset":
            uri = literal.scalar.structured_dataset.uri
        else:
            raise self.misread(literal)
        from pathlib import Path, PurePath

        is_path = isinstance(self.python_type, type) and issubclass(self.python_type, PurePath)
        return (self.python_type if is_path else Path)(files.own(uri))

    def is_exact(self, value: Any) -> bool:
        """Whether it is any path: nobody writes PosixPath in an annotation."""
        return isinstance(value, os.PathLike)

    def misfit(self, value: Any, hint: str = "") -> Misfit:
        """Return the Misfit for a value that isn't a path."""
        return Misfit(with_article(self.python_type), show_value(value), hint)


class _StreamTransformer(LibraryFileTransformer):
    def check(self, value: Any) -> None:
        """Raise Misfit unless it is a file open for reading, in the right mode."""
        if not self.is_exact(value):
            raise self.misfit(value)
        if value.closed or not value.readable():
            raise self.misfit(value, "it isn't open for reading")

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the blob's literal, after storing the file from its current position."""
        self.check(value)
        content = value.read()
        data = content.encode() if isinstance(content, str) else bytes(content)
        blob = literals_pb2.Blob(
            metadata=literals_pb2.BlobMetadata(type=self._blob_type()), uri=files.put_bytes(data, self.file_name)
        )
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(blob=blob))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the open file, whatever its format; the caller closes it."""
        blob = literal.scalar.blob
        if literal.scalar.WhichOneof("value") != "blob":
            raise self.misread(literal)
        if blob.metadata.type.dimensionality != types_pb2.BlobType.SINGLE:
            raise Misfit("a file", f"a directory at {blob.uri}")
        found: IO[Any] = self.load(files.get(blob.uri))
        return found


class TextTransformer(_StreamTransformer):
    """typing.TextIO, as UTF-8."""

    tag = "TextIO"
    form = "text/plain"  # flytekit's: the media type of the extension
    file_name = "stream.txt"

    def is_exact(self, value: Any) -> bool:
        """Whether it is a text file."""
        return isinstance(value, io.TextIOBase)

    def load(self, path: str) -> IO[Any]:
        """Return the file, open as text."""
        return open(path, encoding="utf-8")


class BinaryTransformer(_StreamTransformer):
    """typing.BinaryIO."""

    tag = "BinaryIO"
    form = "application/octet-stream"
    file_name = "stream.bin"

    def is_exact(self, value: Any) -> bool:
        """Whether it is a binary file."""
        return isinstance(value, io.RawIOBase | io.BufferedIOBase)

    def load(self, path: str) -> IO[Any]:
        """Return the file, open as binary."""
        return open(path, "rb")
