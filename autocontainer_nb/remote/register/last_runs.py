"""The parts of each task when it last ran from this machine, in a small file per task, for later kernels.

Digests, names and short texts only: no code, no data, no credential (`pickling.meaning.shown_values`). Errors while
reading or writing them are ignored: these files only serve explanations.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from autocontainer_nb.pickling.meaning.changes import changes, changes_text
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.scope import Scope

FOLDER: Final = "last-runs"
MAX_BYTES: Final = 256 << 10  # of one file; without its parts where they are more
MAX_FILES: Final = 500
_FORM: Final = 1
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


class StoredObject(NamedTuple):
    """The place of a large content in the store."""

    root: str  # the folder
    filename: str
    md5: str  # of the stored bytes, in hex; empty if unknown


@dataclass(frozen=True)
class Stored:
    """The places of a run's code and large data in the store, so that the next launch can check them at once."""

    salt: int = 0  # how often it was registered anew because its code was lost
    code_root: str = ""
    objects: Mapping[str, StoredObject] | None = None  # all of them, by SHA-256; None if unknown


NOTHING_STORED: Final = Stored()


@dataclass(frozen=True)
class LastRun:
    """The last run of a task: its version, the time since which it has this version, and the parts of the version."""

    version: str
    since_s: float
    parts: tuple[Mapping[str, Any], ...] = ()
    stored: Stored = Stored()


@dataclass(frozen=True)
class Place:
    """Where a task runs, by control plane and project; `home` is the directory of this machine's own state."""

    home: str
    control_plane: str
    task: str

    @property
    def path(self) -> Path:
        """The file with the last run of the task."""
        name = sha256(f"{self.control_plane}\0{self.task}".encode()).hexdigest()[:32]
        return Path(self.home, FOLDER, f"{name}.json")


def place_of(scope: Scope, task: str) -> Place:
    """Return the place of the task with this registered name."""
    settings = scope.settings
    home = settings.home or (settings.endpoint.home if settings.endpoint else None)
    where = f"{scope.where()}\0{scope.project}\0{scope.domain}"
    return Place(home or environment.state_directory(), where, task)


def last_run(place: Place) -> LastRun | None:
    """Return the last run of the task, or None if it isn't known."""
    try:
        with place.path.open(encoding="utf-8") as file:
            told = json.loads(file.read(MAX_BYTES + 1))
        if told.get("form") != _FORM or not all(_is_part(part) for part in told["parts"]):
            return None
        stored = _stored(told["stored"]) if "stored" in told else Stored()
        return LastRun(str(told["version"]), float(told["since_s"]), tuple(told["parts"]), stored)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def remember(place: Place, run: LastRun) -> None:
    """Store the run of the task in place of the earlier one."""
    told = {"form": _FORM, "task": place.task, "version": run.version, "since_s": run.since_s, "parts": list(run.parts)}
    told |= {"stored": asdict(run.stored)}
    text = json.dumps(told)
    if len(text) > MAX_BYTES:
        text = json.dumps({**told, "parts": [{**part, "lines": []} for part in run.parts]})
    if len(text) > MAX_BYTES:
        text = json.dumps({**told, "parts": [], "stored": asdict(replace(run.stored, objects=None))})
    path = place.path
    temporary = path.with_suffix(f".{environment.random_hex(8)}")
    try:
        path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        temporary.touch(_PRIVATE_FILE)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
        _drop_oldest(path.parent)
    except OSError:  # a full or a read-only disk
        with suppress(OSError):
            temporary.unlink()


def note(before: LastRun | None, run: LastRun, *, was_new: bool) -> str:
    """Return the message that compares a run with the one before; empty if there is nothing to report.

    `was_new`: something was uploaded and registered for it.
    """
    uploaded = "" if was_new else "nothing uploaded"
    if before is None:
        return "" if was_new else "unchanged, nothing uploaded"
    if before.version == run.version:
        return f"unchanged since {environment.clock_time(before.since_s)}, {uploaded or 'uploaded again'}"
    if not before.parts or not run.parts:
        return f"changed since {environment.clock_time(before.since_s)}"
    text = changes_text(changes(before.parts, run.parts)) or "changed in an unnamed part"
    return f"{text} ({uploaded}: it ran like this before)" if uploaded else text


def compared(
    place: Place, version: str, parts: tuple[Mapping[str, Any], ...], stored: Stored = NOTHING_STORED, *, was_new: bool
) -> str:
    """Return the message for the run that starts now, and store it as the last one."""
    before = last_run(place)
    is_same = before is not None and before.version == version
    run = LastRun(version, before.since_s if before is not None and is_same else environment.now_s(), parts, stored)
    if before is None or not is_same or before.stored != stored:
        remember(place, run)
    return note(before, run, was_new=was_new)


def _stored(told: Any) -> Stored:
    objects = None if told["objects"] is None else {str(key): _object(each) for key, each in told["objects"].items()}
    return Stored(int(told["salt"]), str(told["code_root"]), objects)


def _object(told: Any) -> StoredObject:
    root, filename, md5 = told
    return StoredObject(str(root), str(filename), bytes.fromhex(md5).hex())


def _is_part(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("name"), str) and isinstance(part.get("digest"), str)


def _drop_oldest(folder: Path) -> None:
    found = sorted((path.stat().st_mtime, path) for path in folder.glob("*.json"))
    for _, path in found[: max(len(found) - MAX_FILES, 0)]:
        path.unlink(missing_ok=True)
