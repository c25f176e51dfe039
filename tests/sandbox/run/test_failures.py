"""Executions that go wrong: each with its reason, and none takes the sandbox or another execution along."""

import shutil

import pytest
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import types_pb2

pytestmark = pytest.mark.sandbox
PHASE = core_execution_pb2.WorkflowExecution
TASK = core_execution_pb2.TaskExecution
ERROR = core_execution_pb2.ExecutionError
TEXT = types_pb2.LiteralType(simple=types_pb2.STRING)
RECOVERABLE, USER, SYSTEM = 1, ERROR.USER, ERROR.SYSTEM


def test_an_error_file_says_why(sandbox):
    """Code, message and kind are the container's own; the file is linked."""
    error = sandbox.run("fail('boom', code='USER:ValueError')", outputs={"o0": TEXT}).closure.error
    assert (error.code, error.message, error.kind) == ("USER:ValueError", "boom", USER)
    assert error.error_uri.endswith("/0/error.pb")


def test_an_error_file_counts_before_outputs(sandbox):
    execution = sandbox.run("succeed(o0='x'); fail('later')", outputs={"o0": TEXT})
    assert execution.closure.phase == PHASE.FAILED
    assert sandbox.outputs(execution.id) == {}


def test_a_user_error_that_cannot_be_recovered_is_not_tried_again(sandbox):
    execution = sandbox.run("fail('no')", retries=3)
    assert len(sandbox.attempts(execution.id)) == 1


def test_a_recoverable_error_is_tried_again_until_it_works(sandbox):
    """Every attempt is kept with its own number, phase and error; the checkpoint of the one before is handed on."""
    template = sandbox.template(
        "fail(f'try {attempt}', 1) if attempt < 2 else succeed(o0=sys.argv[3])", outputs={"o0": TEXT}, retries=2
    )
    template.container.args.append("{{.prevCheckpointPrefix}}")
    execution = sandbox.until(sandbox.launch(sandbox.register(template)))
    assert execution.closure.phase == PHASE.SUCCEEDED
    attempts = sandbox.attempts(execution.id)
    assert [attempt.closure.phase for attempt in attempts] == [TASK.FAILED, TASK.FAILED, TASK.SUCCEEDED]
    assert [attempt.closure.error.message for attempt in attempts] == ["try 0", "try 1", ""]
    assert sandbox.outputs(execution.id)["o0"].endswith("-1/_flytecheckpoints")


def test_retries_run_out(sandbox):
    """The last error is the execution's, with flytepropeller's code for it."""
    execution = sandbox.run("fail(f'try {attempt}', 1, code='Flaky')", retries=1)
    assert execution.closure.error.code == "RetriesExhausted|Flaky"
    assert execution.closure.error.message == "All 2 attempts failed. The last error: try 1"
    assert len(sandbox.attempts(execution.id)) == 2


def test_a_recoverable_system_error_has_retries_of_its_own(sandbox):
    """Three more attempts that don't count as the user's, then it fails as a SYSTEM error."""
    execution = sandbox.run("fail('broken', 1, 2)", retries=0)
    assert execution.closure.error.kind == SYSTEM
    assert len(sandbox.attempts(execution.id)) == 4


def test_an_exit_code_without_an_error_file_is_told_with_the_last_output(sandbox):
    """`sys.exit(3)` or a crash of the interpreter: exit code and last lines are in the message."""
    error = sandbox.run("print('last words'); sys.exit(3)", outputs={"o0": TEXT}).closure.error
    assert error.code == "NonZeroExit"
    assert "exit code 3" in error.message
    assert "last words" in error.message


@pytest.mark.parametrize(("number", "name"), [(9, "SIGKILL"), (11, "SIGSEGV")])
def test_a_signal_is_told_by_name(sandbox, number, name):
    error = sandbox.run(f"os.kill(os.getpid(), {number})", outputs={"o0": TEXT}).closure.error
    assert error.code == "Signal"
    assert f"signal {number} ({name})" in error.message


def test_outputs_of_a_container_that_died_do_not_count(sandbox):
    """As with flytepropeller, a pod that failed has failed, whatever it wrote before."""
    execution = sandbox.run("succeed(o0='x'); os.kill(os.getpid(), 6)", outputs={"o0": TEXT})
    assert execution.closure.phase == PHASE.FAILED
    assert "SIGABRT" in execution.closure.error.message


def test_declared_outputs_that_never_came_are_named(sandbox):
    """`os._exit(0)` in the user's code isn't a success."""
    error = sandbox.run("os._exit(0)", outputs={"model": TEXT}).closure.error
    assert error.code == "OutputsNotFound"
    assert "model" in error.message


