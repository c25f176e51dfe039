"""Differences that must be, each with its reason. One that no longer is fails, as does one that isn't named."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

EVERY = "*"


@dataclass(frozen=True)
class Difference:
    """A line of a table, of one definition or of `EVERY` one; `*` in the path stands for any one name."""

    definition: str
    path: str
    reason: str

    def covers(self, path: str) -> bool:
        """Whether the difference at the path is this one."""
        return re.fullmatch(re.escape(self.path).replace(r"\*", r"[^\]]+"), path) is not None


RUNTIME_VERSION = Difference(
    EVERY,
    "tasks[*].metadata.runtime.version",
    "it was the package's own; Flyte takes it for flytekit's, and refuses to offload literals below 1.13.14",
)
MAP_RESOLVER_REASON = "a map task's resolver is named by the package root, so that a move of its module changes nothing"


def check(table: Sequence[Difference], definition: str, found: Mapping[str, tuple[Any, Any]]) -> None:
    """Fail where a difference has no line in the table, or a line of the definition no difference."""
    lines = [line for line in table if line.definition in (EVERY, definition)]
    unnamed = {path: pair for path, pair in found.items() if not any(line.covers(path) for line in lines)}
    assert not unnamed, "\n".join(
        f"{path}: ours is {ours!r}, Flyte compiled {theirs!r}" for path, (ours, theirs) in unnamed.items()
    )
    untrue = [line for line in lines if not any(map(line.covers, found))]
    assert not untrue, f"these lines of the table are no longer true: {untrue}"
