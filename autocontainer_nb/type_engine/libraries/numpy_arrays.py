"""The transformer for numpy arrays: a blob with an `.npy` file. Imported only if numpy is loaded."""

from typing import Any

import numpy as np
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.packed.base import would_change
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wording import Misfit, with_article
from autocontainer_nb.wire import NUMPY_FORMAT

_BLOB_TYPE = types_pb2.BlobType(format=NUMPY_FORMAT, dimensionality=types_pb2.BlobType.SINGLE)
_FILE_NAME = "array.npy"
_WRITING_MODES = frozenset({"r+", "readwrite", "w+", "write"})  # of numpy.load, which writes to the file itself


class NumpyTransformer(Transformer):
    """numpy.ndarray of numbers, strings, bools or dates; of Python objects only if its annotation allows pickles.

    `Annotated[np.ndarray, kwtypes(allow_pickle=True, mmap_mode="r")]` allows them, and sets how the file is opened.
    """

    tag = "Numpy Array"
    stores = True
    fetches = True
    _allow_pickle = False
    _mmap_mode: Any = None

    def annotate(self, notes: tuple[Any, ...]) -> None:
        """Take `allow_pickle` and `mmap_mode`, as numpy.load names them, from `kwtypes(...)`."""
        for note in notes:
            if isinstance(note, dict):
                unknown = [key for key in note if key not in {"allow_pickle", "mmap_mode"}]
                if unknown:
                    raise Misfit(
                        "allow_pickle or mmap_mode in the annotation of numpy.ndarray",
                        f"{unknown[0]}={note[unknown[0]]!r}",
                    )
                self._allow_pickle = bool(note.get("allow_pickle", False))
                self._mmap_mode = note.get("mmap_mode")

    def literal_type(self) -> types_pb2.LiteralType:
        """Return a blob of format NumpyArray."""
        return types_pb2.LiteralType(blob=_BLOB_TYPE)

    def packer(self) -> None:
        """Return None: arrays aren't packed."""
        return

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is an array that a plain .npy file can hold."""
        if not isinstance(value, np.ndarray):
            raise self.misfit(value)
        if value.dtype.hasobject and not self._allow_pickle:
            raise Misfit(
                "an array of numbers, strings, bools or dates",
                f"one of dtype {value.dtype}",
                "convert it with .astype(...), or let it be pickled: Annotated[np.ndarray, kwtypes(allow_pickle=True)]",
            )

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the blob's literal, after storing the array."""
        self.check(value)
        if type(value) not in {np.ndarray, np.memmap}:  # a masked array, a matrix, records
            would_change(f"{with_article(type(value))} would come back as a plain array")
        import os
        from tempfile import TemporaryDirectory

        with TemporaryDirectory(prefix="autocontainer-nb-") as folder:
            path = os.path.join(folder, _FILE_NAME)
            self._save(path, np.asarray(value))
            uri = files.put(path, _FILE_NAME)
        blob = literals_pb2.Blob(metadata=literals_pb2.BlobMetadata(type=_BLOB_TYPE), uri=uri)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(blob=blob))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the array."""
        blob = literal.scalar.blob
        if literal.scalar.WhichOneof("value") != "blob" or blob.metadata.type.format != NUMPY_FORMAT:
            raise self.misread(literal)
        fetch = files.own if self._mmap_mode in _WRITING_MODES else files.get
        try:
            return np.load(fetch(blob.uri), allow_pickle=self._allow_pickle, mmap_mode=self._mmap_mode)
        except (ValueError, EOFError) as error:
            raise Misfit("an .npy file", f"the file at {blob.uri}", str(error)) from error
        except Exception as error:  # unpickling runs anything
            if not self._allow_pickle:
                raise
            hint = f"reading it fails here with {type(error).__name__}: {error}"
            raise Misfit("an array of objects", f"the file at {blob.uri}", hint) from error

    def _save(self, path: str, value: Any) -> None:
        try:
            np.save(path, value, allow_pickle=self._allow_pickle)
        except Exception as error:  # pickling runs anything
            if not value.dtype.hasobject:
                raise
            raise Misfit("an array of objects that can be pickled", "one that can't", str(error)) from error

    def is_exact(self, value: Any) -> bool:
        """Whether it is an array."""
        return isinstance(value, np.ndarray)
