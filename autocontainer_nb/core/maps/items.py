"""The common ground of maps: interfaces over lists, the tolerance of failures, and the local run of the items."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Optional

from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.core.run.context import current_context, is_failure
from autocontainer_nb.core.settings.options import check_forms
from autocontainer_nb.errors import DefinitionError, InputError
from autocontainer_nb.type_engine.families.annotated import MAY_BE_MISSING


@dataclass(frozen=True)
class Tolerance:
    """How many items must succeed: a number, or else a ratio; with neither, all of them."""

    min_successes: int | None = None
    min_success_ratio: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Tolerance":
        """Return the tolerance that `text()` encoded."""
        name, _, number = text.partition("=")
        return cls(min_successes=int(number)) if name == "successes" else cls(min_success_ratio=float(number))

    def text(self) -> str:
        """Return the tolerance as text for a container's variable; empty if all items must succeed."""
        if self.min_successes:
            return f"successes={self.min_successes}"
        return f"ratio={self.min_success_ratio}" if self.min_success_ratio not in {None, 0, 1} else ""

    def needed(self, count: int) -> int:
        """Return the number of `count` items that must succeed."""
        if self.min_successes:
            return self.min_successes
        return math.ceil(count * self.min_success_ratio) if self.min_success_ratio else count

    def output_type(self, kind: Any) -> Any:
        """Return the type of one item's output: with a ratio it may be None, as flytekit declares it.

        With a number it may also be None, but flytekit doesn't declare that.
        """
        if self.min_success_ratio not in {None, 1}:
            return Optional[kind]  # noqa: UP045 - a text has no `|`
        return Annotated[kind, MAY_BE_MISSING] if self.min_successes else kind


def checked_tolerance(
    short: str, concurrency: int | None, min_successes: int | None, min_success_ratio: float | None
) -> Tolerance:
    """Return the tolerance for these numbers.

    Raises:
        DefinitionError: a number is out of range.
    """
    numbers = [("concurrency", concurrency, "number"), ("min_successes", min_successes, "number")]
    check_forms(short, [*numbers, ("min_success_ratio", min_success_ratio, "ratio")])
    if concurrency is not None and concurrency < 0:
        raise DefinitionError(f"{short}: concurrency: expected 0 (unbounded) or more, got {concurrency}.")
    if min_successes is not None and min_successes < 0:
        raise DefinitionError(f"{short}: min_successes: expected 0 or more, got {min_successes}.")
    if min_success_ratio is not None and not 0 <= min_success_ratio <= 1:
        raise DefinitionError(
            f"{short}: min_success_ratio: expected a number between 0 and 1, got {min_success_ratio}."
        )
    return Tolerance(min_successes, min_success_ratio)


def list_interface(interface: Interface, bound: frozenset[str], tolerance: Tolerance) -> Interface:
    """Return the interface with lists; bound inputs keep their types.

    Raises:
        DefinitionError: there is more than one output.
    """
    inputs = {name: kind if name in bound else list[kind] for name, kind in interface.inputs.items()}  # type: ignore[valid-type]  # a type made at run time
    outputs = {name: list[tolerance.output_type(kind)] for name, kind in interface.outputs.items()}  # type: ignore[misc]  # likewise
    return Interface(inputs=inputs, outputs=outputs)


def check_single_output(short: str, interface: Interface) -> None:
    """Check that there is at most one output.

    Raises:
        DefinitionError: there are more.
    """
    if len(interface.outputs) > 1:
        raise DefinitionError(
            f"map_task({short}): expected at most one output, got {', '.join(interface.outputs)}. Return a single "
            "object that holds them, such as a dataclass."
        )


def only_output(interface: Interface, returned: Any) -> Any:
    """Return an item's only output, out of the NamedTuple that it is returned in if it has a name of its own."""
    return returned[0] if interface.output_tuple is not None and isinstance(returned, tuple) else returned


def run_items(
    short: str,
    values: Mapping[str, Any],
    bound: frozenset[str],
    run: Callable[[dict[str, Any]], Any],
    tolerance: Tolerance,
    *,
    run_all: bool = False,
) -> list[Any]:
    """Run each item of the lists in order, and return the results, with None for a failure within the tolerance.

    Failed items are logged with the cause. If too many fail, the first error beyond the tolerance is raised: at once,
    or with `run_all` after all items have run.

    Raises:
        InputError: the lists differ in length.
    """
    lengths = {name: len(value) for name, value in values.items() if name not in bound}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InputError(f"{short!r}: all mapped lists must have the same length, but {shown}.")
    count = next(iter(lengths.values()), 0)
    allowed, failed = count - tolerance.needed(count), 0
    outputs: list[Any] = []
    fatal: BaseException | None = None
    for index in range(count):
        try:
            outputs.append(run({key: value if key in bound else value[index] for key, value in values.items()}))
        except BaseException as error:  # noqa: PERF203 - each item has its own try
            if not is_failure(error):
                raise
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
        rest = (
            f"its output is None ({failed} of {allowed} allowed failures)"
            if failed <= allowed
            else "too many items have failed"
        )
        what = f"{what}; {rest}"
    current_context().logging.warning("%s", what)
