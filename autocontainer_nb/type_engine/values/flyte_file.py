"""FlyteFile: a file, local or remote, and names for its well-known formats."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Annotated, Any

from autocontainer_nb.storage.scratch import new_path, unique_name
from autocontainer_nb.storage.uris import base_name, is_local, join
from autocontainer_nb.type_engine.values.lazy_path import Text, by_pickled_name, nothing, require_relative
from autocontainer_nb.type_engine.values.stored_path import StoredPath

_WRITING = frozenset("wax+")
_KEEPING = frozenset("a+")
_TEXT = {"type": "string"}
_TEXT_MAP = {"type": "object", "additionalProperties": _TEXT, "propertyNames": _TEXT}
_METADATA_SCHEMA = {"anyOf": [_TEXT_MAP, {"type": "null"}], "default": None}


class FlyteFile(StoredPath):
    """A file as a task's input or output; `FlyteFile["csv"]` names its format.

    A local file that a task returns is uploaded: to `remote_path` if that is a URI, not at all if it is False,
    otherwise below the task's output prefix. A file with a remote source is passed on as it is. `open(file)`,
    `file.open()` and `os.fspath(file)` download a remote file the first time.
    """

    noun = "file"

    def __init__(
        self,
        path: Text,
        downloader: Callable[[], Any] = nothing,
        remote_path: Text | bool | None = None,
        metadata: dict[str, str] | None = None,
    ) -> None:
        super().__init__(path, downloader)
        self.remote_path = remote_path
        self.metadata = metadata

    def target(self) -> Any:
        """Return `remote_path`."""
        return self.remote_path

    @classmethod
    def new_remote_file(cls, name: str | None = None, alt: str | None = None) -> "FlyteFile":
        """Return a file to write with `open("w")`; a task that returns it stores it with its outputs.

        With `alt`, a URI, the file is below that URI.
        """
        return cls(join(alt, unique_name(), name or unique_name()) if alt else new_path(name))

    @classmethod
    def new(cls, filename: Text) -> "FlyteFile":
        """Return a file of that relative name in a new temporary folder."""
        return cls(new_path(require_relative(filename)))

    @classmethod
    def packed_schema(cls) -> dict[str, Any]:
        """Return the JSON schema of the packed form."""
        schema = super().packed_schema()
        return {**schema, "properties": {**schema["properties"], "metadata": _METADATA_SCHEMA}}

    @contextmanager
    def open(self, mode: str = "r", cache_type: str | None = None, cache_options: Any = None) -> Iterator[IO[Any]]:
        """Open the file; what is written to a remote one is uploaded when the block ends without an error.

        What is written to an input of the sandbox or of a local run is stored if a task returns the file.

        `cache_type` and `cache_options`, which tune flytekit's streams, have no effect: files are downloaded whole.
        """
        del cache_type, cache_options
        remote = self.remote_source
        if remote is None or is_local(remote) or not _WRITING & set(mode):
            path = self.download()
            if _WRITING & set(mode):
                os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            with open(path, mode) as file:
                yield file
            return
        from autocontainer_nb.storage.access import exists, upload

        path = new_path(base_name(remote))
        if _KEEPING & set(mode) and exists(remote):
            from shutil import copyfile

            copyfile(self.download(), path)
        with open(path, mode) as file:
            yield file
        upload(path, remote)
        self._local = path


def __getattr__(name: str) -> Any:
    """Return a class with a format, by the name that its pickles use."""
    return by_pickled_name(FlyteFile, name)


class FileExt:
    """A format in an annotation: `Annotated[str, FileExt("tar.gz")]`, for use as `FlyteFile[...]`."""

    def __init__(self, ext: str) -> None:
        self._ext = ext

    def __str__(self) -> str:
        return self._ext

    __repr__ = __str__


csv = Annotated[str, FileExt("csv")]
hdf5 = Annotated[str, FileExt("hdf5")]
html = Annotated[str, FileExt("html")]
ipynb = Annotated[str, FileExt("ipynb")]
joblib = Annotated[str, FileExt("joblib")]
jpeg = Annotated[str, FileExt("jpeg")]
jsonl_file = Annotated[str, FileExt("jsonl")]
onnx = Annotated[str, FileExt("onnx")]
pdf = Annotated[str, FileExt("pdf")]
png = Annotated[str, FileExt("png")]
python_pickle = Annotated[str, FileExt("python_pickle")]
svg = Annotated[str, FileExt("svg")]
tfrecords_file = Annotated[str, FileExt("tfrecord")]

CSVFile = FlyteFile.with_format("csv")
HDF5EncodedFile = FlyteFile.with_format("hdf5")
HTMLPage = FlyteFile.with_format("html")
PythonNotebook = FlyteFile.with_format("ipynb")
JoblibSerializedFile = FlyteFile.with_format("joblib")
JPEGImageFile = FlyteFile.with_format("jpeg")
JSONLFile = FlyteFile.with_format("jsonl")
ONNXFile = FlyteFile.with_format("onnx")
PDFFile = FlyteFile.with_format("pdf")
PNGImageFile = FlyteFile.with_format("png")
PythonPickledFile = FlyteFile.with_format("python_pickle")
SVGImageFile = FlyteFile.with_format("svg")
TFRecordFile = FlyteFile.with_format("tfrecord")
