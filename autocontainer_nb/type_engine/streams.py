"""Open files, typing.TextIO and typing.BinaryIO: a blob of one file, opened for reading where it arrives.

flytekit reads them and writes none; what is written here is the rest of the file, from where it has been read to.
"""

import io
from typing import IO, Any

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.library_files import LibraryFileTransformer
from autocontainer_nb.type_engine.misfit import Misfit


class _StreamTransformer(LibraryFileTransformer):
    def check(self, value: Any) -> None:
        """Raise Misfit unless it is open for reading, in the right mode."""
        if not self.is_exact(value):
            raise self.misfit(value)
        if value.closed or not value.readable():
            raise self.misfit(value, "it isn't open for reading")

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the blob's literal, after storing what is left to read."""
        self.check(value)
        content = value.read()
        data = content.encode() if isinstance(content, str) else bytes(content)
        blob = literals_pb2.Blob(
            metadata=literals_pb2.BlobMetadata(type=self._blob_type()), uri=files.put_bytes(data, self.file_name)
        )
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(blob=blob))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the file, open; a file of any format will do. Whoever gets it closes it."""
        blob = literal.scalar.blob
        if literal.scalar.WhichOneof("value") != "blob":
            raise self.misread(literal)
        if blob.metadata.type.dimensionality != types_pb2.BlobType.SINGLE:
            raise Misfit("a file", f"a directory at {blob.uri}")
        found: IO[Any] = self.load(files.get(blob.uri))
        return found


class TextTransformer(_StreamTransformer):
    """typing.TextIO; in UTF-8."""

    tag = "TextIO"
    form = "text/plain"  # flytekit's: the media type of the extension
    file_name = "stream.txt"

    def is_exact(self, value: Any) -> bool:
        """Whether it is a file of text."""
        return isinstance(value, io.TextIOBase)

    def load(self, path: str) -> IO[Any]:
        """Return the file as text."""
        return open(path, encoding="utf-8")


class BinaryTransformer(_StreamTransformer):
    """typing.BinaryIO."""

    tag = "BinaryIO"
    form = "application/octet-stream"
    file_name = "stream.bin"

    def is_exact(self, value: Any) -> bool:
        """Whether it is a file of bytes."""
        return isinstance(value, io.RawIOBase | io.BufferedIOBase)

    def load(self, path: str) -> IO[Any]:
        """Return the file as bytes."""
        return open(path, "rb")
