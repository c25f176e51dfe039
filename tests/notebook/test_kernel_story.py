"""The main job in a real Jupyter kernel, against a real sandbox."""

import ast

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]

TRAIN = """
RATE = 2

def scaled(epochs):
    return epochs * RATE

@task
def train(epochs: int) -> int:
    print("training", epochs)
    return scaled(epochs)
"""


def value(kernel, expression):
    return ast.literal_eval(kernel.ok(f"print(repr({expression}))").stdout)


def test_from_a_cell_to_a_container_and_back(kernel):
    """Load, define, run, redefine, change a global only, restart the kernel, and load an earlier result by its id."""
    kernel.ok(TRAIN)
    kernel.ok("run = train.remote(epochs=3)")
    first_id = value(kernel, "run.id")
    assert value(kernel, "run.result(60)") == 6
    assert value(kernel, "run.phase") == "SUCCEEDED"
    assert kernel.ok("print(run.logs())").stdout.strip() == "training 3"

    # Redefined: the new code runs.
    kernel.ok("@task\ndef train(epochs: int) -> int:\n    return scaled(epochs) + 100")
    assert value(kernel, "train.remote(epochs=3).result(60)") == 106

    # Only a helper's cell run again: the new helper is carried.
    kernel.ok("def scaled(epochs):\n    return epochs * RATE * 10")
    assert value(kernel, "train.remote(epochs=3).result(60)") == 160

    # Only a global that the helper reads: the new value is seen.
    kernel.ok("RATE = 5")
    assert value(kernel, "train.remote(epochs=3).result(60)") == 250

    kernel.restart()
    kernel.ok("%load_ext autocontainer_nb\nfrom autocontainer_nb import FlyteRemote")
    assert value(kernel, f"FlyteRemote().execution({first_id!r}).result(60)") == 6
    listed = kernel.ok("%flyte runs").result["text/plain"]
    assert first_id in listed
    assert listed.count("SUCCEEDED") == 4


def test_the_container_is_another_process_with_none_of_the_kernels_modules(kernel):
    kernel.ok(
        "@task\ndef who() -> dict[str, str]:\n"
        "    import os, sys\n"
        "    return {'pid': str(os.getpid()), 'loaded': ' '.join(m for m in ('grpc', 'IPython') if m in sys.modules)}"
    )
    found = value(kernel, "who.remote().result(60)")
    assert int(found["pid"]) != value(kernel, "__import__('os').getpid()")
    assert found["loaded"] == ""


def test_every_way_to_get_the_result_gives_the_same(kernel):
    """`.result()`, `await`, `.outputs` and `%flyte run` agree; a value is a literal or a variable of the notebook."""
    kernel.ok("@task\ndef add(numbers: list[int], extra: int = 0) -> int:\n    return sum(numbers) + extra")
    kernel.ok(
        "some = [1, 2, 3]\na = add.remote(some)\nb = await add.remote(some)\nc = %flyte run add numbers=some extra=4"
    )
    assert value(kernel, "a.result(60)") == 6
    assert value(kernel, "b") == 6
    assert value(kernel, "c.wait(60).outputs") == {"o0": 10}
    assert value(kernel, "(await add.remote(some, extra=1))") == 7


def test_the_cell_shows_the_execution_live_until_it_ends(kernel):
    """One output appears at the launch and is replaced while the task runs, as HTML and as text, without a script."""
    kernel.ok(
        "@task\ndef slow() -> int:\n    import time\n    for i in range(4):\n"
        "        print('step', i, flush=True)\n        time.sleep(0.4)\n    return 1"
    )
    run = kernel.ok("run = slow.remote()\nvalue = run.result(60)")
    assert "SUCCEEDED" in run.updates[-1]["text/plain"]  # without its last lines, perhaps
    run = kernel.settled(run)
    assert len(run.displays) == 1
    assert len(run.updates) >= 2
    ids = {
        content["transient"]["display_id"]
        for kind in ("display_data", "update_display_data")
        for content in run.of(kind)
    }
    assert len(ids) == 1
    assert any("RUNNING" in one["text/plain"] and "step 0" in one["text/plain"] for one in run.updates)
    last = run.updates[-1]
    execution_id = value(kernel, "run.id")
    for text in (last["text/html"], last["text/plain"]):
        for word in ("SUCCEEDED", "slow", execution_id, "step 3"):
            assert word in text
    assert "<script" not in last["text/html"]


