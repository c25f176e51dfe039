"""What a task's container_image resolves to."""

import pytest

from autocontainer_nb.errors import ImageError
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.image.resolve import resolve_image

DIGEST = "sha256:" + "0f" * 32
CONFIG = ImageConfig.auto(
    img_name="ghcr.io/me/base:v1",
    images={"gpu": "ghcr.io/me/gpu:cu12", "pinned": f"ghcr.io/me/pinned@{DIGEST}", "bare": "ghcr.io/me/bare"},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "ghcr.io/me/base:v1"),
        ("", "ghcr.io/me/base:v1"),
        ("other.io/x:y", "other.io/x:y"),
        ("{{.image.default}}", "ghcr.io/me/base:v1"),
        ("{{.images.default}}", "ghcr.io/me/base:v1"),
        ("{{ .Image.gpu }}", "ghcr.io/me/gpu:cu12"),
        ("{{.image.gpu.fqn}}:{{.image.gpu.version}}", "ghcr.io/me/gpu:cu12"),
        ("{{.image.default.fqn}}:{{.image.gpu.version}}", "ghcr.io/me/base:cu12"),
        ("{{.image.gpu.fqn}}:nightly", "ghcr.io/me/gpu:nightly"),
        ("mirror.io/gpu:{{.image.gpu.version}}", "mirror.io/gpu:cu12"),
        ("mirror.io:{{.image.gpu.version}}", "mirror.io:cu12"),
        ("{{.image.pinned}}", f"ghcr.io/me/pinned@{DIGEST}"),
        ("{{.image.pinned.fqn}}:{{.image.pinned.version}}", f"ghcr.io/me/pinned@{DIGEST}"),
        ("{{.image.pinned.fqn}}@{{.image.pinned.version}}", f"ghcr.io/me/pinned@{DIGEST}"),
        ("{{.image.bare}}", "ghcr.io/me/bare"),
        ("{{.image.bare.fqn}}:{{.image.bare.version}}", "ghcr.io/me/bare:v1"),
    ],
)
def test_placeholders_resolve_as_flyte_documents_them(text, expected):
    """Name, fqn and version are replaced; digests get their '@'; a missing version is the default image's."""
    assert resolve_image(text, CONFIG) == expected


def test_the_interpreter_form_works_with_placeholders_too():
    """The sandbox's image goes through `fqn` and `version` unharmed."""
    config = ImageConfig.auto(img_name="interpreter:/opt/v/bin/python")
    assert resolve_image("{{.image.default.fqn}}:{{.image.default.version}}", config) == "interpreter:/opt/v/bin/python"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{.image.nope}}", ["nope", "bare, default, gpu, pinned"]),
        ("{{.image.gpu.size}}", ["size", "fqn"]),
        ("{{.picture.gpu}}", ["unknown placeholder"]),
        ("{{.image}}", ["unknown placeholder"]),
    ],
)
def test_an_unknown_placeholder_names_what_there_is(text, words):
    """The message quotes the placeholder and lists what would have been right."""
    with pytest.raises(ImageError) as caught:
        resolve_image(text, CONFIG)
    for word in [text, *words]:
        assert word in str(caught.value)


def test_without_any_default_image_the_next_step_is_told():
    """No image anywhere is an ImageError that lists the four places where one can be named."""
    with pytest.raises(ImageError, match=r"container_image=.*FlyteRemote.*FLYTE_INTERNAL_IMAGE.*images: {default"):
        resolve_image(None, ImageConfig())


def test_a_version_that_nobody_has_is_refused():
    """`version` of an image without one, and no default image to take it from."""
    config = ImageConfig(images=(Image("bare", "ghcr.io/me/bare"),))
    with pytest.raises(ImageError, match="neither a tag nor a digest"):
        resolve_image("{{.image.bare.fqn}}:{{.image.bare.version}}", config)
