"""What a task's registration tells its container about the tasks that it will make or call: images and variables.

Dynamic tasks make others, eager tasks call them.

It travels in a variable of the container, in flytekit's form: JSON, compressed by gzip, in base64. Project, domain,
version and the place of the code aren't in it: the container knows those by itself.
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
    """Return the settings' images and variables as a text; equal settings give equal texts."""
    config = settings.image_config
    told = {
        "image_config": {
            "default_image": asdict(config.default_image) if config.default_image else None,
            "images": [asdict(image) for image in config.images],
        },
        "env": dict(settings.env),
    }
    packed = gzip.compress(json.dumps(told, sort_keys=True).encode(), mtime=0)
    # RFC 1952: the tenth byte names the system that compressed, which zlib's builds tell differently.
    return base64.b64encode(packed[:9] + b"\xff" + packed[10:]).decode()


def with_built_images(task: Any, settings: SerializationSettings) -> SerializationSettings:
    """Return the settings with the images that the task's possible children ask for by an `ImageSpec`.

    They are built now, where that isn't done yet: the container that will register those children can't.
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
        DefinitionError: the variable that tells the images can't be read.
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
        told = json.loads(gzip.decompress(base64.b64decode(text)))
        config = told["image_config"]
        default, others = config["default_image"], config["images"] or []
        images = ImageConfig(_image(default) if default else None, tuple(_image(each) for each in others))
        return images, dict(told.get("env") or {})
    except (ValueError, OSError, EOFError, LookupError, TypeError) as error:
        raise DefinitionError(
            f"The variable {ENV_CHILDREN_SETTINGS} can't be read ({error}). It tells which images the tasks of a "
            "dynamic or eager task run in: register the task again."
        ) from error


def _image(told: dict[str, Any]) -> Image:
    return Image(told["name"], told["fqn"], told.get("tag"), told.get("digest"))
