"""Tasks as the engine sees them: a name, an interface, metadata, and how one run of it turns literals into literals."""

import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flyteidl.core import interface_pb2, literals_pb2

from autocontainer_nb.core.compilation import current_compilation
from autocontainer_nb.core.context import FlyteContext, entered, local_context
from autocontainer_nb.core.interface import Interface, bind_inputs, check_inputs
from autocontainer_nb.core.tracker import TrackedInstance
from autocontainer_nb.errors import ConversionError, DefinitionError, InputError
from autocontainer_nb.slots import filled
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.names import show_type

if TYPE_CHECKING:
    from autocontainer_nb.core.configuration import SerializationSettings
    from autocontainer_nb.core.node import NodeMetadata
    from autocontainer_nb.core.security import Secret

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class TaskMetadata:
    """How the control plane treats a task: attempts, time limit, interruptibility, labels."""

    retries: int = 0  # additional attempts after a recoverable user error
    timeout: timedelta | int | None = None  # of one attempt; an int is in seconds
    interruptible: bool | None = None
    deprecated: str = ""  # a message for whoever uses the task still
    pod_template_name: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what the control plane would refuse."""
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise DefinitionError(
                f"retries: a number of additional attempts, 0 or more, expected, got {self.retries!r}."
            )
        if self.timeout is not None and not isinstance(self.timeout, int | timedelta):
            raise DefinitionError(f"timeout: seconds or a timedelta expected, got {self.timeout!r}.")
        if self.timeout_duration < timedelta(0):
            raise DefinitionError(f"timeout: a positive duration expected, got {self.timeout!r}.")

    @property
    def timeout_duration(self) -> timedelta:
        """The time limit of one attempt; zero where there is none."""
        if self.timeout is None:
            return timedelta(0)
        return self.timeout if isinstance(self.timeout, timedelta) else timedelta(seconds=self.timeout)


class TaskResolverMixin(ABC):
    """Turns a task into strings that travel in the container's command, and those strings back into the task."""

    @property
    @abstractmethod
    def location(self) -> str:
        """The dotted path by which the container imports this resolver."""

    @abstractmethod
    def name(self) -> str:
        """Return the resolver's name, for people."""

    @abstractmethod
    def load_task(self, loader_args: list[str]) -> "PythonTask[Any]":
        """Return the task that the strings stand for."""

    @abstractmethod
    def loader_args(self, settings: "SerializationSettings", task: "PythonTask[Any]") -> list[str]:
        """Return the strings that stand for the task."""

    @abstractmethod
    def get_all_tasks(self) -> "list[PythonTask[Any]]":
        """Return all tasks that this resolver can load."""

    def task_name(self, t: "Task") -> str | None:  # noqa: ARG002 - the interface's; resolvers that rename override it
        """Return the name that this resolver gives to the task, or None for the task's own."""
        return None


class Task(TrackedInstance):
    """Anything with a name, a type and an interface that the control plane can run."""

    def __init__(
        self, *, task_type: str, name: str, metadata: TaskMetadata | None = None, task_type_version: int = 0
    ) -> None:
        super().__init__()
        self._task_type = task_type
        self._name = name
        self._metadata = metadata or TaskMetadata()
        self._task_type_version = task_type_version

    @property
    def name(self) -> str:
        """The name under which the task is registered."""
        return self._name

    @property
    def short_name(self) -> str:
        """The last part of the name: the function's own."""
        return self._name.rpartition(".")[2]

    @property
    def task_type(self) -> str:
        """What kind of task the control plane takes it for, such as `python-task`."""
        return self._task_type

    @property
    def task_type_version(self) -> int:
        """The version of the task type's handling."""
        return self._task_type_version

    @property
    def metadata(self) -> TaskMetadata:
        """How the control plane treats the task."""
        return self._metadata

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}>"


