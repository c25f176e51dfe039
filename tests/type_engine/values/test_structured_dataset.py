"""StructuredDataset and frames: what is stored, what comes back as which frame, and with which columns."""

import pickle
from pathlib import Path
from typing import Annotated

import pandas as pd
import pyarrow as pa
import pytest
from golden_cases import FRAME, TABLE, WithTable
from golden_names import StructuredDataset, kwtypes

from autocontainer_nb.errors import ConversionError, InputError, StorageError
from autocontainer_nb.storage.access import list_files, write_bytes
from autocontainer_nb.type_engine.engine import type_engine


def sent(value, python_type, files, read_as=None):
    literal = type_engine.to_literal(value, python_type, files=files)
    return type_engine.from_literal(literal, read_as or python_type, files=files)


def test_a_table_is_read_as_the_frame_that_is_asked_for(files):
    """Whatever library wrote it, each reads it."""
    pl = pytest.importorskip("polars")
    for frame in (FRAME, TABLE, pl.DataFrame(FRAME.to_dict("list")), pl.LazyFrame(FRAME.to_dict("list"))):
        back = sent(StructuredDataset(frame), StructuredDataset, files)
        assert back.open(pd.DataFrame).all().to_dict("list") == FRAME.to_dict("list")
        assert back.open(pa.Table).all().to_pydict() == FRAME.to_dict("list")
        assert back.open(pl.DataFrame).all().to_dict(as_series=False) == FRAME.to_dict("list")
        assert back.open(pl.LazyFrame).all().collect().to_dict(as_series=False) == FRAME.to_dict("list")
    assert sent(FRAME, pd.DataFrame, files, pa.Table).to_pydict() == FRAME.to_dict("list")
    assert sent(TABLE, pa.Table, files, StructuredDataset).open(pd.DataFrame).all().equals(TABLE.to_pandas())


@pytest.mark.parametrize("name", ["pandas.DataFrame", "pyarrow.Table", "polars.DataFrame", "polars.LazyFrame"])
def test_only_the_declared_columns_are_read(name, files):
    """The reader's annotation decides; without one, the writer's does."""
    module, _, kind = name.partition(".")
    wanted = getattr(pytest.importorskip(module), kind)
    some, none = Annotated[StructuredDataset, kwtypes(b=str)], StructuredDataset
    for writer, reader in ((none, some), (some, none), (some, some)):
        found = sent(StructuredDataset(FRAME), writer, files, reader).open(wanted).all()
        found = found.collect() if kind == "LazyFrame" else found
        assert list(getattr(found, "column_names", found.columns)) == ["b"]
    assert list(sent(FRAME, pd.DataFrame, files, Annotated[pd.DataFrame, kwtypes(b=str)])) == ["b"]


def test_a_missing_column_is_named(files):
    """It is told which columns were asked for, and where."""
    back = sent(StructuredDataset(FRAME), StructuredDataset, files, Annotated[StructuredDataset, kwtypes(z=int)])
    with pytest.raises(ConversionError, match="StructuredDataset: expected a parquet file with the columns z, got"):
        back.open(pd.DataFrame).all()


def test_what_is_stored_keeps_its_place(files):
    """A dataset passed on, or named by its URI, isn't copied nor downloaded."""
    first = sent(StructuredDataset(FRAME), StructuredDataset, files)
    second = sent(first, StructuredDataset, files)
    assert second.literal.uri == first.literal.uri
    assert second.metadata.structured_dataset_type.format == "parquet"
    far = sent(StructuredDataset(uri="s3://no-such-bucket/x"), StructuredDataset, files)
    assert far.literal.uri == "s3://no-such-bucket/x"


def test_a_dataset_says_where_its_frame_goes(files, request):
    """With a URI beside the frame, it is stored there."""
    uri = f"memory://{request.node.name}/table"
    back = sent(StructuredDataset(FRAME, uri=uri), StructuredDataset, files)
    assert (back.literal.uri, list_files(uri)) == (uri, ["00000"])
    assert back.open(pd.DataFrame).all().equals(FRAME)
    assert StructuredDataset(uri=uri).open(pd.DataFrame).all().equals(FRAME)


def test_a_local_file_is_uploaded(tmp_path, files):
    """A plain parquet file is a table too."""
    FRAME.to_parquet(tmp_path / "plain.parquet")
    back = sent(StructuredDataset(uri=str(tmp_path / "plain.parquet")), StructuredDataset, files)
    assert back.literal.uri.startswith(files.prefix)
    assert back.open(pd.DataFrame).all().equals(FRAME)


