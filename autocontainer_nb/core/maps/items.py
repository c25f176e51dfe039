"""What all maps have in common: interfaces over lists, and running the items here, with as many failures as allowed."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Optional

from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.core.run.context import current_context
from autocontainer_nb.errors import DefinitionError, InputError
from autocontainer_nb.type_engine.families.annotated import MAY_BE_MISSING


@dataclass(frozen=True)
class Tolerance:
    """How many items must succeed: a number, which comes first, or a part of them; neither: all."""

    min_successes: int | None = None
    min_success_ratio: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Tolerance":
        """Return what `text()` has told."""
        name, _, number = text.partition("=")
        return cls(min_successes=int(number)) if name == "successes" else cls(min_success_ratio=float(number))

    def text(self) -> str:
        """Return it as a container's variable tells it; empty where all items must succeed."""
        if self.min_successes:
            return f"successes={self.min_successes}"
        return f"ratio={self.min_success_ratio}" if self.min_success_ratio not in {None, 0, 1} else ""

    def needed(self, count: int) -> int:
        """Return how many of `count` items must succeed."""
        if self.min_successes:
            return self.min_successes
        return math.ceil(count * self.min_success_ratio) if self.min_success_ratio else count

    def output_type(self, kind: Any) -> Any:
        """Return the type of one item's output: with a ratio it may be None, as flytekit declares it.

        With a number flytekit doesn't declare it, though it may be None, too.
        """
        if self.min_success_ratio not in {None, 1}:
            return Optional[kind]  # noqa: UP045 - a text has no `|`
        return Annotated[kind, MAY_BE_MISSING] if self.min_successes else kind


def checked_tolerance(
    short: str, concurrency: int | None, min_successes: int | None, min_success_ratio: float | None
) -> Tolerance:
    """Return the tolerance.

    Raises:
        DefinitionError: a number makes no sense.
    """
    if concurrency is not None and concurrency < 0:
        raise DefinitionError(f"{short}: concurrency is 0 (unbounded) or more, got {concurrency}.")
    if min_successes is not None and min_successes < 0:
        raise DefinitionError(f"{short}: min_successes is 0 or more, got {min_successes}.")
    if min_success_ratio is not None and not 0 <= min_success_ratio <= 1:
        raise DefinitionError(f"{short}: min_success_ratio is between 0 and 1, got {min_success_ratio}.")
    return Tolerance(min_successes, min_success_ratio)


def list_interface(interface: Interface, bound: frozenset[str], tolerance: Tolerance) -> Interface:
    """Return the interface over lists; the bound inputs stay what they are, and defaults are those of items.

    Raises:
        DefinitionError: there is more than one output.
    """
    inputs = {name: kind if name in bound else list[kind] for name, kind in interface.inputs.items()}  # type: ignore[valid-type]  # a type made at run time
    outputs = {name: list[tolerance.output_type(kind)] for name, kind in interface.outputs.items()}  # type: ignore[misc]  # likewise
    return Interface(inputs=inputs, outputs=outputs)


def check_single_output(short: str, interface: Interface) -> None:
    """Return if there is at most one output.

    Raises:
        DefinitionError: there are more.
    """
    if len(interface.outputs) > 1:
        raise DefinitionError(
            f"map_task({short}): at most one output is expected, got {', '.join(interface.outputs)}. Return one object "
            "that holds them, a dataclass for instance."
        )


def run_items(
    short: str,
    values: Mapping[str, Any],
    bound: frozenset[str],
    run: Callable[[dict[str, Any]], Any],
    tolerance: Tolerance,
    *,
    run_all: bool = False,
) -> list[Any]:
    """Return what `run` gives for each item of the lists, one after the other, and None for one that may fail.

    A failed item is told in the log: which one, and why. Where too many fail, the first error too many is raised, at
    once or, with `run_all`, when all items have run.

    Raises:
        InputError: the lists differ in length.
    """
    lengths = {name: len(value) for name, value in values.items() if name not in bound}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InputError(f"{short!r} takes lists of one length, got others: {told}.")
    count = next(iter(lengths.values()), 0)
    allowed, failed = count - tolerance.needed(count), 0
    outputs: list[Any] = []
    fatal: Exception | None = None
    for index in range(count):
        try:
            outputs.append(run({key: value if key in bound else value[index] for key, value in values.items()}))
        except Exception as error:  # noqa: PERF203 - each item has its own try
            failed += 1
            outputs.append(None)
            _tell(f"{short}: item [{index}] of {count} failed: {type(error).__name__}: {error}", failed, allowed)
            if failed > allowed:
                fatal = fatal or error
                if not run_all:
                    raise
    if fatal is not None:
        raise fatal
    return outputs


def _tell(what: str, failed: int, allowed: int) -> None:
    if allowed > 0:
        rest = f"its output is None ({failed} of {allowed} that may fail)" if failed <= allowed else "too many have"
        what = f"{what}; {rest}"
    current_context().logging.warning("%s", what)
