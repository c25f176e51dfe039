"""The magics, interrupts and unloading in a real Jupyter kernel, against a real sandbox."""

import ast

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]

SLOW = """
@task
def slow(seconds: float = 60) -> int:
    import time
    print("started", flush=True)
    time.sleep(seconds)
    return 1
"""


def value(kernel, expression):
    return ast.literal_eval(kernel.ok(f"print(repr({expression}))").stdout)


def interrupt_when_running(kernel, kind, content):
    """Interrupt once the display says that the task's code runs."""
    if (
        kind == "update_display_data"
        and "started" in content["data"]["text/plain"]
        and not hasattr(kernel, "interrupted")
    ):
        kernel.interrupted = True
        kernel.interrupt()


@pytest.mark.parametrize("wait", ["run.result()", "run.wait()", "await run"])
def test_an_interrupt_asks_and_yes_stops_the_execution(kernel, wait):
    """The kernel asks through the front end; `y` ends the wait and the execution, without a traceback of ours."""
    kernel.ok(SLOW)
    run = kernel.run(f"run = slow.remote()\n{wait}", answer="y", during=interrupt_when_running)
    execution_id = value(kernel, "run.id")
    assert run.status == "error"
    assert run.prompts == [f"Stop execution {execution_id} as well? [y/N] "]
    assert "is being stopped" in run.stderr
    assert "autocontainer_nb/" not in run.error
    assert value(kernel, "run.wait(60).phase") == "ABORTED"
    raised = kernel.run("run.result()")
    assert "ExecutionAbortedError" in raised.error
    assert "interrupt" in raised.error


def test_an_interrupt_of_several_awaited_executions_is_one_question(kernel):
    kernel.ok(SLOW + "import asyncio")
    run = kernel.run(
        "runs = [slow.remote(), slow.remote()]\nawait asyncio.gather(*runs)", answer="y", during=interrupt_when_running
    )
    assert len(run.prompts) == 1
    for execution_id in value(kernel, "[run.id for run in runs]"):
        assert execution_id in run.prompts[0]
    assert value(kernel, "[run.wait(60).phase for run in runs]") == ["ABORTED", "ABORTED"]


@pytest.mark.parametrize("answer", ["n", "", None])
def test_an_interrupt_without_a_yes_leaves_the_execution_and_says_so(kernel, answer):
    """`n`, an empty answer, and a front end without input: it goes on, and the cell tells how to stop it."""
    kernel.ok(SLOW)
    run = kernel.run("run = slow.remote()\nrun.result()", answer=answer, during=interrupt_when_running)
    execution_id = value(kernel, "run.id")
    assert run.status == "error"
    assert bool(run.prompts) == (answer is not None)
    assert f"Execution {execution_id} keeps running" in run.stderr
    assert f"%flyte stop {execution_id}" in run.stderr
    assert value(kernel, "run.phase") == "RUNNING"
    kernel.ok(f"%flyte stop {execution_id}")
    assert value(kernel, "run.wait(60).phase") == "ABORTED"


def test_the_magics_from_listing_to_stopping(kernel):
    kernel.ok(SLOW)
    tasks = kernel.ok("%flyte tasks").result
    assert "slow" in tasks["text/plain"]
    assert "<table" in tasks["text/html"]
    assert "No executions yet" in kernel.ok("%flyte runs").result["text/plain"]

    run = kernel.ok("job = %flyte run slow seconds=0.01")
    assert len(run.displays) == 1
    assert value(kernel, "job.result(60)") == 1
    execution_id = value(kernel, "job.id")
    for line in ("%flyte logs", "%flyte logs job", f"%flyte logs {execution_id}"):
        assert kernel.ok(line).stdout.strip() == "started"
    assert "has already ended: SUCCEEDED" in kernel.ok("%flyte stop job").stdout

    kernel.ok("job = %flyte run slow")
    assert "is being stopped" in kernel.ok("%flyte stop").stdout
    assert value(kernel, "job.wait(60).phase") == "ABORTED"
    listed = kernel.ok("%flyte runs 1").result
    assert "ABORTED" in listed["text/plain"]
    assert execution_id not in listed["text/plain"]

    missing = kernel.run("%flyte logs nosuchid")
    assert "NotFoundError" in missing.error
    assert "nosuchid" in missing.error
    assert len(missing.of("error")[0]["traceback"]) == 1

    matches = kernel.complete("%flyte logs ")
    assert execution_id in matches
    assert "job" in matches


def test_connect_tells_where_and_changes_it(kernel, home):
    """Without an argument it tells; with one, the next runs go there; where nothing answers, it says so."""
    shown = kernel.ok("%flyte connect").stdout
    assert "sandbox at 127.0.0.1:" in shown
    assert "flytesnacks" in shown
    changed = kernel.ok("%flyte connect --domain staging").stdout
    assert "domain staging" in changed
    refused = kernel.run("%flyte connect 127.0.0.1:9 --insecure")
    assert "127.0.0.1:9" in refused.error
    assert len(refused.of("error")[0]["traceback"]) == 1
    assert "domain staging" in kernel.ok("%flyte connect").stdout
    kernel.ok("%flyte connect sandbox --domain production")
    kept = kernel.ok("%flyte connect --project flytesnacks").stdout
    assert "domain production" in kept
    wrong = kernel.run("%flyte connect sandbox --project nosuchproject")
    assert "nosuchproject" in wrong.error


def test_inspect_in_a_notebook_is_html_and_uploads_nothing(kernel, home):
    kernel.ok(SLOW)
    shown = kernel.ok("%flyte inspect slow").result
    assert "story.slow" in shown["text/html"]
    assert "def slow(seconds: float = 60)" in shown["text/html"]
    assert "story.slow" in shown["text/plain"]
    assert not (home / "sandbox").exists()


def test_unloading_leaves_the_kernel_as_it_was(kernel):
    """After `%unload_ext`: no magic, no thread, no handler; the execution goes on, and loading again works."""
    kernel.ok(SLOW)
    kernel.ok("run = slow.remote(seconds=0.5)")
    kernel.ok("%unload_ext autocontainer_nb")
    assert value(kernel, "[t.name for t in __import__('threading').enumerate() if 'live display' in t.name]") == []
    assert "not found" in kernel.run("%flyte").stderr
    assert value(kernel, "get_ipython().custom_exceptions") == ()
    shown = kernel.ok("run")
    assert "<Execution" in shown.result["text/plain"]
    assert not shown.displays
    assert value(kernel, "run.result(60)") == 1
    kernel.ok("%load_ext autocontainer_nb")
    assert "%flyte run" in kernel.ok("%flyte").stdout


def test_loading_is_quick_because_it_leaves_grpc_alone(kernel):
    """The client is loaded by the first run, not by the extension."""
    assert value(kernel, "'grpc' in __import__('sys').modules") is False