def test_the_display_goes_on_after_the_cell_has_ended(kernel):
    """`.remote()` returns at once; what the first cell shows is replaced while another cell runs."""
    kernel.ok("@task\ndef slow() -> int:\n    import time\n    time.sleep(1)\n    return 1")
    launched = kernel.ok("run = slow.remote()")
    shown_as = launched.of("display_data")[0]["transient"]["display_id"]
    assert "SUCCEEDED" not in launched.displays[0]["text/plain"]
    later = kernel.ok(
        "import time\nfor _ in range(600):\n    time.sleep(0.05)\n    if run.is_done:\n        break\ntime.sleep(1)"
    )
    updates = [content for content in later.of("update_display_data") if content["transient"]["display_id"] == shown_as]
    assert "SUCCEEDED" in updates[-1]["data"]["text/plain"]
    # Done: the thread has ended with the execution.
    assert value(kernel, "[t.name for t in __import__('threading').enumerate() if 'live display' in t.name]") == []


def test_an_execution_is_shown_as_the_value_of_a_later_cell_but_not_twice_in_its_own(kernel):
    kernel.ok("@task\ndef quick() -> int:\n    return 1")
    first = kernel.ok("run = quick.remote()\nrun.wait(60)\nrun")
    assert len(first.displays) == 1
    assert first.result is None
    again = kernel.ok("run")
    assert "SUCCEEDED" in again.displays[0]["text/html"]


def test_a_failure_shows_the_users_traceback_and_no_frame_of_ours(kernel):
    """The task's own line is named as IPython names it; around it, only the user's cell that asked for the result."""
    kernel.ok("def inner(x):\n    return 1 / x\n\n@task\ndef broken(x: int) -> float:\n    return inner(x)")
    run = kernel.run("broken.remote(0).result(60)")
    assert run.status == "error"
    for word in ("ExecutionFailedError", "ZeroDivisionError", "line 2, in inner", "broken.remote(0).result(60)"):
        assert word in run.error
    assert "autocontainer_nb/" not in run.error
    assert "FAILED" in run.updates[-1]["text/plain"]
    assert "ZeroDivisionError" in run.updates[-1]["text/html"]


def test_a_mistake_is_one_line_in_the_kernels_protocol_too(kernel, home):
    """The front end gets an error with one line, and the sandbox isn't even started for it."""
    kernel.ok(TRAIN)
    run = kernel.run("train.remote(epochs='x')")
    error = run.of("error")[0]
    assert error["ename"] == "ConversionError"
    assert len(error["traceback"]) == 1
    assert "\n" not in error["traceback"][0]
    assert not run.displays
    assert not (home / "sandbox").exists()


def test_cells_that_ran_before_loading_are_known_by_number(kernel):
    """A helper defined before `%load_ext` has its source and its cell in the archive, like any other."""
    kernel.ok("%unload_ext autocontainer_nb")
    kernel.ok("def helper():\n    return 7")
    kernel.ok("%load_ext autocontainer_nb\n@task\ndef same_cell() -> int:\n    return helper()")
    code = "from autocontainer_nb.pickling.code.cells import cells"
    kernel.ok(code)
    assert value(kernel, "cells.lookup(helper.__code__.co_filename).source.rstrip()") == "def helper():\n    return 7"
    label = value(kernel, "cells.lookup(same_cell.__wrapped__.__code__.co_filename).label")
    assert label == value(kernel, "cells.defining('same_cell').label")
    assert value(kernel, "same_cell.remote().result(60)") == 7


def test_the_cells_id_is_that_of_the_notebook(kernel):
    """What a front end sends as `cellId` is kept with the cell."""
    message = kernel.client.session.msg(
        "execute_request", _request("def marked():\n    return 1"), metadata={"cellId": "c0ffee"}
    )
    kernel.client.shell_channel.send(message)
    while kernel.client.get_shell_msg(timeout=60)["parent_header"].get("msg_id") != message["header"]["msg_id"]:
        pass
    kernel.ok("from autocontainer_nb.pickling.code.cells import cells")
    assert value(kernel, "cells.defining('marked').cell_id") == "c0ffee"


def test_a_front_ends_silent_code_is_no_cell(kernel):
    kernel.ok("from autocontainer_nb.pickling.code.cells import cells\nx = 1")
    message = kernel.client.session.msg("execute_request", _request("x = 2", silent=True))
    kernel.client.shell_channel.send(message)
    while kernel.client.get_shell_msg(timeout=60)["parent_header"].get("msg_id") != message["header"]["msg_id"]:
        pass
    assert value(kernel, "cells.defining('x').source.splitlines()[-1]") == "x = 1"


def _request(code, *, silent=False):
    return {
        "code": code,
        "silent": silent,
        "store_history": not silent,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": True,
    }
