"""The base transformer for values that a library writes to one file in its own format: a blob."""

import os
from typing import Any, ClassVar

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wording import Misfit, show_value, with_article


class LibraryFileTransformer(Transformer):
    """The base of these families; a subclass names the format, and writes and reads the file."""

    form: ClassVar[str]
    file_name: ClassVar[str]
    stores = True
    fetches = True

    def save(self, value: Any, path: str) -> None:
        """Write the value to the path."""
        raise NotImplementedError

    def load(self, path: str) -> Any:
        """Return the value that the file holds."""
        raise NotImplementedError

    def _blob_type(self) -> types_pb2.BlobType:
        return types_pb2.BlobType(format=self.form, dimensionality=types_pb2.BlobType.SINGLE)

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the blob type."""
        return types_pb2.LiteralType(blob=self._blob_type())

    def packer(self) -> None:
        """Return None: these values aren't packed."""
        return

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is an instance."""
        if not isinstance(value, self.python_type):
            raise self.misfit(value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the blob's literal, after storing the file."""
        self.check(value)
        from tempfile import TemporaryDirectory

        with TemporaryDirectory(prefix="autocontainer-nb-") as folder:
            path = os.path.join(folder, self.file_name)
            try:
                self.save(value, path)
            except Exception as error:  # pickling runs anything
                raise Misfit(
                    f"{with_article(self.python_type)} that can be saved", show_value(value), str(error)
                ) from error
            uri = files.put(path, self.file_name)
        blob = literals_pb2.Blob(metadata=literals_pb2.BlobMetadata(type=self._blob_type()), uri=uri)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(blob=blob))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the value."""
        blob = literal.scalar.blob
        if literal.scalar.WhichOneof("value") != "blob" or blob.metadata.type.format != self.form:
            raise self.misread(literal)
        path = files.get(blob.uri)
        try:
            return self.load(path)
        except Exception as error:  # unpickling runs anything
            hint = f"reading it fails here with {type(error).__name__}: {error}"
            raise Misfit(with_article(self.python_type), f"the file at {blob.uri}", hint) from error

    def is_exact(self, value: Any) -> bool:
        """Whether it is an instance."""
        return isinstance(value, self.python_type)
