"""Entities that were fetched from a control plane: references with the interface, words and source registered there."""

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any, Final

from flyteidl.core import identifier_pb2, interface_pb2

from autocontainer_nb.compiler.types import castable
from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.core.graph.promise import NodeOutputs, Promise, VoidPromise
from autocontainer_nb.core.workflows.reference import ReferenceLaunchPlan, ReferenceTask
from autocontainer_nb.errors import ConversionError, DefinitionError
from autocontainer_nb.type_engine.engine import type_engine

_PROMISES: Final = (Promise, NodeOutputs, VoidPromise)


class Fetched:
    """What tasks and launch plans that were fetched have beyond a reference. Inputs are passed by name.

    Types are those that read and write the registered ones: a dict for a dataclass, text for an enum. An input takes a
    value of the class itself as well, if its Flyte type fits the registered one.
    """

    is_fetched = True
    _reference: identifier_pb2.Identifier
    _interface: Interface
    _typed: interface_pb2.TypedInterface
    _optional: frozenset[str]  # inputs with a default that only the control plane has in full
    _find_source: Callable[[], str | None] | None = None

    def tell(
        self,
        typed: interface_pb2.TypedInterface,
        optional: frozenset[str] = frozenset(),
        description: str = "",
        find_source: Callable[[], str | None] | None = None,
    ) -> None:
        """Take what the control plane knows of it."""
        self._typed, self._optional, self._find_source = typed, optional, find_source
        self.__name__ = self._reference.name.rpartition(".")[2]
        self.__doc__ = description
        self.__signature__ = _signature(self._interface, optional)

    @property
    def interface(self) -> interface_pb2.TypedInterface:
        """Inputs and outputs in Flyte's types, as registered."""
        return self._typed

    @property
    def version(self) -> str:
        """The registered version."""
        return self._reference.version

    @property
    def project(self) -> str:
        """The project that it is registered in."""
        return self._reference.project

    @property
    def domain(self) -> str:
        """The domain that it is registered in."""
        return self._reference.domain

    @property
    def source(self) -> str | None:
        """The text of the cell or file that defines it; None if it wasn't registered by this package.

        Raises:
            StorageError: the file with the source can't be read from the store.
        """
        return None if self._find_source is None else self._find_source()

    def for_call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002 - all are passed by name
        """Return what a call with these arguments runs: the same, with the types of values that fit otherwise."""
        types = {
            name: _type_for(kwargs[name], kind, self._typed.inputs.variables[name].type) if name in kwargs else kind
            for name, kind in self._interface.inputs.items()
            if name in kwargs or name not in self._optional
        }
        if types == self._interface.inputs:
            return self
        narrowed = Interface(types, self._interface.outputs, self._interface.defaults, keyword_only=frozenset(types))
        made = type(self)(self._reference, narrowed)  # type: ignore[call-arg]  # of the references below
        made.tell(self._typed, frozenset(), self.__doc__ or "", self._find_source)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave words and source here: in a container it is the reference, with the interface that is registered."""
        named, typed = self._reference, self._typed.SerializeToString(deterministic=True)
        types = dict(self._interface.inputs), dict(self._interface.outputs)
        return fetched_again, (
            type(self).__name__,
            named.SerializeToString(deterministic=True),
            *types,
            typed,
            sorted(self._optional),
        )


class FetchedTask(Fetched, ReferenceTask):
    """A registered task, as the control plane has it."""

    noun = "Task"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a node to the workflow that is being drawn.

        Raises:
            UserError: none is being drawn, and the code isn't here.
        """
        return ReferenceTask.__call__(self.for_call(args, kwargs), *args, **kwargs)

    def remote(self, *args: Any, **kwargs: Any) -> Any:
        """Start it on the control plane; returns the `Execution` at once, while it runs."""
        return ReferenceTask.remote(self.for_call(args, kwargs), *args, **kwargs)


class FetchedLaunchPlan(Fetched, ReferenceLaunchPlan):
    """A registered launch plan, as the control plane has it."""

    noun = "Launch plan"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a node to the workflow that is being drawn.

        Raises:
            UserError: none is being drawn, and the code isn't here.
        """
        return ReferenceLaunchPlan.__call__(self.for_call(args, kwargs), *args, **kwargs)

    def remote(self, *args: Any, **kwargs: Any) -> Any:
        """Start it on the control plane; returns the `Execution` at once, while it runs."""
        return ReferenceLaunchPlan.remote(self.for_call(args, kwargs), *args, **kwargs)


class FetchedWorkflow(FetchedLaunchPlan):
    """A registered workflow: what runs, as a node as well, is the launch plan of its name and version."""

    noun = "Workflow"
    has_plan = True
    other_plans: tuple[str, ...] = ()  # launch plans of it by other names, where it has none of its own

    def for_call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return what a call with these arguments runs.

        Raises:
            DefinitionError: there is no launch plan of the workflow's name and version.
        """
        if not self.has_plan:
            others = ", ".join(map(repr, self.other_plans))
            raise DefinitionError(
                f"Workflow {self._reference.name!r}, version {self._reference.version!r}, has no launch plan of the "
                "same name and version, which is what would run. "
                + (f"It has others, see fetch_launch_plan: {others}." if others else "Register it again.")
            )
        return super().for_call(args, kwargs)


def fetched_again(
    kind: str,
    reference: bytes,
    inputs: dict[str, Any],
    outputs: dict[str, Any],
    typed: bytes,
    optional: Sequence[str],
) -> Any:
    """Return what was pickled: the class by its name, Flyte's messages as bytes."""
    kinds: dict[str, Any] = {each.__name__: each for each in (FetchedTask, FetchedLaunchPlan, FetchedWorkflow)}
    interface = Interface(inputs, outputs, keyword_only=frozenset(inputs))
    made = kinds[kind](identifier_pb2.Identifier.FromString(reference), interface)
    made.tell(interface_pb2.TypedInterface.FromString(typed), frozenset(optional))
    return made


def _type_for(value: Any, guessed: Any, registered: Any) -> Any:
    """Return the Python type by which the value is converted: the guessed one, or the value's own where that fits."""
    if isinstance(value, _PROMISES):
        return guessed
    try:
        type_engine.check(value, guessed, "")
    except ConversionError:
        own = _own_type(value)
        if own is None:
            return guessed  # whose error is the one to tell
        try:
            return own if castable(type_engine.to_literal_type(own), registered) else guessed
        except (ConversionError, DefinitionError):
            return guessed
    return guessed


def _own_type(value: Any) -> Any:
    """Return the type that a value says of itself: a class, a list or dict of one; None of what every type may be."""
    if isinstance(value, list | dict) and value:
        items = list(value.values()) if isinstance(value, dict) else value
        kinds = [_own_type(item) for item in items]
        if kinds[0] is None or any(kind != kinds[0] for kind in kinds):
            return None
        return dict[str, kinds[0]] if isinstance(value, dict) else list[kinds[0]]  # type: ignore[valid-type]  # made at run time
    return None if type(value).__module__ == "builtins" else type(value)


def _signature(interface: Interface, optional: frozenset[str]) -> Signature:
    parameters = []
    for name, kind in interface.inputs.items():
        default = interface.defaults.get(name, ... if name in optional else Parameter.empty)
        parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=default))
    outputs = list(interface.outputs.values())
    returned = None if not outputs else outputs[0] if len(outputs) == 1 else tuple[tuple(outputs)]  # type: ignore[misc]  # made at run time
    return Signature(parameters, return_annotation=returned)
