"""Identifiers of tasks and executions: how to make and show them."""

from flyteidl.core import identifier_pb2


def task_id(project: str, domain: str, name: str, version: str) -> identifier_pb2.Identifier:
    """Return the identifier of one version of a task."""
    return identifier_pb2.Identifier(
        resource_type=identifier_pb2.TASK, project=project, domain=domain, name=name, version=version
    )


def execution_id(project: str, domain: str, name: str) -> identifier_pb2.WorkflowExecutionIdentifier:
    """Return the identifier of an execution (a workflow execution to Flyte, even if it runs a single task)."""
    return identifier_pb2.WorkflowExecutionIdentifier(project=project, domain=domain, name=name)


def show_identifier(identifier: identifier_pb2.Identifier) -> str:
    """Return `project:domain:name:version`, the form that Flyte's own tools print."""
    return f"{identifier.project}:{identifier.domain}:{identifier.name}:{identifier.version}"


def show_execution_id(identifier: identifier_pb2.WorkflowExecutionIdentifier) -> str:
    """Return `project:domain:name`, the form that Flyte's own tools print."""
    return f"{identifier.project}:{identifier.domain}:{identifier.name}"
