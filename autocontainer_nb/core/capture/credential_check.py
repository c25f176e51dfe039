"""Credentials stay at home: what looks like one is sent to a control plane only if the user says so.

Looked at are the capture, what is registered for it, and the inputs of a launch: all of it, whatever the size.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture.form_texts import texts_of_form
from autocontainer_nb.core.capture.pickled_file import process_finder
from autocontainer_nb.errors import CredentialError
from autocontainer_nb.pickling.code.references import inner_function
from autocontainer_nb.pickling.credentials.finder import using
from autocontainer_nb.pickling.credentials.names import promise_of
from autocontainer_nb.pickling.explain.findings import Credential, counted, listed

if TYPE_CHECKING:
    from autocontainer_nb.core.capture.capture import Capture

_HARMLESS: Final = frozenset({type(None), bool, int, float, complex})


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
        error = CredentialError(_message(_name_of(entity), found))
        error.explain = (lambda: capture.explanation) if travels else None
        raise error


def refuse_credentials_in_forms(capture: "Capture", forms: Iterable[tuple[str, Any]], *, allowed: bool = False) -> None:
    """Return if nothing in what is registered, given as (name, Flyte's message), may be a credential.

    These are the inputs that a launch plan fixes or a workflow binds, variables, labels, commands of containers.

    Raises:
        CredentialError: something may be one; the message tells where each is, and never a value.
    """
    if allowed or getattr(capture.entity, "allow_credentials", False):
        return
    allowing = {task.name for task in capture.tasks.values() if task.allow_credentials}
    finder = process_finder()
    found = []
    for name, message in forms:
        texts = [] if name in allowing else list(texts_of_form(message))
        suspects = set(finder.among({text for _, _, text in texts}))
        for path, called, text in texts:
            if text in suspects or promise_of(called):
                kind = finder.in_value((called,) if called else (), text)
                if kind is not None:
                    found.append(Credential((name.rpartition(".")[2], *path), kind))
    if found:
        raise CredentialError(_message(_name_of(capture.entity), found, "registered"))


def refuse_credentials_in_inputs(entity: Any, values: Mapping[str, Any], *, allowed: bool = False) -> None:
    """Return if no input of a launch may be a credential: the control plane keeps inputs, and shows them.

    Raises:
        CredentialError: something may be one; the message tells where each is, and never a value.
    """
    sent = {name: value for name, value in values.items() if type(value) not in _HARMLESS}
    if not sent or allowed or getattr(entity, "allow_credentials", False):
        return
    from autocontainer_nb.pickling.code.cells import cells
    from autocontainer_nb.pickling.meaning.meaning import texts_of_values

    finder, found = process_finder(), []
    with using(finder):
        met = texts_of_values(sent, cells, finder)
        if met.may_hold_credentials():
            from autocontainer_nb.pickling.explain.entities import value_credentials

            found = value_credentials(sent, cells, finder, met)
    if found:
        name = _name_of(entity)
        placed = [one if one.line else replace(one, path=(name, "inputs", *one.path)) for one in found]
        raise CredentialError(_message(name, placed, "started"))


def _in_environments(tasks: Sequence[PythonTask[Any]]) -> list[Credential]:
    finder = process_finder()
    found = []
    for task in tasks:
        for name, value in task.environment.items():
            kind = finder.in_value((name,), value)
            if kind is not None:
                found.append(Credential((task.short_name, "environment", f'["{name}"]'), kind))
        image = getattr(task, "container_image", None)
        if image is not None and not isinstance(image, str):  # its variables are in the image that is pushed
            texts = {str(name): value for name, value in (image.env or {}).items()}
            judged = ((name, finder.in_value((name,), str(value))) for name, value in texts.items())
            found += [Credential((task.short_name, "container_image", name), kind) for name, kind in judged if kind]
    return found


def _sources(tasks: Sequence[PythonTask[Any]]) -> set[str]:
    """Return the labels of the cells and files that define the tasks' functions."""
    from autocontainer_nb.pickling.code.cells import cells
    from autocontainer_nb.pickling.code.sources import SourceCollector

    collector = SourceCollector(cells)
    functions = (inner_function(task) for task in tasks)
    sources = (collector.source(function.__code__.co_filename) for function in functions if function is not None)
    return {source.label for source in sources if source is not None}


def _name_of(entity: Any) -> str:
    return str(getattr(entity, "short_name", entity))


def _message(name: str, found: Sequence[Credential], undone: str = "uploaded") -> str:
    run = f"%flyte run --allow-credentials {name}"
    if undone == "started":
        advice = "don't pass it as an input, which the control plane keeps and shows; let the task ask for it"
    else:
        advice = "keep it out of the variables and cells that travel, and let the task ask the control plane for it"
    return (
        f"{name!r} isn't {undone}, since it would take along what may be {counted(found)}:\n{listed(found)}\n"
        f"Next: {advice}:\n"
        '    @task(secret_requests=[Secret(group="my-group", key="my-key")])\n'
        '    ...  value = current_context().secrets.get("my-group", "my-key")\n'
        f"If it may be uploaded: @task(allow_credentials=True), or for one run: {run}."
    )
