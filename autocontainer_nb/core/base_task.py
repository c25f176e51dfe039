"""`PythonTask`, the base of all tasks: an interface, settings, and a run that turns literals into literals."""

import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flyteidl.core import literals_pb2

from autocontainer_nb.core.entities.entity import Entity
from autocontainer_nb.core.entities.interface import (
    Interface,
    as_declared,
    bind_inputs,
    check_inputs,
    check_variable_names,
    outputs_by_name,
)
from autocontainer_nb.core.entities.task_target import TaskTarget
from autocontainer_nb.core.graph.compilation import current_calls
from autocontainer_nb.core.run.context import (
    ExecutionParameters,
    FlyteContext,
    context_in,
    entered,
    local_context,
    refuse_inside_a_task,
)
from autocontainer_nb.core.settings.task_metadata import ALL_DECK_FIELDS, TaskMetadata, wanted_decks
from autocontainer_nb.errors import DefinitionError, InputError
from autocontainer_nb.type_engine.engine import type_engine

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from flyteidl.core import dynamic_job_pb2, security_pb2

    from autocontainer_nb.core.entities.documentation import Documentation
    from autocontainer_nb.core.entities.task_target import ExecutionMode
    from autocontainer_nb.core.graph.node import NodeMetadata
    from autocontainer_nb.core.run.deck import DeckField
    from autocontainer_nb.core.settings.secret_requests import Secret

T = TypeVar("T")


class Task(Entity):
    """Anything with a name, a type and an interface that the control plane can run."""

    _docs: "Documentation | None" = None  # the default for archives without it

    def __init__(
        self,
        *,
        task_type: str,
        name: str,
        metadata: TaskMetadata | None = None,
        task_type_version: int = 0,
        docs: "Documentation | None" = None,
    ) -> None:
        super().__init__()
        if docs is not None:
            self._docs = docs
        self._task_type = task_type
        self._name = name
        self._metadata = metadata or TaskMetadata()
        self._task_type_version = task_type_version

    @property
    def task_type(self) -> str:
        """The kind of task for the control plane, such as `python-task`."""
        return self._task_type

    @property
    def task_type_version(self) -> int:
        """The version of the task type."""
        return self._task_type_version

    @property
    def metadata(self) -> TaskMetadata:
        """Settings for the control plane: retries, timeout, caching and so on."""
        return self._metadata

    @property
    def docs(self) -> "Documentation | None":
        """The task's documentation, or None."""
        return self._docs

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}>"


