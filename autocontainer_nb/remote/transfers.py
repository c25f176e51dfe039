"""Files that are uploaded or downloaded together: several at a time, with their progress told to observers."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event, Lock
from typing import Final, TypeVar

from autocontainer_nb.errors import StorageError
from autocontainer_nb.remote import environment, observers

AT_ONCE: Final = 8  # files; as many connections are kept (`http`)
TELL_EVERY_S: Final = 0.25
_QUIET_S: Final = 0.5  # what is done sooner is never told

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class UploadState:
    """The progress of uploads, or downloads, that somebody waits for."""

    what: str  # the task's name, or that of the file or directory
    names: tuple[str, ...]  # of the variables that are uploaded, the largest first
    sent_bytes: int  # received, of a download
    total_bytes: int  # 0 where it isn't known
    is_done: bool = False
    is_failed: bool = False
    is_download: bool = False
    seconds: float = 0.0  # since it began

    @property
    def rate_bytes_s(self) -> float:
        """The bytes a second so far; 0 before there is anything to tell."""
        return self.sent_bytes / self.seconds if self.seconds > 0 else 0.0


class Transfer:
    """Uploads or downloads of which several run at a time. What takes less than half a second is told to nobody.

    One that is `inside` another runs in a thread of that one, which counts its bytes and tells.
    """

    def __init__(
        self, what: str, total_bytes: int = 0, *, is_download: bool = False, inside: "Transfer | None" = None
    ) -> None:
        self._what = what
        self._total_bytes = total_bytes
        self._is_download = is_download
        self._moved_bytes = 0
        self._lock = Lock()
        self._stopped = Event()
        self._begun_s = environment.monotonic_s()
        self._told: tuple[int, int] | None = None
        self._inside = inside  # the one that tells of this one as well
        if inside is not None:
            inside.expect(total_bytes)

    def moved(self, size_bytes: int) -> None:
        """Count bytes, in any thread: negative ones where an attempt has failed and begins anew.

        Raises:
            StorageError: another file of it has failed, or it was interrupted.
        """
        if size_bytes > 0 and self._stopped.is_set():
            raise StorageError(f"The transfer of {self._what} was stopped.")
        if self._inside is not None:
            self._inside.moved(size_bytes)
            return
        with self._lock:
            self._moved_bytes += size_bytes

    def expect(self, size_bytes: int) -> None:
        """Add to the total, once a size is known."""
        if self._inside is not None:
            self._inside.expect(size_bytes)
            return
        with self._lock:
            self._total_bytes += size_bytes

    def run(self, actions: Sequence[Callable[[], _T]], *, is_last: bool = True) -> list[_T]:
        """Return the results of all. At the first failure nothing more is begun, and what runs ends soon.

        More is to be run afterwards unless it `is_last`, so that it isn't done yet.
        """
        # Not waited for at an error, whose own answer counts: what has begun ends by its own time limit.
        pool = ThreadPoolExecutor(max(1, min(AT_ONCE, len(actions))), thread_name_prefix="transfer")
        try:
            going = [pool.submit(action) for action in actions]
            waiting: set[Future[_T]] = set(going)
            while waiting:
                done, waiting = wait(waiting, timeout=TELL_EVERY_S, return_when=FIRST_EXCEPTION)
                for each in done:
                    each.result()
                if waiting:
                    self._tell()
            if is_last:
                self._tell(is_done=True)
            return [each.result() for each in going]
        except BaseException:
            self._stopped.set()
            self._tell(is_failed=True)
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _tell(self, *, is_done: bool = False, is_failed: bool = False) -> None:
        """Notify the observers in the thread that waits, which that of one inside another isn't."""
        if self._inside is not None:
            return
        seconds = environment.monotonic_s() - self._begun_s
        is_end = is_done or is_failed
        now = (self._moved_bytes, self._total_bytes)
        is_quiet = self._told is None and (is_end or seconds < _QUIET_S or now == (0, 0))
        if is_quiet or (self._told == now and not is_end):
            return
        self._told = now
        observers.uploading(
            UploadState(
                what=self._what,
                names=(),
                sent_bytes=max(0, now[0]),
                total_bytes=now[1],
                is_done=is_end,
                is_failed=is_failed,
                is_download=self._is_download,
                seconds=seconds,
            )
        )
