"""`SerializationSettings`: the images, project, domain, version and code location with which a task is registered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autocontainer_nb.image.config import Image, ImageConfig

__all__ = ["FastSerializationSettings", "Image", "ImageConfig", "SerializationSettings"]


@dataclass(frozen=True, kw_only=True)
class FastSerializationSettings:
    """The location from which a container fetches its code when it starts."""

    enabled: bool = False
    destination_dir: str | None = None  # in the container; by default the working directory
    distribution_location: str | None = None  # URI of the pickled-entity file, or of a tar.gz of sources


@dataclass(frozen=True, kw_only=True)
class SerializationSettings:
    """Everything besides the task that its registered form depends on. Serializing changes nothing in it."""

    image_config: ImageConfig
    project: str = ""
    domain: str = ""
    version: str = ""
    env: Mapping[str, str] = field(
        default_factory=dict
    )  # for each container; the task's own environment takes precedence
    fast_serialization_settings: FastSerializationSettings | None = None
    source_root: str | None = None  # the folder with an image's source files
    pickled_entity_digest: str = ""  # SHA-256 in hexadecimal, if the task is in a pickled-entity file
