"""The look of this package's errors in a cell: one line for a user's mistake; a failed execution without our frames.

IPython has one handler at a time for a tuple of exception classes. Ours handles `AutocontainerError`, and interrupts
that hit this package's own code. It passes everything else on to the handler that was installed before, or to IPython.
"""

import asyncio
import sys
from types import TracebackType
from typing import Any, Final

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.errors import (
    ArchiveError,
    AutocontainerError,
    DataLossError,
    ExecutionError,
    InternalError,
    RemoteError,
    SandboxError,
    SlotError,
    UnknownError,
    UserError,
    shortened,
)
from autocontainer_nb.wire import PACKAGE_NAME

ONE_LINE: Final = (UserError, ArchiveError, SlotError, SandboxError, RemoteError)
# What an interrupt of the kernel raises in a plain cell, and in a cell with `await`.
INTERRUPTS: Final = (KeyboardInterrupt, asyncio.CancelledError)
# Faults of the server itself: a report about one needs the traceback.
WITH_TRACEBACK: Final = (InternalError, UnknownError, DataLossError)


class ErrorLines:
    """Installs the handler on a shell and removes it again."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._before: tuple[Any, Any] = ((), None)

    def install(self) -> None:
        """Show this package's errors as described above from now on."""
        shell = self._shell
        self._before = (shell.custom_exceptions, shell.CustomTB)
        others, other_handler = self._before

        def handler(_: Any, etype: type[BaseException], value: BaseException, tb: Any, tb_offset: Any = None) -> Any:
            if isinstance(value, AutocontainerError) or (isinstance(value, INTERRUPTS) and passes_through_us(tb)):
                return show_error(shell, etype, value, tb)
            if isinstance(value, others):
                return other_handler(etype, value, tb, tb_offset=tb_offset)
            return shell.showtraceback((etype, value, tb), running_compiled_code=True)

        shell.set_custom_exc((AutocontainerError, *INTERRUPTS, *others), handler)  # type: ignore[no-untyped-call] # IPython's own
        self._installed = shell.CustomTB

    def remove(self) -> None:
        """Restore the previous handler; a handler installed after ours stays."""
        if self._shell.CustomTB is self._installed:
            self._shell.custom_exceptions, self._shell.CustomTB = self._before


def show_error(shell: Any, etype: type[BaseException], value: BaseException, tb: TracebackType | None) -> list[str]:
    """Show the error in the cell; return the lines shown. `%tb` still shows the whole traceback."""
    sys.last_type, sys.last_value, sys.last_traceback = etype, value, tb
    if is_one_line(value):
        lines = [error_line(value, coloured=str(shell.colors).lower() != "nocolor")]
    else:
        shown = without_our_frames(tb) if isinstance(value, ExecutionError) else tb
        lines = shell.InteractiveTB.structured_traceback(etype, value, shown)
    shell._showtraceback(etype, value, lines)  # noqa: SLF001 - the one way to show an error as the kernel's protocol has it
    return lines


def is_one_line(value: BaseException) -> bool:
    """Whether the message alone tells the user what to do."""
    return isinstance(value, ONE_LINE + INTERRUPTS) and not isinstance(value, WITH_TRACEBACK)


def error_line(value: BaseException, *, coloured: bool = False) -> str:
    """Return `InputError: message`, or the name alone if there is no message."""
    name = f"\x1b[31m{type(value).__name__}\x1b[39m" if coloured else type(value).__name__
    return f"{name}: {shortened(str(value))}" if str(value) else name


def passes_through_us(tb: TracebackType | None) -> bool:
    """Whether a frame of this package is in the traceback."""
    while tb is not None:
        if _is_ours(tb):
            return True
        tb = tb.tb_next
    return False


def without_our_frames(tb: TracebackType | None) -> TracebackType | None:
    """Return the traceback without the frames of this package, so that it ends in the user's own line."""
    kept: list[TracebackType] = []
    while tb is not None:
        if not _is_ours(tb):
            kept.append(tb)
        tb = tb.tb_next
    chain: TracebackType | None = None
    for entry in reversed(kept):
        chain = TracebackType(chain, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return chain


def _is_ours(tb: TracebackType) -> bool:
    module = str(tb.tb_frame.f_globals.get("__name__", ""))
    return module == PACKAGE_NAME or module.startswith(f"{PACKAGE_NAME}.")
