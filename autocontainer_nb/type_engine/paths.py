"""Files by `pathlib.Path` or `os.PathLike`: a blob. The content travels, and the name of the file."""

import os
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.misfit import Misfit
from autocontainer_nb.type_engine.names import show_type, show_value
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.wire import NUMPY_FORMAT, PICKLE_FORMAT

_OWN_FORMATS = (PICKLE_FORMAT, NUMPY_FORMAT)  # blobs of other families


class PathTransformer(Transformer):
    """A path to one existing file. Who reads it gets a path to a local copy."""

    tag = "FlyteFilePath"

    def literal_type(self) -> types_pb2.LiteralType:
        """Return a single blob without a format, as flytekit has it for os.PathLike."""
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
            raise Misfit("an existing file", f"{path!r}", "no such file")

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the blob's literal, after storing the file."""
        self.check(value)
        path = os.fspath(value)
        uri = files.put(path, os.path.basename(path))
        kind = types_pb2.BlobType(dimensionality=types_pb2.BlobType.SINGLE)
        blob = literals_pb2.Blob(metadata=literals_pb2.BlobMetadata(type=kind), uri=uri)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(blob=blob))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return a path to a local copy of the file (or directory, where another client stored one)."""
        kind = literal.scalar.WhichOneof("value")
        if kind == "blob" and literal.scalar.blob.metadata.type.format not in _OWN_FORMATS:
            uri = literal.scalar.blob.uri
        elif kind == "structured_dataset":
            uri = literal.scalar.structured_dataset.uri
        else:
            raise self.misread(literal)
        from pathlib import Path, PurePath

        is_path = isinstance(self.python_type, type) and issubclass(self.python_type, PurePath)
        return (self.python_type if is_path else Path)(files.get(uri))

    def is_exact(self, value: Any) -> bool:
        """Whether it is a path at all: nobody names PosixPath in an annotation."""
        return isinstance(value, os.PathLike)

    def misfit(self, value: Any, hint: str = "") -> Misfit:
        """Return the Misfit for a value that isn't a path."""
        return Misfit(show_type(self.python_type), show_value(value), hint)
