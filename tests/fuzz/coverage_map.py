"""Which steps of the reader a case took that none before it had taken: what guides the fuzzer."""

import sys
from collections.abc import Callable
from types import CodeType, FrameType, ModuleType
from typing import Any

Step = tuple[CodeType, int, int]  # from one line of a code object to another


class CoverageMap:
    """Collects the steps between lines of the given modules while `run` runs something."""

    def __init__(self, modules: list[ModuleType]) -> None:
        self._files = {str(module.__file__) for module in modules}
        self._seen: set[Step] = set()
        self._new = 0

    def __len__(self) -> int:
        return len(self._seen)

    def run(self, work: Callable[[], Any]) -> tuple[Any, int]:
        """Return what the work returns, and how many steps were new."""
        self._new = 0
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            return work(), self._new
        finally:
            sys.settrace(before)

    def _enter(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        code = frame.f_code
        if code.co_filename not in self._files:
            return None
        last = 0

        def step(frame: FrameType, _event: str, _argument: Any) -> Any:
            nonlocal last
            taken = (code, last, frame.f_lineno)
            if taken not in self._seen:
                self._seen.add(taken)
                self._new += 1
            last = frame.f_lineno
            return step

        return step