class PythonTask(Task, TaskTarget, ABC, Generic[T]):
    """A task with a Python interface that runs Python code."""

    allow_credentials = False  # whether it may be uploaded even if it seems to contain credentials
    needed_packages: str | tuple[str, ...] | None = None  # what it says itself of packages: a list, or check, warn, off
    fetches_code = True  # whether the container runs our command, which fetches the task's code
    _enable_deck = False
    _deck_fields: tuple[str, ...] = ()

    def __init__(  # noqa: PLR0913 - the base of the seed's constructor
        self,
        *,
        task_type: str,
        name: str,
        task_config: T,
        interface: Interface | None = None,
        metadata: TaskMetadata | None = None,
        environment: Mapping[str, str] | None = None,
        secret_requests: "list[Secret] | None" = None,
        task_type_version: int = 0,
        docs: "Documentation | None" = None,
        enable_deck: bool | None = None,
        disable_deck: bool | None = None,
        deck_fields: Sequence[str] | None = ALL_DECK_FIELDS,
    ) -> None:
        super().__init__(
            task_type=task_type, name=name, metadata=metadata, task_type_version=task_type_version, docs=docs
        )
        if enable_deck is not None or disable_deck is not None:
            self._enable_deck, self._deck_fields = wanted_decks(name, enable_deck, disable_deck, deck_fields)
        self._task_config = task_config
        self._python_interface = interface or Interface()
        check_variable_names(name, [*self._python_interface.inputs, *self._python_interface.outputs])
        self._environment = dict(environment or {})
        self._secret_requests = tuple(secret_requests or ())

    @property
    def task_config(self) -> T:
        """The configuration of the task's type; None for a plain task."""
        return self._task_config

    @property
    def environment(self) -> dict[str, str]:
        """A copy of the environment variables for the container."""
        return dict(self._environment)

    @property
    def docs(self) -> "Documentation | None":
        """The task's documentation: its docstring and `docs`."""
        docstring = self._python_interface.docstring
        if docstring is None:
            return self._docs
        from autocontainer_nb.core.entities.documentation import documentation_of

        return documentation_of(docstring, self._docs)

    @property
    def enable_deck(self) -> bool:
        """Whether a run writes a `deck.html`."""
        return self._enable_deck

    @property
    def disable_deck(self) -> bool:
        """Whether a run writes no `deck.html`."""
        return not self._enable_deck

    @property
    def deck_fields(self) -> "list[DeckField]":
        """The decks that each run makes; none unless decks are enabled."""
        if not self._deck_fields:
            return []
        from autocontainer_nb.core.run.deck import DeckField

        return [DeckField(field) for field in self._deck_fields]

    @property
    def secret_requests(self) -> "tuple[Secret, ...]":
        """The secrets that the task requests."""
        return self._secret_requests

    @property
    def security_context(self) -> "security_pb2.SecurityContext | None":
        """The requested secrets as Flyte's message, or None if there are none."""
        if not self._secret_requests:
            return None
        from autocontainer_nb.core.settings.secret_requests import security_context

        return security_context(self._secret_requests)

    def get_type_for_input_var(self, k: str, v: Any) -> Any:  # noqa: ARG002 - the seed's signature
        """Return the Python type of the input `k`."""
        return self._python_interface.inputs[k]

    def get_type_for_output_var(self, k: str, v: Any) -> Any:  # noqa: ARG002 - the seed's signature
        """Return the Python type of the output `k`."""
        return self._python_interface.outputs[k]

    def get_input_types(self) -> dict[str, Any]:
        """Return {input: Python type}."""
        return dict(self._python_interface.inputs)

    @abstractmethod
    def execute(self, **kwargs: Any) -> Any:
        """Run the task's own code on Python values, and return its result."""

    def pre_execute(self, user_params: Any) -> Any:
        """Return the parameters for the run; called before the inputs are converted."""
        return user_params

    def post_execute(self, user_params: Any, rval: Any) -> Any:  # noqa: ARG002 - the seed's signature
        """Return the value to convert into outputs; called after the code has run."""
        return rval

    def dispatch_execute(
        self, ctx: FlyteContext, input_literal_map: literals_pb2.LiteralMap
    ) -> "literals_pb2.LiteralMap | dynamic_job_pb2.DynamicJobSpec":
        """Run the task on literals and return the output literals; a dynamic task returns its graph.

        Raises:
            ConversionError: an input or output doesn't fit its type; the message has the path to the value.
        """
        params = self._user_params(ctx)
        with entered(replace(ctx, user_space_params=params, running_task=self._name)) as running:
            with self._timed(params, "Convert the inputs"):
                values = self._values(running, input_literal_map)
            with self._timed(params, "Run the task's code"):
                returned = self.post_execute(params, self.execute(**values))
            outputs = self.outputs_of(returned)
            with self._timed(params, "Convert the outputs"):
                literals = {name: self._output_literal(running, name, value) for name, value in outputs.items()}
            if self._enable_deck:
                self._fill_decks(params, values, outputs)
        return literals_pb2.LiteralMap(literals=literals)

    def sandbox_execute(
        self, ctx: FlyteContext, input_literal_map: literals_pb2.LiteralMap
    ) -> "literals_pb2.LiteralMap | dynamic_job_pb2.DynamicJobSpec":
        """Run the task on literals in this process as its container would, and return the output literals.

        It has its own working directory, environment variables and files, which are gone afterwards.
        """
        from autocontainer_nb.core.run.own_place import in_own_place

        return in_own_place(lambda folder: self._execute_in(ctx, folder, input_literal_map), self._environment)

    def _execute_in(
        self, ctx: FlyteContext, folder: str, literals: literals_pb2.LiteralMap
    ) -> "literals_pb2.LiteralMap | dynamic_job_pb2.DynamicJobSpec":
        running = context_in(ctx, self._name, folder)
        try:
            return self.dispatch_execute(running, literals)
        finally:
            if self._enable_deck:
                running.user_space_params.write_decks()

    def local_execution_mode(self) -> "ExecutionMode":
        """Return the mode of a run in this process."""
        from autocontainer_nb.core.entities.task_target import ExecutionMode

        return ExecutionMode.LOCAL_TASK_EXECUTION

    def outputs_of(self, returned: Any) -> dict[str, Any]:
        """Return the code's result as {output: value}.

        Raises:
            ConversionError: the number of values isn't that of the declared outputs.
        """
        return outputs_by_name(self.short_name, self._python_interface, returned)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task here and now on Python values; inputs and outputs are checked against their types.

        While a workflow is being drawn, add a node to it instead, and return promises.
        """
        if current_calls() is not None:
            return self.compile(None, *args, **kwargs)
        refuse_inside_a_task(self._name)
        values = bind_inputs(self.short_name, self._python_interface, args, kwargs)
        check_inputs(self.short_name, self._python_interface, values)
        return self._run_here(local_context(), values)

    def compile(self, ctx: FlyteContext | None, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - the seed's signature
        """Add a node that runs this task to the workflow that is being drawn, and return its outputs as promises.

        Raises:
            DefinitionError: no workflow is being drawn, or an input doesn't fit; the message says where.
        """
        from autocontainer_nb.core.graph.calls import call_as_node

        state = current_calls()
        if state is None:
            raise DefinitionError(
                f"Task {self._name!r}: compile needs a workflow that is being drawn, but none is. Call the task itself."
            )
        return call_as_node(state, self, args, kwargs)

    def construct_node_metadata(self) -> "NodeMetadata":
        """Return the metadata of a node that runs this task: the task's own settings."""
        from autocontainer_nb.core.graph.node import NodeMetadata

        return NodeMetadata(
            name=self.short_name,
            timeout=self._metadata.timeout_duration or None,
            retries=self._metadata.retries,
            interruptible=self._metadata.interruptible,
        )

    def local_execute(self, ctx: FlyteContext, **kwargs: Any) -> Any:
        """Run the code in this process on bound and checked values, and return its result after checking it."""
        params, running = self._begin_here(ctx)
        with running, self._timed(params, "Run the task's code"):
            returned = self.post_execute(params, self.execute(**kwargs))
        return self._end_here(params, kwargs, returned)

    def _run_here(self, ctx: FlyteContext, values: dict[str, Any]) -> Any:
        return self.local_execute(ctx, **values)

    def _begin_here(self, ctx: FlyteContext) -> "tuple[ExecutionParameters, AbstractContextManager[FlyteContext]]":
        params = self._user_params(ctx)
        return params, entered(replace(ctx, user_space_params=params, running_task=self._name))

    def _end_here(self, params: ExecutionParameters, values: Mapping[str, Any], returned: Any) -> Any:
        outputs = self.outputs_of(returned)
        for name, value in outputs.items():
            type_engine.check(value, self._python_interface.outputs[name], f"{self.short_name}(outputs).{name}")
        if self._enable_deck:
            self._fill_decks(params, values, outputs)
            params.write_decks()
        return as_declared(self._python_interface, returned)

    def _values(self, ctx: FlyteContext, literals: literals_pb2.LiteralMap) -> dict[str, Any]:
        missing = [name for name in self._python_interface.inputs if name not in literals.literals]
        if missing:
            names = ", ".join(literals.literals) or "none"
            raise InputError(
                f"Task {self._name!r}: expected a value for the input {missing[0]!r}, got values for: {names}."
            )
        return {
            name: type_engine.from_literal(
                literals.literals[name], kind, files=ctx.files, path=f"{self.short_name}(inputs).{name}"
            )
            for name, kind in self._python_interface.inputs.items()
        }

    def _output_literal(self, ctx: FlyteContext, name: str, value: Any) -> literals_pb2.Literal:
        kind = self._python_interface.outputs[name]
        return type_engine.to_literal(value, kind, files=ctx.files, path=f"{self.short_name}(outputs).{name}")

    def _user_params(self, ctx: FlyteContext) -> ExecutionParameters:
        given = ctx.user_space_params
        if self._enable_deck:
            given = replace(given, enable_deck=True)
        if self._secret_requests:
            given = replace(given, secret_requests=self._secret_requests)
        prepared: ExecutionParameters = self.pre_execute(given)
        return prepared

    def _timed(self, params: ExecutionParameters, what: str) -> "AbstractContextManager[None]":
        return params.timeline_deck.timed(what) if self._enable_deck else nullcontext()

    def _fill_decks(self, params: ExecutionParameters, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        from autocontainer_nb.core.run.default_decks import fill_decks

        fill_decks(params, self._deck_fields, self, inputs, outputs)


def wrap_function(task: object, function: Any) -> None:
    """Copy a function's name, docstring and `__wrapped__` to its task or workflow, for `help` and `signature`."""
    functools.update_wrapper(task, function, updated=())  # type: ignore[arg-type]  # a task is called like a function


def __getattr__(name: str) -> Any:
    """Return `kwtypes`, which flytekit's users import from here as well; most containers don't need its module.

    Raises:
        ImportError: flytekit has the name here and we haven't; the message says what to do.
    """
    if name == "IgnoreOutputs":
        raise ImportError(
            "flytekit's core.base_task.IgnoreOutputs isn't in autocontainer_nb. A task runs in one container, whose "
            "outputs count: return them."
        )
    if name != "kwtypes":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from autocontainer_nb.type_engine.values.structured_dataset import kwtypes

    return kwtypes
