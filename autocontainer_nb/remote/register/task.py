"""A task at the control plane: captured, given a version by its content, uploaded and registered only where it is new.

The version is a hash of the task's registered form and of the fingerprint of what was captured: of what it means. So
the same cells with the same data have the same version in every kernel, and `GetTask` alone tells that nothing is to be
done. The file's digest isn't part of it, since a pickle's bytes differ where its meaning doesn't, nor is the place of
the upload. Where the control plane has the version, it runs the file that was uploaded then: its comments may be older,
nothing else. That file is looked at while GetTask is under way. One that is gone or damaged is put back; where today's
bytes are others, the task is registered under another version, which follows from the same meaning.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from flyteidl.admin import common_pb2, task_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture.capture import Captured, capture_task, needs_capture
from autocontainer_nb.core.capture.credential_check import refuse_credentials
from autocontainer_nb.core.entities.docstrings import as_written
from autocontainer_nb.core.settings.serialization import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.errors import (
    AlreadyExistsError,
    DefinitionError,
    InvalidArgumentError,
    NotFoundError,
    RemoteError,
    StorageError,
    UnimplementedError,
)
from autocontainer_nb.pickling.capture.buffers import shared_hashes
from autocontainer_nb.remote.register.code_file import CodeFile, root_named_by
from autocontainer_nb.remote.register.last_runs import NOTHING_STORED, Stored, last_run, place_of
from autocontainer_nb.remote.register.order import Registration, identifier_of, registrations, version_of
from autocontainer_nb.remote.register.parts import registered_parts
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.wire import PICKLE_FILE_PATH

_MAX_SALTS: Final = 64
_LOOKS: Final = 16  # questions at once: whether it is registered, and about each file two
_CREATE_TIMEOUT_S: Final = 30.0  # a template may be large; that the server answers is known by now
_DESTINATION: Final = "."
UNKNOWN_URI: Final = "uri-of-the-pickled-entity-file"  # stands in the hashed form where the registered one has the URI


@dataclass(frozen=True)
class Registered:
    """A task that the control plane has. `was_new` is False where it had all of it; then nothing was uploaded."""

    identifier: identifier_pb2.Identifier
    digest: str = ""  # of the pickled-entity file; empty for a task that needs none
    size_bytes: int = 0
    was_new: bool = True
    parts: tuple[Mapping[str, Any], ...] = ()  # by name, what the version is made of: to tell later what changed
    meaning: str = ""  # the version, unless it had to be another one because the code of that was lost
    stored: Stored = NOTHING_STORED


def register_task(scope: Scope, task: PythonTask[Any], *, allow_credentials: bool = False) -> Registered:
    """Return the registered task; captures, uploads and registers what the control plane doesn't have yet.

    The task itself isn't changed.

    Raises:
        CaptureError: something that the task reaches can't be carried; nothing was uploaded.
        CredentialError: something in it may be a credential, and nobody allowed that; nothing was uploaded.
        ImageError: the task names no image and there is no default; nothing was uploaded.
        RemoteError: the control plane refuses, or can't be reached.
    """
    require_task(task)
    with tempfile.TemporaryDirectory(prefix="autocontainer-nb-") as folder:
        path = str(Path(folder, PICKLE_FILE_PATH))
        with shared_hashes():
            captured = capture_task(task, path, apart=True) if needs_capture(task) else None
            refuse_credentials(task, captured, allowed=allow_credentials)
            return register_captured(scope, task, captured, scope.files(folder))


def require_task(task: Any) -> PythonTask[Any]:
    """Return the task itself.

    Raises:
        DefinitionError: it isn't a task that runs in a container; a plain function lacks its decorator.
    """
    if isinstance(task, PythonTask):
        return task
    name = getattr(task, "__name__", None) or repr(task)
    advice = f"write @task above `def {name}`" if callable(task) else "define it with @task"
    raise DefinitionError(f"{name} is a {type(task).__name__} and no task that can run remotely: {advice}.")


def register_captured(
    scope: Scope, entity: PythonTask[Any] | LaunchPlan, captured: Captured | None, files: FileAccess
) -> Registered:
    """Return the registered task or launch plan; uploads and registers what the control plane doesn't have yet."""
    # Not waited for at an error, whose own answer counts; each look ends by its own time limit.
    pool = ThreadPoolExecutor(_LOOKS, thread_name_prefix="look")
    try:
        return _Registering(scope, entity, captured, files).run(pool)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Registering:
    """One launch's registration: what the form means, and what of it is at the control plane."""

    def __init__(
        self, scope: Scope, entity: PythonTask[Any] | LaunchPlan, captured: Captured | None, files: FileAccess
    ) -> None:
        self._scope, self._entity, self._captured, self._files = scope, entity, captured, files
        self._settings = SerializationSettings(
            image_config=scope.image_config,
            project=scope.project,
            domain=scope.domain,
            fast_serialization_settings=fast_settings(UNKNOWN_URI) if captured else None,
        )
        with as_written():
            self._meaning = registrations(entity, self._settings, files)

    def run(self, pool: Executor) -> Registered:
        """Look at what is there, and make what isn't."""
        captured = self._captured
        version = version_of(self._meaning, captured.version if captured else "")
        digest = captured.digest if captured else ""
        before = last_run(place_of(self._scope, self._entity.name))
        stored = before.stored if before else Stored()
        if before is None or before.version != version:
            stored = Stored(objects=stored.objects)  # the data may be the same
        code = CodeFile(self._scope, captured, stored, pool) if captured else None
        settings = replace(self._settings, pickled_entity_digest=digest)
        for salt in range(stored.salt, stored.salt + _MAX_SALTS):
            settings = replace(settings, version=_salted(version, salt))
            root = self._root_of_registered(settings.version, pool)
            if root is None:
                break
            if code is None or code.is_sound(root):
                was_new = code is not None and code.was_restored
                return self._registered(version, settings, was_new=was_new, stored=_stored(code, salt))
        else:
            raise StorageError(
                f"{_MAX_SALTS} registrations of {self._entity.short_name!r} have code that is lost or damaged in the "
                "store. See to the store's rules for deletion, then change anything in the code and launch again."
            )
        self._scope.check_project()
        if code is not None:
            settings = replace(settings, fast_serialization_settings=fast_settings(code.upload()))
        for each in registrations(self._entity, settings, self._files)[: len(self._meaning)]:
            _create(self._scope, each)
        return self._registered(version, settings, was_new=True, stored=_stored(code, salt))

    def _registered(
        self, meaning: str, settings: SerializationSettings, *, was_new: bool, stored: Stored
    ) -> Registered:
        captured = self._captured
        return Registered(
            identifier_of(self._entity, settings),
            settings.pickled_entity_digest,
            captured.size_bytes if captured else 0,
            was_new=was_new,
            parts=(*(captured.parts if captured else ()), *_parts(self._meaning)),
            meaning=meaning,
            stored=stored,
        )

    def _root_of_registered(self, version: str, pool: Executor) -> str | None:
        """Return the folder of the file that the registered version runs, "" for none; None if it isn't registered."""
        last = self._meaning[-1]
        with_code = next((each for each in self._meaning if UNKNOWN_URI.encode() in _bytes(each)), None)
        asked = None if with_code in (None, last) else pool.submit(_found_if_told, self._scope, with_code, version)
        try:
            found = _found(self._scope, last, version)
        except UnimplementedError:
            if isinstance(self._entity, LaunchPlan):
                raise
            # A control plane of single tasks: the launch plans that a dynamic task starts would have nowhere to be.
            self._meaning = self._meaning[:1]
            return self._root_of_registered(version, pool)
        if found is None:
            return None
        task = found if asked is None else asked.result()
        return root_named_by(task.closure.compiled_task.template) if isinstance(task, task_pb2.Task) else ""


