"""pandas DataFrames: a structured dataset, one parquet file in a folder. Imported only where pandas is."""

import os
from typing import Any

import pandas as pd
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.misfit import Misfit
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.wire import PARQUET_FORMAT

_FOLDER_NAME = "frame"
_FILE_NAME = "00000"  # in the folder, as flytekit names it
_NEEDS_PYARROW = "parquet needs pyarrow: pip install 'autocontainer-nb[dataframes]'"


class PandasTransformer(Transformer):
    """pandas.DataFrame with its index; columns of mixed Python objects can't be written as parquet."""

    tag = "StructuredDataset Transformer"

    def literal_type(self) -> types_pb2.LiteralType:
        """Return a structured dataset without columns; its literals say the format."""
        return types_pb2.LiteralType(structured_dataset_type=types_pb2.StructuredDatasetType())

    def packer(self) -> None:
        """Return None: frames aren't packed."""
        return

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is a frame. Whether parquet can hold it shows when it is written."""
        if not isinstance(value, pd.DataFrame):
            raise self.misfit(value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the dataset's literal, after storing the frame."""
        self.check(value)
        from tempfile import TemporaryDirectory

        with TemporaryDirectory(prefix="autocontainer-nb-") as scratch:
            folder = os.path.join(scratch, _FOLDER_NAME)
            os.mkdir(folder)
            _write(value, os.path.join(folder, _FILE_NAME))
            uri = files.put(folder, _FOLDER_NAME)
        kind = types_pb2.StructuredDatasetType(format=PARQUET_FORMAT)
        metadata = literals_pb2.StructuredDatasetMetadata(structured_dataset_type=kind)
        dataset = literals_pb2.StructuredDataset(uri=uri, metadata=metadata)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(structured_dataset=dataset))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the frame."""
        dataset = literal.scalar.structured_dataset
        form = dataset.metadata.structured_dataset_type.format
        if literal.scalar.WhichOneof("value") != "structured_dataset" or form not in ("", PARQUET_FORMAT):
            raise self.misread(literal)
        path = files.get(dataset.uri)
        names = os.listdir(path) if os.path.isdir(path) else []
        # One file is read as a file: a folder of parquet is a data set to pyarrow, whose import costs more.
        return _read(os.path.join(path, names[0]) if len(names) == 1 else path, dataset.uri)

    def is_exact(self, value: Any) -> bool:
        """Whether it is a frame."""
        return isinstance(value, pd.DataFrame)


def _write(frame: pd.DataFrame, path: str) -> None:
    try:
        frame.to_parquet(path, engine="pyarrow")
    except ImportError as error:
        raise Misfit(
            "a DataFrame that can be stored", "one in an environment without pyarrow", _NEEDS_PYARROW
        ) from error
    except (ValueError, TypeError, NotImplementedError) as error:  # pyarrow's ArrowInvalid is a ValueError
        words = " ".join(str(part) for part in error.args) or type(error).__name__
        raise Misfit(
            "a DataFrame that parquet can hold",
            f"columns {', '.join(f'{name} ({kind})' for name, kind in list(frame.dtypes.items())[:8])}",
            f"{words}. Give each column one type, or annotate it as Any to have it pickled",
        ) from error


def _read(path: str, uri: str) -> pd.DataFrame:
    try:
        return pd.read_parquet(path, engine="pyarrow")
    except ImportError as error:
        raise Misfit("a DataFrame", f"a parquet file at {uri}", _NEEDS_PYARROW) from error
    except (ValueError, OSError) as error:
        raise Misfit("a parquet file", f"the file at {uri}", str(error)) from error
