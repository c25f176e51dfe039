"""A launch plan or reference mapped over lists: one separate node per item.

Flyte's compiler refuses an array of them, since it takes the interface of one item for that of the whole array. So if
the lists are known when the graph is drawn, each item becomes a node; otherwise the map is refused.
"""

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from autocontainer_nb.core.entities.interface import Interface, bind_inputs, check_inputs
from autocontainer_nb.core.graph.compilation import CompilationState, current_calls
from autocontainer_nb.core.graph.node import NodeMetadata
from autocontainer_nb.core.graph.promise import Promise
from autocontainer_nb.core.maps.items import (
    check_single_output,
    checked_tolerance,
    list_interface,
    only_output,
    run_items,
)
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import ReferenceLaunchPlan, ReferenceTask
from autocontainer_nb.errors import DefinitionError, InputError, UserError
from autocontainer_nb.type_engine.wording import with_article

MappedEntity = LaunchPlan | ReferenceLaunchPlan | ReferenceTask
_ALL: Final = 1.0  # the default ratio of items that must succeed


class ArrayNode:
    """The result of `map_task` for a launch plan or a reference; call it with lists, for example in a @dynamic task."""

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
            DefinitionError: it has more than one output, or a number is out of range.
        """
        if not isinstance(target, MappedEntity):
            name = getattr(target, "short_name", None) or getattr(target, "__name__", repr(target))
            raise DefinitionError(
                f"map_task({name}): expected a task that runs in its own container, a launch plan, a reference_task or "
                f"a reference_launch_plan, got {with_article(type(target))}."
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
        """The target's registered name: the map itself isn't registered."""
        return self.target.name

    @property
    def short_name(self) -> str:
        """Its name in messages: `map_task(NAME)`."""
        return f"map_task({self.target.short_name})"

    @property
    def python_interface(self) -> Interface:
        """The target's inputs and output as lists, in Python types."""
        return self._python_interface

    def construct_node_metadata(self) -> NodeMetadata:
        """Return the metadata of an item's node, which is shown by the target's name."""
        return NodeMetadata(name=self.target.name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run a launch plan for each item here and now; while a graph is being drawn, add one node per item.

        Raises:
            DefinitionError: a graph is being drawn, and the lists aren't known yet, or some items may fail.
            UserError: the target is a reference, and no workflow is being drawn: its code isn't here.
        """
        state = current_calls()
        if state is not None:
            return self._unrolled(state, args, kwargs)
        values = bind_inputs(self.short_name, self._python_interface, args, kwargs, self.noun)
        check_inputs(self.short_name, self._python_interface, values)
        found = run_items(
            self.short_name,
            values,
            frozenset(),
            lambda item: only_output(self.target.python_interface, self.target(**item)),
            self._tolerance,
            run_all=self.run_all_sub_nodes,
        )
        return found if self._python_interface.outputs else None

    @property
    def _kind(self) -> str:
        return "registered task" if isinstance(self.target, ReferenceTask) else "launch plan"

    def _way_out(self, names: list[str]) -> str:
        if isinstance(self.target, ReferenceTask):  # no dynamic task can carry one
            return f"Write the items as a list, {names[0]}=[...], or map over a task of your own."
        each = ", ".join(f"{name}=..." for name in names)
        return (
            f"Map over a task, or loop in a task that knows the lists: `@dynamic def each({', '.join(names)}): return "
            f"[{self.target.short_name}({each}) for ... in {names[0]}]`."
        )

    def _unrolled(self, state: CompilationState, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call the target for each item, and return the list of results; None without outputs."""
        where = f"{state.owner} ► {self.short_name}"
        values = bind_inputs(self.short_name, self._python_interface, args, kwargs, self.noun)
        if any(isinstance(value, Promise) for value in values.values()):
            raise DefinitionError(
                f"{where}: the number of items isn't known while the graph is being drawn, and Flyte can't map over a "
                f"{self._kind}. {self._way_out(list(values))}"
            )
        asked = [name for name in ("concurrency", "min_successes") if getattr(self, name) is not None]
        asked += ["min_success_ratio"] if self.min_success_ratio not in {None, _ALL} else []
        asked += ["run_all_sub_nodes"] if self.run_all_sub_nodes else []
        if asked:
            raise DefinitionError(
                f"{where}: Flyte can't map over a {self._kind}, so each item becomes a separate node, and {asked[0]} "
                "would have no effect. Remove it, or map over a task."
            )
        lengths = {name: len(value) for name, value in values.items() if isinstance(value, list)}
        if len(lengths) != len(values) or len(set(lengths.values())) > 1:
            shown = ", ".join(f"{name} has {lengths.get(name, 'no list')}" for name in values)
            raise InputError(f"{where}: all mapped lists must have the same length, but {shown}.")
        count = next(iter(lengths.values()), 0)
        items = [{name: value[index] for name, value in values.items()} for index in range(count)]
        found = [only_output(self.target.python_interface, self.target(**item)) for item in items]
        return found if self._python_interface.outputs else None

    def remote(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Raise an error: the control plane has no such entity.

        Raises:
            UserError: always.
        """
        raise UserError(
            f"{self.short_name} can't be started by itself. Call it in a @dynamic task and start that, or start "
            f"{self.target.short_name}.remote(...) for each item."
        )

    def __repr__(self) -> str:
        return f"<ArrayNode over {self.target!r}>"
