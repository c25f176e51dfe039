"""The subcommands of `%flyte`, once their line is parsed. Each prints or returns what the cell shows."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocontainer_nb.errors import AutocontainerError, CaptureError
from autocontainer_nb.notebook.launched import Session
from autocontainer_nb.notebook.magics.namespace import task_named, tasks_in
from autocontainer_nb.views.style import plain
from autocontainer_nb.views.table import TableView
from autocontainer_nb.wire import PICKLE_FILE_PATH

if TYPE_CHECKING:
    from autocontainer_nb.pickling.writer import WrittenArchive
    from autocontainer_nb.remote.nodes.nodes import Nodes
    from autocontainer_nb.views.captured_table import ExplanationView
    from autocontainer_nb.views.inspection import ArchiveView


def run(task: Any, inputs: dict[str, Any], *, allow_credentials: bool, needs: str, trial: str) -> Any:
    """Start the task with these inputs and return its execution, with or without the checks that `%flyte run` names."""
    from autocontainer_nb.remote.client import default_remote

    options: Any = {"allow_credentials": allow_credentials, "needs": needs, "trial": trial}
    return default_remote().submit(task, (), inputs, **options)


def runs(session: Session, limit: int) -> TableView:
    """Return the latest executions of the project and domain as a table."""
    from autocontainer_nb.remote.client import default_remote
    from autocontainer_nb.remote.executions.listing import HEADERS, execution_rows

    remote = default_remote()
    executions = remote.executions(limit)
    session.listed([execution.id for execution in executions])
    empty = f"No executions yet in {remote.project}/{remote.domain} at {remote.where}."
    return TableView(HEADERS, execution_rows(executions), empty, frozenset({"id", "task"}))


def inspect(name: str, user_ns: Mapping[str, Any]) -> "ArchiveView":
    """Return a description of what would be uploaded for the task, or of the file, of that name."""
    from autocontainer_nb.core.capture.capture import Capture
    from autocontainer_nb.core.capture.pickled_file import process_finder
    from autocontainer_nb.pickling.credentials.finder import using
    from autocontainer_nb.pickling.inspect.description import inspect_archive, inspect_file
    from autocontainer_nb.views.inspection import ArchiveView

    path = Path(name).expanduser()
    if name not in tasks_in(user_ns) and path.is_file():
        with using(process_finder()):
            return ArchiveView(inspect_file(str(path)))
    task = task_named(name, user_ns)
    with tempfile.TemporaryDirectory(prefix="autocontainer-nb-") as folder:
        written = Capture(task).write(str(Path(folder, PICKLE_FILE_PATH)), apart=True)
        with using(process_finder()):
            data = inspect_archive(written.path)
    return ArchiveView({**data, "path": f"{PICKLE_FILE_PATH}, as it would be uploaded now"})


def explain(name: str, user_ns: Mapping[str, Any]) -> "ExplanationView":
    """Return the table of everything captured with the task, or held by the file, of that name."""
    from autocontainer_nb.core.capture.capture import Capture
    from autocontainer_nb.core.capture.pickled_file import process_finder
    from autocontainer_nb.pickling.explain.archive import explain_archive, remarks
    from autocontainer_nb.pickling.inspect.description import inspect_archive
    from autocontainer_nb.views.captured_table import ExplanationView

    path = Path(name).expanduser()
    if name not in tasks_in(user_ns) and path.is_file():
        explanation, sentences = explain_archive(str(path), process_finder())
        return ExplanationView(name, explanation, remarks=sentences)
    task = task_named(name, user_ns)
    allows = bool(getattr(task, "allow_credentials", False))
    with tempfile.TemporaryDirectory(prefix="autocontainer-nb-") as folder:
        try:
            written = Capture(task).write(str(Path(folder, PICKLE_FILE_PATH)), apart=True)
        except CaptureError as error:
            if error.explanation is None:
                raise
            return ExplanationView(name, error.explanation, allows_credentials=allows)
        sentences = remarks(inspect_archive(written.path))
    return ExplanationView(name, written.explanation, _changes(task, written), sentences, allows)


def nodes(session: Session, text: str) -> "Nodes":
    """Return what is inside the execution, which a notebook shows as a tree."""
    return session.execution(text).nodes


def logs(session: Session, text: str) -> None:
    """Print everything that the execution has printed."""
    execution = session.execution(text)
    printed = execution.logs()
    print(plain(printed).rstrip("\n") or execution.without_output())  # noqa: T201 - the answer


def stop(session: Session, text: str) -> None:
    """Stop the execution, or say that it has already ended."""
    execution = session.execution(text)
    if execution.is_done:
        print(f"Execution {execution.id} has already ended: {execution.phase}.")  # noqa: T201 - the answer
        return
    execution.terminate("stopped by %flyte stop")
    print(f"Execution {execution.id} is being stopped.")  # noqa: T201 - the answer


def connect(session: Session, arguments: Mapping[str, Any]) -> None:
    """Use the control plane of the arguments for all runs from now on, and print which one it is.

    Without an endpoint, the current connection is kept; a project or domain in the arguments replaces the earlier one.
    """
    from autocontainer_nb.remote.client import FlyteRemote, default_remote, set_default_remote

    options = {name: value for name, value in arguments.items() if value is not None}
    if options:
        wanted = options if "endpoint" in options else {**session.connection, **options}
        remote = FlyteRemote(**wanted)
        remote.check()  # before the switch: after a wrong endpoint the notebook keeps its connection
        set_default_remote(remote)
        session.connection = wanted
    else:
        remote = default_remote()
    where = f"the sandbox at {remote.endpoint}" if remote.is_sandbox else remote.endpoint
    print(f"Connected to {where}, project {remote.project}, domain {remote.domain}.")  # noqa: T201 - the answer


def _changes(task: Any, written: "WrittenArchive") -> tuple[str, ...]:
    """Return the changes since the task's last run, one text each; empty if they aren't known."""
    from autocontainer_nb.remote.client import default_remote

    try:
        return default_remote().changes(task, written.parts)
    except AutocontainerError:  # no control plane: the error is for %flyte run
        return ()
