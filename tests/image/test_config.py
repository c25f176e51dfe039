"""Images by name, and the image that is this interpreter."""

import subprocess
import sys

import pytest

from autocontainer_nb.errors import ImageError
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.image.interpreter import this_interpreter_image


def test_an_image_is_found_by_its_name():
    """The default image is found as `default`; an unknown name gives None."""
    config = ImageConfig.from_images("a/b:1", {"gpu": "a/gpu:2"})
    assert config.find_image("default") == Image("default", "a/b", "1") == config.default_image
    assert config.find_image("gpu") == Image("gpu", "a/gpu", tag="2")
    assert config.find_image("nope") is None
    assert config.names == ["default", "gpu"]


def test_full_and_version_of_an_image():
    """`full` joins a tag by ':' and a digest by '@', and an image without either is its name alone."""
    assert Image("x", "a/b", tag="1").full == "a/b:1"
    assert Image("x", "a/b", digest="sha256:ff").full == "a/b@sha256:ff"
    assert Image("x", "a/b").full == "a/b"
    assert Image("x", "a/b").version is None
    with pytest.raises(ImageError, match="Keep one"):
        Image("x", "a/b", tag="1", digest="sha256:ff")


def test_a_configuration_file_gives_images_and_the_default(tmp_path):
    """The section `images` of a Flyte configuration file counts; an argument goes ahead of its `default`."""
    path = tmp_path / "config.yaml"
    path.write_text("images:\n  default: a/b:1\n  gpu: a/gpu:2\n")
    assert ImageConfig.auto(str(path)).default_image == Image("default", "a/b", "1")
    assert ImageConfig.auto(str(path)).find_image("gpu") == Image("gpu", "a/gpu", "2")
    assert ImageConfig.auto(str(path), img_name="c/d:3").default_image == Image("default", "c/d", "3")


def test_a_configuration_file_that_cannot_be_read_is_named(tmp_path):
    """A missing file and a section of the wrong shape are ImageErrors with the path."""
    with pytest.raises(ImageError, match=r"nowhere\.yaml"):
        ImageConfig.auto(str(tmp_path / "nowhere.yaml"))
    path = tmp_path / "config.yaml"
    path.write_text("images: [a, b]\n")
    with pytest.raises(ImageError, match="expected a mapping"):
        ImageConfig.auto(str(path))


def test_images_may_be_missing_as_in_flytekit():
    """`images=None` and a list are both accepted, and the configuration stays hashable."""
    assert ImageConfig(None, None).images == ()
    assert hash(ImageConfig(None, [Image("x", "a/b")]))


def test_this_interpreter_is_the_python_that_runs():
    """The path behind the prefix starts a Python with the same prefix: links out of a venv aren't followed."""
    prefix, _, path = this_interpreter_image().partition(":")
    shown = subprocess.run([path, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)
    assert prefix == "interpreter"
    assert shown.stdout.strip() == sys.prefix


def test_importing_the_package_is_cheap():
    """A container imports these modules: none of the heavy standard modules comes with them."""
    code = (
        "import sys; before = set(sys.modules);"
        "import autocontainer_nb.image.resolve, autocontainer_nb.image.config, autocontainer_nb.image.interpreter;"
        "heavy = {'json', 'pathlib', 'yaml', 'logging', 'urllib', 'asyncio', 'tempfile'};"
        "print(*sorted(heavy & set(sys.modules) - before))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == ""
