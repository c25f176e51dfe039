"""`pyflyte-execute` runs a captured task in a process that knows nothing but its command line."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from container_fixture import SCRIPTS, Container
from flyteidl.core import errors_pb2, execution_pb2

from autocontainer_nb.wire import PICKLE_FILE_PATH

ADD = """
OFFSET = 10
def helper(x):
    return x + OFFSET
@task
def train(x: int, y: float = 0.5) -> float:
    return helper(x) + y
"""


def test_outputs_are_written(container: Container) -> None:
    """A sound run leaves outputs.pb, no error.pb, and exit code 0."""
    outcome = container.execute(container.capture(ADD), x=1, y=0.25)
    assert (outcome.code, outcome.outputs, outcome.error) == (0, {"o0": 11.25}, None)


def test_named_outputs_and_none(container: Container) -> None:
    """A NamedTuple's fields are the outputs' names; Optional outputs may be None."""
    source = """
from typing import NamedTuple
class Result(NamedTuple):
    score: float
    note: str | None
@task
def train() -> Result:
    print("a line for the log")
    return Result(0.5, None)
"""
    outcome = container.execute(container.capture(source))
    assert outcome.outputs == {"score": 0.5, "note": None}
    assert "a line for the log" in outcome.log


def test_a_task_without_outputs_writes_an_empty_map(container: Container) -> None:
    outcome = container.execute(container.capture("@task\ndef train():\n    pass\n"))
    assert (outcome.outputs, outcome.error) == ({}, None)


def test_the_task_knows_its_run(container: Container) -> None:
    """`current_context()` tells execution, task and attempt from Flyte's variables."""
    source = """
from autocontainer_nb.core.run.context import current_context
@task
def train() -> list[str]:
    run = current_context()
    return [run.execution_id.name, run.execution_id.project, run.task_id.name, str(run.attempt), run.raw_output_prefix]
"""
    env = {
        "FLYTE_INTERNAL_EXECUTION_ID": "abc",
        "FLYTE_INTERNAL_EXECUTION_PROJECT": "p",
        "FLYTE_INTERNAL_TASK_NAME": "nb.train",
        "FLYTE_ATTEMPT_NUMBER": "2",
    }
    outcome = container.execute(container.capture(source), env)
    assert outcome.outputs == {"o0": ["abc", "p", "nb.train", "2", str(container.prefix / "raw")]}


def fails(container: Container, body: str, env: dict[str, str] | None = None) -> errors_pb2.ContainerError:
    outcome = container.execute(
        container.capture(f"import os, signal, sys\n@task\ndef train() -> int:\n    {body}\n"), env
    )
    assert outcome.outputs is None
    assert outcome.error is not None, outcome.log
    assert outcome.error.message in outcome.log
    assert outcome.code == 0
    return outcome.error


def test_a_users_error_shows_the_cell_and_none_of_our_frames(container: Container) -> None:
    """The traceback begins in `Cell In[7]`, shows the source lines, and has no frame of this package."""
    source = """
def check(x):
    raise ValueError(f"bad {x}")
@task
def train(x: int) -> int:
    try:
        check(x)
    except ValueError as error:
        raise KeyError("outer") from error
"""
    outcome = container.execute(container.capture(source), x=3)
    error = outcome.error
    assert error is not None
    assert error.origin == execution_pb2.ExecutionError.USER
    assert error.kind == errors_pb2.ContainerError.NON_RECOVERABLE
    assert error.code == "USER:KeyError"
    assert error.message.startswith(
        "Traceback (most recent call last):\n  Cell In[7], line 7, in train\n    check(x)\n"
    )
    assert "  Cell In[7], line 3, in check\n    raise ValueError" in error.message
    assert error.message.endswith("KeyError: 'outer'")
    assert "direct cause" in error.message
    assert "autocontainer_nb" not in error.message
    assert error.timestamp.seconds > 0


def test_a_recoverable_error_is_told_as_such(container: Container) -> None:
    error = fails(container, "from autocontainer_nb.errors import RecoverableError; raise RecoverableError('again')")
    assert error.kind == errors_pb2.ContainerError.RECOVERABLE
    assert error.origin == execution_pb2.ExecutionError.USER
    assert "again" in error.message


