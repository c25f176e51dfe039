"""Types whose content is stored beside the literal: files, folders, frames, arrays, models."""

import os
import pathlib
import typing
from dataclasses import dataclass

# %% flyte_file
from flytekit.types.file import FlyteFile

python_type = FlyteFile
values = [FlyteFile(__file__)]

# %% flyte_file_with_format
from flytekit.types.file import FlyteFile

python_type = FlyteFile[typing.TypeVar("csv")]
values = [FlyteFile[typing.TypeVar("csv")](__file__)]

# %% flyte_file_from_text
from flytekit.types.file import FlyteFile

python_type = FlyteFile
values = [__file__]


def same(one, other):
    return pathlib.Path(one).read_bytes() == pathlib.Path(os.fspath(other)).read_bytes()


# %% list_of_files
from flytekit.types.file import FlyteFile

python_type = list[FlyteFile]
values = [[FlyteFile(__file__)]]

# %% path_like
python_type = os.PathLike
values = [pathlib.Path(__file__)]

# %% path
python_type = pathlib.Path
values = [pathlib.Path(__file__)]

# %% flyte_directory
from flytekit.types.directory import FlyteDirectory

python_type = FlyteDirectory
values = [FlyteDirectory(os.path.dirname(__file__))]

# %% flyte_directory_with_format
from flytekit.types.directory import FlyteDirectory

python_type = FlyteDirectory[typing.TypeVar("csv")]
values = [FlyteDirectory[typing.TypeVar("csv")](os.path.dirname(__file__))]

# %% dataclass_with_file
from flytekit.types.file import FlyteFile


@dataclass
class Report:
    name: str
    file: FlyteFile


python_type = Report
values = [Report("a", FlyteFile(__file__))]


def same(one, other):
    return one.name == other.name and (
        pathlib.Path(__file__).read_bytes() == pathlib.Path(os.fspath(other.file)).read_bytes()
    )


# %% pandas_frame
import pandas as pd

python_type = pd.DataFrame
values = [pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), pd.DataFrame({"a": [1.5]}, index=["r"])]

# %% list_of_frames
import pandas as pd

python_type = list[pd.DataFrame]
values = [[pd.DataFrame({"a": [1]})]]

# %% optional_frame
import pandas as pd

python_type = pd.DataFrame | None
values = [pd.DataFrame({"a": [1]}), None]

# %% arrow_table
import pyarrow as pa

python_type = pa.Table
values = [pa.table({"a": [1, 2], "b": ["x", None]})]

# %% polars_frame
import polars as pl

python_type = pl.DataFrame
values = [pl.DataFrame({"a": [1, 2]})]

# %% structured_dataset
import pandas as pd
from flytekit.types.structured import StructuredDataset

python_type = StructuredDataset
values = [StructuredDataset(dataframe=pd.DataFrame({"a": [1, 2]}))]


def same(one, other):
    return one.dataframe.equals(other.open(pd.DataFrame).all())


# %% structured_dataset_columns
import pandas as pd
from flytekit import kwtypes
from flytekit.types.structured import StructuredDataset

python_type = typing.Annotated[StructuredDataset, kwtypes(a=int)]
values = [StructuredDataset(dataframe=pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))]


def same(one, other):
    return list(other.open(pd.DataFrame).all().columns) == ["a"]


# %% frame_columns
import pandas as pd
from flytekit import kwtypes

python_type = typing.Annotated[pd.DataFrame, kwtypes(a=int)]
values = [pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})]


def same(one, other):
    return list(other.columns) == ["a"]


# %% numpy_array
import numpy as np

python_type = np.ndarray
values = [np.arange(6.0).reshape(2, 3), np.array([], dtype="int8")]

# %% list_of_arrays
import numpy as np

python_type = list[np.ndarray]
values = [[np.arange(3)]]

# %% sklearn_estimator
from sklearn.linear_model import LinearRegression

python_type = LinearRegression
values = [LinearRegression(fit_intercept=False)]


def same(one, other):
    return type(one) is type(other) and one.get_params() == other.get_params()


# %% file_by_format_text
from flytekit.types.file import FlyteFile

python_type = FlyteFile["csv"]
values = [FlyteFile["csv"](__file__)]

# %% known_file_formats
from flytekit.types.file import CSVFile

python_type = dict[str, CSVFile]
values = [{"a": CSVFile(__file__)}]

# %% optional_file
from flytekit.types.file import FlyteFile

python_type = FlyteFile | None
values = [FlyteFile(__file__), None]

# %% optional_directory
from flytekit.types.directory import FlyteDirectory

python_type = FlyteDirectory | None
values = [FlyteDirectory(os.path.dirname(__file__)), None]

# %% file_stored_elsewhere
from flytekit.types.file import FlyteFile

python_type = FlyteFile
values = [FlyteFile("https://example.org/data.csv"), FlyteFile("s3://bucket/data.csv")]


def same(one, other):
    return str(other.remote_source) == str(one.path)


# %% directory_stored_elsewhere
from flytekit.types.directory import FlyteDirectory

python_type = FlyteDirectory
values = [FlyteDirectory("s3://bucket/folder")]


def same(one, other):
    return str(other.remote_source) == str(one.path)


# %% dataclass_with_folder_and_more
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile


@dataclass
class Bundle:
    folder: FlyteDirectory
    files: list[FlyteFile]
    by_name: dict[str, FlyteFile]


python_type = Bundle
values = [Bundle(FlyteDirectory(os.path.dirname(__file__)), [FlyteFile(__file__)], {"a": FlyteFile(__file__)})]


