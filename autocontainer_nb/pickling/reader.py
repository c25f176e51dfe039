"""Loading a pickled-entity file: digest ► format version ► Python ► member hashes ► only then the pickle."""

import pickle
from typing import Any

from autocontainer_nb.errors import AutocontainerError, MemberMismatchError, UnpicklingError
from autocontainer_nb.pickling.metadata import check_python, read_metadata, sha256_hex
from autocontainer_nb.pickling.zip_reader import ZipReader, corrupt
from autocontainer_nb.wire import BUFFERS_PREFIX, CELLS_MEMBER, LOCATIONS_MEMBER, METADATA_MEMBER, PICKLE_MEMBER

_OUTSIDE_DIGEST = frozenset({METADATA_MEMBER, CELLS_MEMBER, LOCATIONS_MEMBER})


class VerifiedArchive:
    """A file whose digest, format version, Python and member hashes have all passed. Nothing is unpickled yet."""

    def __init__(self, zip_file: ZipReader, metadata: dict[str, Any], digest: str) -> None:
        self.zip_file = zip_file
        self.metadata = metadata
        self.digest = digest

    def unpickle(self) -> Any:
        """Return the object that the file carries. Its large arrays are writable views of the mapped file.

        Raises:
            UnpicklingError: the pickle can't be loaded here; the message carries the cause, whatever its class was.
        """
        buffers = [self._buffer(entry) for entry in self.metadata["buffers"]]
        try:
            return pickle.loads(self.zip_file.view(PICKLE_MEMBER), buffers=buffers)
        except AutocontainerError:
            raise
        except Exception as error:
            raise UnpicklingError(_explain(self.zip_file.path, self.metadata, error)) from error

    def _buffer(self, entry: dict[str, Any]) -> memoryview:
        view = self.zip_file.view(BUFFERS_PREFIX + str(entry["sha256"]))
        return view if entry.get("writable") else view.toreadonly()


def open_verified(path: str, digest: str | None = None) -> VerifiedArchive:
    """Return the file at `path` after all checks; `digest` is the registered one, where there is one.

    Raises:
        ArchiveError: one class for each check that fails; see `errors`. Nothing was unpickled.
    """
    zip_file = ZipReader(path)
    metadata, found = read_metadata(zip_file, digest)
    check_python(path, metadata)
    verify_members(zip_file, metadata)
    return VerifiedArchive(zip_file, metadata, found)


def verify_members(zip_file: ZipReader, metadata: dict[str, Any]) -> None:
    """Return if each member that counts has the SHA-256 that the metadata says, and no member is unknown.

    Raises:
        MemberMismatchError: a member is missing, additional or altered.
    """
    expected: dict[str, str] = metadata["members"]
    present = set(zip_file.members) - _OUTSIDE_DIGEST
    if present != set(expected):
        different = ", ".join(sorted(present ^ set(expected))[:5])
        raise MemberMismatchError(
            _mismatch(zip_file.path, f"it has other members than its metadata lists ({different})")
        )
    for name, sha256 in expected.items():
        found = sha256_hex(zip_file.view(name))
        if found != sha256:
            raise MemberMismatchError(
                _mismatch(zip_file.path, f"its member {name!r} has the SHA-256 {found}, the metadata says {sha256}")
            )
    if PICKLE_MEMBER not in expected:
        raise corrupt(zip_file.path, f"it has no member {PICKLE_MEMBER!r}")
    for entry in metadata["buffers"]:
        if BUFFERS_PREFIX + str(entry.get("sha256")) not in expected:
            raise corrupt(zip_file.path, f"its metadata lists a buffer that isn't there ({entry.get('sha256')})")


def _mismatch(path: str, reason: str) -> str:
    return f"{path!r} was altered: {reason}. Nothing of it was unpickled. Write it, or register the task, again."


def _explain(path: str, metadata: dict[str, Any], error: Exception) -> str:
    cause = f"{type(error).__name__}: {error}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = error.name.partition(".")[0]
        packages: dict[str, str] = metadata["packages"]
        pins = [f"{name}=={version}" for name, version in packages.items() if _same_package(name, top)]
        wanted = pins[0] if pins else top
        return (
            f"{path!r} needs the module {error.name!r}, which isn't installed in this environment. "
            f"Add {wanted!r} to the task's image, or import it nowhere that the task reaches."
        )
    return (
        f"{path!r} passed every check but can't be unpickled in this environment: {cause}. It was made with: "
        f"{', '.join(f'{name}=={version}' for name, version in metadata['packages'].items()) or 'none'}; "
        "make the image's versions the same."
    )


def _same_package(distribution: str, module: str) -> bool:
    known = {"scikit-learn": "sklearn", "pillow": "PIL", "opencv-python": "cv2", "pyyaml": "yaml"}
    return known.get(distribution.lower(), distribution.lower().replace("-", "_")) == module
