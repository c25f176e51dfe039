"""The rules for a node's overrides: which of them have an effect, by the kind of node."""

from collections.abc import Iterable, Mapping
from typing import Final

# By the field of `flyteidl.core.Node` that holds what the node runs. All overrides have an effect on a task's node and
# on the items of a map; name and timeout have one on every kind.
_WITH_EFFECT: Final[Mapping[str, frozenset[str]]] = {
    "workflow_node": frozenset({"name", "timeout"}),
    "branch_node": frozenset({"name", "timeout"}),
    "gate_node": frozenset({"name", "timeout"}),
}
# For the first three, Flyte reads only the task's own template. A pod template of a node would replace the task's whole
# pod, including its command, so it also belongs to the task.
_NEVER: Final = frozenset({"cache", "cache_version", "cache_serialize", "pod_template"})


def without_effect(target: str, given: Iterable[str], *, times_out: bool = False) -> list[str]:
    """Return the overrides that a node of this kind ignores silently, in the given order.

    Entities other than tasks are retried only after a timeout, so `retries` has an effect if the node `times_out`.
    """
    known = _WITH_EFFECT.get(target)
    if known is not None and times_out:
        known |= {"retries"}
    return [name for name in given if name in _NEVER or (known is not None and name not in known)]
