"""`ImageSpec`: the description of an image's content; the image is named by its hash, and built when it is needed."""

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from os import PathLike
from typing import Any, Final

from autocontainer_nb.errors import ImageError
from autocontainer_nb.image.copied_files import content_digest, copied_files, source_files
from autocontainer_nb.image.interpreter import image_around, this_minor
from autocontainer_nb.wire import PACKAGE_VERSION

_PYTHON: Final = re.compile(r"3\.\d+(\.\d+)?")
_TEXTS: Final = (
    *("name", "python_version", "registry", "cuda", "cudnn", "platform", "pip_index", "pip_extra_args"),
    *("registry_config", "tag_format", "python_exec", "builder"),
)
_PATHS: Final[dict[str, tuple[type, ...]]] = {"requirements": (PathLike,), "source_root": (PathLike,), "base_image": ()}
_REGISTRY: Final = re.compile(r"(localhost:\d{1,5}|[a-z\d._-]+(:\d{1,5})?)(/[\w.-]+)*")
_TEXT_LISTS: Final = (
    "packages", "conda_packages", "conda_channels", "apt_packages", "pip_extra_index_url", "entrypoint", "commands",
    "copy", "runtime_packages",
)  # fmt: skip
_NOT_CONTENT: Final = frozenset(
    {"builder", "pip_secret_mounts", "runtime_packages", "tag_format", "registry", "registry_config", "name"}
)
_BUILDER_IMAGES: Final = ("micromamba_image", "uv_image")  # the keys of `builder_config`
_TAG_CHARS: Final = 22  # 88 bits of the hash: short, and yet no two descriptions collide


class CopyFileDetection(Enum):
    """The choice of files below `source_root` that are copied into the image."""

    LOADED_MODULES = 1  # the files of imported Python modules
    ALL = 2
    NO_COPY = 3


