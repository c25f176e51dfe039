"""Transformers for DataFrames and StructuredDataset: Flyte's structured datasets, with the annotated columns."""

from dataclasses import is_dataclass
from typing import Any, get_type_hints

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.values.frame_files import fetch_frame, is_frame_type, parts_of
from autocontainer_nb.type_engine.values.structured_dataset import StructuredDataset
from autocontainer_nb.wire import PARQUET_FORMAT


class _TableTransformer(Transformer):
    """The base of both: takes columns, format and schema from the annotation."""

    tag = "StructuredDataset Transformer"
    _declared = types_pb2.StructuredDatasetType()

    def annotate(self, notes: tuple[Any, ...]) -> None:
        """Take columns (a dict or a dataclass), a format (a str) and a pyarrow schema from `Annotated[...]`."""
        declared = types_pb2.StructuredDatasetType()
        for note in notes:
            if isinstance(note, str):
                declared.format = note
            elif isinstance(note, dict) or is_dataclass(note):
                columns = note if isinstance(note, dict) else get_type_hints(note)
                declared.columns.extend(self._columns(columns, ""))
            elif type(note).__name__ == "Schema" and type(note).__module__.partition(".")[0] == "pyarrow":
                declared.external_schema_type = "arrow"
                declared.external_schema_bytes = note.to_string().encode()
        self._declared = declared

    def _columns(self, columns: dict[str, Any], prefix: str) -> list[types_pb2.StructuredDatasetType.DatasetColumn]:
        found = []
        for name, kind in columns.items():
            inner = kind if isinstance(kind, dict) else get_type_hints(kind) if is_dataclass(kind) else None
            if inner is not None:
                found += self._columns(inner, f"{prefix}{name}.")
                continue
            literal_type = self.engine.transformer(kind).literal_type()
            column = types_pb2.StructuredDatasetType.DatasetColumn(name=f"{prefix}{name}", literal_type=literal_type)
            found.append(column)
        return found

    def literal_type(self) -> types_pb2.LiteralType:
        """Return a structured dataset with the declared columns and format; each literal names its own format."""
        return types_pb2.LiteralType(structured_dataset_type=self._declared)

    def metadata_for(self, literal: literals_pb2.Literal) -> literals_pb2.StructuredDatasetMetadata:
        """Return the literal's metadata, with the columns declared here, if any, in place of its own."""
        stored = literal.scalar.structured_dataset.metadata
        if not self._declared.columns:
            return stored
        found = literals_pb2.StructuredDatasetMetadata()
        found.CopyFrom(stored)
        del found.structured_dataset_type.columns[:]
        found.structured_dataset_type.columns.extend(self._declared.columns)
        return found


class FrameTransformer(_TableTransformer):
    """pandas.DataFrame with its index, pyarrow.Table, polars.DataFrame and LazyFrame: always stored as parquet.

    A type of the user's, for which an encoder is registered, is stored as that does.
    """

    parts = parts_of(PARQUET_FORMAT)

    @property
    def stores(self) -> bool:  # type: ignore[override]  # what the user's own encoder stores is up to it
        """Whether a frame is stored where the file access decides."""
        return not self._is_users

    @property
    def fetches(self) -> bool:  # type: ignore[override]  # what the user's own decoder fetches is up to it
        """Whether the content at the literal's URI is fetched when it is read."""
        return not self._is_users

    @property
    def _is_users(self) -> bool:
        return not is_frame_type(self.python_type)

    def packer(self) -> None:
        """Return None: frames aren't packed."""
        return

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is such a frame; only writing it shows whether parquet can hold it."""
        if isinstance(value, StructuredDataset):
            value.check()
        elif not isinstance(value, self.python_type):
            raise self.misfit(value)
        elif self._is_users:
            StructuredDataset(value).check()

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the dataset's literal, after storing the frame."""
        self.check(value)
        dataset = value if isinstance(value, StructuredDataset) else StructuredDataset(value)
        declared = types_pb2.StructuredDatasetType()
        declared.CopyFrom(self._declared)
        if dataset.dataframe is None:
            declared.format = ""
        elif not self._is_users:
            declared.format = PARQUET_FORMAT
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(structured_dataset=dataset.stored(declared, files)))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the frame."""
        if literal.scalar.WhichOneof("value") != "structured_dataset":
            raise self.misread(literal)
        dataset = literal.scalar.structured_dataset
        kind = self.metadata_for(literal).structured_dataset_type
        columns = [column.name for column in kind.columns] or None
        if self._is_users:
            return StructuredDataset.of(dataset, self.metadata_for(literal), files).open(self.python_type).all()
        return fetch_frame(dataset.uri, kind.format, self.python_type, columns, files)

    def is_exact(self, value: Any) -> bool:
        """Whether it is a frame of the type."""
        return isinstance(value, self.python_type)


class DatasetTransformer(_TableTransformer):
    """StructuredDataset: stored data stays where it is; a frame in it is stored in the declared format."""

    stores = True

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is a StructuredDataset with a frame or a URI."""
        if not isinstance(value, StructuredDataset):
            raise self.misfit(value, "write StructuredDataset(...) around the frame")
        value.check()

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the dataset's literal, after storing the frame if there is one."""
        self.check(value)
        dataset = value.stored(self._declared, files)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(structured_dataset=dataset))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the dataset; nothing is downloaded until it is opened."""
        if literal.scalar.WhichOneof("value") != "structured_dataset":
            raise self.misread(literal)
        return self.python_type.of(literal.scalar.structured_dataset, self.metadata_for(literal), files)

    def is_exact(self, value: Any) -> bool:
        """Whether it is a StructuredDataset."""
        return isinstance(value, StructuredDataset)
