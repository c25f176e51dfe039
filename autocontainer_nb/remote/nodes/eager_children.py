"""The executions that the eager tasks of an execution have started, as lists can be asked for them.

They have a label with its name. flyteadmin v1.16 keeps labels as tags, by which lists can be filtered, for executions
of launch plans, and not for those of single tasks (execution_manager.go: launchSingleTaskExecution returns no tags). So
the list is filtered by what their names have in common, and the labels that come with it are compared here.
"""

from typing import Final

from flyteidl.admin import common_pb2, execution_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.dynamic.children import parent_part
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.wire import LABEL_EAGER_PARENT

_PAGE: Final = 100


def started_by(
    scope: Scope, parent: identifier_pb2.WorkflowExecutionIdentifier, phases: str = ""
) -> list[execution_pb2.Execution]:
    """Return them, oldest first; with `phases`, such as `QUEUED;RUNNING`, those in one of these.

    Raises:
        RemoteError: the control plane refuses, or can't be reached.
    """
    filters = f"contains(execution_name,{parent_part(parent.name)})"
    filters += f"+value_in(phase,{phases})" if phases else ""
    found: list[execution_pb2.Execution] = []
    token = ""
    while True:
        request = common_pb2.ResourceListRequest(
            id=common_pb2.NamedEntityIdentifier(project=parent.project, domain=parent.domain),
            limit=_PAGE,
            token=token,
            filters=filters,
            sort_by=common_pb2.Sort(key="created_at", direction=common_pb2.Sort.ASCENDING),
        )
        page = scope.calls.call(methods.LIST_EXECUTIONS, request)
        found += [each for each in page.executions if each.spec.labels.values.get(LABEL_EAGER_PARENT) == parent.name]
        token = page.token
        if not token or not page.executions:
            return found
