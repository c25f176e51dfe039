"""Which changes that one node makes to what it runs have an effect, by the kind of node."""

from collections.abc import Iterable, Mapping
from typing import Final

# By the name of the field in `flyteidl.core.Node` that says what the node runs. Everything counts for a task's node
# and for the items of a map; for all kinds, the name and the timeout do.
_WITH_EFFECT: Final[Mapping[str, frozenset[str]]] = {
    "workflow_node": frozenset({"name", "timeout"}),
    "branch_node": frozenset({"name", "timeout"}),
    "gate_node": frozenset({"name", "timeout"}),
}
# Flyte reads a task's own template for the first three, and a node's never. A pod template of a node would take the
# place of the task's whole pod, command and all, so it is the task's, too.
_NEVER: Final = frozenset({"cache", "cache_version", "cache_serialize", "pod_template"})


def without_effect(target: str, given: Iterable[str], *, times_out: bool = False) -> list[str]:
    """Return those of the overrides that a node of this kind drops silently, in the order in which they were given.

    What isn't a task is tried again when its timeout has passed, and only then: `retries` counts where it `times_out`.
    """
    known = _WITH_EFFECT.get(target)
    if known is not None and times_out:
        known |= {"retries"}
    return [name for name in given if name in _NEVER or (known is not None and name not in known)]
