"""The captured file of one launch at the control plane: checked, written, uploaded, restored if it was lost.

A registered task has the URI of its file, whose folder has the MD5 of the file in its name. So the next launch can ask
whether that file is there and intact, without having it. It is written where it is new, where something
is lost, and where nobody knows which large objects belong to it. A lost file is put back if today's bytes are the
same, which they needn't be: a pickle's bytes differ where its meaning doesn't. Else it is lost, and the task has to be
registered anew.
"""

import json
import re
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final

from flyteidl.core import tasks_pb2

from autocontainer_nb.core.capture.capture import Capture
from autocontainer_nb.errors import StorageError
from autocontainer_nb.pickling.archive.zip_writer import add_member
from autocontainer_nb.pickling.writer import WrittenArchive
from autocontainer_nb.remote.files import file_md5
from autocontainer_nb.remote.register.last_runs import Stored, StoredObject
from autocontainer_nb.remote.register.objects import Uploads, are_places, looks_at
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.remote.store_places import Look, Standing, StorePlace
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

    def __init__(
        self,
        scope: Scope,
        capture: Capture,
        stored: Stored,
        pool: Executor,
        *,
        is_same: bool,
        write: Callable[[], WrittenArchive],
    ) -> None:
        """Begin to look at what is known: where `is_same`, `stored` tells of the version that is launched now."""
        self.was_restored = False
        self.written: WrittenArchive | None = None
        self._scope = scope
        self._what = str(getattr(capture.entity, "short_name", "") or "task")
        self._pool = pool
        self._write = write
        self._earlier = stored.objects or {}
        self._md5 = b""  # of the file, once its bytes are known
        self._root = ""  # where it is
        self._uploads: Uploads | None = None
        self._looks: dict[str, Look] = {}
        # The large objects of the file: none, those that are remembered, or nobody knows.
        self._objects: dict[str, StoredObject] | None = None
        if not capture.has_large:
            self._objects = {}
        elif is_same and stored.objects is not None and are_places(stored.objects):
            self._objects = dict(stored.objects)
        self._data_looks = looks_at(scope, self._objects or {}, pool)
        if is_same and _ROOT.fullmatch(stored.code_root):
            self._look(stored.code_root)
        if self._objects is None:
            self.prepare()

    def is_sound(self, root: str) -> bool:
        """Whether the registered task whose file is in this folder can run; what is missing is put back if it can be.

        Raises:
            StorageError, CaptureError, RemoteError: as `Uploads.run`.
        """
        self._root = root
        if not root:
            return True  # somebody else's file, or one of a form that nobody here knows
        standing = self._look(root).standing()
        data = self._data_standings()
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
        elif Standing.GONE in data:
            self.prepare()
            self.was_restored = self._uploads is not None and bool(self._uploads.run(only_missing=True))
        return True

    def prepare(self) -> WrittenArchive:
        """Return the file, written by now, and begin to look at where it and its large data would go."""
        if self.written is None:
            self.written = self._write()
            if self.written.objects:
                self._uploads = Uploads(self._scope, self.written.objects, self._what, self._earlier)
                self._uploads.look(self._pool)
            else:
                self._md5 = file_md5(self.written.path)
                self._look(self._own_root(self.written))
        return self.written

    def upload(self) -> tuple[str, str]:
        """Return the URI of the file and its digest; it and its large data are uploaded where they aren't there.

        Raises:
            StorageError, CaptureError, RemoteError: as `Uploads.run`.
        """
        written = self._complete()
        own_root = self._own_root(written)
        for place, _ in zip(self._place(own_root).others(), range(_MAX_DAMAGED), strict=False):
            uri = self._put(place)
            if uri is not None:
                self._root = place.root
                return uri, written.digest
        raise StorageError(f"All places for the code ({own_root} and more) contain something else. Delete it.")

    def stored(self, salt: int) -> Stored:
        """Return where everything is, for the next launch."""
        return Stored(salt, self._root, self._uploads.stored() if self._uploads is not None else self._objects or {})

    def _data_standings(self) -> set[Standing]:
        if self._uploads is not None:
            return set(self._uploads.standings())
        return {look.standing() for look in self._data_looks}

    def _complete(self) -> WrittenArchive:
        """Upload what the file lacks, and write into it where that is; its bytes are known afterwards."""
        written = self.prepare()
        if not self._md5 and self._uploads is not None:
            uris = self._uploads.run()
            told = json.dumps(uris, indent=1, sort_keys=True).encode("ascii")
            add_member(written.path, LOCATIONS_MEMBER, told)
            self._md5 = file_md5(written.path)
        return written

    def _own_root(self, written: WrittenArchive) -> str:
        # The MD5 is part of it: files with one digest may differ in parts that the digest doesn't cover.
        return f"{UPLOAD_ROOT}/{written.digest[:32]}-{self._md5.hex()}"

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
        return place.put(location, self.prepare().path, self._md5)


def _md5_in(root: str) -> bytes:
    found = _ROOT.fullmatch(root)
    return bytes.fromhex(found.group(1)) if found else b""
