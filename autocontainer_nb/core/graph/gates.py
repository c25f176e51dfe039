"""Gates: nodes that wait for an approval, a value, or a time."""

import json
import time
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, Final

from flyteidl.core import types_pb2

from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.core.graph.calls import call_as_node
from autocontainer_nb.core.graph.compilation import current_compilation
from autocontainer_nb.core.graph.node import NodeMetadata
from autocontainer_nb.core.graph.promise import Promise
from autocontainer_nb.errors import ConversionError, DefinitionError, UserError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import show_type, with_article

DEFAULT_TIMEOUT: Final = timedelta(hours=1)
_SLEEP_NAME: Final = "sleep-gate"  # flytekit's name of such nodes


def ask(name: str, question: str) -> str:
    """Ask on standard input and return the answer, stripped.

    Raises:
        UserError: nobody can answer: there is no standard input, or it is at its end.
    """
    try:
        return input(question).strip()
    except (EOFError, OSError, NotImplementedError) as error:  # the last one is raised by a kernel without stdin
        raise UserError(
            f"Gate {name!r} needs an answer, but nobody can answer on standard input here. Run the workflow in a "
            "notebook or a terminal, or on the control plane."
        ) from error


def says_yes(answer: str) -> bool:
    """Whether the answer means yes; an empty one does."""
    return answer.lower() in {"", "y", "yes"}


def read_answer(answer: str, python_type: Any, name: str) -> Any:
    """Return the answer as a value of the type.

    A str is taken as it is, a date or time as ISO 8601, a timedelta in seconds, everything else as JSON.

    Raises:
        ConversionError: the answer isn't such a value.
    """
    try:
        value = _read(answer, python_type)
    except (ValueError, OverflowError) as error:
        raise ConversionError(
            f"{name}(answer): expected {with_article(python_type)}, got {answer!r}: {error}"
        ) from error
    type_engine.check(value, python_type, f"{name}(answer)")
    return value


def _read(answer: str, python_type: Any) -> Any:
    if python_type is str:
        return answer
    if python_type in (datetime, date):
        return python_type.fromisoformat(answer)
    if python_type is timedelta:
        return timedelta(seconds=float(answer))
    if isinstance(python_type, type) and issubclass(python_type, Enum):
        return python_type(answer)
    if python_type is bool and answer.lower() in {"y", "yes", "true", "n", "no", "false"}:
        return answer.lower() in {"y", "yes", "true"}
    value = json.loads(answer)
    return float(value) if python_type is float and type(value) is int else value


class Gate:
    """The entity of a node that waits. Its name is also the name of the signal that it waits for."""

    noun = "Gate"

    def __init__(self, name: str, interface: Interface, timeout: timedelta) -> None:
        """Make a gate; when the timeout has passed, the control plane fails the workflow.

        Raises:
            DefinitionError: the name is empty, or the timeout isn't a positive timedelta.
        """
        if not isinstance(name, str) or not name:
            raise DefinitionError(f"Gate: expected a name, got {name!r}.")
        if not isinstance(timeout, timedelta) or timeout <= timedelta(0):
            raise DefinitionError(f"Gate {name!r}: timeout: expected a positive timedelta, got {timeout!r}.")
        self.name = name
        self.python_interface = interface
        self.timeout = timeout

    @property
    def short_name(self) -> str:
        """The gate's name."""
        return self.name

    def construct_node_metadata(self) -> NodeMetadata:
        """Return the node's metadata: the gate's name and timeout."""
        return NodeMetadata(name=self.name, timeout=self.timeout)

    def __call__(self, **inputs: Any) -> Any:
        """Add a node if a workflow is being drawn; otherwise wait here and now."""
        state = current_compilation()
        return self.wait(**inputs) if state is None else call_as_node(state, self, (), inputs)

    def wait(self, **inputs: Any) -> Any:
        """Wait, and return the gate's output."""
        raise NotImplementedError


