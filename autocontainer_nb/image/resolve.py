"""What a task's `container_image` means: the default image, a name as it stands, or a placeholder to be replaced.

Placeholders, as Flyte's documentation has them (blanks and `images` for `image` are fine, letters' case is, too):
`{{.image.NAME}}` is the whole image, `{{.image.NAME.fqn}}` its name without version, `{{.image.NAME.version}}` its tag
or digest. An image without a version takes the default image's. A digest is joined by `@` where a `:` was written.
"""

import re
from typing import Final

from autocontainer_nb.errors import ImageError
from autocontainer_nb.image.config import Image, ImageConfig

_PLACEHOLDER: Final = re.compile(
    r"(?P<colon>:?)\{\{\s*\.images?\.(?P<name>[A-Za-z0-9_-]+)(?:\.(?P<part>[A-Za-z0-9_-]+))?\s*\}\}", re.IGNORECASE
)
_FORMS: Final = "{{.image.NAME}}, {{.image.NAME.fqn}} or {{.image.NAME.version}}"


def resolve_image(img: str | None, config: ImageConfig) -> str:
    """Return the image to register for a task that asks for `img`; None or an empty text asks for the default image.

    Raises:
        ImageError: no default image is known, or a placeholder names an image or a part that isn't there.
    """
    if not img:
        if config.default_image is None:
            raise ImageError(
                "The task names no container image, and there is no default one: write @task(container_image=...), "
                "FlyteRemote(image=...), set FLYTE_INTERNAL_IMAGE, or add 'images: {default: ...}' to the Flyte "
                "configuration file."
            )
        return config.default_image.full
    resolved = _PLACEHOLDER.sub(lambda match: _replacement(match, img, config), img)
    if "{{" in resolved:
        raise ImageError(f"Image {img!r} has a placeholder of unknown form: expected {_FORMS}.")
    return resolved


def _replacement(match: "re.Match[str]", img: str, config: ImageConfig) -> str:
    colon, name, part = match["colon"], match["name"], match["part"]
    image = config.find_image(name)
    if image is None:
        known = ", ".join(config.names) or "none"
        raise ImageError(f"Image {img!r} asks for the image named {name!r}; the configuration has: {known}.")
    if part is None:
        return colon + image.full
    if part.lower() == "fqn":
        return colon + image.fqn
    if part.lower() == "version":
        return _join_version(colon, _version(image, img, config))
    raise ImageError(f"Image {img!r} asks for {part!r} of the image {name!r}; expected 'fqn' or 'version', or nothing.")


def _version(image: Image, img: str, config: ImageConfig) -> str:
    fallback = config.default_image.version if config.default_image else None
    version = image.version or fallback
    if version is None:
        raise ImageError(
            f"Image {img!r} asks for the version of the image {image.name!r}, but {image.full!r} has neither a tag "
            "nor a digest, and the default image has none either: write one in the configuration."
        )
    return version


def _join_version(colon: str, version: str) -> str:
    return f"@{version}" if colon and ":" in version else colon + version
