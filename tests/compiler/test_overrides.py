"""Which overrides count, by the kind of node."""

import pytest

from autocontainer_nb.compiler.overrides import without_effect

ALL = ["name", "timeout", "retries", "interruptible", "requests", "container_image", "cache", "pod_template"]


@pytest.mark.parametrize(
    ("target", "lost"),
    [
        ("task_node", ["cache", "pod_template"]),
        ("array_node", ["cache", "pod_template"]),
        ("workflow_node", ["retries", "interruptible", "requests", "container_image", "cache", "pod_template"]),
        ("branch_node", ["retries", "interruptible", "requests", "container_image", "cache", "pod_template"]),
        ("gate_node", ["retries", "interruptible", "requests", "container_image", "cache", "pod_template"]),
    ],
)
def test_what_each_kind_of_node_drops(target: str, lost: list[str]) -> None:
    """In the order in which they were given; what a timeout makes try again counts retries."""
    assert without_effect(target, ALL) == lost
    assert "retries" not in without_effect(target, ALL, times_out=True)
