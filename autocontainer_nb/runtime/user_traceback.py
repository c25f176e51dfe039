"""A traceback as the user would see it in the notebook: from the cell on, without this package's frames."""

import os
import sys
import traceback
from collections.abc import Mapping
from typing import Final

from autocontainer_nb.errors import AutocontainerError
from autocontainer_nb.wire import MODULES_FOLDER, PICKLE_FILE_PATH

_PACKAGE_FOLDER: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_ASYNCIO_FOLDER: Final = os.path.join(os.path.dirname(traceback.__file__), "asyncio") + os.sep
_BEFORE_USERS: Final = (_PACKAGE_FOLDER, _ASYNCIO_FOLDER)


def user_traceback(error: BaseException) -> str:
    """Return the formatted traceback, causes included; places in cells read `Cell In[7], line 3`."""
    formatted = traceback.TracebackException.from_exception(error)
    _drop_our_frames(formatted, set())
    text = "".join(formatted.format())
    text = _as_in_the_project(text.rstrip("\n")) if MODULES_FOLDER in text else text.rstrip("\n")
    return _with_labels(text) if "<source " in text else text


def _drop_our_frames(formatted: traceback.TracebackException, seen: set[int]) -> None:
    """Leave out the frames before the user's code, asyncio's too; an error of this package keeps those after it."""
    if id(formatted) in seen:
        return
    seen.add(id(formatted))
    frames = list(formatted.stack)
    first = next((index for index, frame in enumerate(frames) if not frame.filename.startswith(_BEFORE_USERS)), None)
    if first is not None:
        formatted.stack = traceback.StackSummary.from_list(frames[first:])
    for linked in (formatted.__cause__, formatted.__context__, *(getattr(formatted, "exceptions", None) or ())):
        if linked is not None:
            _drop_our_frames(linked, seen)


def _as_in_the_project(text: str) -> str:
    """Name the files of local modules as they are named where they come from: by their path from an import folder."""
    for folder in sys.path:
        if MODULES_FOLDER in os.path.basename(folder):
            text = text.replace(f'File "{folder}{os.sep}', 'File "')
    return text


def _with_labels(text: str) -> str:
    for name, label in _labels().items():
        shown = label if label.startswith("Cell") else f'File "{label}"'
        text = text.replace(f'File "{name}"', shown)
    return text


def _labels() -> Mapping[str, str]:
    from autocontainer_nb.pickling.inspection.inspect import source_labels
    from autocontainer_nb.pickling.zip_reader import ZipReader

    try:
        return source_labels(ZipReader(os.path.join(os.getcwd(), PICKLE_FILE_PATH)))
    except (AutocontainerError, OSError):  # the labels are a courtesy: the error itself must be told
        return {}
