"""Executions: launch, state, results, logs and lists."""


def __getattr__(name: str) -> object:
    """Return the class of executions by flytekit's path `remote.executions.FlyteWorkflowExecution`."""
    if name != "FlyteWorkflowExecution":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from autocontainer_nb.remote.executions.execution import Execution

    return Execution
