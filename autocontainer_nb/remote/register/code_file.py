"""The captured file of one launch at the control plane: looked at, uploaded, put back where it was lost.

A registered task names its file's URI, whose folder has the MD5 of the file in its name. So whoever launches the task
again can ask whether that file is there and whole, also where today's would have other bytes: a pickle's bytes differ
where its meaning doesn't. A lost file is put back if today's bytes are the same; else it is lost, and the task has to
be registered anew.
"""

import json
import re
from concurrent.futures import Executor
from typing import Final

from flyteidl.core import tasks_pb2

from autocontainer_nb.core.capture.capture import Captured
from autocontainer_nb.errors import StorageError
from autocontainer_nb.pickling.archive.zip_writer import add_member
from autocontainer_nb.remote.files import file_md5
from autocontainer_nb.remote.register.last_runs import Stored
from autocontainer_nb.remote.register.objects import Uploads
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.remote.store_places import Look, Standing, StorePlace, put
from autocontainer_nb.wire import LOCATIONS_MEMBER, PICKLE_FILE_PATH

UPLOAD_ROOT: Final = "autocontainer-nb"
_ROOT: Final = re.compile(UPLOAD_ROOT + r"/[0-9a-f]{32}-([0-9a-f]{32})(?:-[0-9]+)?")
_ROOT_IN_A_TEMPLATE: Final = re.compile(rb"(%b)/%b" % (_ROOT.pattern.encode(), re.escape(PICKLE_FILE_PATH).encode()))
_MAX_DAMAGED: Final = 8


def root_named_by(template: tasks_pb2.TaskTemplate) -> str:
    """Return the folder of the file that a registered task fetches, empty where it isn't one of ours."""
    found = _ROOT_IN_A_TEMPLATE.search(template.SerializeToString())
    return found.group(1).decode() if found else ""


class CodeFile:
    """The captured file. `was_restored` tells whether anything was uploaded for a task that was registered already."""

    def __init__(self, scope: Scope, captured: Captured, stored: Stored, pool: Executor) -> None:
        self.was_restored = False
        self._scope = scope
        self._captured = captured
        self._pool = pool
        self._md5 = b""
        self._root = ""  # where it is
        what = str(getattr(captured.task, "short_name", "") or "task")
        self._uploads = Uploads(scope, captured.objects, what, stored.objects) if captured.objects else None
        if self._uploads is not None:
            self._uploads.look(pool)
        else:
            self._complete()
        self._looks: dict[str, Look] = {}
        # Where it was last; else where it would be now, as far as that is known before its large data is located.
        likely = stored.code_root if _ROOT.fullmatch(stored.code_root) else self._own_root() if self._md5 else ""
        if likely:
            self._look(likely)

    def is_sound(self, root: str) -> bool:
        """Whether the registered task whose file is in this folder can run; what is missing is put back if it can be.

        Raises:
            StorageError, CaptureError, RemoteError: as `Uploads.run`.
        """
        self._root = root
        if not root:
            return True  # somebody else's file, or one of a form that nobody here knows
        standing = self._look(root).standing()
        data = set() if self._uploads is None else set(self._uploads.standings())
        if self._md5:
            data.discard(Standing.GONE)  # uploaded meanwhile
        if standing is Standing.DAMAGED:
            return False
        if standing is Standing.GONE or Standing.DAMAGED in data:
            self._complete()
            if _md5_in(root) != self._md5:
                return False
            if standing is Standing.GONE:
                self._put(self._place(root))
            self.was_restored = self.was_restored or standing is Standing.GONE or Standing.GONE in data
        elif self._uploads is not None and Standing.GONE in data:
            self.was_restored = bool(self._uploads.run(only_missing=True))
        return True

    def upload(self) -> str:
        """Return the URI of the file; it and its large data are uploaded where they aren't there.

        Raises:
            StorageError, CaptureError, RemoteError: as `Uploads.run`.
        """
        self._complete()
        candidates = self._place(self._own_root()).others()
        for place, _ in zip(candidates, range(_MAX_DAMAGED), strict=False):
            uri = self._put(place)
            if uri is not None:
                self._root = place.root
                return uri
        raise StorageError(f"All places for the code ({self._own_root()} and more) hold something else. Delete them.")

    def stored(self, salt: int) -> Stored:
        """Return where everything is, for the next launch."""
        return Stored(salt, self._root, {} if self._uploads is None else self._uploads.stored())

    def _complete(self) -> None:
        """Upload what the file lacks, and write into it where that is; its bytes are known afterwards."""
        if self._md5:
            return
        if self._uploads is not None:
            uris = self._uploads.run()
            told = json.dumps(uris, indent=1, sort_keys=True).encode("ascii")
            add_member(self._captured.path, LOCATIONS_MEMBER, told)
        self._md5 = file_md5(self._captured.path)

    def _own_root(self) -> str:
        # The MD5 is in it, too: files of one digest may differ outside of what the digest covers.
        return f"{UPLOAD_ROOT}/{self._captured.digest[:32]}-{self._md5.hex()}"

    def _place(self, root: str) -> StorePlace:
        scope = self._scope
        return StorePlace(scope.calls, scope.project, scope.domain, root, PICKLE_FILE_PATH)

    def _look(self, root: str) -> Look:
        if root not in self._looks:
            self._looks[root] = Look(self._pool, self._place(root), lambda: _md5_in(root))
        return self._looks[root]

    def _put(self, place: StorePlace) -> str | None:
        look = self._looks.get(place.root)
        location = look.location() if look is not None else None
        location = location if location is not None else place.location(self._md5)
        if location is None:
            return None
        put(location, self._captured.path, self._md5)
        return location.native_url


def _md5_in(root: str) -> bytes:
    found = _ROOT.fullmatch(root)
    return bytes.fromhex(found.group(1)) if found else b""
