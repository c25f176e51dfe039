"""Nothing of a task that may hold a credential reaches the control plane, unless that is allowed."""

import pytest
from flyteidl.admin import task_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import CredentialError
from autocontainer_nb.remote.executions.submit import submit
from autocontainer_nb.remote.register.register import register


@pytest.fixture
def leaking():
    """A task as a cell defines it, with a token among the variables."""
    names = {"__name__": "__main__", "task": task, "auth": "gh" + "p_" + "aB3dE5fG7h" * 4}
    exec("def leaking(x: int) -> str:\n    return auth\nleaking = task(leaking)", names)
    return names["leaking"]


def test_neither_uploaded_nor_registered_nor_run(control_plane, leaking):
    for call in (
        lambda scope: register(scope, leaking),
        lambda scope: submit(scope, leaking, (1,), {}),
    ):
        with pytest.raises(CredentialError, match="`leaking ► auth` looks like a GitHub token"):
            call(control_plane.scope())
    assert control_plane.requests == []


def test_allowed_for_one_call_it_goes_on(control_plane, leaking):
    """The control plane is asked for the task, as for any other."""
    control_plane.answers["GetTask"] = lambda request: task_pb2.Task(id=request.id)
    assert not register(control_plane.scope(), leaking, allow_credentials=True).was_new
    assert control_plane.counts["GetTask"] == 1
