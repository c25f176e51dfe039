"""Image names and their parts, and `ImageConfig`: the images that a registration may use.

The grammar is that of the `distribution/reference` project, applied leniently: invalid characters are left for the
registry to refuse. `interpreter:/path/to/python` (the sandbox's own form) parses as the name `interpreter` with the
path as its tag, so that placeholders also work with it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from autocontainer_nb.errors import ImageError
from autocontainer_nb.wire import INTERPRETER_IMAGE_PREFIX

_BLANK: Final = re.compile(r"\s")
_DIGEST: Final = re.compile(r"[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]+")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
DEFAULT_IMAGE_NAME: Final = "default"


class Reference(NamedTuple):
    """The parts of an image's name, which has either a tag or a digest."""

    fqn: str
    tag: str | None = None
    digest: str | None = None


def parse_reference(text: str) -> Reference:
    """Return the parts of an image's name: `fqn`, and `tag` or `digest` if it has one.

    If it has both, the tag stays part of `fqn`, since the digest alone determines the pulled image.

    Raises:
        ImageError: the text isn't an image's name.
    """
    if text.startswith(INTERPRETER_IMAGE_PREFIX):
        name, _, path = text.partition(":")
        if not path:
            raise ImageError(f"Image: expected {INTERPRETER_IMAGE_PREFIX}/path/to/python, got {text!r}.")
        return Reference(name, path)
    if not text or _BLANK.search(text) or "{{" in text:
        raise ImageError(f"Image: expected 'registry/repository:tag' without whitespace, got {text!r}.")
    fqn, at, digest = text.rpartition("@")
    if at:
        if not fqn or not _DIGEST.fullmatch(digest):
            raise ImageError(f"Image {text!r}: expected a digest such as 'sha256:<64 hex digits>' after '@'.")
        return Reference(fqn, None, digest)
    fqn, colon, tag = text.rpartition(":")
    if not colon or "/" in tag:  # the colon of `host:5000/repository` belongs to the port
        return Reference(text)
    if not fqn or not _TAG.fullmatch(tag):
        raise ImageError(
            f"Image {text!r}: expected 'registry/repository:tag' with a tag of at most 128 letters, digits, '_', '.' "
            f"and '-', got the tag {tag!r}."
        )
    return Reference(fqn, tag)


def format_reference(reference: Reference) -> str:
    """Return the name with these parts, the inverse of `parse_reference`."""
    if reference.digest:
        return f"{reference.fqn}@{reference.digest}"
    return f"{reference.fqn}:{reference.tag}" if reference.tag else reference.fqn


@dataclass(frozen=True)
class Image:
    """A container image, and the name that tasks use for it; it has either a `tag` or a `digest`."""

    name: str
    fqn: str
    tag: str | None = None
    digest: str | None = None

    def __post_init__(self) -> None:
        """Raise ImageError for an image with both a tag and a digest."""
        if self.tag is not None and self.digest is not None:
            raise ImageError(
                f"Image {self.name!r} has both the tag {self.tag!r} and the digest {self.digest!r}. Keep one of them."
            )

    @classmethod
    def parse(cls, name: str, text: str) -> "Image":
        """Return the image `text`, which tasks call `name`."""
        fqn, tag, digest = parse_reference(text)
        return cls(name, fqn, tag, digest)

    @property
    def full(self) -> str:
        """The full name of the image, for a container runtime."""
        return format_reference(Reference(self.fqn, self.tag, self.digest))

    @property
    def version(self) -> str | None:
        """The digest, or else the tag."""
        return self.digest or self.tag


@dataclass(frozen=True)
class ImageConfig:
    """The default image and all other images, by name."""

    default_image: Image | None = None
    images: tuple[Image, ...] = ()

    def __post_init__(self) -> None:
        """Convert any sequence of images, or None, to a tuple, as flytekit does."""
        object.__setattr__(self, "images", tuple(self.images or ()))

    @classmethod
    def auto(
        cls, config_file: str | None = None, img_name: str | None = None, images: Mapping[str, str] | None = None
    ) -> "ImageConfig":
        """Return a configuration with the default image `img_name`, and the images of `images` and a Flyte config file.

        `config_file` is the path of a `config.yaml` with a section `images`, whose entry `default` is used if there is
        no `img_name`. No other file or variable is read: see `remote.config.settings` for that.
        """
        named = dict(_images_of_file(config_file) if config_file else {}) | dict(images or {})
        default_text = img_name or named.pop(DEFAULT_IMAGE_NAME, None)
        named.pop(DEFAULT_IMAGE_NAME, None)
        default = Image.parse(DEFAULT_IMAGE_NAME, default_text) if default_text else None
        others = tuple(Image.parse(name, text) for name, text in sorted(named.items()))
        return cls(default, (*((default,) if default else ()), *others))

    @classmethod
    def from_images(cls, default_image: str, m: Mapping[str, str] | None = None) -> "ImageConfig":
        """Return a configuration with the default image and the named images in `m`."""
        return cls.auto(img_name=default_image, images=m)

    def find_image(self, name: str) -> Image | None:
        """Return the image of that name, or None."""
        candidates = ((self.default_image,) if self.default_image else ()) + self.images
        return next((image for image in candidates if image.name == name), None)

    @property
    def names(self) -> list[str]:
        """The image names that placeholders may use."""
        return sorted({image.name for image in self.images} | ({DEFAULT_IMAGE_NAME} if self.default_image else set()))


def _images_of_file(path: str) -> dict[str, str]:
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ImageError(f"The images in the configuration file {path!r} can't be read: {error}") from error
    section = content.get("images") if isinstance(content, dict) else None
    if not isinstance(section or {}, dict):
        raise ImageError(f"'images' in {path!r}: expected a mapping of names to images, got {section!r}.")
    return {str(name): str(text) for name, text in (section or {}).items()}
