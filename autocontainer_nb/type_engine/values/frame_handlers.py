"""Users' own ways to store and read frames, which a `StructuredDataset` asks before the ways of this package."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import GeneratorType
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.wire import PARQUET_FORMAT

# frame, its dataset (with the wanted URI), the declared type, files ► Flyte's message about what was stored
Store = Callable[[Any, types_pb2.StructuredDatasetType, FileAccess], literals_pb2.StructuredDataset]
# Flyte's message, metadata with the wanted columns, files ► the frame, or a generator of its parts
Fetch = Callable[[literals_pb2.StructuredDataset, literals_pb2.StructuredDatasetMetadata, FileAccess], Any]


@dataclass(frozen=True)
class FrameHandler:
    """A way to store or to read frames of one type in one format; None is any format."""

    python_type: Any
    supported_format: str | None
    store: Store | None = None
    fetch: Fetch | None = None


_handlers: list[FrameHandler] = []


def register_handler(handler: FrameHandler) -> None:
    """Store or read frames by it from now on; the last one for a type and format counts."""
    _handlers.insert(0, handler)


def storing(frame: Any, form: str) -> FrameHandler | None:
    """Return what stores the frame in the format ("" for any), or None."""
    for handler in _handlers:
        fits = not form or handler.supported_format in {None, "", form}
        if fits and handler.store is not None and isinstance(frame, handler.python_type):
            return handler
    return None


def stored(
    handler: FrameHandler, dataset: Any, declared: types_pb2.StructuredDatasetType, files: FileAccess
) -> literals_pb2.StructuredDataset:
    """Return the message about the dataset's frame after storing it, with the format and columns that are known."""
    found = literals_pb2.StructuredDataset()
    found.CopyFrom(handler.store(dataset, declared, files))  # type: ignore[misc]  # by `storing`, it can store
    kind = found.metadata.structured_dataset_type
    kind.format = kind.format or declared.format or handler.supported_format or PARQUET_FORMAT
    if not kind.columns:
        kind.columns.extend(declared.columns)
    return found


def fetching(frame_type: Any, form: str) -> FrameHandler | None:
    """Return what reads frames of the type in the format, or None."""
    for handler in _handlers:
        fits = handler.supported_format in {None, "", form or PARQUET_FORMAT}
        if fits and handler.fetch is not None and handler.python_type is frame_type:
            return handler
    return None


def parts_of(handler: FrameHandler, uri: str, form: str, columns: list[str] | None, files: FileAccess) -> Iterator[Any]:
    """Yield the frame at the URI, in the parts that the handler makes of it."""
    kind = types_pb2.StructuredDatasetType(format=form)
    wanted = types_pb2.StructuredDatasetType(format=form)
    for name in columns or ():
        wanted.columns.add(name=name)
    message = literals_pb2.StructuredDataset(
        uri=uri, metadata=literals_pb2.StructuredDatasetMetadata(structured_dataset_type=kind)
    )
    about = literals_pb2.StructuredDatasetMetadata(structured_dataset_type=wanted)
    found = handler.fetch(message, about, files)  # type: ignore[misc]  # by `fetching`, it can
    if isinstance(found, GeneratorType):
        yield from found
    else:
        yield found
