"""What a running task knows of itself: its context, its working directory, its log."""

import datetime
import logging
import os

import flytekit
from flytekit import FlyteContext, FlyteContextManager, current_context, task, workflow
from flytekit.core.context_manager import ExecutionParameters


@task
def about() -> str:
    context = current_context()
    assert isinstance(context, ExecutionParameters)
    context.logging.info("this goes to the log")
    assert isinstance(context.execution_date, datetime.datetime)
    assert context.execution_id is not None
    assert context.task_id is not None
    path = os.path.join(context.working_directory, "note.txt")
    with open(path, "w") as file:
        file.write("noted")
    assert os.path.exists(path)
    return "fine"


@task
def stats() -> int:
    flytekit.current_context().stats.incr("counted")
    with flytekit.current_context().stats.timer("timed"):
        pass
    return 1


@task
def within() -> bool:
    context = FlyteContextManager.current_context()
    assert isinstance(context, FlyteContext)
    return context.user_space_params is not None and context.file_access is not None


@task
def logged() -> int:
    logging.getLogger("corpus").warning("a warning of the user's")
    return 2


@workflow
def pipeline() -> int:
    about()
    within()
    logged()
    return stats()


assert about() == "fine"
assert within() is True
assert pipeline() == 1
assert FlyteContext.current_context() is not None
remote_runs = [(about, {}, "fine"), (within, {}, True), (stats, {}, 1)]
