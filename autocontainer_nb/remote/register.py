"""A task at the control plane: captured, given a version by its content, uploaded and registered only where it is new.

The version is a hash of the task's registered form and of the fingerprint of what was captured: of what it means. So
the same cells with the same data have the same version in every kernel, and `GetTask` alone tells that nothing is to be
done. The file's digest isn't part of it, since a pickle's bytes differ where its meaning doesn't, nor is the place of
the upload. Where the control plane has the version, it runs the file that was uploaded then: its comments may be older,
nothing else.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from flyteidl.admin import common_pb2, task_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture import Captured, capture_task, needs_capture
from autocontainer_nb.core.configuration import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.credential_check import refuse_credentials
from autocontainer_nb.core.serialize.tasks import task_spec
from autocontainer_nb.errors import AlreadyExistsError, DefinitionError, InvalidArgumentError, NotFoundError
from autocontainer_nb.idl.identifiers import task_id
from autocontainer_nb.pickling.large.content_hashes import shared_hashes
from autocontainer_nb.remote import rpcs
from autocontainer_nb.remote.buffers import complete, restore
from autocontainer_nb.remote.files import file_md5
from autocontainer_nb.remote.registered_parts import registered_parts
from autocontainer_nb.remote.session import Session
from autocontainer_nb.wire import PICKLE_FILE_PATH

UPLOAD_ROOT: Final = "autocontainer-nb"
_VERSION_DIGITS: Final = 20
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
            return _register(session, task if captured is None else captured.task, captured)


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


def _register(session: Session, task: PythonTask[Any], captured: Captured | None) -> Registered:
    settings = SerializationSettings(
        image_config=session.image_config,
        project=session.project,
        domain=session.domain,
        fast_serialization_settings=fast_settings(UNKNOWN_URI) if captured else None,
    )
    meaning = task_spec(task, settings)
    settings = replace(
        settings,
        version=content_version(meaning, captured.version if captured else ""),
        pickled_entity_digest=captured.digest if captured else "",
    )
    identifier = task_id(session.project, session.domain, task.name, settings.version)
    size_bytes = captured.size_bytes if captured else 0
    parts = (*(captured.parts if captured else ()), *registered_parts(meaning))
    if has_task(session, identifier):
        restored = restore(session, captured)
        return Registered(identifier, settings.pickled_entity_digest, size_bytes, was_new=restored, parts=parts)
    session.check_project()
    if captured:
        settings = replace(settings, fast_serialization_settings=fast_settings(upload(session, captured)))
    request = task_pb2.TaskCreateRequest(id=identifier, spec=task_spec(task, settings))
    try:
        session.calls.call(rpcs.CREATE_TASK, request, timeout_s=_CREATE_TIMEOUT_S)
    except (AlreadyExistsError, InvalidArgumentError):
        # Somebody else was registering the same meaning at the same time, maybe with a file of other bytes, which
        # flyteadmin refuses as invalid (errors.go, NewTaskExistsDifferentStructureError). The version says it's equal.
        if not has_task(session, identifier):
            raise
    return Registered(identifier, settings.pickled_entity_digest, size_bytes, parts=parts)


def has_task(session: Session, identifier: identifier_pb2.Identifier) -> bool:
    """Whether the control plane has this version of the task."""
    try:
        session.calls.call(rpcs.GET_TASK, common_pb2.ObjectGetRequest(id=identifier))
    except NotFoundError:
        return False
    return True


def content_version(spec: task_pb2.TaskSpec, fingerprint: str) -> str:
    """Return the version of a task with this registered form, made without the digest and the place of its code.

    `fingerprint` is that of the captured code and data; the version in the form's identifier doesn't count.
    """
    content = task_pb2.TaskSpec()
    content.CopyFrom(spec)
    content.template.id.version = ""
    # Deterministic within one build of protobuf for messages without unknown fields, which is all that is needed:
    # another order of a map's entries costs one more upload, never a wrong version.
    serialized = content.SerializeToString(deterministic=True)
    return hashlib.sha256(serialized + b"\0" + fingerprint.encode()).hexdigest()[:_VERSION_DIGITS]


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