class SleepGate(Gate):
    """A gate that waits for a time."""

    def __init__(self, duration: timedelta) -> None:
        """Make a gate that waits for the duration."""
        super().__init__(_SLEEP_NAME, Interface(), DEFAULT_TIMEOUT)
        if not isinstance(duration, timedelta) or duration < timedelta(0):
            raise DefinitionError(f"sleep: expected a timedelta, 0 or more, got {duration!r}.")
        self.duration = duration

    def wait(self, **inputs: Any) -> None:  # noqa: ARG002 - it has none
        """Sleep in this process."""
        time.sleep(self.duration.total_seconds())


class InputGate(Gate):
    """A gate that waits for a value from a person, and outputs it."""

    def __init__(self, name: str, expected_type: Any, timeout: timedelta) -> None:
        """Make a gate that waits for a value of `expected_type`."""
        super().__init__(name, Interface(outputs={"o0": expected_type}), timeout)
        self.literal_type = type_engine.to_literal_type(expected_type)
        self.expected_type = expected_type

    def wait(self, **inputs: Any) -> Any:  # noqa: ARG002 - it has none
        """Ask for the value on standard input.

        Raises:
            UserError: nobody can answer here.
            ConversionError: the answer isn't of the type.
        """
        return read_answer(
            ask(self.name, f"Input {self.name!r}, {show_type(self.expected_type)}: "), self.expected_type, self.name
        )


class ApproveGate(Gate):
    """A gate that waits until a person approves a value, and outputs the value."""

    def wait(self, **inputs: Any) -> Any:
        """Ask on standard input whether the value is approved.

        Raises:
            UserError: it isn't approved, or nobody can answer here.
        """
        (value,) = inputs.values()
        if not says_yes(ask(self.name, f"Approve {self.name!r}, {value!r}? [Y/n] ")):
            raise UserError(f"Gate {self.name!r}: {value!r} was not approved.")
        return value


def refuse_mixed_signals(owner: str, nodes: Iterable[Any]) -> None:
    """Check that gates of one name wait for one type: the name is that of one signal in the whole execution.

    Raises:
        DefinitionError: two gates of a name, also in subworkflows and branches, wait for different types.
    """
    found: dict[str, tuple[str, types_pb2.LiteralType]] = {}
    for gate in _gates(nodes):
        if isinstance(gate, SleepGate):
            continue
        told, kind = "an approval", types_pb2.LiteralType(simple=types_pb2.BOOLEAN)
        if isinstance(gate, InputGate):
            told, kind = f"a value of type {show_type(gate.expected_type)}", gate.literal_type
        known, other = found.setdefault(gate.name, (told, kind))
        if other != kind:
            raise DefinitionError(
                f"{owner!r} has two gates named {gate.name!r}: one waits for {known}, one for {told}. Both would get "
                "the same signal. Give one of them another name."
            )


def _gates(nodes: Iterable[Any]) -> Iterator[Gate]:
    for node in nodes:
        if isinstance(node.entity, Gate):
            yield node.entity
        yield from _gates((*getattr(node.entity, "nodes", ()), *getattr(node.entity, "branch_nodes", ())))


def sleep(duration: timedelta) -> Any:
    """Make the workflow wait for this time; order it with `>>`. Outside a workflow, sleep here and now."""
    return SleepGate(duration)()


def wait_for_input(name: str, timeout: timedelta, expected_type: Any) -> Any:
    """Make the workflow wait until a person provides a value of the type under this name, and return that value."""
    return InputGate(name, expected_type, timeout)()


def approve(upstream_item: Any, name: str, timeout: timedelta) -> Any:
    """Make the workflow wait until a person approves the output of a node, and return the same output.

    Raises:
        DefinitionError: the item to approve isn't one whole output of a node.
    """
    if current_compilation() is None:
        return ApproveGate(name, Interface(), timeout)(value=upstream_item)
    if not isinstance(upstream_item, Promise) or upstream_item.node is None or upstream_item.attr_path:
        raise DefinitionError(
            f"Gate {name!r}: expected one whole output of a task or workflow to approve, got {upstream_item!r}."
        )
    var, kind = upstream_item.var, upstream_item.python_type
    return ApproveGate(name, Interface(inputs={var: kind}, outputs={var: kind}), timeout)(**{var: upstream_item})
