"""Forks of a process whose other threads make calls: the copy can make calls, and so can the process."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from flyteidl.admin import project_pb2

from autocontainer_nb.remote.rpc import forks
from autocontainer_nb.remote.rpc.forks import CallsUnderWay

PROGRAM = """
import json, os, signal, sys, threading, time

from flyteidl.admin import project_pb2

from autocontainer_nb.remote.config.endpoint import Endpoint, parse_address
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.rpc.calls import Calls

endpoint = Endpoint(address=parse_address(f"127.0.0.1:{sys.argv[1]}"), insecure=True)
shared = Calls(endpoint)
request = project_pb2.ProjectGetRequest(id="flytesnacks")
counts, stopped = [0, 0, 0], threading.Event()


def ask(number):
    while not stopped.is_set():
        shared.call(methods.GET_PROJECT, request)
        counts[number] += 1
        time.sleep(0.003)


threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
for thread in threads:
    thread.start()
while not all(counts):
    time.sleep(0.01)
statuses = []
for turn in range(40):
    child = os.fork()
    if not child:
        signal.alarm(20)  # a call that hangs inside gRPC ends by no timeout of its own
        calls = shared if turn % 2 else Calls(endpoint)
        for _ in range(3):
            calls.call(methods.GET_PROJECT, request)
        shared.close()
        shared.call(methods.GET_PROJECT, request)
        os._exit(0)
    statuses.append(os.waitpid(child, 0)[1])
before = list(counts)
while not all(count > old for count, old in zip(counts, before)):
    time.sleep(0.01)
stopped.set()
for thread in threads:
    thread.join()
shared.close()
print(json.dumps(statuses))
"""


def test_forks_while_threads_make_calls(control_plane):
    """Forty forks beside three threads that call all the time: each copy makes calls, by old and by new clients."""
    control_plane.answers["GetProject"] = project_pb2.Project(id="flytesnacks")
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM, str(control_plane.port)],
        capture_output=True, text=True, check=False, timeout=300, cwd=Path(__file__).parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [0] * 40
    assert "skipping fork() handlers" not in done.stderr


def test_a_fork_waits_for_calls_and_calls_for_a_fork():
    """In this order: a call, a fork that waits for it, a further call that waits for the fork."""
    calls, order, forked = CallsUnderWay(), [], threading.Event()

    def fork():
        calls.before_fork()
        order.append("fork")
        forked.set()
        calls.after_fork_in_parent()

    def call():
        with calls:
            order.append("second call")

    with calls:
        fork_thread = threading.Thread(target=fork)
        fork_thread.start()
        while not calls._forks:
            pass
        call_thread = threading.Thread(target=call)
        call_thread.start()
        assert not forked.wait(0.1)
        order.append("end of the first")
    fork_thread.join()
    call_thread.join()
    assert order == ["end of the first", "fork", "second call"]


def test_a_fork_does_not_wait_for_ever(monkeypatch):
    """A call whose server doesn't answer holds a fork up for a while only; the copy counts anew."""
    monkeypatch.setattr(forks, "LONGEST_WAIT_S", 0.05)
    calls = CallsUnderWay()
    with calls:
        calls.before_fork()
        with pytest.raises(ZeroDivisionError), calls:  # in another thread; it doesn't wait for ever either
            raise ZeroDivisionError
        calls.after_fork_in_parent()
    calls.before_fork()
    calls.after_fork_in_child()
    with calls:
        pass
    assert (calls.generation, calls._calls, calls._forks) == (1, 0, 0)
