"""The image name of the running interpreter, with which the sandbox starts tasks as local processes."""

import os
import sys

from autocontainer_nb.errors import ImageError
from autocontainer_nb.wire import ENV_IMAGE_ID, INTERPRETER_IMAGE_PREFIX


def this_minor() -> str:
    """Return this interpreter's version, such as `3.12`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def image_around() -> str | None:
    """Return the `ImageSpec.id` of the image that this process runs in; None in any other place."""
    return os.environ.get(ENV_IMAGE_ID)


def this_interpreter_image() -> str:
    """Return `interpreter:/absolute/path/of/this/python`, the image of tasks on this machine's sandbox.

    Symbolic links in the path aren't resolved: a virtual environment's python is a link out of the environment.
    """
    if not sys.executable:
        raise ImageError(
            "This Python doesn't know its own executable (it is embedded in another program), so it can't be a task's "
            "image. Name an image with @task(container_image=...)."
        )
    return INTERPRETER_IMAGE_PREFIX + os.path.abspath(sys.executable)
