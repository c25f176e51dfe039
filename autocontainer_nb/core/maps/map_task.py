"""`map_task`: a task run for each item of its lists, each item in its own container.

It is registered as an array node over a task whose command is `pyflyte-map-execute`: every container gets the whole
lists and processes one item, whose index the control plane passes in a variable.
"""

import copy
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from flyteidl.core import literals_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.entities.entity import TrackedInstance
from autocontainer_nb.core.maps.items import (
    Tolerance,
    check_single_output,
    checked_tolerance,
    list_interface,
    only_output,
    run_items,
)
from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask
from autocontainer_nb.core.resolvers.resolver import TaskResolverMixin, load_resolver
from autocontainer_nb.core.run.context import FlyteContext
from autocontainer_nb.core.settings.task_metadata import TaskMetadata
from autocontainer_nb.errors import DefinitionError, InputError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import with_article
from autocontainer_nb.wire import ENV_ITEM_TOLERANCE, EXECUTE_SCRIPT, MAP_EXECUTE_SCRIPT, MAP_RESOLVER_LOCATION

if TYPE_CHECKING:
    from flyteidl.core import dynamic_job_pb2, security_pb2, tasks_pb2

    from autocontainer_nb.core.graph.node import NodeMetadata
    from autocontainer_nb.core.settings.serialization import SerializationSettings


_TASK_TYPE_VERSION: Final = 1  # as flytekit registers them
_VARS, _RESOLVER = "vars", "resolver"  # flytekit's spelling


