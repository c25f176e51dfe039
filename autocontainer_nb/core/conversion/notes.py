"""What flytekit's users write beside types, in `Annotated[...]`, and the logger of their code."""

from dataclasses import dataclass
from logging import Logger, getLogger
from typing import Any, Final

logger: Final[Logger] = getLogger("autocontainer_nb")


@dataclass(frozen=True)
class BatchSize:
    """How many items of a list flytekit pickles in one file: `Annotated[list[Model], BatchSize(100)]`.

    It makes no difference to values. Here each item has its own file, and files are stored side by side.
    """

    val: int


@dataclass(frozen=True)
class FlyteAnnotation:
    """A dictionary beside a type, for tools that read the task's interface."""

    data: dict[str, Any]