class PythonTask(Task, ABC, Generic[T]):
    """A task with a Python interface, executed by Python code."""

    def __init__(
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
    ) -> None:
        super().__init__(task_type=task_type, name=name, metadata=metadata, task_type_version=task_type_version)
        self._task_config = task_config
        self._python_interface = interface or Interface()
        self._environment = dict(environment or {})
        self._secret_requests = tuple(secret_requests or ())

    @property
    def task_config(self) -> T:
        """The user's configuration of a task type, None for a plain one."""
        return self._task_config

    @property
    def python_interface(self) -> Interface:
        """Inputs and outputs in Python types."""
        return self._python_interface

    @property
    def interface(self) -> interface_pb2.TypedInterface:
        """Inputs and outputs in Flyte's types."""
        return self._python_interface.typed()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables for the container, a copy."""
        return dict(self._environment)

    @property
    def secret_requests(self) -> "tuple[Secret, ...]":
        """The secrets that the task asks for."""
        return self._secret_requests

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
        """Run the task's own code on Python values."""

    def pre_execute(self, user_params: Any) -> Any:
        """Return the parameters that the code is run with; called before the inputs are converted."""
        return user_params

    def post_execute(self, user_params: Any, rval: Any) -> Any:  # noqa: ARG002 - the seed's signature
        """Return the value to convert as outputs; called after the code has run."""
        return rval

    def dispatch_execute(
        self, ctx: FlyteContext, input_literal_map: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        """Return the outputs of one run on the given inputs, literals in and literals out.

        Raises:
            ConversionError: an input or output doesn't fit its type; the message tells which and where in it.
        """
        params = self.pre_execute(ctx.user_space_params)
        values = self._values(ctx, input_literal_map)
        with entered(FlyteContext(files=ctx.files, user_space_params=params)):
            returned = self.post_execute(params, self.execute(**values))
        outputs = self.outputs_of(returned)
        literals = {
            name: type_engine.to_literal(
                value, self._python_interface.outputs[name], files=ctx.files, path=f"{self.short_name}(outputs).{name}"
            )
            for name, value in outputs.items()
        }
        return literals_pb2.LiteralMap(literals=literals)

    def outputs_of(self, returned: Any) -> dict[str, Any]:
        """Return {output: value} of what the code returned.

        Raises:
            ConversionError: the number of values isn't that of the declared outputs.
        """
        declared = list(self._python_interface.outputs)
        if not declared:
            return {}
        if len(declared) == 1 and self._python_interface.output_tuple is None:
            return {declared[0]: returned}
        if not isinstance(returned, tuple) or len(returned) != len(declared):
            kinds = ", ".join(f"{name}: {show_type(kind)}" for name, kind in self._python_interface.outputs.items())
            found = f"a tuple of {len(returned)}" if isinstance(returned, tuple) else show_type(type(returned))
            raise ConversionError(
                f"a tuple of {len(declared)} values ({kinds}) expected @ {self.short_name}(outputs), got {found}"
            )
        return dict(zip(declared, returned, strict=True))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task here and now, in this process, on Python values; both sides are checked against their types.

        While a workflow is drawn, the call makes a node of it instead, and returns promises.
        """
        if current_compilation() is not None:
            return self.compile(None, *args, **kwargs)
        values = bind_inputs(self.short_name, self._python_interface, args, kwargs)
        check_inputs(self.short_name, self._python_interface, values)
        return self.local_execute(local_context(), **values)

    def compile(self, ctx: FlyteContext | None, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - the seed's signature
        """Add a node that runs this task to the workflow that is being drawn, and return its outputs as promises.

        Raises:
            DefinitionError: no workflow is being drawn, or an input doesn't fit; the message tells where.
        """
        from autocontainer_nb.core.entity_call import call_as_node

        state = current_compilation()
        if state is None:
            raise DefinitionError(f"Task {self._name!r}: compile is for a workflow that is being drawn; none is.")
        return call_as_node(state, self, args, kwargs)

    def construct_node_metadata(self) -> "NodeMetadata":
        """Return how a node of this task is shown and treated: as the task's own metadata says."""
        from autocontainer_nb.core.node import NodeMetadata

        return NodeMetadata(
            name=self.short_name,
            timeout=self._metadata.timeout_duration or None,
            retries=self._metadata.retries,
            interruptible=self._metadata.interruptible,
        )

    def local_execute(self, ctx: FlyteContext, **kwargs: Any) -> Any:
        """Run the code in this process on bound and checked values; what it returns is checked and returned as is."""
        with entered(ctx):
            returned = self.post_execute(ctx.user_space_params, self.execute(**kwargs))
        for name, value in self.outputs_of(returned).items():
            type_engine.check(value, self._python_interface.outputs[name], f"{self.short_name}(outputs).{name}")
        return returned

    def remote(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task on the control plane; returns the `Execution` at once, while it runs.

        Raises:
            InputError: an argument is missing or unknown; nothing was uploaded.
            ConversionError: an argument has another type than declared; nothing was uploaded.
            CaptureError: something that the task reaches can't be carried; nothing was uploaded.
            RemoteError: the control plane can't be reached or refuses.
        """
        return filled("launcher")(self, args, kwargs)

    def _values(self, ctx: FlyteContext, literals: literals_pb2.LiteralMap) -> dict[str, Any]:
        missing = [name for name in self._python_interface.inputs if name not in literals.literals]
        if missing:
            names = ", ".join(literals.literals) or "none"
            raise InputError(
                f"Task {self._name!r}: no value came for the input {missing[0]!r}; values came for: {names}."
            )
        return {
            name: type_engine.from_literal(
                literals.literals[name], kind, files=ctx.files, path=f"{self.short_name}(inputs).{name}"
            )
            for name, kind in self._python_interface.inputs.items()
        }


def wrap_function(task: object, function: Any) -> None:
    """Give a task or workflow its function's name, docstring and `__wrapped__`, for `help` and `signature`."""
    functools.update_wrapper(task, function, updated=())  # type: ignore[arg-type]  # a task is called like a function
