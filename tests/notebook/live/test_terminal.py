"""IPython in a real terminal: the extension works there, too, with text instead of HTML."""

import os
import re
import sys

import pexpect
import pytest

PROMPT = r"In \[\d+\]: "


@pytest.fixture
def terminal(home, tmp_path):
    environ = dict(
        os.environ,
        AUTOCONTAINER_NB_HOME=str(home),
        AUTOCONTAINER_NB_NOTEBOOK="terminal",
        IPYTHONDIR=str(tmp_path / "ipython"),
        TERM="dumb",
    )
    child = pexpect.spawn(
        sys.executable,
        ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor", "--no-confirm-exit"],
        env=environ,
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 200),
    )
    child.expect(PROMPT)

    def run(line):
        child.sendline(line)
        child.expect(PROMPT)
        return child.before

    yield child, run
    child.sendline("exit")
    child.expect(pexpect.EOF)
    child.close()
    assert not child.isalive()


@pytest.mark.sandbox
def test_a_task_runs_from_ipython_in_a_terminal(terminal, tmp_path):
    """Defined, run with one status line, shown as text, inspected as text; a mistake is one line."""
    child, run = terminal
    (tmp_path / "cell.ipy").write_text(
        "from autocontainer_nb import task\n@task\ndef slow(seconds: float) -> int:\n"
        "    import time\n    print('started', flush=True)\n    time.sleep(seconds)\n    return 41\n"
    )
    run("%load_ext autocontainer_nb")
    run("get_ipython().run_cell(open('cell.ipy').read(), store_history=True)")
    waited = run("run = slow.remote(0.3); run.result(60)")
    assert re.search(r"slow SUCCEEDED [\d.]+ s \(execution \w+\)", waited)
    assert "41" in waited
    assert "<div" not in waited
    assert re.search(r"slow SUCCEEDED .*\n? *started", run("run"), re.DOTALL)
    assert "terminal.slow(seconds: float) -> int" in run("%flyte inspect slow")
    mistake = run("slow.remote(seconds='x')")
    assert "ConversionError" in mistake
    assert "Traceback" not in mistake

    child.sendline("job = slow.remote(60); job.result()")
    child.expect("RUNNING")
    child.sendintr()
    child.expect(r"Stop execution \w+ as well\? \[y/N\] ")
    child.sendline("y")
    child.expect("is being stopped")
    child.expect(PROMPT)
    assert "ABORTED" in run("job.wait(60).phase")