def same(one, other):
    expected = pathlib.Path(__file__).read_bytes()
    found = [pathlib.Path(os.fspath(each)).read_bytes() for each in (other.files[0], other.by_name["a"])]
    folder = pathlib.Path(os.fspath(other.folder))
    return found == [expected] * 2 and (folder / pathlib.Path(__file__).name).read_bytes() == expected


# %% dataclass_with_frame
import pandas as pd
from flytekit.types.structured import StructuredDataset


@dataclass
class Evaluation:
    name: str
    frame: StructuredDataset


python_type = Evaluation
values = [Evaluation("a", StructuredDataset(dataframe=pd.DataFrame({"a": [1, 2]})))]


def same(one, other):
    return other.frame.open(pd.DataFrame).all()["a"].tolist() == [1, 2]


# %% pydantic_with_file
from flytekit.types.file import FlyteFile
from pydantic import BaseModel


class Report(BaseModel):
    name: str
    file: FlyteFile


python_type = Report
values = [Report(name="a", file=FlyteFile(path=__file__))]


def same(one, other):
    return pathlib.Path(os.fspath(other.file)).read_bytes() == pathlib.Path(__file__).read_bytes()


# %% structured_dataset_of_arrow
import pyarrow as pa
from flytekit.types.structured import StructuredDataset

python_type = StructuredDataset
values = [StructuredDataset(dataframe=pa.table({"a": [1, 2]}))]


def same(one, other):
    return other.open(pa.Table).all().equals(pa.table({"a": [1, 2]}))


# %% structured_dataset_of_polars
import polars as pl
from flytekit.types.structured import StructuredDataset

python_type = StructuredDataset
values = [StructuredDataset(dataframe=pl.DataFrame({"a": [1, 2]}))]


def same(one, other):
    return other.open(pl.DataFrame).all()["a"].to_list() == [1, 2]


# %% structured_dataset_stored_elsewhere
from flytekit.types.structured import StructuredDataset

python_type = StructuredDataset
values = [StructuredDataset(uri="s3://bucket/frame", file_format="parquet")]


def same(one, other):
    return True


# %% structured_dataset_column_kinds
import datetime as dt

from flytekit import kwtypes
from flytekit.types.structured import StructuredDataset

python_type = typing.Annotated[
    StructuredDataset,
    kwtypes(a=int, b=str, c=float, d=bool, e=dt.datetime, f=dt.timedelta, g=list[int], h=dict[str, int]),
]
values = []

# %% frame_with_arrow_schema
import pandas as pd
import pyarrow as pa

python_type = typing.Annotated[pd.DataFrame, pa.schema([("a", pa.int64()), ("b", pa.string())])]
values = [pd.DataFrame({"a": [1], "b": ["x"]})]

# %% polars_lazy_frame
import polars as pl

python_type = pl.LazyFrame
values = [pl.LazyFrame({"a": [1, 2]})]


def same(one, other):
    return one.collect().equals(other.collect())


# %% hashed_value
from flytekit import HashMethod

python_type = typing.Annotated[int, HashMethod(lambda value: f"hash-{value}")]
values = [3]

# %% hashed_frame
import pandas as pd
from flytekit import HashMethod

python_type = typing.Annotated[pd.DataFrame, HashMethod(lambda frame: str(len(frame)))]
values = [pd.DataFrame({"a": [1, 2]})]

# %% array_with_options
import numpy as np
from flytekit import kwtypes

python_type = typing.Annotated[np.ndarray, kwtypes(allow_pickle=True)]
values = [np.array([1, "x", None], dtype=object)]


def same(one, other):
    return one.tolist() == other.tolist()


# %% error_value
from flytekit.types.error import FlyteError

python_type = FlyteError
values = [FlyteError(message="it broke", failed_node_id="n1")]

# %% array_mapped
import numpy as np
from flytekit import kwtypes

python_type = typing.Annotated[np.ndarray, kwtypes(allow_pickle=False, mmap_mode="r")]
values = [np.arange(4)]


def same(one, other):
    return isinstance(other, np.memmap) and one.tolist() == other.tolist()


# %% list_of_errors
from flytekit.types.error import FlyteError

python_type = list[FlyteError | None]
values = [[FlyteError(message="it broke", failed_node_id="n1"), None]]

# %% dataclass_with_error
from flytekit.types.error import FlyteError


@dataclass
class Told:
    error: FlyteError
    count: int


python_type = Told
values = [Told(FlyteError(message="it broke", failed_node_id="n1"), 2)]

# %% text_stream
python_type = typing.TextIO
values = []

# %% binary_stream
python_type = typing.BinaryIO
values = []

# %% iterator
python_type = typing.Iterator[int]
values = [iter([1, 2])]


def same(one, other):
    return list(other) == [1, 2]


# %% iterator_of_frames
import collections.abc

import pandas as pd

python_type = collections.abc.Iterator[pd.DataFrame]
values = [iter([pd.DataFrame({"a": [1]})])]


def same(one, other):
    return [frame["a"].tolist() for frame in other] == [[1]]


# %% dataclass_with_pandas_frame
import pandas as pd


@dataclass
class Evaluation:
    name: str
    frame: pd.DataFrame


python_type = Evaluation
values = [Evaluation("a", pd.DataFrame({"a": [1, 2]}))]


def same(one, other):
    return one.name == other.name and one.frame.equals(other.frame)


# %% dataclass_with_model
from pydantic import BaseModel


class Settings(BaseModel):
    rate: float


@dataclass
class Job:
    settings: Settings


python_type = Job
values = [Job(Settings(rate=0.5))]

# %% model_with_dataclass
from pydantic import BaseModel


@dataclass
class Point:
    x: int


class Shape(BaseModel):
    origin: Point
    corners: list[Point] = []


python_type = Shape
values = [Shape(origin=Point(1), corners=[Point(2)])]
