"""The order of nodes while a graph is drawn: no cycle gets in, nothing else is refused, and large graphs are cheap."""

import gc
import pickle
import sys
import weakref
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autocontainer_nb
from autocontainer_nb.core.graph.calls import create_node
from autocontainer_nb.core.graph.compilation import CompilationState
from autocontainer_nb.core.graph.node import Node, NodeMetadata
from autocontainer_nb.core.graph.order import may_run_before
from autocontainer_nb.core.serialize.workflows import workflow_spec
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.imperative import ImperativeWorkflow
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.image.config import ImageConfig

ROOT = autocontainer_nb.__path__[0]


class Waits:
    """A node as far as the order is concerned."""

    def __init__(self, *awaited: "Waits") -> None:
        self.awaited = [*awaited]


def waits_for(node: Waits, other: Waits) -> bool:
    return any(each is other or waits_for(each, other) for each in node.awaited)


@given(
    taken=st.lists(st.lists(st.integers(0, 8), max_size=2), min_size=2, max_size=9),
    edges=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=24),
)
def test_an_edge_is_allowed_unless_it_closes_a_cycle(taken, edges) -> None:
    """Whatever was allowed before, in any order, each edge is judged as a search of the whole graph judges it."""
    nodes: list[Waits] = []
    for indices in taken:
        nodes.append(Waits(*(nodes[each] for each in indices if each < len(nodes))))
        may_run_before(nodes[0], nodes[-1])  # as soon as they are made, they have a rank
    for first, then in ((nodes[a % len(nodes)], nodes[b % len(nodes)]) for a, b in edges):
        allowed = may_run_before(first, then)
        assert allowed == (first is not then and not waits_for(first, then))
        if allowed:
            then.awaited.append(first)


@task
def step(x: int) -> int:
    return x


def chain(length: int, *, named: bool = False):
    def drawn(x: int) -> int:
        for number in range(length):
            x = step(x=x)
            if named:
                x = x.with_overrides(node_name=f"step-{number}")
        return x

    return drawn


def ordered(length: int):
    def drawn(x: int) -> int:
        nodes = [create_node(step, x=x) for _ in range(length)]
        for before, after in pairwise(nodes):
            before >> after
        return nodes[-1].o0

    return drawn


def turned_round(length: int):
    def drawn(x: int) -> int:
        nodes = [create_node(step, x=x) for _ in range(length)]
        for after, before in reversed([*pairwise(nodes)]):
            before >> after
        return nodes[0].o0

    return drawn


def lines_run(function) -> int:
    """How many lines of ours run while the graph is drawn and serialized: what it costs, without a clock."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        if not frame.f_code.co_filename.startswith(ROOT):
            return None
        count += event == "line"
        return trace

    settings = SerializationSettings(image_config=ImageConfig.auto(img_name="ghcr.io/me/image:v1"), version="1")
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        workflow_spec(workflow(function), settings)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "graph", [chain, lambda n: chain(n, named=True), ordered, turned_round], ids=["chain", "named", ">>", ">> back"]
)
def test_twice_the_nodes_cost_twice_as_much(graph) -> None:
    """Drawn and serialized in linear time: names are looked up, and an edge doesn't search all that came before."""
    lines_run(graph(10))  # what is loaded and kept at the first use
    few, many = lines_run(graph(150)), lines_run(graph(300))
    assert few < many < 2.1 * few


def test_the_error_is_told_at_the_edge() -> None:
    """An edge that would close a cycle is refused where it is written, and leaves the order as it was."""
    with pytest.raises(DefinitionError, match="Node n2 can't run before n0, since it waits for it"):
        workflow(_closed)
    with pytest.raises(DefinitionError, match="Node n0 can't run before n0"):
        workflow(_own)


def _closed(x: int) -> int:
    first, second = create_node(step, x=x), create_node(step, x=x)
    third = create_node(step, x=second.o0)
    first >> second
    third >> first
    return third.o0


def _own(x: int) -> int:
    first = create_node(step, x=x)
    first >> first
    return first.o0


def test_nothing_of_a_dropped_graph_is_kept() -> None:
    """What is known beside the nodes, their ranks and their graph, goes with them: a cell may be run many times."""
    built = ImperativeWorkflow("built")
    nodes = [workflow(ordered(3)).nodes[0], built.add_entity(step, x=1).with_overrides(node_name="first")]
    left = [weakref.ref(each) for each in nodes]
    del built, nodes
    gc.collect()
    assert [each() for each in left] == [None, None]


def test_a_graph_that_was_pickled_can_be_added_to() -> None:
    """Names are looked up as before, though only the nodes are pickled."""
    state = CompilationState(owner="graph")
    state.add(Node("n0", None, [], NodeMetadata(name="n0")))
    assert state.__getstate__().keys() == {"owner", "prefix", "nodes", "take"}
    again = pickle.loads(pickle.dumps(state))
    with pytest.raises(DefinitionError, match="'graph' has two nodes named 'n0'"):
        again.add(Node("n0", None, [], NodeMetadata(name="n0")))
    again.add(Node("n1", None, [], NodeMetadata(name="n1")))
    assert [node.id for node in again.nodes] == ["n0", "n1"]
