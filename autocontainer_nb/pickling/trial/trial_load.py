"""The trial of a file that has just been written, and what its verdict means for those who wrote it.

A file that can't be loaded is refused, with the way to the object. Where nobody can say within bounds, that is told,
and nothing is refused. A local module that fails while it is imported is told as well: a container may have the files
that it reads there. A trial says that a file loads with this interpreter; an image may have other packages.
"""

import os
import sys
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from autocontainer_nb.errors import CaptureError, ConfigError
from autocontainer_nb.pickling.explain.findings import Culprit
from autocontainer_nb.pickling.writer import WrittenArchive
from autocontainer_nb.wire import ENV_TRIAL, NEEDS_OFF, NEEDS_WARN, TRIAL_FAILS, TRIAL_LOADS, TRIAL_MODES

if TYPE_CHECKING:
    from autocontainer_nb.pickling.trial.process import TrialProcess

_WHAT: Final = "an object that a new process can't load"
_ALL_THE_SAME: Final = f'To launch it all the same: %flyte run --trial=off, or {ENV_TRIAL}="off".'


def trial_mode(given: str, variables: Mapping[str, str]) -> str:
    """Return what is done about files that may not load, by the argument or the variable; empty where nobody says so.

    Raises:
        ConfigError: it is none of the known modes.
    """
    mode = given or variables.get(ENV_TRIAL, "")
    if mode and mode not in TRIAL_MODES:
        where = "trial" if given else f"the variable {ENV_TRIAL}"
        raise ConfigError(f"Expected {where} to be one of {', '.join(map(repr, TRIAL_MODES))}, got {mode!r}.")
    return mode


class TrialLoad:
    """The trial of one written file; it runs while the block does. `settle` waits for the verdict.

    There is none where the file has nothing that isn't known to load, nor with the mode "off".
    """

    def __init__(self, written: WrittenArchive, mode: str, variables: Mapping[str, str]) -> None:
        self._written = written
        self._mode = mode
        self._variables = variables
        self._running: TrialProcess | None = None

    def __enter__(self) -> "TrialLoad":  # noqa: PYI034 - nothing derives from it, and Self is not in 3.10
        """Begin, where there is anything to try."""
        if self._written.doubts.kinds and self._mode != NEEDS_OFF and _can_try():
            self._running = self._begun(whole=False)
        return self

    def __exit__(self, *_: object) -> None:
        """End what still runs."""
        if self._running is not None:
            self._running.end()

    def settle(self) -> None:
        """Return if the file loads, or if nobody can say: then a warning tells why.

        Raises:
            CaptureError: it doesn't; the message has the way to the object, the reason and what to do.
        """
        running = self._running
        if running is None:
            return
        answer = running.answer()
        if answer.get("verdict") != TRIAL_LOADS and running.has_zeros:  # which may be the reason
            self._running = again = self._begun(whole=True)
            if again is None:
                return
            answer = again.answer()
        if answer.get("verdict") == TRIAL_FAILS and not answer.get("of_module"):
            self._refuse(answer)
        elif answer.get("verdict") == TRIAL_FAILS:
            self._tell(
                f"a local module of it fails while it is imported in a new process, {answer['of_module']}: "
                f"{answer['cause']}. So it will in the container, unless the module finds there what it needs"
            )
        elif answer.get("verdict") != TRIAL_LOADS:
            self._tell(f"whether it loads isn't known: {answer.get('why')}")

    def _begun(self, *, whole: bool) -> "TrialProcess | None":
        from autocontainer_nb.pickling.trial.process import TrialProcess

        written = self._written
        try:
            return TrialProcess(written.path, written.objects, written.doubts.modules, self._variables, whole=whole)
        except OSError as error:
            self._tell(f"whether it loads isn't known: {error}")
            return None

    def _names(self) -> str:
        return ", ".join(map(repr, self._written.names)) or "The file"

    def _tell(self, what: str) -> None:
        warnings.warn(f"{self._names()}: {what}.", stacklevel=4)

    def _refuse(self, answer: Mapping[str, Any]) -> None:
        culprit = self._culprit(answer)
        message = f"{self._names()} can't be captured: {culprit.describe()}"
        if self._mode == NEEDS_WARN:
            warnings.warn(message, stacklevel=4)
            return
        error = CaptureError(f"{message} {_ALL_THE_SAME}")
        error.explanation = replace(self._written.explanation, culprits=[culprit])
        raise error

    def _culprit(self, answer: Mapping[str, Any]) -> Culprit:
        path = tuple(map(str, answer.get("path") or ())) or tuple(
            name.rpartition(".")[2] for name in self._written.names[:1]
        )
        named = [row for row in self._written.explanation.rows if len(path) > 1 and row.path[-1:] == path[1:2]]
        cell = next((row.cell for row in named if row.cell), "")
        kind = str(answer.get("what") or "of an unknown class")
        cause = str(answer.get("cause") or "nobody knows why")
        return Culprit(path, kind, _WHAT, cause, _remedy(cause, path[-1], kind), cell)


def _remedy(cause: str, name: str, kind: str) -> str:
    known = name if name.isidentifier() else "it"
    if cause.startswith("ModuleNotFoundError"):
        return f"put the code of that module into a cell or a file, or make {known} inside the task"
    if cause.startswith("AttributeError") and "__main__" in cause:
        return f"define what it looks up in a cell of its own, or make {known} inside the task"
    if "." in kind:
        return f"make {known} inside the task, or in a function that the task calls"
    return f"make {known} inside the task, or let class {kind} say how it is pickled (__reduce__, __setstate__)"


def _can_try() -> bool:
    return hasattr(os, "fork") and bool(sys.executable)
