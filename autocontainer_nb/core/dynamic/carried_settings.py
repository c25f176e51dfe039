"""Settings that a dynamic or eager task carries into its container for the tasks that it makes or calls.

They are images and variables, in a variable of the container and in flytekit's form: JSON, compressed by gzip, in
base64. The container itself knows project, domain, version and the location of the code.
"""

import base64
import gzip
import json
from dataclasses import asdict, replace
from typing import Any

from autocontainer_nb.core.run.context import CodeOrigin, FlyteContext
from autocontainer_nb.core.settings.serialization import FastSerializationSettings, SerializationSettings
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.wire import ENV_CHILDREN_SETTINGS


def encode_settings(settings: SerializationSettings) -> str:
    """Return the settings' images and variables as a str; equal settings give equal strings."""
    config = settings.image_config
    content = {
        "image_config": {
            "default_image": asdict(config.default_image) if config.default_image else None,
            "images": [asdict(image) for image in config.images],
        },
        "env": dict(settings.env),
    }
    packed = gzip.compress(json.dumps(content, sort_keys=True).encode(), mtime=0)
    # RFC 1952: the tenth byte is the operating system, which differs between builds of zlib.
    return base64.b64encode(packed[:9] + b"\xff" + packed[10:]).decode()


def with_built_images(task: Any, settings: SerializationSettings) -> SerializationSettings:
    """Return the settings with the images that the task's possible children define with an `ImageSpec`.

    Missing images are built now, since the container that registers those children can't build any.
    """
    from autocontainer_nb.core.capture.reachable import reachable_entities

    config = settings.image_config
    added: dict[str, Image] = {}
    for entity in reachable_entities(task):
        spec = getattr(entity, "container_image", None)
        name = getattr(spec, "id", "")
        if entity is not task and isinstance(name, str) and name and config.find_image(name) is None:
            added.setdefault(name, Image.parse(name, entity.get_image(settings)))
    return replace(settings, image_config=replace(config, images=(*config.images, *added.values())))


def children_settings(ctx: FlyteContext) -> SerializationSettings:
    """Return the settings for the tasks that a running dynamic task makes: its own version, code and images.

    Raises:
        DefinitionError: the variable with the images can't be read.
    """
    code = ctx.code or CodeOrigin()
    params = ctx.user_space_params
    config, env = _decode(code.settings) if code.settings else (ImageConfig(), {})
    fast = FastSerializationSettings(
        enabled=True, destination_dir=code.destination, distribution_location=code.distribution
    )
    return SerializationSettings(
        image_config=config,
        project=params.task_id.project or params.execution_id.project,
        domain=params.task_id.domain or params.execution_id.domain,
        version=params.task_id.version,
        env=env,
        fast_serialization_settings=fast if code.distribution else None,
        pickled_entity_digest=code.digest,
    )


def _decode(text: str) -> tuple[ImageConfig, dict[str, str]]:
    try:
        content = json.loads(gzip.decompress(base64.b64decode(text)))
        config = content["image_config"]
        default, others = config["default_image"], config["images"] or []
        images = ImageConfig(_image(default) if default else None, tuple(_image(each) for each in others))
        return images, dict(content.get("env") or {})
    except (ValueError, OSError, EOFError, LookupError, TypeError) as error:
        raise DefinitionError(
            f"The variable {ENV_CHILDREN_SETTINGS} can't be read ({error}). It holds the images for the tasks that a "
            "dynamic or eager task calls. Register the task again."
        ) from error


def _image(fields: dict[str, Any]) -> Image:
    return Image(fields["name"], fields["fqn"], fields.get("tag"), fields.get("digest"))