@pytest.mark.parametrize("mark", ["", "async "])
@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        ("asyncio.CancelledError('now')", "CancelledError"),
        ("GeneratorExit('now')", "GeneratorExit"),
        ("KeyboardInterrupt('now')", "KeyboardInterrupt"),
        ("BaseException('now')", "BaseException"),
        ("Own('now')", "Own"),
    ],
)
def test_whatever_a_task_raises_is_told_with_its_traceback(
    raised: str, kind: str, mark: str, container: Container
) -> None:
    """Not as a process that has ended before its task."""
    source = f"""
import asyncio
class Own(BaseException): pass
@task
{mark}def train() -> None:
    raise {raised}
"""
    error = container.execute(container.capture(source)).error
    assert error is not None
    assert (error.code, error.origin) == (f"USER:{kind}", execution_pb2.ExecutionError.USER)
    assert "now" in error.message
    assert f"raise {raised}" in error.message


def test_sys_exit_is_a_users_error(container: Container) -> None:
    assert "sys.exit(3)" in fails(container, "sys.exit(3)").message


def test_a_process_that_leaves_by_itself_is_told(container: Container) -> None:
    """`os._exit(0)` isn't mistaken for success."""
    assert "exit code 0 before the task returned" in fails(container, "os._exit(0)").message


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL", "SIGABRT"])
def test_death_by_a_signal_is_told_by_name(container: Container, name: str) -> None:
    """Somebody is left to write error.pb when the task's process is killed; another attempt may help."""
    error = fails(container, f"os.kill(os.getpid(), signal.{name})")
    assert name in error.message
    assert error.code == f"Signal:{name}"
    assert error.kind == errors_pb2.ContainerError.RECOVERABLE


def test_out_of_memory_is_told(container: Container) -> None:
    """A process that may take no more memory fails with a MemoryError of the user's code."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30,) * 2); bytearray(8 << 30)"
    assert "MemoryError" in fails(container, limited).message


def test_a_full_disk_is_told(container: Container) -> None:
    """A device without space gives the operating system's own words."""
    error = fails(container, "open('/dev/full', 'w').write('x' * 100_000)")
    assert "No space left on device" in error.message


def test_an_output_of_another_type_is_a_users_error(container: Container) -> None:
    assert "train(outputs).o0" in fails(container, "return 'text'").message


def test_a_failing_process_where_flyte_asks_for_it(container: Container) -> None:
    """FLYTE_FAIL_ON_ERROR makes the exit code 1, with error.pb written all the same."""
    captured = container.capture("@task\ndef train():\n    1 / 0\n")
    outcome = container.execute(captured, {"FLYTE_FAIL_ON_ERROR": "true"})
    assert outcome.code == 1
    assert outcome.error is not None


def test_workers_of_a_distributed_task_write_files_of_their_own(container: Container) -> None:
    """Each worker's error file has its own name, and says which worker it was."""
    captured = container.capture("@task\ndef train():\n    1 / 0\n")
    container.execute(captured, {"_F_DES": "Earliest", "_F_WN": "worker-3"})
    (written,) = (container.prefix / "out").glob("error-*.pb")
    assert errors_pb2.ErrorDocument.FromString(written.read_bytes()).error.worker == "worker-3"


def test_a_file_altered_after_registration_is_refused_before_unpickling(container: Container, tmp_path: Path) -> None:
    """The registered digest is in the command: another file, however sound, isn't unpickled."""
    captured = container.capture("@task\ndef train():\n    pass\n")
    trace = tmp_path / "executed"
    evil = f"""
class Evil:
    def __reduce__(self):
        return exec, ("open({str(trace)!r}, 'w').close()",)
evil = Evil()
@task
def train():
    evil
"""
    container.capture(evil)
    assert container.execute(captured).error.code == "USER:DigestMismatchError"
    assert not trace.exists()
    altered = container.capture(evil)
    container.execute(altered)
    assert trace.exists(), "the canary doesn't work"


def test_an_unknown_entity_lists_those_there(container: Container) -> None:
    captured = container.capture(ADD)
    arguments = [a.replace(captured.task.name, "nb.other") for a in container.arguments(captured, x=1, y=1.0)]
    error = container.run("pyflyte-execute", arguments).error
    assert "has no entity named 'nb.other'. Its entities: '__main__.train'" in error.message


