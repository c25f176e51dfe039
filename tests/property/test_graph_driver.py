"""The graph driver gives what the registered messages say: the same as the local run of each kind of graph."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from graph_notebook import GRAPHS

# Containers that each run takes: one for each task, item and dynamic task, and none for a branch that isn't taken.
CONTAINERS = {
    "chain": 4,
    "outputs": 1,
    "inside": 5,
    "parts": 2,
    "first": 2,
    "first ": 1,
    "branches": 1,
    "branches ": 4,
    "branches  ": 1,
    "told": 1,
    "told ": 0,
    "items": 4,
    "items ": 1,
    "bound": 3,
    "some": 5,
    "enough": 4,
    "plans": 12,
    "drawn": 1 + 2 * (1 + 5),
    "dynamics": 1 + 6 + 3 + 2 + 1 + 4 + 1,
    "gates": 2,
    "cleaned": 3,
    "going_on": 3,
    "by_hand": 2,
    "inc": 1,
    "asking": 1 + 3,
    "asked_inside": 1 + 1 + 3,
    "mapped_in_dynamic": 1 + 1 + 1 + (1 + 2) + (1 + 2 + 5),
    "filling": 1 + 3 + 2,
    "spoilt": 6,
    "leaving": 4,
    "outer_fails": 1 + 1 + 2,
    "cleaned_by_workflow": 3,
}
# What differs in words only: a graph's own failures have propeller's.
WORDS = {
    "first ": ("ConversionError: <promise of n0.o0[2]>", "GraphError: "),
    "told ": ("UserError: told ► n0 conditional 'c': too small", "GraphError: too small"),
}
FAILED = "TaskFailedError: "


@pytest.fixture(scope="module")
def found():
    ran = subprocess.run(
        [sys.executable, HERE / "graph_notebook.py"], capture_output=True, text=True, check=False, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_gives_what_its_local_run_gives(found, name):
    """Bindings, parts, branches, maps, launch plans, dynamic jobs, gates and failure handlers: here equals there."""
    here, there = found[name]["here"], found[name]["there"]
    if name in WORDS:
        begin_here, begin_there = WORDS[name]
        assert here.startswith(begin_here)
        assert there.startswith(begin_there)
    elif there.startswith(FAILED):  # the words are a container's traceback, whose last line is the error
        assert there.splitlines()[-1] == here
    else:
        assert there == here
        assert "Error" not in here


@pytest.mark.parametrize("name", GRAPHS)
def test_each_node_is_one_container(found, name):
    """What the graph asks for runs, once each, and nothing else."""
    assert found[name]["containers"] == CONTAINERS[name]