def _salted(version: str, salt: int) -> str:
    """Return the version under which a task is registered anew, for the so many-th time, since its code was lost."""
    return hashlib.sha256(f"{version} {salt}".encode()).hexdigest()[: len(version)] if salt else version


def _stored(code: CodeFile | None, salt: int) -> Stored:
    return Stored(salt) if code is None else code.stored(salt)


def _bytes(each: Registration) -> bytes:
    return bytes(each.spec.SerializeToString()) if each.rpc is methods.CREATE_TASK else b""


def _parts(meaning: list[Registration]) -> list[Mapping[str, Any]]:
    """Return the named parts of all forms; where there are several, each under the name of what it is a part of."""
    owners = [each.identifier.name.rpartition(".")[2] if len(meaning) > 1 else "" for each in meaning]
    return [part for each, owner in zip(meaning, owners, strict=True) for part in registered_parts(each.spec, owner)]


def _create(scope: Scope, each: Registration) -> None:
    """Register one thing. It may exist: an earlier attempt got that far, or another process does the same.

    The version says that it means the same. A task's file may have other bytes, which flyteadmin refuses as invalid
    (errors.go, NewTaskExistsDifferentStructureError).
    """
    try:
        scope.calls.call(each.rpc, each.request(), timeout_s=_CREATE_TIMEOUT_S)
    except (AlreadyExistsError, InvalidArgumentError) as error:
        if each.rpc is methods.CREATE_TASK:
            is_fine = _found(scope, each, each.identifier.version) is not None
        else:
            is_fine = isinstance(error, AlreadyExistsError)
        if not is_fine:
            raise


def _found(scope: Scope, each: Registration, version: str) -> Any:
    """Return the control plane's task or launch plan of this version, None if it has none."""
    identifier = identifier_pb2.Identifier()
    identifier.CopyFrom(each.identifier)
    identifier.version = version
    rpc: methods.Rpc[Any, Any] = methods.GET_TASK if each.rpc is methods.CREATE_TASK else methods.GET_LAUNCH_PLAN
    try:
        return scope.calls.call(rpc, common_pb2.ObjectGetRequest(id=identifier))
    except NotFoundError:
        return None


def _found_if_told(scope: Scope, each: Registration, version: str) -> Any:
    """Do as `_found`; None also where the control plane doesn't answer: what is asked beside something else."""
    try:
        return _found(scope, each, version)
    except RemoteError:
        return None


def fast_settings(uri: str) -> FastSerializationSettings:
    """Return that the container fetches its code from `uri`, into its working directory."""
    return FastSerializationSettings(enabled=True, destination_dir=_DESTINATION, distribution_location=uri)
