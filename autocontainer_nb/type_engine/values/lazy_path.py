"""The base of `FlyteFile` and `FlyteDirectory`: a path whose content is downloaded when it is needed."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from autocontainer_nb.errors import InputError
from autocontainer_nb.storage.access import FileAccess, Parts
from autocontainer_nb.storage.scratch import scratch_files
from autocontainer_nb.storage.uris import is_local, local_path

if TYPE_CHECKING:
    from typing_extensions import Self

    from autocontainer_nb.storage.own_copies import State


Text = str | os.PathLike[str]
_with_format: dict[tuple[type, str], Any] = {}
_DOT = "$"  # replaces the dot in a class's name, which a pickle would read as a step to an attribute


def nothing() -> None:
    """Do nothing: the downloader of content that is already here."""


class LazyPath(os.PathLike[str]):
    """A path whose content is downloaded the first time that the path is needed."""

    _format: ClassVar[str] = ""
    _plain: ClassVar[Any] = None  # the class without a format
    _parts: ClassVar[Parts] = None  # what a file access is told of the content: see `FileAccess`
    _as_fetched: "State | None" = None  # of the downloaded content

    def __init__(self, path: Text, downloader: Callable[[], Any] = nothing) -> None:
        self._given: str | None = os.fspath(path)
        self._downloader = downloader
        self._files: FileAccess | None = None
        self._local: str | None = None
        self.remote_source: str | None = None if is_local(self._given) else self._given

    def __class_getitem__(cls, content_format: Any) -> "type[Self]":
        return cls.with_format(content_format)

    @classmethod
    def with_format(cls, content_format: Any) -> "type[Self]":
        """Return the class for content of the format, the same class each time: `FlyteFile["csv"]`."""
        name = _format_name(content_format)
        if not name:
            return cls
        plain = cls._plain or cls
        found: type[Self] | None = _with_format.get((plain, name))
        if found is None:
            body = {
                "_format": name,
                "_plain": plain,
                "__doc__": f"{plain.__name__} with content of the format {name}.",
                "__module__": plain.__module__,
                # By this name a pickle finds it, through the module's __getattr__.
                "__qualname__": f"{plain.__name__}:{name.replace('.', _DOT)}",
            }
            found = _with_format[plain, name] = type(f"{plain.__name__}[{name!r}]", (plain,), body)
        return found

    @classmethod
    def extension(cls) -> str:
        """Return the format, such as `csv`, or an empty string."""
        return cls._format

    @classmethod
    def of(cls, uri: str, files: FileAccess | None) -> "Self":
        """Return an object for the content at a URI, which `files` fetches when it is needed."""
        made = cls(local_path(uri) if is_local(uri) else uri)
        if getattr(files, "copies", False):  # nobody else may see what is done to this content
            made.remote_source = uri
        if made.remote_source is not None:
            made._given, made._files = None, files
        return made

    @classmethod
    def from_source(cls, source: Text) -> "Self":
        """Return an object for content that is already stored; it is used from there, never copied."""
        return cls.of(os.fspath(source), None)

    @property
    def path(self) -> str:
        """The path as it was given; for a literal's content, the local path, for which it is downloaded."""
        return self._given if self._given is not None else self.download()

    @property
    def downloaded(self) -> bool:
        """Whether the remote content has been downloaded."""
        return self._local is not None

    def place(self) -> str:
        """Return where the content is now, a URI or a path; nothing is downloaded."""
        return self.remote_source or self._given or ""

    def download(self) -> str:
        """Return the local path of the content, after downloading it if necessary.

        Raises:
            StorageError: the remote source can't be read.
        """
        if self._local is None:
            if self._downloader is not nothing:
                self._downloader()
                self._local = self._given or ""
            elif self.remote_source is not None:
                from autocontainer_nb.storage.own_copies import noted

                self._local = (self._files or scratch_files()).own(self.remote_source, parts=self._parts)
                self._as_fetched = noted(self._local)
            else:
                self._local = local_path(self.place())
        return self._local

    def is_changed(self) -> bool:
        """Whether the downloaded content has been changed since: then it isn't that of the remote source."""
        if self._local is None or self._as_fetched is None:
            return False
        from autocontainer_nb.storage.own_copies import is_changed

        return is_changed(self._local, self._as_fetched)

    def __fspath__(self) -> str:
        return self.download()

    def __getstate__(self) -> dict[str, Any]:
        # Another process has neither this one's file access nor its local copies.
        state = {**self.__dict__, "_files": None}
        return {**state, "_local": None, "_as_fetched": None} if self.remote_source is not None else state

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LazyPath):
            same_kind = self.extension() == other.extension() and (self._plain or type(self)) is (
                other._plain or type(other)
            )
            return same_kind and self.place() == other.place()
        return self.place() == other

    def __hash__(self) -> int:
        return hash(self.place())

    def __repr__(self) -> str:
        return self.place()

    def __str__(self) -> str:
        source = self.remote_source
        is_here = source is not None and is_local(source) and os.path.exists(local_path(source))
        return self.download() if is_here else self.place()  # a path that anybody may open, and write to


def _format_name(content_format: Any) -> str:
    # A str; Annotated[str, FileExt("csv")], whose second part prints as the format; a TypeVar, as in older code.
    if content_format is None:
        return ""
    args = get_args(content_format)
    text = content_format if isinstance(content_format, str) else str(args[1]) if args else content_format.__name__
    return text.strip().lstrip("~").lstrip(".")


def by_pickled_name(plain: type[LazyPath], name: str) -> type:
    """Return the class with a format that a pickle names, or raise AttributeError; for a module's `__getattr__`."""
    owner, mark, content_format = name.partition(":")
    if not mark or owner != plain.__name__:
        raise AttributeError(f"module {plain.__module__!r} has no attribute {name!r}")
    return plain.with_format(content_format.replace(_DOT, "."))


def require_relative(name: Text) -> str:
    """Return the name as str.

    Raises:
        InputError: it is an absolute path.
    """
    text = os.fspath(name)
    if os.path.isabs(text):
        raise InputError(f"Expected a relative path, got {text!r}: it is created below a temporary folder.")
    return text