@pytest.mark.parametrize(("file", "code"), [("outputs.pb", "OutputsUnreadable"), ("error.pb", "ErrorFileBadFormat")])
def test_a_file_that_is_no_message_is_a_system_error(sandbox, file, code):
    error = sandbox.run(f"(out / '{file}').write_bytes(b'\\xff\\xff\\xff')", outputs={"o0": TEXT}).closure.error
    assert error.code.endswith(code)
    assert error.kind == SYSTEM


def test_an_empty_error_file_is_a_failure(sandbox):
    error = sandbox.run("(out / 'error.pb').write_bytes(b''); succeed(o0='x')", outputs={"o0": TEXT}).closure.error
    assert error.code.endswith("ErrorFileBadFormat")


def test_a_dynamic_task_is_refused_by_name(sandbox):
    error = sandbox.run("(out / 'futures.pb').write_bytes(b'')", outputs={"o0": TEXT}).closure.error
    assert "dynamic" in error.message


def test_a_task_that_takes_too_long_is_ended_with_its_children(sandbox, tmp_path):
    """The timeout counts as the user's error; children that ignore SIGTERM are gone too."""
    script = f"""
import subprocess
child = subprocess.Popen(["sleep", "600"])
pathlib.Path("{tmp_path}/child").write_text(str(child.pid))
print("working")
time.sleep(600)
"""
    execution = sandbox.run(script, outputs={"o0": TEXT}, timeout_s=1)
    error = execution.closure.error
    assert (execution.closure.phase, error.code, error.kind) == (PHASE.FAILED, "TimeoutExpired", USER)
    assert "timeout of 1 s" in error.message
    assert "working" in error.message
    with pytest.raises(ProcessLookupError):
        _signal_nothing(int((tmp_path / "child").read_text()))


def _signal_nothing(pid: int) -> None:
    """Raise ProcessLookupError unless the process runs; one that nobody has collected yet doesn't."""
    from autocontainer_nb.sandbox.process_identity import identity

    if identity(pid) is None:
        raise ProcessLookupError(pid)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("ghcr.io/someone/trainer:v3", ["ghcr.io/someone/trainer:v3", "interpreter:", "container_image"]),
        ("interpreter:/nowhere/bin/python", ["/nowhere/bin/python", "is no longer an executable file"]),
        ("interpreter:bin/python", ["expected an absolute path"]),
    ],
)
def test_an_image_that_cannot_run_here_is_named_with_what_to_do(sandbox, image, words):
    error = sandbox.run("pass", image=image, retries=3).closure.error
    assert error.code == "ImageNotRunnable"
    for word in words:
        assert word in error.message


def test_a_program_that_is_not_installed_is_named_with_its_environment(sandbox):
    template = sandbox.template("pass")
    template.container.args[0] = "no-such-program"
    error = sandbox.until(sandbox.launch(sandbox.register(template))).closure.error
    assert "'no-such-program'" in error.message


def test_args_that_ask_for_an_unknown_input_fail_by_its_name(sandbox):
    template = sandbox.template("pass")
    template.container.args.append("{{.inputs.x}}")
    error = sandbox.until(sandbox.launch(sandbox.register(template))).closure.error
    assert "{{.inputs.x}}" in error.message


def test_a_task_without_a_container_fails_by_its_type(sandbox):
    template = sandbox.template("pass")
    template.ClearField("container")
    template.type = "bigquery"
    error = sandbox.until(sandbox.launch(sandbox.register(template))).closure.error
    assert "'bigquery'" in error.message


def test_a_place_that_cannot_be_written_fails_that_execution_only(sandbox):
    """Where the sandbox can't store something, that execution fails with the system's words, and the next one runs."""
    home = sandbox.address.home
    from pathlib import Path

    blocked = Path(home, "sandbox/blobs/metadata/propeller/flytesnacks/development/blocked/notebooktask/data/0")
    blocked.parent.mkdir(parents=True)
    blocked.write_text("in the way")
    task = sandbox.register(sandbox.template("pass"))
    error = sandbox.until(sandbox.launch(task, name="blocked")).closure.error
    assert (error.code, error.kind) == ("SandboxStorage", SYSTEM)
    assert "File exists" in error.message
    assert sandbox.until(sandbox.launch(task)).closure.phase == PHASE.SUCCEEDED
    shutil.rmtree(blocked.parent)


def test_arguments_longer_than_the_system_allows_fail_with_its_words(sandbox):
    template = sandbox.template("pass")
    template.container.args.append("x" * (3 << 20))
    error = sandbox.until(sandbox.launch(sandbox.register(template))).closure.error
    assert error.code == "ContainerNotStarted"
    assert "Argument list too long" in error.message