class ArrayNodeMapTask(PythonTask[None]):
    """A task over lists: each input that isn't bound to a single value is a list, and so is the output."""

    def __init__(
        self,
        python_function_task: Any,
        concurrency: int | None = None,
        min_successes: int | None = None,
        min_success_ratio: float | None = None,
        bound_inputs: "set[str] | None" = None,
        *,
        metadata: TaskMetadata | None = None,
        run_all_sub_nodes: bool = False,
    ) -> None:
        """Map over a task, or over a `functools.partial` of one, whose arguments are the same for all items.

        Raises:
            DefinitionError: it isn't a task with at most one output that runs in its own container, or a number is out
                of range.
        """
        values = dict(python_function_task.keywords) if isinstance(python_function_task, partial) else {}
        task = _mapped_task(python_function_task, values)
        short = f"map_task({task.short_name})"
        self._tolerance = checked_tolerance(short, concurrency, min_successes, min_success_ratio)
        self._bound_inputs = frozenset(bound_inputs or ()) | frozenset(values)
        if unknown := sorted(self._bound_inputs - task.python_interface.inputs.keys()):
            raise DefinitionError(f"{short}: bound_inputs: the task has no input {unknown[0]!r}.")
        self._mapped_task = task
        self.concurrency = concurrency
        self.min_successes = min_successes
        self.min_success_ratio = min_success_ratio
        self.run_all_sub_nodes = run_all_sub_nodes
        super().__init__(
            task_type=task.task_type,
            name=self._registered_name(task.name),
            task_config=None,
            interface=replace(
                list_interface(task.python_interface, self._bound_inputs, self._tolerance),
                defaults=values,  # so that they apply however it is called or launched
            ),
            metadata=metadata or task.metadata,
            task_type_version=_TASK_TYPE_VERSION,
        )

    @property
    def short_name(self) -> str:
        """Its name in messages, such as `map_task(double)`."""
        return f"map_task({self._mapped_task.short_name})"

    @property
    def mapped_task(self) -> PythonAutoContainerTask[Any]:
        """The task that runs for each item."""
        return self._mapped_task

    @property
    def python_function_task(self) -> PythonAutoContainerTask[Any]:
        """The task that runs for each item, by flytekit's name."""
        return self._mapped_task

    @property
    def bound_inputs(self) -> frozenset[str]:
        """The inputs that are the same for all items."""
        return self._bound_inputs

    @property
    def security_context(self) -> "security_pb2.SecurityContext | None":
        """The secrets that the mapped task requests."""
        return self._mapped_task.security_context

    @property
    def enable_deck(self) -> bool:
        """Whether the run of an item writes a `deck.html`."""
        return self._mapped_task.enable_deck

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Map over the lists: here and now, or as a node of the workflow that is being drawn.

        An input that isn't passed, and has a default in the mapped task, is that default for all items.
        """
        return super(ArrayNodeMapTask, self.for_call(args, kwargs)).__call__(*args, **kwargs)

    def for_call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> "ArrayNodeMapTask":
        """Return the map whose inputs that aren't passed are the mapped task's defaults; itself if all are passed."""
        given = {*list(self._python_interface.inputs)[: len(args)], *kwargs, *self._python_interface.defaults}
        defaults = self._mapped_task.python_interface.defaults
        missing = {name: value for name, value in defaults.items() if name not in given}
        if not missing:
            return self
        return ArrayNodeMapTask(
            partial(self._mapped_task, **self._python_interface.defaults, **missing),
            self.concurrency,
            self.min_successes,
            self.min_success_ratio,
            set(self._bound_inputs),
            metadata=self.metadata,
            run_all_sub_nodes=self.run_all_sub_nodes,
        )

    def over(self, task: PythonAutoContainerTask[Any]) -> "ArrayNodeMapTask":
        """Return a copy that maps over another form of the same task."""
        made = copy.copy(self)
        made._mapped_task = task  # noqa: SLF001 - the copy's own
        return made

    def says_the_same(self, other: "ArrayNodeMapTask") -> bool:
        """Whether another map of the same name is registered as this one is: bound values are those of the nodes."""
        return self._mapped_task is other.mapped_task and bool(self.metadata == other.metadata)

    def execute(self, **kwargs: Any) -> Any:
        """Run the mapped task for each item in order, and return the list of results.

        An item that raises is None in the list as long as enough others can succeed; the cause is logged.
        """
        outputs = run_items(
            self.short_name, kwargs, self._bound_inputs, self._run_item, self._tolerance, run_all=self.run_all_sub_nodes
        )
        return outputs if self._python_interface.outputs else None

    def _run_item(self, values: dict[str, Any]) -> Any:
        from autocontainer_nb.core.graph.passed_values import as_made

        interface = self._mapped_task.python_interface
        found = only_output(interface, self._mapped_task.execute(**values))
        return as_made(found, next(iter(interface.outputs.values()), None), f"{self.short_name}(output)")

    def dispatch_execute(
        self, ctx: FlyteContext, input_literal_map: literals_pb2.LiteralMap
    ) -> "literals_pb2.LiteralMap | dynamic_job_pb2.DynamicJobSpec":
        """Return the outputs for the item whose index the context has; without an index, the lists for all items.

        Raises:
            InputError: the lists have no item of that index.
        """
        if ctx.array_index is None:
            if ctx.item_tolerance:
                return self._tolerating(ctx.item_tolerance).dispatch_execute(
                    replace(ctx, item_tolerance=""), input_literal_map
                )
            return super().dispatch_execute(ctx, input_literal_map)
        literals = dict(input_literal_map.literals)
        for name in self._python_interface.inputs:
            if name in literals and name not in self._bound_inputs:
                literals[name] = self._item(ctx, name, literals[name], ctx.array_index)
        return self._mapped_task.dispatch_execute(ctx, literals_pb2.LiteralMap(literals=literals))

    def sandbox_execute(self, ctx: FlyteContext, input_literal_map: literals_pb2.LiteralMap) -> literals_pb2.LiteralMap:
        """Run each item in this process as its container would, and return the list of their outputs."""
        kinds = self._mapped_task.python_interface.outputs
        given = {
            name: each if name in self._bound_inputs else each.collection.literals
            for name, each in input_literal_map.literals.items()
        }

        def run(item: dict[str, Any]) -> Any:
            left: Any = self._mapped_task.sandbox_execute(ctx, literals_pb2.LiteralMap(literals=item))
            return next((left.literals[name] for name in kinds), None)

        items = run_items(
            self.short_name, given, self._bound_inputs, run, self._tolerance, run_all=self.run_all_sub_nodes
        )
        nothing = literals_pb2.Literal(scalar=literals_pb2.Scalar(none_type=literals_pb2.Void()))
        outputs = literals_pb2.LiteralCollection(literals=[nothing if item is None else item for item in items])
        return literals_pb2.LiteralMap(literals={name: literals_pb2.Literal(collection=outputs) for name in kinds})

    def construct_node_metadata(self) -> "NodeMetadata":
        """Return the metadata of the whole array's node; `item_metadata` is that of the items."""
        from autocontainer_nb.core.graph.node import NodeMetadata

        return NodeMetadata(name=self._name)

    def item_metadata(self) -> "NodeMetadata":
        """Return the metadata of one item's node: the task's settings."""
        return replace(super().construct_node_metadata(), name=self._name)

    def get_command(self, settings: "SerializationSettings") -> list[str]:
        """Return the command of one item's container: the mapped task's, with `pyflyte-map-execute`."""
        command = self._mapped_task.get_default_command(settings)
        place = command.index("--resolver")
        loader = ArrayNodeMapTaskResolver().loader_args(settings, self)
        renamed = [MAP_EXECUTE_SCRIPT if part == EXECUTE_SCRIPT else part for part in command[:place]]
        return [*renamed, "--resolver", MAP_RESOLVER_LOCATION, "--", *loader]

    def get_container(self, settings: "SerializationSettings") -> "tasks_pb2.Container | None":
        """Return the mapped task's container with this task's command."""
        return self._with_own_command().get_container(self._with_tolerance(settings))

    def get_k8s_pod(self, settings: "SerializationSettings") -> "tasks_pb2.K8sPod | None":
        """Return the mapped task's pod with this task's command, or None if it has no pod template."""
        return self._with_own_command().get_k8s_pod(self._with_tolerance(settings))

    def get_sql(self, settings: "SerializationSettings") -> "tasks_pb2.Sql | None":
        """Return the SQL statement of the mapped task; None for a Python task."""
        return self._mapped_task.get_sql(settings)

    def get_config(self, settings: "SerializationSettings") -> dict[str, str] | None:
        """Return the mapped task's configuration for the control plane."""
        return self._mapped_task.get_config(settings)

    def get_custom(self, settings: "SerializationSettings") -> dict[str, Any] | None:
        """Return the mapped task's own data for the control plane."""
        return self._mapped_task.get_custom(settings)

    def get_extended_resources(self, settings: "SerializationSettings") -> "tasks_pb2.ExtendedResources | None":
        """Return the mapped task's accelerator and shared memory."""
        return self._mapped_task.get_extended_resources(settings)

    def _with_tolerance(self, settings: "SerializationSettings") -> "SerializationSettings":
        """Return settings that tell a container which runs all items how many of them may fail."""
        tolerance = self._tolerance.text()
        return replace(settings, env={**settings.env, ENV_ITEM_TOLERANCE: tolerance}) if tolerance else settings

    def _tolerating(self, text: str) -> "ArrayNodeMapTask":
        """Return the same map with the tolerance from its registration."""
        tolerance = Tolerance.parse(text)
        return ArrayNodeMapTask(
            self._mapped_task, None, tolerance.min_successes, tolerance.min_success_ratio, set(self._bound_inputs)
        )

    def _with_own_command(self) -> PythonAutoContainerTask[Any]:
        task = copy.copy(self._mapped_task)
        task.set_command_fn(self.get_command)
        return task

    def _registered_name(self, task_name: str) -> str:
        """Return flytekit's name: the mapped task's name, and a hash of the other settings."""
        from hashlib import md5

        module, _, function = task_name.rpartition(".")
        settings = (
            f"{','.join(sorted(self._bound_inputs))}{self.concurrency}{self.min_successes}{self.min_success_ratio}"
        )
        return f"{module}.map_{function}_{md5(settings.encode(), usedforsecurity=False).hexdigest()}-arraynode"

    def _item(self, ctx: FlyteContext, name: str, literal: literals_pb2.Literal, index: int) -> literals_pb2.Literal:
        if literal.HasField("offloaded_metadata"):
            literal = literals_pb2.Literal.FromString(ctx.files.get_bytes(literal.offloaded_metadata.uri))
        items = literal.collection.literals
        if not 0 <= index < len(items):
            raise InputError(
                f"Task {self.short_name!r}: the input {name!r} has {len(items)} items, but no item [{index}]."
            )
        return items[index]


