"""A data frame class of one's own, with an encoder, a decoder and a renderer; and arrays read out of a dataset."""

import os
import typing
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flytekit import FlyteContext, StructuredDatasetType, kwtypes, task, workflow
from flytekit.models import literals
from flytekit.models.literals import StructuredDatasetMetadata
from flytekit.types.structured.structured_dataset import (
    PARQUET,
    StructuredDataset,
    StructuredDatasetDecoder,
    StructuredDatasetEncoder,
    StructuredDatasetTransformerEngine,
)

try:
    from typing import Annotated
except ImportError:
    from typing_extensions import Annotated


class Rows:
    def __init__(self, rows: typing.List[dict]):
        self.rows = rows


class RowsEncoder(StructuredDatasetEncoder):
    def __init__(self):
        super().__init__(Rows, None, PARQUET)

    def encode(
        self,
        ctx: FlyteContext,
        structured_dataset: StructuredDataset,
        structured_dataset_type: StructuredDatasetType,
    ) -> literals.StructuredDataset:
        rows = typing.cast(Rows, structured_dataset.dataframe).rows
        local_dir = ctx.file_access.get_random_local_directory()
        pq.write_table(pa.Table.from_pylist(rows), os.path.join(local_dir, f"{0:05}"))
        path = structured_dataset.uri or ctx.file_access.get_random_remote_directory()
        ctx.file_access.upload_directory(local_dir, path)
        return literals.StructuredDataset(
            uri=path,
            metadata=StructuredDatasetMetadata(structured_dataset_type=StructuredDatasetType(format=PARQUET)),
        )


class RowsDecoder(StructuredDatasetDecoder):
    def __init__(self):
        super().__init__(Rows, None, PARQUET)

    def decode(
        self,
        ctx: FlyteContext,
        flyte_value: literals.StructuredDataset,
        current_task_metadata: StructuredDatasetMetadata,
    ) -> Rows:
        local_dir = ctx.file_access.get_random_local_directory()
        ctx.file_access.get_data(flyte_value.uri, local_dir, is_multipart=True)
        columns = None
        if current_task_metadata.structured_dataset_type and current_task_metadata.structured_dataset_type.columns:
            columns = [column.name for column in current_task_metadata.structured_dataset_type.columns]
        return Rows(pq.read_table(local_dir, columns=columns).to_pylist())


class Columns:
    def __init__(self, columns: typing.Dict[str, list]):
        self.columns = columns


class ColumnsDecoder(StructuredDatasetDecoder):
    def decode(self, ctx, flyte_value, current_task_metadata) -> Columns:
        local_dir = ctx.file_access.get_random_local_directory()
        ctx.file_access.get_data(flyte_value.uri, local_dir, is_multipart=True)
        return Columns(pq.read_table(local_dir).to_pydict())


class RowsRenderer:
    def to_html(self, df: Rows) -> str:
        return f"<p>{len(df.rows)} rows</p>"


StructuredDatasetTransformerEngine.register(RowsEncoder())
StructuredDatasetTransformerEngine.register(RowsDecoder())
StructuredDatasetTransformerEngine.register(ColumnsDecoder(Columns, None, PARQUET))
StructuredDatasetTransformerEngine.register_renderer(Rows, RowsRenderer())


@task
def make() -> StructuredDataset:
    return StructuredDataset(dataframe=Rows([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]))


@task
def count(dataset: StructuredDataset) -> int:
    return len(dataset.open(Rows).all().rows)


@task
def first_column(dataset: Annotated[StructuredDataset, kwtypes(a=int)]) -> typing.List[int]:
    rows = dataset.open(Rows).all().rows
    assert list(rows[0]) == ["a"], rows
    return [row["a"] for row in rows]


@task
def as_frame(dataset: pd.DataFrame) -> str:
    return "".join(dataset["b"])


@task
def frame() -> pd.DataFrame:
    return pd.DataFrame({"x": [1, 2], "y": [3, 4]})


@task
def in_columns(dataset: StructuredDataset) -> int:
    return sum(dataset.open(Columns).all().columns["y"])


@task
def plain() -> Rows:
    return Rows([{"a": 7}])


@task
def of_plain(rows: Rows) -> int:
    return rows.rows[0]["a"]


@workflow
def pipeline() -> typing.Tuple[int, typing.List[int], str]:
    made = make()
    return count(dataset=made), first_column(dataset=made), as_frame(dataset=made)


@workflow
def columns() -> int:
    return in_columns(dataset=frame())


@workflow
def plains() -> int:
    return of_plain(rows=plain())


assert pipeline() == (2, [1, 2], "xy")
assert columns() == 7
assert plains() == 7
remote_runs = [
    (of_plain, {"rows": Rows([{"a": 5}])}, 5),
    (count, {"dataset": StructuredDataset(dataframe=Rows([{"a": 5}]))}, 1),
]
