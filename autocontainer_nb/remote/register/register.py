"""Tasks, workflows and launch plans at the control plane: uploaded and registered only where they are new.

The version is a hash of the registered forms and of the fingerprint of what was captured: of what it means. So the same
cells with the same data have the same version in every kernel, and GetTask (GetLaunchPlan for a graph, whose tasks,
workflows and launch plans have one version) alone tells that nothing is to be done: nothing is pickled to learn it.
The file's digest isn't part of the version, since pickles with the same meaning may differ in bytes, nor is the place
of the upload. Where the control plane has the version, it runs the file that was uploaded then: its comments may be
older, nothing else. That file is looked at while GetTask is under way. One that is gone or damaged is put back; where
today's bytes are others, everything is registered under another version, which follows from the same meaning.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from flyteidl.admin import common_pb2, task_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture.capture import Capture
from autocontainer_nb.core.capture.constants import constants_by_meaning
from autocontainer_nb.core.capture.credential_check import refuse_credentials, refuse_credentials_in_forms
from autocontainer_nb.core.entities.docstrings import as_written
from autocontainer_nb.core.settings.serialization import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import ReferenceEntity
from autocontainer_nb.core.workflows.workflow import WorkflowBase
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
from autocontainer_nb.pickling.trial.trial_load import TrialLoad, trial_mode
from autocontainer_nb.pickling.writer import WrittenArchive
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.register.code_file import CodeFile, root_named_by
from autocontainer_nb.remote.register.last_runs import NOTHING_STORED, LastRun, Stored, last_run, place_of
from autocontainer_nb.remote.register.order import Registration, identifier_of, registrations, version_of
from autocontainer_nb.remote.register.parts import registered_parts
from autocontainer_nb.remote.register.side_by_side import register_all
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.wire import NEEDS_OFF, PICKLE_FILE_PATH

Registrable = PythonTask[Any] | WorkflowBase | LaunchPlan
UNKNOWN_URI: Final = "uri-of-the-pickled-entity-file"  # in the hashed form, in place of the URI
_MAX_SALTS: Final = 64
_LOOKS: Final = 16  # questions at once: whether it is registered, and about each file two
_DESTINATION: Final = "."


@dataclass(frozen=True)
class Registered:
    """A registered entity. `was_new` is False if the control plane had all of it; then nothing was uploaded."""

    identifier: identifier_pb2.Identifier
    was_new: bool = True
    written: WrittenArchive | None = None  # the file, where it had to be written
    parts: tuple[Mapping[str, Any], ...] = ()  # the parts of the version by name, to report changes later
    meaning: str = ""  # the version, unless it had to be another one because the code of that was lost
    stored: Stored = NOTHING_STORED


def require_registrable(entity: Any) -> Registrable:
    """Return the entity itself.

    Raises:
        DefinitionError: a plain function lacks its decorator, or it is a reference, which is registered already.
    """
    if isinstance(entity, ReferenceEntity):
        raise DefinitionError(
            f"{entity!r} refers to what is registered already: start it with .remote(...) or launch(...). To register "
            "launch plans of your own for it, pass it to LaunchPlan.get_or_create(...)."
        )
    if isinstance(entity, PythonTask | WorkflowBase | LaunchPlan):
        return entity
    name = getattr(entity, "__name__", None) or repr(entity)
    advice = f"write @task above `def {name}`" if callable(entity) else "define it with @task"
    raise DefinitionError(f"{name} is a {type(entity).__name__}, not a task that can run remotely: {advice}.")


def register(scope: Scope, entity: Registrable, *, allow_credentials: bool = False, trial: str = "") -> Registered:
    """Return the registered task or launch plan, of a workflow its own one; what is missing is uploaded and registered.

    The entity itself isn't changed. `trial` is what is done where a new file doesn't load: see `trial_load`.

    Raises:
        CaptureError: something that it reaches can't travel, so nothing was uploaded; or it can't be loaded there, so
            nothing was registered.
        ConfigError: the variable that says what to do about trials says none of the known words.
        CredentialError: it seems to contain a credential, which isn't allowed; nothing was uploaded.
        ImageError: a task names no image and there is no default; nothing was uploaded.
        UnimplementedError: the control plane runs single tasks only, as the sandbox does; nothing was uploaded.
        RemoteError: the control plane refuses, or can't be reached.
    """
    mode = trial_mode(trial, environment.variables())
    with (
        _graphs_explained(scope, entity),
        shared_hashes(),
        tempfile.TemporaryDirectory(prefix="autocontainer-nb-") as folder,
    ):
        capture = Capture(entity)
        refuse_credentials(capture, allowed=allow_credentials)
        started = LaunchPlan(entity.name, entity) if isinstance(entity, WorkflowBase) else entity
        # Not waited for at an error, whose own answer counts; each look ends by its own time limit.
        pool = ThreadPoolExecutor(_LOOKS, thread_name_prefix="look")
        try:
            registering = _Registering(scope, started, capture, scope.files(folder))
            refuse_credentials_in_forms(capture, registering.forms, allowed=allow_credentials)
            return registering.run(pool, folder, allow_credentials, mode)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class _Registering:
    """The registration of one launch: the forms, their version, and their state at the control plane."""

    def __init__(self, scope: Scope, entity: PythonTask[Any] | LaunchPlan, capture: Capture, files: FileAccess) -> None:
        self._scope, self._entity, self._capture, self._files = scope, entity, capture, files
        self._settings = SerializationSettings(
            image_config=scope.image_config,
            project=scope.project,
            domain=scope.domain,
            fast_serialization_settings=_fetched_from(UNKNOWN_URI) if capture.is_needed else None,
        )
        with as_written(), constants_by_meaning():
            self._meaning = registrations(entity, self._settings, files, capture.reached)

    @property
    def forms(self) -> list[tuple[str, Any]]:
        """What is registered: names and Flyte's messages, the file's URI left open."""
        return [(each.identifier.name, each.spec) for each in self._meaning]

    def run(self, pool: Executor, folder: str, allow_credentials: bool, mode: str) -> Registered:
        """Check what is registered, and register the rest."""
        capture = self._capture
        version = version_of(self._meaning, capture.version if capture.is_needed else "")
        stored, is_same = _remembered(last_run(place_of(self._scope, self._entity.name)), version)

        def write() -> WrittenArchive:
            written = capture.write(f"{folder}/{PICKLE_FILE_PATH}", apart=True)
            refuse_credentials(capture, allowed=allow_credentials)
            return written

        # Beside the look: where it is likely to be needed. A launch that is known to be registered has no use for it.
        project = None if is_same else pool.submit(self._scope.check_project)
        code = CodeFile(self._scope, capture, stored, pool, is_same=is_same, write=write) if capture.is_needed else None
        for salt in range(stored.salt, stored.salt + _MAX_SALTS):
            settings = replace(self._settings, version=_salted(version, salt))
            root = self._root_of_registered(settings.version, pool)
            if root is None:
                break
            if code is None or code.is_sound(root):
                return self._registered(version, settings, code, salt, was_new=code is not None and code.was_restored)
        else:
            raise StorageError(
                f"{_MAX_SALTS} registrations of {self._entity.short_name!r} have code that is lost or damaged in the "
                "store. Check the store's deletion rules, then change anything in the code and launch again."
            )
        project = project or pool.submit(self._scope.check_project)
        if code is not None:
            code.prepare()
        project.result()
        if code is not None:
            with TrialLoad(code.prepare(), NEEDS_OFF if salt else mode, environment.variables()) as trial:
                uri, digest = code.upload()
                trial.settle()
            settings = replace(settings, fast_serialization_settings=_fetched_from(uri), pickled_entity_digest=digest)
        missing = registrations(self._entity, settings, self._files, capture.reached)[: len(self._meaning)]
        register_all(missing, partial(_create, self._scope))
        return self._registered(version, settings, code, salt, was_new=True)

    def _registered(
        self, meaning: str, settings: SerializationSettings, code: CodeFile | None, salt: int, *, was_new: bool
    ) -> Registered:
        capture = self._capture
        return Registered(
            identifier_of(self._entity, settings),
            was_new=was_new,
            written=code.written if code else None,
            parts=(*(capture.parts if capture.is_needed else ()), *_parts(self._meaning)),
            meaning=meaning,
            stored=code.stored(salt) if code else Stored(salt),
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


def _remembered(before: LastRun | None, version: str) -> tuple[Stored, bool]:
    """Return what is known of the store, and whether it is known of this very version."""
    if before is None:
        return NOTHING_STORED, False
    if before.version == version:
        return before.stored, True
    return Stored(objects=before.stored.objects), False  # the data may be the same


def _salted(version: str, salt: int) -> str:
    """Return the version for registering it once more, after its code was lost `salt` times."""
    return hashlib.sha256(f"{version} {salt}".encode()).hexdigest()[: len(version)] if salt else version


def _bytes(each: Registration) -> bytes:
    return bytes(each.spec.SerializeToString()) if each.rpc is methods.CREATE_TASK else b""


def _parts(meaning: list[Registration]) -> list[Mapping[str, Any]]:
    """Return the named parts of all forms; if there are several, each part under the name of its form."""
    owners = [each.identifier.name.rpartition(".")[2] if len(meaning) > 1 else "" for each in meaning]
    return [part for each, owner in zip(meaning, owners, strict=True) for part in registered_parts(each.spec, owner)]


def _create(scope: Scope, each: Registration) -> None:
    """Register one entity. It may exist, from an earlier attempt or from another process.

    The version proves that it has the same meaning. A task's file may have other bytes, which flyteadmin refuses as
    invalid (errors.go, NewTaskExistsDifferentStructureError).
    """
    try:
        scope.calls.call(each.rpc, each.request())
    except (AlreadyExistsError, InvalidArgumentError) as error:
        if each.rpc is methods.CREATE_TASK:
            is_fine = _found(scope, each, each.identifier.version) is not None
        else:
            is_fine = isinstance(error, AlreadyExistsError)
        if not is_fine:
            raise


def _found(scope: Scope, each: Registration, version: str) -> Any:
    """Return the registered task or launch plan of this version, or None."""
    identifier = identifier_pb2.Identifier()
    identifier.CopyFrom(each.identifier)
    identifier.version = version
    rpc: methods.Rpc[Any, Any] = methods.GET_TASK if each.rpc is methods.CREATE_TASK else methods.GET_LAUNCH_PLAN
    try:
        return scope.calls.call(rpc, common_pb2.ObjectGetRequest(id=identifier))
    except NotFoundError:
        return None


def _found_if_told(scope: Scope, each: Registration, version: str) -> Any:
    """Do the same as `_found`, but return None if the control plane doesn't answer: for requests on the side."""
    try:
        return _found(scope, each, version)
    except RemoteError:
        return None


def _fetched_from(uri: str) -> FastSerializationSettings:
    """Return the settings for a container that fetches its code from `uri` into its working directory."""
    return FastSerializationSettings(enabled=True, destination_dir=_DESTINATION, distribution_location=uri)


@contextmanager
def _graphs_explained(scope: Scope, entity: Registrable) -> Iterator[None]:
    """Within the block, the error of a control plane without graphs names the graph and a way out."""
    try:
        yield
    except UnimplementedError as error:
        if isinstance(entity, PythonTask):
            raise
        where = scope.where()
        reason = "runs single tasks only" if where == "sandbox" else f"doesn't serve {error.method}: {error.details}"
        raise UnimplementedError(
            f"{entity.noun} {entity.short_name!r} can't be started there: the {where} {reason.rstrip('.')}. Call "
            f"{entity.short_name}(...) to run it here and now, or connect to a Flyte cluster.",
            endpoint=error.endpoint,
            method=error.method,
            status=error.status,
            details=error.details,
        ) from None
