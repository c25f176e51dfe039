"""The process of a trial: it loads a file in forks of itself, bounded in time and memory, and tells how that went.

The first fork loads as a container does. Where that fails, a second one finds out at which object. What is loaded may
end its process, hang, start others or fill the memory: this one stays, and takes all of them along when it ends. It
ends as well when the process that asked is gone.
"""

import json
import mmap
import os
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final, NoReturn

from autocontainer_nb.errors import AutocontainerError
from autocontainer_nb.pickling.load.contents import Contents, OpenObject, objects_of
from autocontainer_nb.pickling.load.place import StepUnpickler, place_of
from autocontainer_nb.pickling.portable.main_module import taken_over
from autocontainer_nb.pickling.reader import VerifiedArchive, open_verified
from autocontainer_nb.wire import (
    PICKLE_FILE_PATH,
    TRIAL_FAILS,
    TRIAL_LOADS,
    TRIAL_OBJECTS_FOLDER,
    TRIAL_UNKNOWN,
)

_OPENING, _IMPORTING, _LOADING, _DONE, _FAILED, _UNTRIED = (
    "opening",
    "importing",
    "loading",
    "done",
    "failed",
    "untried",
)
_LOOK_S: Final = 0.01  # at least so often is a fork looked at
_LAST_S: Final = 1.0  # for it to end, once it has said how it ended
_SECTION_BYTES: Final = 8
_MAX_CAUSE: Final = 2000
_CRASHES: Final = frozenset({"SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE", "SIGSYS", "SIGTRAP"})
_MAX_STRAYS: Final = 1000
_SET_CHILD_SUBREAPER: Final = 36  # prctl(2)

Tell = Callable[[str, str], None]  # a step, and what is to be said of it


def main(request: Mapping[str, Any]) -> NoReturn:
    """Answer the request in one line of JSON on stdout, then end this process and all that came of it."""
    answering = os.dup(1)
    _prepare(str(request["folder"]))
    answer = _Trial(request).verdict()
    _end_strays()
    os.write(answering, json.dumps(answer).encode("ascii") + b"\n")
    os.killpg(0, signal.SIGKILL)
    os._exit(1)  # not reached


def _prepare(folder: str) -> None:
    os.chdir(folder)
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no file
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")  # where memory gets short, this goes first, and never the notebook


def _end_strays() -> None:
    """End all that what was loaded has started, and left behind."""
    for _ in range(_MAX_STRAYS):
        if not _ended_a_stray():
            break


def _adopt_strays() -> None:
    """Let processes that leave this group, and lose their parent, be children of this one."""
    if sys.platform == "linux":
        with suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _ended_a_stray() -> bool:
    """End all children; whether there were any."""
    with suppress(OSError), open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        for child in file.read().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(-1, 0)
            return True
    return False


class _Fork:
    """One fork at work: how far it got, and how it ended."""

    def __init__(self, work: Callable[[Tell], None], memory_bytes: int, limits_s: Mapping[str, float]) -> None:
        self.step, self.said = _OPENING, ""
        self.excess = ""  # which limit it has crossed
        self.status = 0
        self._memory_bytes = memory_bytes
        self._limits_s = limits_s
        reading, writing = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            os.close(reading)
            _work(work, writing)
        os.close(writing)
        _adopt_strays()
        self._since = time.monotonic()
        self._watch(reading)
        os.close(reading)

    @property
    def has_failed(self) -> bool:
        """Whether what it has loaded is the reason for its end."""
        if self.excess or self.step in {_OPENING, _DONE, _UNTRIED}:
            return False
        return self.step == _FAILED or not os.WIFSIGNALED(self.status) or self.signal in _CRASHES

    @property
    def signal(self) -> str:
        """The signal that has ended it, by its name."""
        return signal.Signals(os.WTERMSIG(self.status)).name if os.WIFSIGNALED(self.status) else ""

    def _watch(self, reading: int) -> None:
        waited, buffer = [reading, 0], b""
        while True:
            for ready in select.select(waited, [], [], _LOOK_S)[0]:
                data = os.read(ready, 1 << 16)
                if ready == 0 and not data:
                    _leave_alone()
                if not data:
                    waited.remove(ready)
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    self.step, self.said = json.loads(line)
                    self._since = time.monotonic()
            ended, status = os.waitpid(self._pid, 0 if self.excess else os.WNOHANG)
            if ended:
                if reading in waited:
                    self._drain(reading, buffer)
                self.status = status
                return
            if self._exceeds():
                os.kill(self._pid, signal.SIGKILL)

    def _drain(self, reading: int, buffer: bytes) -> None:
        """Read what it has said at last; another process that it has left may hold the pipe open."""
        os.set_blocking(reading, False)
        with suppress(BlockingIOError):
            for line in (buffer + os.read(reading, 1 << 16)).split(b"\n")[:-1]:
                self.step, self.said = json.loads(line)

    def _exceeds(self) -> bool:
        if time.monotonic() - self._since > self._limits_s.get(self.step, _LAST_S):
            self.excess = "time"
        elif _resident_bytes(self._pid) > self._memory_bytes:
            self.excess = "memory"
        return bool(self.excess)


def _leave_alone() -> NoReturn:
    """End, since the process that asked is gone, and leave no file behind."""
    import shutil

    shutil.rmtree(os.getcwd(), ignore_errors=True)
    _end_strays()
    os.killpg(0, signal.SIGKILL)
    os._exit(1)  # not reached


