"""All containers of an execution, also those inside of subworkflows, branches, dynamic and eager tasks, maps, plans."""

from collections.abc import Sequence
from dataclasses import dataclass

from autocontainer_nb.remote.nodes.attempts import Attempt
from autocontainer_nb.remote.nodes.graph import BRANCH, GATE, LAUNCH_PLAN, MAP, WORKFLOW
from autocontainer_nb.remote.nodes.node import Node
from autocontainer_nb.remote.nodes.nodes import walk
from autocontainer_nb.remote.nodes.run import side_by_side

_WITHOUT_CONTAINER = frozenset({BRANCH, GATE, LAUNCH_PLAN, WORKFLOW})


@dataclass(frozen=True, kw_only=True)
class Container:
    """One attempt of one node, or of one item of a map. `namespace` is where Kubernetes has the execution's pods."""

    node: str
    entity: str
    execution_id: str
    attempt: Attempt
    namespace: str = ""

    @property
    def heading(self) -> str:
        """What it is, in one line."""
        runs = f" ({self.entity})" if self.entity else ""
        return f"{self.node}{runs}, attempt {self.attempt.number}: {self.attempt.phase}"


def containers_of(nodes: Sequence[Node], namespace: str = "") -> list[Container]:
    """Return all containers, nodes in the order of the tree, attempts from the first to the last."""
    found = [node for _, node in walk(nodes)]
    found = [node for node in found if not _only_holds_others(node)]
    attempts = side_by_side(lambda node: node.attempts, found)
    return [
        Container(
            node=node.id, entity=node.entity, execution_id=node.execution_id, attempt=attempt, namespace=namespace
        )
        for node, of_node in zip(found, attempts, strict=True)
        for attempt in of_node
    ]


def _only_holds_others(node: Node) -> bool:
    return node.kind in _WITHOUT_CONTAINER or (node.kind == MAP and bool(node.known_children))
