"""A workflow or launch plan at the control plane: its tasks first, then its workflows, then its launch plans.

All get one version, which their content and that of the captured code determines, as a task's does.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from flyteidl.admin import common_pb2, workflow_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture import Captured, capture_entity, needs_capture, registered_form
from autocontainer_nb.core.configuration import SerializationSettings
from autocontainer_nb.core.credential_check import refuse_credentials
from autocontainer_nb.core.launch_plan import LaunchPlan
from autocontainer_nb.core.reference import ReferenceEntity
from autocontainer_nb.core.serialize.launch_plans import launch_plan_spec
from autocontainer_nb.core.serialize.nodes import GraphWriter
from autocontainer_nb.core.serialize.tasks import task_spec
from autocontainer_nb.core.serialize.workflows import sub_workflow_templates, workflow_template
from autocontainer_nb.core.workflow import WorkflowBase
from autocontainer_nb.errors import AlreadyExistsError, InvalidArgumentError, NotFoundError, UnimplementedError
from autocontainer_nb.pickling.large.content_hashes import shared_hashes
from autocontainer_nb.remote import rpcs
from autocontainer_nb.remote.buffers import restore
from autocontainer_nb.remote.register import UNKNOWN_URI, Registered, fast_settings, has_task, upload
from autocontainer_nb.remote.registered_parts import registered_parts
from autocontainer_nb.remote.session import Session
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.wire import PICKLE_FILE_PATH

_VERSION_DIGITS: Final = 20
_CREATE_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True)
class Registration:
    """One call that registers something."""

    rpc: rpcs.Rpc[Any, Any]
    identifier: identifier_pb2.Identifier
    spec: Any

    def request(self) -> Any:
        """Return the message to send."""
        return self.rpc.request(id=self.identifier, spec=self.spec)


def register_graph(
    session: Session, entity: WorkflowBase | LaunchPlan, *, allow_credentials: bool = False
) -> Registered:
    """Return the registered launch plan of the workflow, or the launch plan; uploads and registers what is missing.

    Raises:
        CaptureError: something that a task reaches can't be carried; nothing was uploaded.
        CredentialError: something in them may be a credential, and nobody allowed that; nothing was uploaded.
        UnimplementedError: the control plane runs single tasks only, as the sandbox does; nothing was uploaded.
        RemoteError: the control plane refuses, or can't be reached.
    """
    plan = entity if isinstance(entity, LaunchPlan) else LaunchPlan(entity.name, entity)
    try:
        with tempfile.TemporaryDirectory(prefix="autocontainer-nb-") as folder:
            path = str(Path(folder, PICKLE_FILE_PATH))
            with shared_hashes():
                captured = capture_entity(entity, path, apart=True) if needs_capture(entity) else None
                refuse_credentials(entity, captured, allowed=allow_credentials)
                return _register(session, plan, captured, session.files(folder))
    except UnimplementedError as error:
        where = session.where()
        reason = "runs single tasks only" if where == "sandbox" else f"doesn't serve {error.method}: {error.details}"
        raise UnimplementedError(
            f"{entity.noun} {entity.short_name!r} can't be started there: the {where} {reason.rstrip('.')}. Call "
            f"{entity.short_name}(...) to run it here and now, or connect to a Flyte cluster.",
            endpoint=error.endpoint,
            method=error.method,
            status=error.status,
            details=error.details,
        ) from None


def _register(session: Session, plan: LaunchPlan, captured: Captured | None, files: FileAccess) -> Registered:
    settings = SerializationSettings(
        image_config=session.image_config,
        project=session.project,
        domain=session.domain,
        fast_serialization_settings=fast_settings(UNKNOWN_URI) if captured else None,
    )
    meaning = registrations(plan, settings, files)
    settings = replace(
        settings,
        version=_version(meaning, captured.version if captured else ""),
        pickled_entity_digest=captured.digest if captured else "",
    )
    forms = (registered_parts(each.spec, each.identifier.name.rpartition(".")[2]) for each in meaning)
    parts = (*(captured.parts if captured else ()), *(part for form in forms for part in form))
    identifier = _identifier(identifier_pb2.LAUNCH_PLAN, plan.name, settings)
    size_bytes = captured.size_bytes if captured else 0
    if _is_there(session, identifier):
        restored = restore(session, captured)
        return Registered(identifier, settings.pickled_entity_digest, size_bytes, was_new=restored, parts=parts)
    session.check_project()
    if captured:
        settings = replace(settings, fast_serialization_settings=fast_settings(upload(session, captured)))
    for each in registrations(plan, settings, files):
        # It may exist: an earlier attempt got that far, or another process does the same. The version says it's equal.
        with suppress(AlreadyExistsError):
            _create(session, each)
    return Registered(identifier, settings.pickled_entity_digest, size_bytes, parts=parts)


def _create(session: Session, each: Registration) -> None:
    try:
        session.calls.call(each.rpc, each.request(), timeout_s=_CREATE_TIMEOUT_S)
    except InvalidArgumentError:
        # A task of the same meaning may be there with a file of other bytes: see register.py.
        if each.rpc is not rpcs.CREATE_TASK or not has_task(session, each.identifier):
            raise


def registrations(plan: LaunchPlan, settings: SerializationSettings, files: FileAccess) -> list[Registration]:
    """Return the calls that register the launch plan and all that it needs, in an order that the server accepts."""
    tasks: dict[str, Registration] = {}
    graphs: list[Registration] = []
    plans = {plan.name: plan}
    waiting = [plan]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current.workflow, ReferenceEntity):
            writer = GraphWriter(settings, files)
            graphs.insert(0, _workflow(current.workflow, writer))
            for task in _own(writer, PythonTask):
                tasks.setdefault(task.name, _task(task, settings))
            for other in _own(writer, LaunchPlan):
                if plans.setdefault(other.name, other) is other and other not in waiting:
                    waiting.append(other)
    return [*tasks.values(), *graphs, *(_plan(each, settings, files) for each in reversed(plans.values()))]


def _own(writer: GraphWriter, kind: type) -> Iterator[Any]:
    """Yield the entities of a kind that the nodes refer to, but those that are registered by somebody else."""
    yield from (e for e in writer.entities.values() if isinstance(e, kind) and not isinstance(e, ReferenceEntity))


def _task(task: PythonTask[Any], settings: SerializationSettings) -> Registration:
    identifier = _identifier(identifier_pb2.TASK, task.name, settings)
    return Registration(rpcs.CREATE_TASK, identifier, task_spec(registered_form(task), settings))


def _workflow(workflow: WorkflowBase, writer: GraphWriter) -> Registration:
    template = workflow_template(workflow, writer)
    spec = workflow_pb2.WorkflowSpec(template=template, sub_workflows=sub_workflow_templates(writer))
    return Registration(rpcs.CREATE_WORKFLOW, template.id, spec)


def _plan(plan: LaunchPlan, settings: SerializationSettings, files: FileAccess) -> Registration:
    identifier = _identifier(identifier_pb2.LAUNCH_PLAN, plan.name, settings)
    return Registration(rpcs.CREATE_LAUNCH_PLAN, identifier, launch_plan_spec(plan, settings, files))


def _version(meaning: list[Registration], fingerprint: str) -> str:
    content = hashlib.sha256(fingerprint.encode())
    for each in meaning:
        content.update(each.request().SerializeToString(deterministic=True) + b"\0")
    return content.hexdigest()[:_VERSION_DIGITS]


def _is_there(session: Session, identifier: identifier_pb2.Identifier) -> bool:
    try:
        session.calls.call(rpcs.GET_LAUNCH_PLAN, common_pb2.ObjectGetRequest(id=identifier))
    except NotFoundError:
        return False
    return True


def _identifier(kind: Any, name: str, settings: SerializationSettings) -> identifier_pb2.Identifier:
    return identifier_pb2.Identifier(
        resource_type=kind, project=settings.project, domain=settings.domain, name=name, version=settings.version
    )
