"""Whether the memory of a kernel stays what it is while a task is launched again and again, its results dropped.

Runs in a real kernel of this environment, whose tasks run in a sandbox of its own: cells of 20 launches each.
"""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

WARM_UP = 100  # launches until everything that is kept once is there
_IN_ONE_CELL = 20

_BEGIN = """
%load_ext autocontainer_nb
import gc, os
from autocontainer_nb import task

@task
def double(x: int) -> dict:
    return {"numbers": list(range(1000)), "twice": 2 * x}

def launch(start, count):
    for number in range(start, start + count):
        assert double.remote(x=number).result()["twice"] == 2 * number
    gc.collect()

def memory_kb():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS:"))
"""
_END = "from autocontainer_nb.sandbox.process import stop; stop(os.environ['AUTOCONTAINER_NB_HOME'])"


@dataclass
class Memory:
    """The kernel's resident memory in kB after each cell, from the end of the warm-up on."""

    launches: int = 0  # after the warm-up
    kilobytes: list[int] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """How much larger the memory of the last quarter is than that of the first, as a factor, by medians."""
        ordered = self.kilobytes
        part = max(1, len(ordered) // 4)
        return _median(ordered[-part:]) / _median(ordered[:part])


def _median(values: list[int]) -> float:
    return float(sorted(values)[len(values) // 2])


def memory(folder: Path, *, launches: int) -> Memory:
    """Return the memory of one kernel that launches so many times after the warm-up; nothing for no launches."""
    found = Memory(launches)
    if not launches:
        return found
    from jupyter_client.manager import start_new_kernel

    folder.mkdir()
    environment = os.environ | {"AUTOCONTAINER_NB_HOME": str(folder), "IPYTHONDIR": str(folder / "ipython")}
    manager, client = start_new_kernel(
        kernel_name="python3", env=environment, cwd=str(folder), stderr=subprocess.DEVNULL
    )

    def run(code: str) -> str:
        printed: list[str] = []

        def keep(message: dict) -> None:
            content = message["content"]
            printed.append("".join(content.get("traceback", [])) or content.get("text", ""))

        reply = client.execute_interactive(code, output_hook=keep, timeout=600)
        if reply["content"]["status"] != "ok":
            raise RuntimeError("".join(printed))
        return "".join(printed)

    try:
        run(_BEGIN)
        for start in range(0, WARM_UP + launches, _IN_ONE_CELL):
            run(f"launch({start}, {_IN_ONE_CELL})")
            if start + _IN_ONE_CELL >= WARM_UP:
                found.kilobytes.append(int(run("print(memory_kb())").split()[-1]))
        run(_END)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return found
