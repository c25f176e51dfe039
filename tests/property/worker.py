"""A notebook process of the soak: plays the seeds that it is told, one a line, and answers with a line each.

`Worker` is its other end. Two of them with different hash seeds must give the same versions.
"""

import gc
import json
import logging
import os
import select
import shutil
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TIMEOUT_S = 180
_RARELY = "rarely"
_OBJECTS = 10_000  # made between two collections of the youngest garbage, where that is to be rare


class Worker:
    """One notebook process with its container process, in a folder of its own."""

    def __init__(self, hash_seed: int, *, collects_rarely: bool = False) -> None:
        """Start the process; one that collects garbage rarely takes less time for a case."""
        self.hash_seed = hash_seed
        self._folder = tempfile.mkdtemp(prefix="soak-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        scratch = Path(self._folder, "scratch")  # of forks, which end without removing theirs
        scratch.mkdir()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), self._folder, *([_RARELY] if collects_rarely else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "TMPDIR": str(scratch)},
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """Return the answer: `versions`, the `known` files and `counts` of commands, or else `failure`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            ready, _, _ = select.select([self._process.stdout], [], [], _TIMEOUT_S)
            line = self._process.stdout.readline() if ready else ""
        except BrokenPipeError:
            line = ""
        if not line:
            return {"failure": f"the notebook process died, or took more than {_TIMEOUT_S} s", "is_dead": True}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def begin(self, **request: Any) -> None:
        """Let it begin to answer, which nobody waits for."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def kill(self, *, keep_files: bool = False) -> str:
        """Kill the process as a kernel dies that is killed, in the middle of whatever it does; return its folder."""
        os.killpg(self._process.pid, 9)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        if not keep_files:
            shutil.rmtree(self._folder, ignore_errors=True)
        return self._folder


@dataclass
class _Answers:
    """What answers the requests of one process."""

    player: Any
    folder: Path

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        from kernel import CellFailedError
        from seeds import case_of

        folder = self.folder / request.get("folder", "case")
        shutil.rmtree(folder, ignore_errors=True)  # only now: another process may have run the files of the last case
        before = dict(self.player.counts)
        try:
            case = case_of(request["seed"])
            known = request.get("known")
            played = self.player.play(case, folder, by_script=request.get("by_script", False), known=known)
            counts = {name: count - before[name] for name, count in self.player.counts.items()}
        except (AssertionError, CellFailedError) as error:
            return {"failure": str(error)}
        except Exception:  # noqa: BLE001 - whatever it is, the case is told
            return {"failure": traceback.format_exc()}
        return {"versions": played.versions, "known": played.known, "counts": counts}


def _main(folder: Path, *how: str) -> None:
    if _RARELY in how:
        gc.set_threshold(_OBJECTS)
    sys.path.insert(0, str(Path(__file__).parent))
    from places import install_probing

    packages = install_probing(folder / "packages")
    sys.path.insert(0, str(packages))
    from compose import TOOLS
    from container import Containers
    from kernel import Kernel
    from play import Player

    answering = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what cells print isn't an answer
    logging.disable(logging.CRITICAL)
    kernel = Kernel(folder / "notebook")
    containers = Containers(packages, kernel.sources(TOOLS))
    answers = _Answers(Player(kernel, containers), folder)
    for line in sys.stdin:
        answering.write(json.dumps(answers.answer(json.loads(line))) + "\n")
        answering.flush()


if __name__ == "__main__":
    _main(Path(sys.argv[1]), *sys.argv[2:])
