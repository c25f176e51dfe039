"""How a transformer says that something doesn't fit: a Misfit, which becomes the user's ConversionError with the path.

Each container on the way out adds its step, so that paths cost nothing while all is well.
"""

from typing import Final

from autocontainer_nb.errors import ConversionError

ANOTHER_DEFINITION: Final = "another definition of that class made it; run its cell and the task's again"


class Misfit(Exception):  # noqa: N818 - no error for users: the engine makes the ConversionError
    """A value or a literal doesn't fit: what was expected, what came, and the steps to the place, innermost first."""

    def __init__(self, expected: str, got: str, hint: str = "") -> None:
        super().__init__(expected, got, hint)
        self.expected = expected
        self.got = got
        self.hint = hint
        self.steps: list[str] = []

    def __str__(self) -> str:
        return str(self.at(""))

    def inside(self, step: str) -> "Misfit":
        """Add the step that leads from the surrounding value to this one, and return self."""
        self.steps.append(step)
        return self

    def at(self, path: str) -> ConversionError:
        """Return the error for the user: `int expected @ train(inputs).batches[3].size, got str 'x'`."""
        place = (path + "".join(reversed(self.steps))).lstrip("." if not path else "")
        where = f" @ {place}" if place else ""
        hint = f": {self.hint}" if self.hint else ""
        return ConversionError(f"{self.expected} expected{where}, got {self.got}{hint}")
