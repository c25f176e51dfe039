"""A trial as the process that asks sees it: begun, answered later, or ended early. Nothing is left of it."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from autocontainer_nb.pickling.capture.buffers import LargeObject
from autocontainer_nb.pickling.code.ownership import is_installed_file
from autocontainer_nb.pickling.credentials.names import is_secret_variable
from autocontainer_nb.wire import PICKLE_FILE_PATH, TRIAL_OBJECTS_FOLDER, TRIAL_UNKNOWN

_PROGRAM: Final = (
    "import json, sys; q = json.loads(sys.argv.pop()); p = [each for each in sys.path if each]; "
    "sys.path[:] = p + [each for each in q['search'] if each not in p]; "
    "from autocontainer_nb.pickling.trial.child import main; main(q)"
)
LIMITS_S: Final = {"opening": 10.0, "importing": 30.0, "loading": 10.0}  # for each step of the process
_LONGEST_S: Final = 120.0  # for all of them, twice, where the first time goes wrong
_FAREWELL_S: Final = 2.0
MIN_MEMORY_BYTES: Final = 2 << 30
_COPIES: Final = 3  # of its data, that loading may need
WRITTEN_BYTES: Final = 64 << 20  # of the large data is written at once; for the rest there are zeros
_MAX_WRITTEN_BYTES: Final = 4 << 30
_MAX_WHY: Final = 300
# A kernel's own, which a container doesn't have, and what leads to a control plane.
_KERNELS: Final = ("MPLBACKEND", "JPY_", "FLYTE_CREDENTIALS_", "FLYTE_PLATFORM_", "FLYTECTL_")
_GONE: Final = {"verdict": TRIAL_UNKNOWN, "why": "the process that was to load it gave no answer"}


class TrialProcess:
    """One file in one process. Large objects that aren't `whole` stand there as so many zeros."""

    def __init__(
        self,
        path: str,
        objects: Sequence[LargeObject],
        modules: Collection[str],
        variables: Mapping[str, str],
        *,
        whole: bool,
    ) -> None:
        """Begin.

        Raises:
            OSError: the process can't be started, or there is no room for what it loads.
        """
        self.has_zeros = False
        self._folder = tempfile.mkdtemp(prefix="autocontainer-nb-trial-")
        self._process: subprocess.Popen[bytes] | None = None
        try:
            _put(path, os.path.join(self._folder, PICKLE_FILE_PATH), is_final=not objects)
            self._write_objects(objects, whole=whole)
            self._start(modules, variables, sum(each.size_bytes for each in objects) + os.stat(path).st_size)
        except BaseException:
            self.end()
            raise

    def _write_objects(self, objects: Sequence[LargeObject], *, whole: bool) -> None:
        folder = os.path.join(self._folder, TRIAL_OBJECTS_FOLDER)
        os.mkdir(folder)
        left_bytes = _MAX_WRITTEN_BYTES if whole else WRITTEN_BYTES
        for each in sorted(objects, key=lambda one: one.size_bytes):
            with open(os.path.join(folder, each.sha256), "wb") as file:
                left_bytes -= each.size_bytes
                if left_bytes < 0 and whole:
                    raise OSError(f"its data has more than {_MAX_WRITTEN_BYTES / 1e9:.0f} GB")
                if left_bytes < 0:
                    self.has_zeros = True
                    file.truncate(each.size_bytes)  # takes no room
                else:
                    file.write(each.content)

    def _start(self, modules: Collection[str], variables: Mapping[str, str], size_bytes: int) -> None:
        own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
        request = {
            "folder": self._folder,
            "modules": sorted(modules),
            "limits_s": LIMITS_S,
            "memory_bytes": MIN_MEMORY_BYTES + _COPIES * size_bytes,
            "search": [*(each for each in sys.path if each and is_installed_file(os.path.join(each, "_"))), own],
        }
        with open(os.path.join(self._folder, "stderr"), "wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, json.dumps(request)],
                stdin=subprocess.PIPE,  # by whose end it notices that nobody is left who asks
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=self._folder,
                env=_without_secrets(variables),
                start_new_session=True,
            )

    def answer(self) -> dict[str, Any]:
        """Return what the process says, once it does; see `child`. Then it is gone."""
        try:
            answered = self._answer_line()
        finally:
            why = self._last_words()
            self.end()
        try:
            answer = json.loads(answered)
        except ValueError:
            return {**_GONE, "why": why} if why else dict(_GONE)
        return answer if isinstance(answer, dict) else dict(_GONE)

    def _answer_line(self) -> bytes:
        if self._process is None or self._process.stdout is None:
            return b""
        pipe, read = self._process.stdout.fileno(), b""
        waiting = select.poll()
        waiting.register(pipe, select.POLLIN)
        deadline = time.monotonic() + _LONGEST_S
        while not read.endswith(b"\n") and (left_s := deadline - time.monotonic()) > 0:
            if waiting.poll(left_s * 1000):
                data = os.read(pipe, 1 << 16)
                if not data:
                    break
                read += data
        return read

    def _last_words(self) -> str:
        """Return the last line that a process wrote which couldn't even begin."""
        with suppress(OSError), open(os.path.join(self._folder, "stderr"), encoding="utf-8", errors="replace") as file:
            lines = file.read().strip().splitlines()
            return lines[-1][:_MAX_WHY] if lines else ""
        return ""

    def end(self) -> None:
        """End the process, if it still runs, with all that it has started; remove its files."""
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            try:
                process.wait(_FAREWELL_S)  # it notices the closed pipe, and takes everything along
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError, PermissionError):  # not collected yet: its number is nobody else's
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _put(path: str, target: str, *, is_final: bool) -> None:
    """Let the file be at the target as well; one that isn't final gets another member while it is loaded there."""
    if is_final:
        with suppress(OSError):  # of another file system
            os.link(path, target)
            return
    shutil.copyfile(path, target)


def _without_secrets(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in variables.items()
        if not name.startswith(_KERNELS) and not is_secret_variable(name, value)
    }
