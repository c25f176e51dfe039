"""The table of what the sandbox lacks holds: where it has learnt a thing, the line has to go, and its cases run."""

from collections.abc import Callable
from typing import Any

import client_flows as flows
import client_tasks as tasks
import pytest
from client_needs import NEEDS

from autocontainer_nb import AutocontainerError, reference_workflow

pytestmark = pytest.mark.sandbox


def _cached(once: Any, remote: Any) -> None:
    first, second = (remote.launch(flows.cached, x=1, word="probe").result(timeout_s=60) for _ in range(2))
    if first != second:
        raise AutocontainerError("the second execution ran as well")


def _reference(once: Any, remote: Any) -> None:
    reference = reference_workflow(remote.project, remote.domain, "some.workflow", "v1")(flows.chain)
    remote.launch(reference, x=1)


PROBES: dict[str, Callable[[Any, Any], object]] = {
    "workflows": lambda once, remote: remote.launch(flows.chain, x=1),
    "launch plans": lambda once, remote: remote.launch(flows.plan),
    "dynamic": lambda once, remote: remote.launch(flows.repeated, n=1).result(timeout_s=60),
    "gates": lambda once, remote: remote.launch(flows.pauses, x=1),
    "references": _reference,
    "caching": _cached,
    "relaunch": lambda once, remote: once(tasks.increment, x=1).relaunch(),
    "recover": lambda once, remote: once(tasks.increment, x=1).recover(),
    "archive": lambda once, remote: once(tasks.increment, x=1).archive(),
}


def test_each_need_has_its_probe() -> None:
    """None is in the table without proof."""
    assert PROBES.keys() == NEEDS.keys()


@pytest.mark.parametrize("need", NEEDS)
def test_the_sandbox_lacks_it(once: Any, remote: Any, need: str) -> None:
    """It refuses, in words; if this fails, take the line out of client_needs.py."""
    if not remote.is_sandbox:
        pytest.skip("the table is the sandbox's")
    with pytest.raises(AutocontainerError):
        PROBES[need](once, remote)