def _work(work: Callable[[Tell], None], writing: int) -> NoReturn:
    """Do the work in this fork, whose output nobody sees."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)

    def tell(step: str, said: str) -> None:
        os.write(writing, json.dumps([step, said[:_MAX_CAUSE]]).encode("ascii") + b"\n")

    try:
        work(tell)
    except BaseException as error:  # noqa: BLE001 - what is loaded may raise anything
        tell(_UNTRIED, f"{type(error).__name__}: {error}")
    os._exit(0)


class _Trial:
    """The trial of one file."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._modules = [str(each) for each in request["modules"]]
        self._memory_bytes = int(request["memory_bytes"])
        self._limits_s = {str(step): float(limit_s) for step, limit_s in request["limits_s"].items()}
        self._steps = mmap.mmap(-1, _SECTION_BYTES)  # shared with the fork that is asked where it is

    def verdict(self) -> dict[str, Any]:
        """Return the verdict, with the reason and the place."""
        tried = _Fork(self._load, self._memory_bytes, self._limits_s)
        if tried.step == _DONE and not tried.excess:
            return {"verdict": TRIAL_LOADS}
        if not tried.has_failed:
            return {"verdict": TRIAL_UNKNOWN, "why": self._excess(tried)}
        of_module, _, cause = tried.said.partition("\n") if tried.step == _FAILED else ("", "", _end_of(tried))
        answer = {"verdict": TRIAL_FAILS, "cause": cause, "of_module": of_module, "path": [], "what": ""}
        if not of_module and tried.step in {_FAILED, _LOADING}:
            again = _Fork(self._load_step_by_step, self._memory_bytes, self._limits_s)
            (step,) = struct.unpack("<q", self._steps[:])
            if again.has_failed and step:
                answer.update(self._place(step))
        return answer

    def _excess(self, tried: _Fork) -> str:
        if tried.excess == "time":
            what = "loading it" if tried.step == _LOADING else "importing what it needs"
            return f"{what} takes longer than {self._limits_s.get(tried.step, 0):g} s"
        if tried.excess == "memory":
            return f"loading it takes more than {self._memory_bytes / 1e9:.1f} GB of memory"
        return tried.said or f"the process that loaded it was ended from outside ({tried.signal})"

    def _load(self, tell: Tell) -> None:
        """Load the file as a container does."""
        with self._opened(tell) as (archive, contents):
            try:
                archive.loaded(contents)
            except MemoryError:
                tell(_UNTRIED, "there isn't enough memory to load it")
            except BaseException as error:  # noqa: BLE001 - what is loaded may raise anything
                from autocontainer_nb.pickling.load.modules import place_of_failure

                of_module = place_of_failure(error) if archive.metadata["modules"] else ""
                tell(_FAILED, f"{of_module}\n{_words(error)}")
            else:
                tell(_DONE, "")

    def _load_step_by_step(self, tell: Tell) -> None:
        """Load it, and note in the shared memory at which opcode."""
        with self._opened(tell) as (_, contents):
            self._steps[:] = struct.pack("<q", 0)
            reader = StepUnpickler(contents.stream(), buffers=contents.buffers(), tell=self._note)
            try:
                reader.load()
            except BaseException:  # noqa: BLE001 - the other one has told which
                tell(_FAILED, "")
            else:
                tell(_DONE, "")

    def _note(self, step: int) -> None:
        struct.pack_into("<q", self._steps, 0, step)

    @contextmanager
    def _opened(self, tell: Tell) -> Iterator[tuple[VerifiedArchive, Contents]]:
        """Within the block, this process is ready to load the file."""
        from autocontainer_nb.pickling.archive.sources import install_sources, source_texts

        archive = open_verified(PICKLE_FILE_PATH, needs="off")
        install_sources(source_texts(archive.zip_file, archive.metadata))
        tell(_IMPORTING, "")
        for module in self._modules:
            with suppress(Exception):  # what is missing is missed when it is loaded
                __import__(module)
        with taken_over("trial"), archive.opened(_given(archive), owns_process=True) as contents:
            tell(_LOADING, "")
            yield archive, contents

    def _place(self, step: int) -> dict[str, Any]:
        with suppress(AutocontainerError, OSError, LookupError, ValueError):
            archive = open_verified(PICKLE_FILE_PATH, needs="off")
            contents = Contents(archive.zip_file, archive.metadata, _given(archive))
            found = place_of(contents.stream, step)
            return {} if found is None else {"path": list(found.path), "what": found.what}
        return {}


def _given(archive: VerifiedArchive) -> dict[str, OpenObject]:
    """Return the large objects, whose files stand beside the archive."""
    given = {}
    for entry in objects_of(archive.metadata):
        name = str(entry["sha256"])
        file = open(f"{TRIAL_OBJECTS_FOLDER}/{name}", "rb", buffering=0)  # noqa: SIM115 - closed by `Contents`
        given[name] = OpenObject(name, int(entry["size_bytes"]), file)
    return given


def _words(error: BaseException) -> str:
    text = str(error).strip().rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _end_of(tried: _Fork) -> str:
    """Return in words how a fork has ended that said nothing."""
    if tried.signal:
        return f"it ends the process that loads it by {tried.signal}"
    return f"it ends the process that loads it, with exit code {os.WEXITSTATUS(tried.status)}"


def _resident_bytes(pid: int) -> int:
    """Return how much memory a process has; 0 where the system doesn't say."""
    with suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE
    return 0
