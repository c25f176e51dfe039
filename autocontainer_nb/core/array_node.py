"""A launch plan, or what is registered already, mapped over lists: a node of a workflow, one start for each item."""

from typing import Any, NoReturn

from autocontainer_nb.core.compilation import current_calls
from autocontainer_nb.core.entity_call import call_as_node
from autocontainer_nb.core.interface import Interface, bind_inputs, check_inputs
from autocontainer_nb.core.launch_plan import LaunchPlan
from autocontainer_nb.core.map_items import check_single_output, checked_tolerance, list_interface, run_items
from autocontainer_nb.core.node import NodeMetadata
from autocontainer_nb.core.reference import ReferenceLaunchPlan, ReferenceTask
from autocontainer_nb.errors import DefinitionError, UserError

MappedEntity = LaunchPlan | ReferenceLaunchPlan | ReferenceTask


class ArrayNode:
    """What `map_task` gives for a launch plan or a reference: to be called in a workflow, with lists."""

    noun = "Map"

    def __init__(
        self,
        target: MappedEntity,
        concurrency: int | None = None,
        min_successes: int | None = None,
        min_success_ratio: float | None = None,
        *,
        run_all_sub_nodes: bool = False,
    ) -> None:
        """Map over the target.

        Raises:
            DefinitionError: it has more than one output, or a number makes no sense.
        """
        if not isinstance(target, MappedEntity):
            name = getattr(target, "short_name", None) or getattr(target, "__name__", repr(target))
            raise DefinitionError(
                f"map_task({name}): a task that runs in a container by itself, a launch plan, a reference_task or a "
                f"reference_launch_plan is expected, got {type(target).__name__}."
            )
        self.target = target
        self.concurrency = concurrency
        self.min_successes = min_successes
        self.min_success_ratio = min_success_ratio
        self.run_all_sub_nodes = run_all_sub_nodes
        check_single_output(target.short_name, target.python_interface)
        self._tolerance = checked_tolerance(self.short_name, concurrency, min_successes, min_success_ratio)
        self._python_interface = list_interface(target.python_interface, frozenset(), self._tolerance)

    @property
    def name(self) -> str:
        """The target's registered name: the array itself isn't registered."""
        return self.target.name

    @property
    def short_name(self) -> str:
        """What it is, for messages."""
        return f"map_task({self.target.short_name})"

    @property
    def python_interface(self) -> Interface:
        """Lists of the target's inputs and output, in Python types."""
        return self._python_interface

    def construct_node_metadata(self) -> NodeMetadata:
        """Return how the node is shown: by the target's name."""
        return NodeMetadata(name=self.target.name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run a launch plan for each item here and now; while a workflow is drawn, become a node of it.

        Raises:
            UserError: the target is a reference, and no workflow is being drawn: its code isn't here.
        """
        state = current_calls()
        if state is not None:
            return call_as_node(state, self, args, kwargs)
        values = bind_inputs(self.short_name, self._python_interface, args, kwargs, self.noun)
        check_inputs(self.short_name, self._python_interface, values)
        found = run_items(
            self.short_name,
            values,
            frozenset(),
            lambda item: self.target(**item),
            self._tolerance,
            run_all=self.run_all_sub_nodes,
        )
        return found if self._python_interface.outputs else None

    def remote(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse: the control plane knows it as a node of a workflow only.

        Raises:
            UserError: always.
        """
        raise UserError(
            f"{self.short_name} can't be started by itself: it is a step of a workflow. Call it in a @workflow and "
            f"start that one, or start {self.target.short_name}.remote(...) for each item."
        )

    def __repr__(self) -> str:
        return f"<ArrayNode over {self.target!r}>"