def test_missing_inputs_are_a_system_error(container: Container) -> None:
    """What storage can't deliver is the platform's failure, and may pass."""
    arguments = container.arguments(container.capture(ADD), x=1, y=1.0)
    (container.prefix / "inputs.pb").unlink()
    error = container.run("pyflyte-execute", arguments).error
    assert (error.code, error.origin) == ("SYSTEM", execution_pb2.ExecutionError.SYSTEM)
    assert error.kind == errors_pb2.ContainerError.RECOVERABLE
    assert "inputs.pb" in error.message


def test_an_output_prefix_that_cannot_be_written_fails_the_process(container: Container) -> None:
    """Where nothing can be told, the exit code says so, and the log has both errors."""
    arguments = container.arguments(container.capture("@task\ndef train():\n    1 / 0\n"))
    (container.prefix / "out").write_text("a file where a folder is expected")
    outcome = container.run("pyflyte-execute", arguments)
    assert outcome.code == 1
    assert "ZeroDivisionError" in outcome.log
    assert "couldn't be written" in outcome.log


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--inputs is missing"),
        (["--inputs"], "the option --inputs has no value"),
        (["--input", "x"], "unknown option --input"),
        (["--inputs", "x", "--output-prefix", "y", "--resolver", "z"], "resolver's arguments are missing"),
    ],
)
def test_a_wrong_command_line_is_told(container: Container, arguments: list[str], message: str) -> None:
    outcome = container.run("pyflyte-execute", arguments)
    assert outcome.code == 2
    assert message in outcome.log


def test_test_mode_runs_nothing(container: Container) -> None:
    arguments = container.arguments(container.capture("@task\ndef train():\n    1 / 0\n"))
    outcome = container.run("pyflyte-execute", ["--test", *arguments])
    assert (outcome.code, outcome.error, outcome.outputs) == (0, None, None)


def test_a_termination_reaches_the_task(container: Container, tmp_path: Path) -> None:
    """SIGTERM to the command is passed on to the task's process, which may clean up; the outcome names the signal."""
    ready, cleaned = tmp_path / "ready", tmp_path / "cleaned"
    source = f"""
import pathlib, signal, sys, time
def stop(number, frame):
    pathlib.Path({str(cleaned)!r}).touch()
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
@task
def train():
    signal.signal(signal.SIGTERM, stop)
    pathlib.Path({str(ready)!r}).touch()
    time.sleep(60)
"""
    arguments = container.arguments(container.capture(source))
    process = subprocess.Popen(
        [SCRIPTS / "pyflyte-execute", *arguments], cwd=container.folder, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 30
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(30) == 0
    assert cleaned.exists()
    error = container._error()
    assert "SIGTERM" in error.message
    assert error.origin == execution_pb2.ExecutionError.SYSTEM


def test_threads_and_exit_handlers_of_the_task_finish(container: Container, tmp_path: Path) -> None:
    """What the task left running is waited for, and what it registered for the end runs."""
    source = f"""
import atexit, pathlib, threading, time
def late():
    time.sleep(0.3)
    pathlib.Path({str(tmp_path / "thread")!r}).touch()
@task
def train():
    threading.Thread(target=late).start()
    atexit.register(pathlib.Path({str(tmp_path / "handler")!r}).touch)
"""
    container.execute(container.capture(source))
    assert (tmp_path / "thread").exists()
    assert (tmp_path / "handler").exists()


def test_a_process_left_behind_does_not_hold_the_container(container: Container) -> None:
    """A daemon that the task starts, and that outlives it, doesn't keep the command from ending."""
    source = """
import os, time
@task
def train() -> int:
    child = os.fork()
    if child == 0:
        os.close(1); os.close(2)
        time.sleep(3)
        os._exit(0)
    return child
"""
    outcome = container.execute(container.capture(source))
    os.kill(outcome.outputs["o0"], 0)  # it is still there
    os.kill(outcome.outputs["o0"], signal.SIGKILL)


def test_the_working_directory_holds_only_the_file(container: Container) -> None:
    """A run leaves nothing behind in the working directory that the task didn't put there."""
    container.execute(container.capture(ADD), x=1, y=1.0)
    assert [path.name for path in container.folder.iterdir()] == [PICKLE_FILE_PATH]
