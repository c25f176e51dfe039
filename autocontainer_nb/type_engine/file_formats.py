"""Names for files of well-known formats, as flytekit's `types.file` has them."""

from typing import Annotated

from autocontainer_nb.type_engine.flyte_file import FlyteFile


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
