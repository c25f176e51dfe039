"""Checking, storing and finding files and directories: as blobs, and inside dataclasses and models."""

import os
from typing import Any, ClassVar

from autocontainer_nb.storage.access import FileAccess, upload
from autocontainer_nb.storage.uris import is_local, local_path
from autocontainer_nb.type_engine.packed import base
from autocontainer_nb.type_engine.packed.base import Packer
from autocontainer_nb.type_engine.values.lazy_path import LazyPath
from autocontainer_nb.type_engine.wording import Misfit, show_value, with_article

PACKED_FIELDS = {"path": {"anyOf": [{"type": "string"}, {"type": "string", "format": "path"}], "default": None}}


class StoredPath(LazyPath):
    """A path that a task takes or returns: the base of FlyteFile and FlyteDirectory."""

    noun: ClassVar[str]
    metadata: dict[str, str] | None = None

    def target(self) -> Any:
        """Return where to store the content: a URI, False for nowhere, None for the task's outputs."""
        raise NotImplementedError

    @classmethod
    def plain_class(cls) -> "type[StoredPath]":
        """Return the class without a format."""
        return cls._plain or cls

    @classmethod
    def packed_form(cls) -> Packer:
        """Return the packer for values inside dataclasses: `{"path": URI}`, with the metadata if there is any."""
        return Packer(
            lambda value: _pack(value, cls),
            lambda plain: _unpack(plain, cls),
            lambda value: isinstance(value, cls.plain_class()),
        )

    @classmethod
    def packed_schema(cls) -> dict[str, Any]:
        """Return the JSON schema of the packed form, that of flytekit's dataclass of the same name."""
        return {
            "type": "object",
            "title": cls.plain_class().__name__,
            "properties": PACKED_FIELDS,
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


def check_place(value: Any, python_type: type[StoredPath]) -> None:
    """Raise Misfit unless the value is or names such content; whether remote content exists isn't checked."""
    is_other = isinstance(value, LazyPath) and not isinstance(value, python_type.plain_class())
    if not isinstance(value, (str, os.PathLike)) or is_other:
        raise Misfit(with_article(python_type), show_value(value))
    path = _local_place(value, is_reader_here=True)
    if path is None:
        return
    noun = python_type.noun
    if not os.path.exists(path):
        raise Misfit(f"an existing {noun}", f"{path!r}, which doesn't exist")
    if noun == "file" and os.path.isdir(path):
        raise Misfit("a file", f"the directory {path!r}", "name one file, or declare FlyteDirectory")
    if noun != "file" and not os.path.isdir(path):
        raise Misfit("a directory", f"the file {path!r}", "name its folder, or declare FlyteFile")


def _local_place(value: Any, *, is_reader_here: bool) -> str | None:
    """Return the local path of the content to store, or None if nothing is to be stored.

    What came from a store stays there, unless it was changed, or its reader is on another machine.
    """
    if isinstance(value, StoredPath):
        source = value.remote_source
        if value.target() is False:
            return None
        if source is None or value.is_changed():
            return value.download()
        return None if is_reader_here or not is_local(source) else local_path(source)
    text = os.fspath(value)
    return local_path(text) if is_local(text) else None


def stored_at(value: Any, files: FileAccess) -> str:
    """Return the URI of the content, which is stored first if it is local."""
    path = _local_place(value, is_reader_here=not getattr(files, "goes_far", False))
    if path is None:
        return value.place() if isinstance(value, LazyPath) else os.fspath(value)
    target = value.target() if isinstance(value, StoredPath) else None
    if target and target is not True:
        uri: str = os.fspath(target)
        upload(path, uri)
        return uri
    return files.put(path, os.path.basename(path.rstrip("/")) or "content")


def found_at(uri: str, metadata: dict[str, str], python_type: type[StoredPath], files: FileAccess | None) -> Any:
    """Return an object of the type for the content at the URI; local content must exist."""
    made = python_type.of(uri, files)
    is_there = os.path.isfile if python_type.noun == "file" else os.path.isdir
    if is_local(uri) and not is_there(local_path(uri)):
        raise Misfit(with_article(python_type), f"{uri!r}, where there is no {python_type.noun}")
    if metadata:
        made.metadata = metadata
    return made


def _pack(value: Any, python_type: type[StoredPath]) -> dict[str, Any]:
    files = base.writing()
    base.has_packed_file()
    if base.reading() is None:  # a union that tries its variants packs what it has just unpacked
        check_place(value, python_type)
    packed: dict[str, Any] = {}
    if files is not None:
        packed["path"] = stored_at(value, files)
    else:
        packed["path"] = value.place() if isinstance(value, LazyPath) else os.fspath(value)
    if python_type.noun == "file" and getattr(value, "metadata", None):
        packed["metadata"] = dict(value.metadata)
    return packed


def _unpack(plain: Any, python_type: type[StoredPath]) -> Any:
    if not isinstance(plain, dict) or not isinstance(plain.get("path"), str):
        raise Misfit(with_article(python_type), show_value(plain))
    return found_at(plain["path"], plain.get("metadata") or {}, python_type, base.reading())
