"""The meaning of a task's `container_image`: the default image, a literal name, or a name with placeholders.

Placeholders are those of Flyte's documentation (spaces, any case, and `images` for `image` are accepted):
`{{.image.NAME}}` is the whole image, `{{.image.NAME.fqn}}` its name without version, `{{.image.NAME.version}}` its tag
or digest. An image without a version gets the default image's. Before a digest, `:` becomes `@`.
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
    """Return the registered image for a task's `img`; None or an empty string means the default image.

    Raises:
        ImageError: there is no default image, or a placeholder names an unknown image or part.
    """
    if not img:
        if config.default_image is None:
            raise ImageError(
                "The task names no container image, and there is no default image. Write @task(container_image=...) or "
                "FlyteRemote(image=...), set FLYTE_INTERNAL_IMAGE, or add 'images: {default: ...}' to the Flyte "
                "configuration file."
            )
        return config.default_image.full
    resolved = _PLACEHOLDER.sub(lambda match: _replacement(match, img, config), img)
    if "{{" in resolved:
        raise ImageError(f"Image {img!r} has an unknown placeholder: expected {_FORMS}.")
    return resolved


def _replacement(match: "re.Match[str]", img: str, config: ImageConfig) -> str:
    colon, name, part = match["colon"], match["name"], match["part"]
    image = config.find_image(name)
    if image is None:
        known = ", ".join(config.names) or "none"
        raise ImageError(
            f"Image {img!r} refers to the image {name!r}, which isn't configured. Configured images: {known}."
        )
    if part is None:
        return colon + image.full
    if part.lower() == "fqn":
        return colon + image.fqn
    if part.lower() == "version":
        return _join_version(colon, _version(image, img, config))
    raise ImageError(f"Image {img!r}: expected 'fqn', 'version' or nothing after the image {name!r}, got {part!r}.")


def _version(image: Image, img: str, config: ImageConfig) -> str:
    fallback = config.default_image.version if config.default_image else None
    version = image.version or fallback
    if version is None:
        raise ImageError(
            f"Image {img!r} refers to the version of the image {image.name!r}, but {image.full!r} has neither a tag "
            "nor a digest, and neither has the default image. Add a version in the configuration."
        )
    return version


def _join_version(colon: str, version: str) -> str:
    return f"@{version}" if colon and ":" in version else colon + version
