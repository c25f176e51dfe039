"""Phases by name."""

import pytest
from flyteidl.core import execution_pb2

from autocontainer_nb.idl.phases import TERMINAL_EXECUTION_PHASES, execution_phase_name, is_terminal

PHASES = execution_pb2.WorkflowExecution.Phase


@pytest.mark.parametrize("phase", [phase for phase in PHASES.values() if phase != PHASES.UNDEFINED])
def test_a_phase_has_its_name_of_the_protocol(phase):
    assert PHASES.Value(execution_phase_name(phase)) == phase
    assert is_terminal(phase) == (phase in TERMINAL_EXECUTION_PHASES)


def test_a_fresh_execution_is_queued():
    """UNDEFINED, what the protocol says of an execution that nobody has begun yet, is no word for people."""
    assert execution_phase_name(PHASES.UNDEFINED) == "QUEUED"
    assert not is_terminal(PHASES.UNDEFINED)


def test_a_phase_of_a_later_protocol_is_shown_by_its_number():
    assert execution_phase_name(97) == "PHASE_97"