@dataclass(frozen=True, kw_only=True)
class ImageSpec:
    """A container image: Python version, packages, files and variables. The field names are flytekit's.

    It is immutable; methods such as `with_packages` return copies. Equal descriptions with equal file contents have the
    same tag, in every kernel.
    """

    name: str = "autocontainer"
    python_version: str | None = None  # by default this interpreter's, unless there is a base_image
    builder: str | None = None  # docker, podman or buildah; by default the first one installed
    source_root: str | None = None
    env: Mapping[str, str] | None = None
    registry: str | None = None  # where the image is pushed; without one, it stays on this machine
    packages: list[str] | None = None
    conda_packages: list[str] | None = None
    conda_channels: list[str] | None = None
    requirements: str | None = None  # path of a requirements file
    apt_packages: list[str] | None = None
    cuda: str | None = None  # the version, such as `12.4`, installed by conda from conda-forge
    cudnn: str | None = None  # likewise, such as `9.3`
    base_image: "str | ImageSpec | None" = None
    platform: str | None = None  # such as `linux/arm64`; by default the builder's
    pip_index: str | None = None
    pip_extra_index_url: list[str] | None = None
    pip_secret_mounts: list[tuple[str, str]] | None = None  # (file here, path while pip runs); never in the image
    pip_extra_args: str | None = None
    registry_config: str | None = None  # path of a JSON file with the credentials of registries, as docker writes it
    entrypoint: list[str] | None = None
    commands: list[str] | None = None
    tag_format: str | None = None  # with `{spec_hash}` for the hash
    source_copy_mode: CopyFileDetection | None = None
    copy: list[str] | None = None  # files and folders, relative to the working directory
    python_exec: str | None = None  # the Python that pip installs for
    runtime_packages: list[str] | None = None  # installed when the container starts
    builder_options: Mapping[str, Any] | None = None  # {option: value} of the builder's `build` command
    builder_config: Mapping[str, Any] | None = None  # {"micromamba_image": ...}; a `uv_image` isn't needed here

    def __post_init__(self) -> None:
        """Raise ImageError for values that no builder could use."""
        self._check_texts()
        if self.registry is not None and not _REGISTRY.fullmatch(self.registry.lower()):
            raise ImageError(
                f"ImageSpec {self.name!r}: registry: expected a name such as 'ghcr.io/me' or 'localhost:30000', got "
                f"{self.registry!r}."
            )
        for field in _TEXT_LISTS:
            value = getattr(self, field)
            if value is not None and not (isinstance(value, list) and all(isinstance(text, str) for text in value)):
                raise ImageError(f"ImageSpec {self.name!r}: {field}: expected a list of str, got {value!r}.")
        for field in ("builder_options", "builder_config"):
            value = getattr(self, field)
            if value is not None and not (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
                raise ImageError(f"ImageSpec {self.name!r}: {field}: expected a dict with str keys, got {value!r}.")
        unknown = [key for key in self.builder_config or () if key not in _BUILDER_IMAGES]
        if unknown:
            known = ", ".join(_BUILDER_IMAGES)
            raise ImageError(f"ImageSpec {self.name!r}: builder_config: expected the keys {known}, got {unknown[0]!r}.")

    def _check_texts(self) -> None:
        for field in _TEXTS:
            value = getattr(self, field)
            if value is not None and not isinstance(value, str):
                hint = " A number loses its zeros: 3.10 is 3.1." if field == "python_version" else ""
                raise ImageError(f"ImageSpec {self.name!r}: {field}: expected a str, got {value!r}.{hint}")
        for field, kinds in _PATHS.items():
            value = getattr(self, field)
            if value is not None and not isinstance(value, (str, *kinds, *((ImageSpec,) if not kinds else ()))):
                expected = "a path" if kinds else "an image's name or an ImageSpec"
                raise ImageError(f"ImageSpec {self.name!r}: {field}: expected {expected}, got {value!r}.")
        version = self.python_version
        if version is not None and not _PYTHON.fullmatch(version):
            raise ImageError(f"ImageSpec {self.name!r}: python_version: expected one such as '3.12', got {version!r}.")
        env = self.env
        pairs = env.items() if isinstance(env, Mapping) else [] if env is None else [(env, None)]
        if not all(isinstance(part, str) for pair in pairs for part in pair):
            raise ImageError(f"ImageSpec {self.name!r}: env: expected a dict of str to str, got {env!r}.")

    @property
    def id(self) -> str:
        """The hash of the description, without the content of files."""
        return self._hash(self._described())

    @property
    def tag(self) -> str:
        """The image's tag: the hash of the description and of the content of its files.

        Raises:
            ImageError: a named file can't be read.
        """
        described = self._described()
        if isinstance(self.base_image, ImageSpec):
            described["base_image"] = self.base_image.image_name()
        if self.requirements is not None:
            described["requirements"] = content_digest({"requirements.txt": self.requirements})
        if self.copy:
            described["copy"] = content_digest(copied_files(self.copy))
        if self.copies_sources:
            described["source_root"] = content_digest(self.source_files())
        tag = self._hash(described)
        return self.tag_format.format(spec_hash=tag) if self.tag_format else tag

    @property
    def copies_sources(self) -> bool:
        """Whether files below `source_root` are copied into the image."""
        return self.source_root is not None and self.source_copy_mode not in {None, CopyFileDetection.NO_COPY}

    def source_files(self) -> dict[str, str]:
        """Return {name in the image: path here} for the files below `source_root` to copy into the image."""
        if not self.copies_sources or self.source_root is None:
            return {}
        return source_files(self.source_root, only_loaded=self.source_copy_mode is CopyFileDetection.LOADED_MODULES)

    def is_container(self) -> bool:
        """Whether this code runs in the image, for imports of what only the image has.

        True also where no image by a specification is: in the notebook, whose packages stand for those of the image.
        """
        return image_around() in {None, self.id}

    @classmethod
    def from_env(cls, *, pinned_packages: list[str] | None = None, **settings: Any) -> "ImageSpec":
        """Return a specification with this Python's minor version and, of these packages, the versions installed here.

        Raises:
            ImageError: one of them isn't installed, or a Python version is passed.
        """
        from importlib.metadata import PackageNotFoundError, version

        if settings.get("python_version") is not None:
            raise ImageError(
                "ImageSpec.from_env: python_version is this Python's. Leave it out, or use ImageSpec(...)."
            )
        packages = list(settings.pop("packages", None) or [])
        try:
            packages += [f"{name}=={version(name)}" for name in pinned_packages or ()]
        except PackageNotFoundError as error:
            raise ImageError(f"ImageSpec.from_env: the package {error.name!r} isn't installed here.") from None
        return cls(**{**settings, "packages": packages, "python_version": this_minor()})

    def image_name(self) -> str:
        """Return the image's full name: registry, name and tag."""
        name = f"{self.name.lower()}:{self.tag}"
        return f"{self.registry.lower()}/{name}" if self.registry else name

    def with_packages(self, packages: str | list[str]) -> "ImageSpec":
        """Return a copy with more Python packages."""
        return self._with("packages", packages)

    def with_apt_packages(self, apt_packages: str | list[str]) -> "ImageSpec":
        """Return a copy with more Debian packages."""
        return self._with("apt_packages", apt_packages)

    def with_commands(self, commands: str | list[str]) -> "ImageSpec":
        """Return a copy with more commands that run while the image is built."""
        return self._with("commands", commands)

    def with_copy(self, src: str | list[str]) -> "ImageSpec":
        """Return a copy with more files and folders of the working directory."""
        return self._with("copy", src)

    def with_runtime_packages(self, runtime_packages: list[str]) -> "ImageSpec":
        """Return a copy with more packages that are installed when the container starts."""
        return self._with("runtime_packages", runtime_packages)

    def with_builder_options(self, builder_options: Mapping[str, Any]) -> "ImageSpec":
        """Return a copy with more options of the builder."""
        return dataclasses.replace(self, builder_options={**(self.builder_options or {}), **builder_options})

    def __hash__(self) -> int:
        return hash(self.id)

    def _with(self, field: str, more: str | list[str]) -> "ImageSpec":
        added = [more] if isinstance(more, str) else list(more)
        changes: dict[str, Any] = {field: [*(getattr(self, field) or []), *added]}
        return dataclasses.replace(self, **changes)

    def _hash(self, described: Mapping[str, Any]) -> str:
        """Return the hash of the description for the image's Python, the same on every Python."""
        text = repr(sorted((name, str(value)) for name, value in described.items()))
        python = self.python_version or this_minor()  # as the image has, if nothing else is said
        return hashlib.sha256(f"{text}{python}".encode()).hexdigest()[:_TAG_CHARS]

    def _described(self) -> dict[str, Any]:
        given = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in _NOT_CONTENT
        }
        if isinstance(self.base_image, ImageSpec):
            given["base_image"] = self.base_image.id
        for field in ("env", "builder_options", "builder_config"):
            if given[field] is not None:
                given[field] = sorted(given[field].items())
        return {name: value for name, value in given.items() if value is not None} | {"package": PACKAGE_VERSION}
