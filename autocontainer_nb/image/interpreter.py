"""The image that is no image: the Python that runs right now, for the sandbox to start containers with."""

import os.path
import sys

from autocontainer_nb.errors import ImageError
from autocontainer_nb.wire import INTERPRETER_IMAGE_PREFIX


def this_minor() -> str:
    """Return this interpreter's version as `3.12`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def this_interpreter_image() -> str:
    """Return `interpreter:/absolute/path/of/this/python`: what a task runs in on this machine's sandbox.

    The path isn't followed through links: a virtual environment's python is a link out of the environment.
    """
    if not sys.executable:
        raise ImageError(
            "This Python doesn't know its own executable (it is embedded in another program), so it can't be a task's "
            "image: name one with @task(container_image=...)."
        )
    return INTERPRETER_IMAGE_PREFIX + os.path.abspath(sys.executable)
