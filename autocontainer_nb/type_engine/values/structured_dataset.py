"""StructuredDataset: a table, in memory or stored as parquet or csv, that can be read as any known kind of frame."""

import sys
from collections.abc import Iterator
from typing import Any, Final

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.errors import InputError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.storage.scratch import scratch_files
from autocontainer_nb.storage.uris import is_local, local_path
from autocontainer_nb.type_engine.packed import base
from autocontainer_nb.type_engine.packed.base import Packer
from autocontainer_nb.type_engine.wording import Misfit, show_value, with_article
from autocontainer_nb.wire import PARQUET_FORMAT

_HANDLERS: Final = "autocontainer_nb.type_engine.values.frame_handlers"  # loaded by the first who registers one


def kwtypes(**columns: Any) -> dict[str, Any]:
    """Return the columns (name ► type, in order), for use in `Annotated[StructuredDataset, ...]`."""
    return columns


class StructuredDataset:
    """A table as a task's input or output: `StructuredDataset(frame)`, or `StructuredDataset(uri=...)` if it is stored.

    Read an input with `.open(pandas.DataFrame).all()`; it has the columns that its annotation names. Known frame types
    are pandas.DataFrame, pyarrow.Table, polars.DataFrame and polars.LazyFrame. The format is parquet; pandas frames can
    also be csv.
    """

    def __init__(
        self,
        dataframe: Any = None,
        uri: str | None = None,
        metadata: literals_pb2.StructuredDatasetMetadata | None = None,
        *,
        file_format: str = "",
    ) -> None:
        self._dataframe = dataframe
        self.uri = uri
        self.file_format = file_format
        self._metadata = metadata
        self._literal: literals_pb2.StructuredDataset | None = None
        self._files: FileAccess | None = None
        self._open_as: Any = None

    @classmethod
    def columns(cls) -> dict[str, Any]:
        """Return the columns that a subclass fixes (name ► type); none here."""
        return {}

    @classmethod
    def column_names(cls) -> list[str]:
        """Return the names of the columns that a subclass fixes."""
        return list(cls.columns())

    @classmethod
    def of(
        cls,
        literal: literals_pb2.StructuredDataset,
        metadata: literals_pb2.StructuredDatasetMetadata,
        files: FileAccess | None,
    ) -> "StructuredDataset":
        """Return the dataset of a literal, which `files` reads, with the columns that the metadata names."""
        made = cls(metadata=metadata, file_format=metadata.structured_dataset_type.format)
        made._literal, made._files = literal, files
        return made

    @property
    def dataframe(self) -> Any:
        """The frame that it was made from, or None."""
        return self._dataframe

    @property
    def metadata(self) -> literals_pb2.StructuredDatasetMetadata | None:
        """Flyte's message with format and columns, or None."""
        return self._metadata

    @property
    def literal(self) -> literals_pb2.StructuredDataset | None:
        """Flyte's message with its location, or None if it isn't stored yet."""
        return self._literal

    def open(self, dataframe_type: Any) -> "StructuredDataset":
        """Set the frame type that `all` and `iter` return, and return the dataset itself."""
        self._open_as = dataframe_type
        return self

    def all(self) -> Any:
        """Return the whole table as the type that was passed to `open`.

        Raises:
            InputError: `open` wasn't called.
            ConversionError: the stored table can't be read as that type.
        """
        from autocontainer_nb.type_engine.values.frame_files import fetch_frame

        wanted = self._wanted()
        if self._literal is None and isinstance(self._dataframe, wanted):
            return self._dataframe
        own = self._own_parts(wanted)
        if own is not None:
            return next(own)
        try:
            return fetch_frame(*self._source(), wanted, self._wanted_columns(), self._files or scratch_files())
        except Misfit as misfit:
            raise misfit.at("StructuredDataset") from misfit.__cause__

    def iter(self) -> Iterator[Any]:
        """Yield the table in parts, one frame per stored file."""
        from autocontainer_nb.type_engine.values.frame_files import fetch_parts

        wanted = self._wanted()
        own = self._own_parts(wanted)
        if own is not None:
            yield from own
            return
        try:
            parts = fetch_parts(*self._source(), wanted, self._wanted_columns(), self._files or scratch_files())
            for part in parts:
                yield part()
        except Misfit as misfit:
            raise misfit.at("StructuredDataset") from misfit.__cause__

    def _own_parts(self, wanted: Any) -> Iterator[Any] | None:
        """Return what the user's own decoder for that type makes of the stored table; None without one."""
        handlers = sys.modules.get(_HANDLERS)
        if handlers is None:
            return None
        uri, form = self._source()
        handler = handlers.fetching(wanted, form)
        files = self._files or scratch_files()
        if handler is None:
            return None
        parts: Iterator[Any] = handlers.parts_of(handler, uri, form, self._wanted_columns(), files)
        return parts

    def _wanted(self) -> Any:
        if self._open_as is None:
            raise InputError(
                "StructuredDataset: expected a frame type, got none. Call .open(...) first, for example "
                ".open(pandas.DataFrame)."
            )
        return self._open_as

    def _wanted_columns(self) -> list[str] | None:
        columns = self._metadata.structured_dataset_type.columns if self._metadata is not None else []
        return [column.name for column in columns] or None

    def _source(self) -> tuple[str, str]:
        if self._literal is None and self._dataframe is None and self.uri:
            return self.uri, self.file_format
        literal = self._literal or self.stored(types_pb2.StructuredDatasetType(), scratch_files())
        return literal.uri, literal.metadata.structured_dataset_type.format

    def stored(self, declared: types_pb2.StructuredDatasetType, files: FileAccess) -> literals_pb2.StructuredDataset:
        """Return Flyte's message with the table's location; a frame in memory is stored first, in the declared format.

        Raises:
            Misfit: there is neither a frame nor a URI, or the frame can't be stored in the declared format.
        """
        if self._literal is not None:
            return self._literal
        self.check()
        handler = self._own_handler(declared.format)
        if handler is not None:
            found: literals_pb2.StructuredDataset = sys.modules[_HANDLERS].stored(handler, self, declared, files)
            return found
        kind = types_pb2.StructuredDatasetType()
        kind.CopyFrom(declared)
        if self._dataframe is None:
            uri = self.uri or ""
            if is_local(uri):
                path = local_path(uri)
                uri = files.put(path, path.rstrip("/").rpartition("/")[2])
            kind.format = declared.format or self.file_format
        else:
            from autocontainer_nb.type_engine.values.frame_files import store_frame

            kind.format = declared.format or PARQUET_FORMAT
            uri = store_frame(self._dataframe, kind.format, self.uri, files)
        metadata = literals_pb2.StructuredDatasetMetadata(structured_dataset_type=kind)
        return literals_pb2.StructuredDataset(uri=uri, metadata=metadata)

    def check(self) -> None:
        """Raise Misfit unless there is a frame or a URI."""
        if self._literal is None and self._dataframe is None and not self.uri:
            raise Misfit("a StructuredDataset with a frame or a URI", "one with neither")
        if self._literal is None and self._dataframe is not None:
            from autocontainer_nb.type_engine.values.frame_files import is_frame, no_frame

            if not is_frame(self._dataframe) and self._own_handler("") is None:
                raise no_frame(self._dataframe)

    def _own_handler(self, form: str) -> Any:
        """Return what the user has registered to store the frame in the format, or None."""
        handlers = sys.modules.get(_HANDLERS)
        return handlers and handlers.storing(self._dataframe, form)

    @classmethod
    def packed_form(cls) -> Packer:
        """Return the packer for datasets inside dataclasses: `{"uri": URI, "file_format": FORMAT}`."""
        return Packer(_pack, lambda plain: _unpack(plain, cls), lambda value: isinstance(value, cls))

    @classmethod
    def packed_schema(cls) -> dict[str, Any]:
        """Return the JSON schema of the packed form, that of flytekit's dataclass of the same name."""
        text = {"anyOf": [{"type": "string"}, {"type": "null"}]}
        properties = {"uri": {**text, "default": None}, "file_format": {**text, "default": ""}}
        return {
            "type": "object",
            "title": "StructuredDataset",
            "properties": properties,
            "additionalProperties": False,
        }

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from autocontainer_nb.type_engine.packed.pydantic_fields import core_schema_of

        return core_schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Any:
        from autocontainer_nb.type_engine.packed.pydantic_fields import json_schema_of

        return json_schema_of(cls)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_files": None}  # another process has its own file access

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StructuredDataset) and (self.uri, self.file_format) == (other.uri, other.file_format)

    __hash__ = None  # type: ignore[assignment] # like a dataclass, which flytekit's class is

    def __repr__(self) -> str:
        place = self._literal.uri if self._literal is not None else self.uri
        return f"StructuredDataset(uri={place!r}, file_format={self.file_format!r})"


def _pack(value: Any) -> dict[str, Any]:
    if not isinstance(value, StructuredDataset):
        raise Misfit("a StructuredDataset", show_value(value), "write StructuredDataset(...) around it")
    base.has_packed_file()
    files = base.writing()
    if files is None:
        value.check()
        place = value.literal.uri if value.literal is not None else value.uri
        return {"uri": place, "file_format": value.file_format}
    stored = value.stored(types_pb2.StructuredDatasetType(), files)
    return {"uri": stored.uri, "file_format": stored.metadata.structured_dataset_type.format}


def _unpack(plain: Any, kind: type[StructuredDataset]) -> StructuredDataset:
    if not isinstance(plain, dict) or not isinstance(plain.get("uri"), str):
        raise Misfit(with_article(kind), show_value(plain))
    form = types_pb2.StructuredDatasetType(format=plain.get("file_format") or "")
    metadata = literals_pb2.StructuredDatasetMetadata(structured_dataset_type=form)
    literal = literals_pb2.StructuredDataset(uri=plain["uri"], metadata=metadata)
    return kind.of(literal, metadata, base.reading())
