"""What serialization depends on besides the task itself: image, project, domain, version, and where the code is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autocontainer_nb.image.config import Image, ImageConfig

__all__ = ["FastSerializationSettings", "Image", "ImageConfig", "SerializationSettings"]


@dataclass(frozen=True, kw_only=True)
class FastSerializationSettings:
    """Where the code that isn't in the image is fetched from when the container starts."""

    enabled: bool = False
    destination_dir: str | None = None  # in the container; the working directory if None
    distribution_location: str | None = None  # URI of the pickled-entity file, or of a tar.gz of sources


@dataclass(frozen=True, kw_only=True)
class SerializationSettings:
    """Everything that a task's registered form depends on besides the task. Nothing in it is changed by serializing."""

    image_config: ImageConfig
    project: str = ""
    domain: str = ""
    version: str = ""
    env: Mapping[str, str] = field(default_factory=dict)  # for each container, below the task's own environment
    fast_serialization_settings: FastSerializationSettings | None = None
    source_root: str | None = None  # below which an image's source files lie
    pickled_entity_digest: str = ""  # SHA-256 in hexadecimal, where the task travels in a pickled-entity file
