"""Large pages for a process that is forked often: each fork copies the table of its pages, and each page is copied apart.

Its text begins that of the warm container process, so it imports nothing of this folder.
"""

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

_SIZE = 2 << 20  # bytes
_HUGE_PAGE, _COLLAPSE = 14, 25  # MADV_HUGEPAGE and MADV_COLLAPSE, include/uapi/asm-generic/mman-common.h
_PATH_FIELD = 5  # of a line of /proc/self/maps


def use_large_pages() -> None:
    """Put what this process has in memory by now into large pages; where the system has none, that changes nothing."""
    if not sys.platform.startswith("linux"):
        return
    advise = ctypes.CDLL(None).madvise
    with suppress(OSError):
        for line in Path("/proc/self/maps").read_text().splitlines():
            place, rights, *rest = line.split(maxsplit=_PATH_FIELD)
            if rights.startswith("rw") and (len(rest) < _PATH_FIELD - 1 or rest[-1] == "[heap]"):
                begin, end = (int(each, 16) for each in place.split("-"))
                for at in range(-(-begin // _SIZE) * _SIZE, end // _SIZE * _SIZE, _SIZE):
                    for advice in (_HUGE_PAGE, _COLLAPSE):
                        advise(ctypes.c_void_p(at), ctypes.c_size_t(_SIZE), advice)
