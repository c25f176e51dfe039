"""Stored messages: each was compared with what flytekit makes of the same definition when it was stored."""

import os
from pathlib import Path
from typing import Any, Final

from google.protobuf import text_format

from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.image.config import Image, ImageConfig

GOLDEN: Final = Path(__file__).parent / "golden"
SETTINGS: Final = SerializationSettings(
    image_config=ImageConfig(default_image=Image("default", "example.org/team/image", "v1")),
    project="flytesnacks",
    domain="development",
    version="v7",
)


def assert_golden(name: str, message: Any) -> None:
    """Compare the message with the stored one, field by field (WRITE_GOLDEN=1 stores it anew)."""
    path = GOLDEN / f"{name}.textproto"
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(text_format.MessageToString(message))
    assert text_format.MessageToString(message) == path.read_text()
