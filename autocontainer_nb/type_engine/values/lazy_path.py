"""What `FlyteFile` and `FlyteDirectory` share: content that is somewhere, and comes here when it is asked for."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from autocontainer_nb.errors import InputError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.storage.scratch import scratch_files
from autocontainer_nb.storage.uris import is_local, local_path

if TYPE_CHECKING:
    from typing_extensions import Self


Text = str | os.PathLike[str]
_with_format: dict[tuple[type, str], Any] = {}
_DOT = "$"  # stands for a dot in a class's name: a pickle takes the dot for a step to an attribute


def nothing() -> None:
    """Do nothing: the downloader of what is here already."""


class LazyPath(os.PathLike[str]):
    """A path whose content is downloaded the first time that the path is needed."""

    _format: ClassVar[str] = ""
    _plain: ClassVar[Any] = None  # the class without a format

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
        """Return the class whose values have the format, the same one each time: `FlyteFile["csv"]` is it."""
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
        """Return the format, such as `csv`, or an empty text."""
        return cls._format

    @classmethod
    def of(cls, uri: str, files: FileAccess | None) -> "Self":
        """Return the object for content at a URI, to be fetched by `files` when it is needed."""
        made = cls(local_path(uri) if is_local(uri) else uri)
        if made.remote_source is not None:
            made._given, made._files = None, files
        return made

    @classmethod
    def from_source(cls, source: Text) -> "Self":
        """Return the object for content that is already somewhere: it is used from there, never copied."""
        return cls.of(os.fspath(source), None)

    @property
    def path(self) -> str:
        """The path as it was given; for what was read from a literal, the path here, which downloads the content."""
        return self._given if self._given is not None else self.download()

    @property
    def downloaded(self) -> bool:
        """Whether the content of a remote source is here."""
        return self._local is not None

    def place(self) -> str:
        """Return where the content is now: the remote source, or the path; nothing is downloaded."""
        return self.remote_source or self._given or ""

    def download(self) -> str:
        """Return the local path of the content, after bringing it here if it isn't yet.

        Raises:
            StorageError: the remote source can't be read.
        """
        if self._local is None:
            if self._downloader is not nothing:
                self._downloader()
                self._local = self._given or ""
            elif self.remote_source is not None:
                self._local = (self._files or scratch_files()).get(self.remote_source)
            else:
                self._local = local_path(self.place())
        return self._local

    def __fspath__(self) -> str:
        return self.download()

    def __getstate__(self) -> dict[str, Any]:
        # Another process has neither this one's access nor its local copies.
        state = {**self.__dict__, "_files": None}
        return {**state, "_local": None} if self.remote_source is not None else state

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

    __str__ = __repr__


def _format_name(content_format: Any) -> str:
    # A text; Annotated[str, FileExt("csv")], whose second part shows as the text; a TypeVar, as older code has it.
    if content_format is None:
        return ""
    args = get_args(content_format)
    text = content_format if isinstance(content_format, str) else str(args[1]) if args else content_format.__name__
    return text.strip().lstrip("~").lstrip(".")


def by_pickled_name(plain: type[LazyPath], name: str) -> type:
    """Return the class with a format that a pickle names, or raise AttributeError: a module's `__getattr__`."""
    owner, mark, content_format = name.partition(":")
    if not mark or owner != plain.__name__:
        raise AttributeError(f"module {plain.__module__!r} has no attribute {name!r}")
    return plain.with_format(content_format.replace(_DOT, "."))


def require_relative(name: Text) -> str:
    """Return the name as text.

    Raises:
        InputError: it is an absolute path.
    """
    text = os.fspath(name)
    if os.path.isabs(text):
        raise InputError(f"a relative path expected, got {text!r}: it is made below a temporary folder.")
    return text