def test_csv(files):
    """The declared format is csv: a header and rows, without the index; columns are chosen as well."""
    declared = Annotated[StructuredDataset, "csv"]
    back = sent(StructuredDataset(FRAME), declared, files)
    assert (back.file_format, list_files(back.literal.uri)) == ("csv", [".csv"])
    assert (Path(back.literal.uri) / ".csv").read_text() == "a,b\n1,x\n2,y\n"
    assert back.open(pd.DataFrame).all().equals(FRAME)
    with pytest.raises(ConversionError, match="expected a frame type that can be stored as csv, got Table"):
        sent(StructuredDataset(TABLE), declared, files)


def test_parts(files, request):
    """A table of many files is read whole, or file by file."""
    pl = pytest.importorskip("polars")
    uri = f"memory://{request.node.name}/table"
    for index in (0, 1):
        write_bytes(f"{uri}/part-{index}.parquet", FRAME.assign(part=index).to_parquet())
    dataset = sent(StructuredDataset(uri=uri, file_format="parquet"), StructuredDataset, files)
    for kind in (pd.DataFrame, pa.Table, pl.DataFrame):
        assert len(dataset.open(kind).all()) == 4
        assert [len(part) for part in dataset.open(kind).iter()] == [2, 2]


def test_without_a_conversion():
    """A dataset made in a cell gives its frame, also as another type."""
    dataset = StructuredDataset(FRAME)
    assert dataset.open(pd.DataFrame).all() is FRAME
    assert dataset.open(pa.Table).all().to_pydict() == FRAME.to_dict("list")
    assert dataset.dataframe is FRAME
    assert (dataset.literal, dataset.metadata, StructuredDataset.column_names()) == (None, None, [])
    for call in (StructuredDataset(FRAME).all, lambda: next(StructuredDataset(FRAME).iter())):
        with pytest.raises(InputError, match=r"got none\. Call \.open"):
            call()


def test_in_a_dataclass(files):
    """A frame in a dataclass is stored, and read when it is opened."""
    back = sent(WithTable(StructuredDataset(FRAME)), WithTable, files)
    assert back.table.open(pd.DataFrame).all().equals(FRAME)
    assert back.maybe is None
    assert pickle.loads(pickle.dumps(back)).table.open(pd.DataFrame).all().equals(FRAME)
    with pytest.raises(ConversionError, match=r"p\.table: expected a StructuredDataset, got a DataFrame of shape 2x2"):
        type_engine.check(WithTable(FRAME), WithTable, "p")


@pytest.mark.parametrize(
    ("value", "python_type", "message"),
    [
        (
            FRAME,
            StructuredDataset,
            "p: expected a StructuredDataset, got a DataFrame of shape 2x2. Write",
        ),
        (
            StructuredDataset(),
            StructuredDataset,
            "p: expected a StructuredDataset with a frame or a URI, got one with neither",
        ),
        (StructuredDataset([1]), StructuredDataset, "p: expected a frame of pandas, pyarrow or polars, got [1]"),
        (TABLE, pd.DataFrame, "p: expected a DataFrame, got a Table of shape 2x2"),
        (3, pa.Table, "p: expected a Table, got 3"),
    ],
    ids=str,
)
def test_refused(value, python_type, message, files):
    """What is no table is refused before anything is stored."""
    for call in (
        lambda: type_engine.check(value, python_type, "p"),
        lambda: type_engine.to_literal(value, python_type, files=files, path="p"),
    ):
        with pytest.raises(ConversionError) as caught:
            call()
        assert str(caught.value).startswith(message)
    assert not Path(files.prefix).exists()


def test_what_is_no_parquet(files, request):
    """The URI and the library's words are told."""
    pytest.importorskip("polars")
    import polars as pl

    uri = f"memory://{request.node.name}/x"
    write_bytes(uri, b"junk")
    dataset = sent(StructuredDataset(uri=uri), StructuredDataset, files)
    for kind in (pd.DataFrame, pa.Table, pl.DataFrame):
        with pytest.raises(ConversionError, match=f".*: expected a parquet file, got the file at {uri}"):
            dataset.open(kind).all()
    with pytest.raises(StorageError, match=r"expected a plain path or one of the schemes .* got bq://"):
        StructuredDataset(uri="bq://project.table").open(pd.DataFrame).all()


def test_a_mixed_column_of_each_library(files):
    """Parquet holds one type in each column; pyarrow and polars refuse earlier by themselves."""
    with pytest.raises(ConversionError, match="p: expected a DataFrame that parquet can hold, got columns m "):
        type_engine.to_literal(
            StructuredDataset(pd.DataFrame({"m": [1, "a"]})), StructuredDataset, files=files, path="p"
        )
