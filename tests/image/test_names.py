"""Taking an image's name apart and putting it together."""

import pytest

from autocontainer_nb.errors import ImageError
from autocontainer_nb.image.config import format_reference, parse_reference

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "fqn", "tag", "digest"),
    [
        ("python", "python", None, None),
        ("python:3.12-slim", "python", "3.12-slim", None),
        ("ghcr.io/me/train:v1", "ghcr.io/me/train", "v1", None),
        ("localhost:30000/train", "localhost:30000/train", None, None),
        ("localhost:30000/train:v1", "localhost:30000/train", "v1", None),
        (f"ghcr.io/me/train@{DIGEST}", "ghcr.io/me/train", None, DIGEST),
        (f"ghcr.io/me/train:v1@{DIGEST}", "ghcr.io/me/train:v1", None, DIGEST),
        ("interpreter:/opt/venv/bin/python", "interpreter", "/opt/venv/bin/python", None),
    ],
)
def test_every_form_is_taken_apart_and_put_together_again(text, fqn, tag, digest):
    """Ports, tags, digests and this project's interpreter form are told apart, and formatting is the inverse."""
    parsed = parse_reference(text)
    assert parsed == (fqn, tag, digest)
    assert format_reference(parsed) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "my image:v1",
        "repo:",
        ":v1",
        "repo:bad tag",
        "repo@",
        "repo@sha256",
        "@" + DIGEST,
        "a{{.x}}",
        "interpreter:",
    ],
)
def test_what_is_no_image_is_refused_with_the_text_in_the_message(text):
    """A text that can't be an image is an ImageError that quotes it."""
    with pytest.raises(ImageError) as caught:
        parse_reference(text)
    assert repr(text) in str(caught.value)
