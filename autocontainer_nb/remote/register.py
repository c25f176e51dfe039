"""A task at the control plane: captured, given a version by its content, uploaded and registered only where it is new.

The version is a hash of the task's registered form and of the fingerprint of what was captured: of what it means. So
the same cells with the same data have the same version in every kernel, and `GetTask` alone tells that nothing is to be
done. The file's digest isn't part of it, since a pickle's bytes differ where its meaning doesn't, nor is the place of
the upload. Where the control plane has the version, it runs the file that was uploaded then: its comments may be older,
nothing else.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from flyteidl.admin import common_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture import Captured, capture_task, needs_capture
from autocontainer_nb.core.configuration import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.credential_check import refuse_credentials
from autocontainer_nb.core.launch_plan import LaunchPlan
from autocontainer_nb.errors import (
    AlreadyExistsError,
    DefinitionError,
    InvalidArgumentError,
    NotFoundError,
    UnimplementedError,
)
from autocontainer_nb.pickling.large.content_hashes import shared_hashes
from autocontainer_nb.remote import rpcs
from autocontainer_nb.remote.buffers import complete, restore
from autocontainer_nb.remote.files import file_md5
from autocontainer_nb.remote.registered_parts import registered_parts
from autocontainer_nb.remote.registrations import Registration, identifier_of, registrations, version_of
from autocontainer_nb.remote.session import Session
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.wire import PICKLE_FILE_PATH

UPLOAD_ROOT: Final = "autocontainer-nb"
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


def register_task(session: Session, task: PythonTask[Any], *, allow_credentials: bool = False) -> Registered:
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
            return register_captured(session, task, captured, session.files(folder))


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
    session: Session, entity: PythonTask[Any] | LaunchPlan, captured: Captured | None, files: FileAccess
) -> Registered:
    """Return the registered task or launch plan; uploads and registers what the control plane doesn't have yet."""
    settings = SerializationSettings(
        image_config=session.image_config,
        project=session.project,
        domain=session.domain,
        fast_serialization_settings=fast_settings(UNKNOWN_URI) if captured else None,
    )
    meaning = registrations(entity, settings, files)
    settings = replace(
        settings,
        version=version_of(meaning, captured.version if captured else ""),
        pickled_entity_digest=captured.digest if captured else "",
    )
    found = Registered(
        identifier_of(entity, settings),
        settings.pickled_entity_digest,
        captured.size_bytes if captured else 0,
        parts=(*(captured.parts if captured else ()), *_parts(meaning)),
    )
    try:
        is_there = _is_there(session, meaning[-1], settings.version)
    except UnimplementedError:
        if isinstance(entity, LaunchPlan):
            raise
        # A control plane of single tasks: the launch plans that a dynamic task starts would have nowhere to be.
        meaning = meaning[:1]
        is_there = _is_there(session, meaning[0], settings.version)
    if is_there:
        return replace(found, was_new=restore(session, captured))
    session.check_project()
    if captured:
        settings = replace(settings, fast_serialization_settings=fast_settings(upload(session, captured)))
    for each in registrations(entity, settings, files)[: len(meaning)]:
        _create(session, each)
    return found


def _parts(meaning: list[Registration]) -> list[Mapping[str, Any]]:
    """Return the named parts of all forms; where there are several, each under the name of what it is a part of."""
    owners = [each.identifier.name.rpartition(".")[2] if len(meaning) > 1 else "" for each in meaning]
    return [part for each, owner in zip(meaning, owners, strict=True) for part in registered_parts(each.spec, owner)]


def _create(session: Session, each: Registration) -> None:
    """Register one thing. It may exist: an earlier attempt got that far, or another process does the same.

    The version says that it means the same. A task's file may have other bytes, which flyteadmin refuses as invalid
    (errors.go, NewTaskExistsDifferentStructureError).
    """
    try:
        session.calls.call(each.rpc, each.request(), timeout_s=_CREATE_TIMEOUT_S)
    except (AlreadyExistsError, InvalidArgumentError) as error:
        if each.rpc is rpcs.CREATE_TASK:
            is_fine = _is_there(session, each, each.identifier.version)
        else:
            is_fine = isinstance(error, AlreadyExistsError)
        if not is_fine:
            raise


def _is_there(session: Session, each: Registration, version: str) -> bool:
    """Whether the control plane has this version of the task or launch plan."""
    identifier = identifier_pb2.Identifier()
    identifier.CopyFrom(each.identifier)
    identifier.version = version
    rpc: rpcs.Rpc[Any, Any] = rpcs.GET_TASK if each.rpc is rpcs.CREATE_TASK else rpcs.GET_LAUNCH_PLAN
    try:
        session.calls.call(rpc, common_pb2.ObjectGetRequest(id=identifier))
    except NotFoundError:
        return False
    return True


def fast_settings(uri: str) -> FastSerializationSettings:
    """Return that the container fetches its code from `uri`, into its working directory."""
    return FastSerializationSettings(enabled=True, destination_dir=_DESTINATION, distribution_location=uri)


def upload(session: Session, captured: Captured) -> str:
    """Upload to a place that the content determines: flyteadmin lets the same bytes be written there again.

    Its MD5 is in the place's name, too: files of one digest may differ outside of what the digest covers, and
    flyteadmin refuses other bytes in the same place (dataproxy/service.go, CreateUploadLocation).
    """
    complete(session, captured)
    root = f"{UPLOAD_ROOT}/{captured.digest[:32]}-{file_md5(captured.path).hex()}"
    with tempfile.TemporaryDirectory() as scratch:
        return session.files(scratch).upload_file(captured.path, PICKLE_FILE_PATH, root)
