"""A workflow or launch plan at the control plane: its tasks first, then its workflows, then its launch plans.

All get one version, which their content and that of the captured code determines, as a task's does.
"""

import tempfile
from pathlib import Path

from autocontainer_nb.core.capture.capture import capture_entity, needs_capture
from autocontainer_nb.core.capture.credential_check import refuse_credentials
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.errors import UnimplementedError
from autocontainer_nb.pickling.capture.buffers import shared_hashes
from autocontainer_nb.remote.register.task import Registered, register_captured
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.wire import PICKLE_FILE_PATH


def register_graph(scope: Scope, entity: WorkflowBase | LaunchPlan, *, allow_credentials: bool = False) -> Registered:
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
                return register_captured(scope, plan, captured, scope.files(folder))
    except UnimplementedError as error:
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