class ArrayNodeMapTaskResolver(TrackedInstance, TaskResolverMixin):
    """Finds the mapped task with its own resolver, and maps over it. Its location is this class, as in flytekit."""

    @property
    def location(self) -> str:
        """The dotted path of this class."""
        return MAP_RESOLVER_LOCATION

    def name(self) -> str:
        """Return the resolver's name."""
        return "ArrayNodeMapTaskResolver"

    def load_task(self, loader_args: list[str]) -> PythonTask[Any]:
        """Return the map task that `["vars", "a,b", "resolver", LOCATION, ...]` identifies; a and b are bound.

        Raises:
            DefinitionError: the arguments have another form.
        """
        if loader_args[:1] != [_VARS] or loader_args[2:3] != [_RESOLVER] or len(loader_args) < 4:  # noqa: PLR2004 - pairs
            raise DefinitionError(
                f"Expected the loader arguments {_VARS} NAMES {_RESOLVER} LOCATION ..., got {loader_args!r}. Was the "
                "command changed by hand?"
            )
        _, names, _, location, *inner = loader_args
        task = load_resolver(location).load_task(inner)
        return ArrayNodeMapTask(task, bound_inputs={name for name in names.split(",") if name})

    def loader_args(self, settings: "SerializationSettings", task: PythonTask[Any]) -> list[str]:
        """Return the names of the bound inputs, and the loader arguments of the mapped task."""
        if not isinstance(task, ArrayNodeMapTask):
            raise DefinitionError(f"Task {task.name!r}: expected a map task, got {with_article(type(task))}.")
        resolver = task.mapped_task.task_resolver
        inner = resolver.loader_args(settings, task.mapped_task)
        return [_VARS, ",".join(sorted(task.bound_inputs)), _RESOLVER, resolver.location, *inner]

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        """Return an empty list: map tasks are made on demand from the mapped task."""
        return []


