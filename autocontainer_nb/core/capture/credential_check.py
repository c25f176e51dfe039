"""Credentials stay at home: a capture is uploaded where nothing in it looks like one, or where the user says so."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture.pickled_file import process_finder
from autocontainer_nb.errors import CredentialError
from autocontainer_nb.pickling.code.references import inner_function
from autocontainer_nb.pickling.explain.findings import Credential, counted, listed

if TYPE_CHECKING:
    from autocontainer_nb.core.capture.capture import Capture


def refuse_credentials(capture: "Capture", *, allowed: bool = False) -> None:
    """Return if nothing that would be uploaded or registered for the task or workflow may be a credential.

    What belongs to a task with `allow_credentials=True` is let pass, and everything if the entity itself has it or if
    `allowed` is true. Where nothing is suspected, nothing is explained.

    Raises:
        CredentialError: something may be one; the message tells where each is, and never a value.
    """
    if allowed or getattr(capture.entity, "allow_credentials", False):
        return
    entity, tasks = capture.entity, list(capture.tasks.values())
    travels = capture.is_needed
    found = list(capture.credentials) if travels else []
    found += _in_environments([task for task in tasks if not (travels and task.name in capture.names)])
    allowing = [task for task in tasks if task.allow_credentials]
    short_names, sources = {task.short_name for task in allowing}, _sources(allowing)
    found = [one for one in found if not (one.cell in sources if one.line else one.path[0] in short_names)]
    if found:
        error = CredentialError(_message(getattr(entity, "short_name", str(entity)), found))
        error.explanation = capture.explanation if travels else None
        raise error


def _in_environments(tasks: Sequence[PythonTask[Any]]) -> list[Credential]:
    finder = process_finder()
    found = []
    for task in tasks:
        for name, value in task.environment.items():
            kind = finder.in_value((name,), value)
            if kind is not None:
                found.append(Credential((task.short_name, "environment", f'["{name}"]'), kind))
    return found


def _sources(tasks: Sequence[PythonTask[Any]]) -> set[str]:
    """Return the labels of the cells and files that define the tasks' functions."""
    from autocontainer_nb.pickling.code.cells import cells
    from autocontainer_nb.pickling.code.sources import SourceCollector

    collector = SourceCollector(cells)
    functions = (inner_function(task) for task in tasks)
    sources = (collector.source(function.__code__.co_filename) for function in functions if function is not None)
    return {source.label for source in sources if source is not None}


def _message(name: str, found: Sequence[Credential]) -> str:
    return (
        f"{name!r} isn't uploaded, since it would take along what may be {counted(found)}:\n{listed(found)}\n"
        "Next: keep it out of the variables and cells that travel, and let the task ask the control plane for it:\n"
        '    @task(secret_requests=[Secret(group="my-group", key="my-key")])\n'
        '    ...  value = current_context().secrets.get("my-group", "my-key")\n'
        f"If it may be uploaded: @task(allow_credentials=True), or for one run: %flyte run --allow-credentials {name}."
    )
