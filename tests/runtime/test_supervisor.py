"""The supervisor tells each signal on, from its first moment, and reaps what others leave where it is process 1."""

import subprocess
import sys

import pytest

# SIGTERM arrives between the fork and the moment when the parent knows the child.
EARLY = """
import os, signal, sys
from autocontainer_nb.runtime import supervisor
fork = os.fork
def fork_and_be_ended():
    child = fork()
    if child:
        os.kill(os.getpid(), signal.SIGTERM)
    return child
os.fork = fork_and_be_ended
def work():
    signal.pause()
    return 0
code = supervisor.supervise(work, lambda number: 40 + number, lambda code: 20, lambda seconds: 30)
sys.exit(code)
"""
LEFT = """
import os, sys, time
from autocontainer_nb.runtime.supervisor import wait_for
left = os.fork()
if not left:
    os._exit(3)
child = os.fork()
if not child:
    time.sleep(0.5)
    os._exit(7)
print(os.waitstatus_to_exitcode(wait_for(child, reaping_all=sys.argv[1] == "all")), end=" ")
try:
    os.waitpid(left, os.WNOHANG)
    print("left")
except ChildProcessError:
    print("reaped")
"""
MASK = """
import signal, sys
from autocontainer_nb.runtime import supervisor
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
def work():
    return len(signal.pthread_sigmask(signal.SIG_BLOCK, ()) ^ {signal.SIGUSR2})
inside = supervisor.supervise(work, lambda number: 1, lambda code: 1, lambda seconds: 1)
sys.exit(inside + len(signal.pthread_sigmask(signal.SIG_BLOCK, ()) ^ {signal.SIGUSR2}))
"""
LIMIT = """
import signal, sys, time
from autocontainer_nb.runtime import supervisor, time_limit
time_limit.GRACE_S = 0.3
def work():
    if "stubborn" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "forks" in sys.argv:
        import os
        if not os.fork():
            os.close(1), os.close(2), time.sleep(5), os._exit(0)
    time_limit.end_after(0.4 if "quick" not in sys.argv else 30)
    if "quick" not in sys.argv:
        time.sleep(30)
    return 3
sys.exit(supervisor.supervise(work, lambda number: 40 + number, lambda code: 20, lambda seconds: int(seconds * 100)))
"""


def _ran(script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_a_signal_right_after_the_fork_reaches_the_child() -> None:
    """It doesn't end the parent alone, which would leave the task running with nobody to tell of its end."""
    assert _ran(EARLY).returncode == 40 + 15


@pytest.mark.parametrize(("mode", "rest"), [("all", "reaped"), ("own", "left")])
def test_what_others_leave_is_reaped_by_the_first_process(mode: str, rest: str) -> None:
    assert _ran(LEFT, mode).stdout == f"7 {rest}\n"


def test_signals_are_blocked_as_before() -> None:
    assert _ran(MASK).returncode == 0


@pytest.mark.parametrize("how", ["plain", "stubborn", "forks"])
def test_a_task_is_ended_at_its_limit(how: str) -> None:
    """At SIGTERM, or where it ignores that, by SIGKILL; a process that it has forked doesn't keep the limit away."""
    assert _ran(LIMIT, how).returncode == 40


def test_a_task_that_ends_before_its_limit_is_not_waited_for() -> None:
    """Its exit code is the task's own."""
    assert _ran(LIMIT, "quick").returncode == 3
