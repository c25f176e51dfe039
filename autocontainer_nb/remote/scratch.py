"""Where this process keeps files that it fetched: results that are paths must stay as long as the notebook runs."""

import atexit
import tempfile
from pathlib import Path
from shutil import rmtree
from threading import Lock

_lock = Lock()
_root: Path | None = None


def scratch_folder() -> str:
    """Return a new folder that is removed when the process ends."""
    global _root  # noqa: PLW0603 - one root for a process, so that one clean-up is enough
    with _lock:
        if _root is None or not _root.is_dir():
            _root = Path(tempfile.mkdtemp(prefix="autocontainer-nb-"))
            atexit.register(rmtree, _root, ignore_errors=True)
        return tempfile.mkdtemp(dir=_root)