def map_task(
    target: Any,
    concurrency: int | None = None,
    min_successes: int | None = None,
    min_success_ratio: float = 1.0,
    run_all_sub_nodes: bool = False,
    *,
    metadata: TaskMetadata | None = None,
    bound_inputs: "set[str] | None" = None,
) -> Any:
    """Return a task that runs `target` for each item of lists: `map_task(double)(x=[1, 2, 3])` is `[2, 4, 6]`.

    Mapped over a launch plan or a reference, the result isn't a task of its own, but steps of a workflow
    (`core.maps.array_node`).

    Args:
        target: A task with at most one output, or `functools.partial(task, b=2)`, whose arguments apply to all items;
            or a launch plan, a `reference_task`, a `reference_launch_plan`.
        concurrency: The number of items that run at a time; 0 for all at once, None for as many as the workflow allows.
        min_successes: The number of items that must succeed; the outputs of the others are missing.
        min_success_ratio: The ratio of items that must succeed; below 1, the outputs of the others are None.
        run_all_sub_nodes: Whether all items run to their end even after too many have failed.
        metadata: Retries, timeout and other settings of an item, instead of the task's own.
        bound_inputs: Inputs of a task that are the same for all items: a call passes one value, not a list.

    Raises:
        DefinitionError: the target can't be mapped, or a number is out of range.
    """
    if not isinstance(target, PythonTask | partial):
        from autocontainer_nb.core.maps.array_node import ArrayNode

        if bound_inputs:
            raise DefinitionError(
                "map_task: bound_inputs belongs to a map over a task. Over launch plans and references, pass lists, or "
                "a workflow with the value inside."
            )
        return ArrayNode(target, concurrency, min_successes, min_success_ratio, run_all_sub_nodes=run_all_sub_nodes)
    return ArrayNodeMapTask(
        target,
        concurrency,
        min_successes,
        min_success_ratio,
        bound_inputs,
        metadata=metadata,
        run_all_sub_nodes=run_all_sub_nodes,
    )


def _mapped_task(target: Any, values: Mapping[str, Any]) -> PythonAutoContainerTask[Any]:
    task = target.func if isinstance(target, partial) else target
    if isinstance(target, partial) and target.args:
        raise DefinitionError("map_task: pass a partial's arguments by name, as in functools.partial(task, b=2).")
    if not isinstance(task, PythonAutoContainerTask) or getattr(task, "makes_graph", False):
        name = getattr(task, "short_name", None) or getattr(task, "__name__", repr(task))
        raise DefinitionError(
            f"map_task({name}): expected a task that runs in its own container, got {with_article(type(task))}."
        )
    interface = task.python_interface
    check_single_output(task.short_name, interface)
    for name, value in values.items():
        if name not in interface.inputs:
            raise DefinitionError(
                f"map_task({task.short_name}): the partial binds {name!r}, but the task has no such input."
            )
        if type(value).__name__ not in {"Promise", "VoidPromise", "NodeOutputs"}:
            type_engine.check(value, interface.inputs[name], f"map_task({task.short_name})(partial).{name}")
    return task
