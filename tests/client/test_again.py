"""Gates that are answered, executions that are started again, kept out of lists, measured."""

import time
from typing import Any

import client_flows as flows
import client_tasks as tasks
import pytest

from autocontainer_nb import ConversionError, ExecutionAbortedError, ExecutionFailedError, FlyteRemote, InputError

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(175)]
TIMEOUT_S = 170


def waiting_gate(run: Any) -> Any:
    """Return the gate that the execution has reached; pytest's own time limit ends it otherwise."""
    while not run.gates:
        assert not run.is_done, run.error
        time.sleep(0.2)
    return run.gates[0]


@pytest.fixture(scope="module")
def answered(remote: FlyteRemote) -> Any:
    """An execution that asks for a number, which it got."""
    run = remote.launch(flows.asks_for_a_number, x=1)
    gate = waiting_gate(run)
    assert "how-many" in str(gate)
    with pytest.raises(ConversionError):
        run.set_input("how-many", "many")
    with pytest.raises(InputError, match="how-many"):
        run.set_input("how-much", 1)
    run.set_input("how-many", 41)
    return run


@pytest.mark.needs("gates")
def test_a_gates_value_is_an_input(answered: Any) -> None:
    """Of what comes behind it; wrong names and types were refused."""
    assert answered.result(timeout_s=TIMEOUT_S) == 42


@pytest.mark.needs("gates")
def test_an_answered_gate_isnt_listed(answered: Any) -> None:
    """Nor asked for again."""
    answered.wait(timeout_s=TIMEOUT_S)
    assert answered.gates == []


@pytest.mark.needs("gates")
def test_an_approved_value_goes_on(remote: FlyteRemote) -> None:
    """Without a name, at the gate that waits; which the reason tells before."""
    run = remote.launch(flows.asks_for_approval, x=1)
    waiting_gate(run)
    assert "approve('fine')" in (run.reason or "")
    run.approve()
    assert run.result(timeout_s=TIMEOUT_S) == 3


@pytest.mark.needs("gates")
def test_a_rejected_value_fails(remote: FlyteRemote) -> None:
    """By its name."""
    run = remote.launch(flows.asks_for_approval, x=2)
    waiting_gate(run)
    run.reject("fine")
    with pytest.raises(ExecutionFailedError, match="fine"):
        run.result(timeout_s=TIMEOUT_S)


@pytest.mark.needs("gates")
def test_what_waits_at_a_gate_can_be_stopped(remote: FlyteRemote) -> None:
    """It ends with the cause."""
    run = remote.launch(flows.asks_for_approval, x=3)
    waiting_gate(run)
    run.terminate("nobody answers")
    with pytest.raises(ExecutionAbortedError, match="nobody answers"):
        run.result(timeout_s=TIMEOUT_S)


@pytest.mark.needs("relaunch")
def test_an_execution_is_started_again(once: Any, word: str) -> None:
    """On the same inputs, under a name of its own or the one that is asked for."""
    first = once(tasks.increment, x=1).wait(timeout_s=TIMEOUT_S)
    runs = [first.relaunch(), first.relaunch(f"again-{word}")]
    assert [run.result(timeout_s=TIMEOUT_S) for run in runs] == [2, 2]
    assert runs[1].id == f"again-{word}"
    assert len({first.id, *(run.id for run in runs)}) == 3


@pytest.mark.needs("relaunch", "workflows")
def test_a_workflow_is_started_again(once: Any) -> None:
    """As what was registered then."""
    first = once(flows.chain, x=1).wait(timeout_s=TIMEOUT_S)
    again = first.relaunch()
    assert again.result(timeout_s=TIMEOUT_S) == 4
    assert again.launched == first.launched


@pytest.mark.needs("recover", "workflows")
def test_a_recovered_workflow_runs_what_had_failed(once: Any) -> None:
    """What had succeeded is taken over."""
    first = once(flows.fails_in_the_end, x=1).wait(timeout_s=TIMEOUT_S)
    again = first.recover().wait(timeout_s=TIMEOUT_S)
    phases = {node.entity: node.phase for node in again.nodes}
    assert (phases["slow"], phases["increment"], phases["fails"]) == ("RECOVERED", "RECOVERED", "FAILED")


@pytest.mark.needs("archive")
def test_an_archived_execution_is_out_of_lists(remote: FlyteRemote) -> None:
    """Found by its name, listed where it is asked for, and back afterwards."""
    run = remote.launch(tasks.increment, x=77).wait(timeout_s=TIMEOUT_S)

    def listed(**conditions: Any) -> bool:
        return run.id in [each.id for each in remote.executions(50, **conditions)]

    assert listed()
    run.archive()
    assert (listed(), listed(archived=True)) == (False, True)
    assert remote.execution(run.id).result() == 78
    run.unarchive()
    assert (listed(), listed(archived=True)) == (True, False)


@pytest.mark.needs("workflows")
def test_where_the_time_went_is_told(once: Any) -> None:
    """As a text, with the nodes."""
    run = once(flows.chain, x=1).wait(timeout_s=TIMEOUT_S)
    assert "n0" in str(run.metrics())
