"""A traceback as the user would see it in the notebook: from the cell on, without this package's frames."""

import os
import traceback
from collections.abc import Mapping
from typing import Final

from autocontainer_nb.errors import AutocontainerError
from autocontainer_nb.wire import PICKLE_FILE_PATH

_PACKAGE_FOLDER: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def user_traceback(error: BaseException) -> str:
    """Return the formatted traceback, causes included; places in cells read `Cell In[7], line 3`."""
    formatted = traceback.TracebackException.from_exception(error)
    _drop_our_frames(formatted, set())
    text = "".join(formatted.format())
    return _with_labels(text.rstrip("\n")) if "<source " in text else text.rstrip("\n")


def _drop_our_frames(formatted: traceback.TracebackException, seen: set[int]) -> None:
    """Leave out the frames before the user's code; an error raised by this package keeps those after it."""
    if id(formatted) in seen:
        return
    seen.add(id(formatted))
    frames = list(formatted.stack)
    first = next((index for index, frame in enumerate(frames) if not frame.filename.startswith(_PACKAGE_FOLDER)), None)
    if first is not None:
        formatted.stack = traceback.StackSummary.from_list(frames[first:])
    for linked in (formatted.__cause__, formatted.__context__, *(getattr(formatted, "exceptions", None) or ())):
        if linked is not None:
            _drop_our_frames(linked, seen)


def _with_labels(text: str) -> str:
    for name, label in _labels().items():
        shown = label if label.startswith("Cell") else f'File "{label}"'
        text = text.replace(f'File "{name}"', shown)
    return text


def _labels() -> Mapping[str, str]:
    from autocontainer_nb.pickling.inspect import source_labels
    from autocontainer_nb.pickling.zip_reader import ZipReader

    try:
        return source_labels(ZipReader(os.path.join(os.getcwd(), PICKLE_FILE_PATH)))
    except (AutocontainerError, OSError):  # the labels are a courtesy: the error itself must be told
        return {}
