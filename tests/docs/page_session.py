"""What runs a page: a kernel for its cells and a terminal for its commands, in one folder, with one sandbox."""

import asyncio
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop

TIMEOUT_S = 120
# Each expression of a cell is shown, not its last one alone: pages promise the values of others, too.
SHOW_ALL = "get_ipython().ast_node_interactivity = 'all'"
# A display has its last lines a little later than its cell has ended; one of a run that goes on isn't waited for long.
SETTLE = """
import threading, time
for _ in range(100):
    if not any("live display" in thread.name for thread in threading.enumerate()): break
    time.sleep(0.01)
"""


class Shown:
    """What one cell shows: in order its text, each display in its last state, results, and an error at the end."""

    def __init__(self) -> None:
        self.results: list[str] = []
        self.error = ""
        self._parts: dict[str, str] = {}

    def take(self, message: dict) -> None:
        """Take a message of the kernel."""
        kind, content = message["header"]["msg_type"], message["content"]
        place = content.get("transient", {}).get("display_id") or f"part {len(self._parts)}"
        if kind == "update_display_data" and place not in self._parts:
            return  # of an earlier cell, in whose output it replaces something
        if kind == "stream":
            self._parts[place] = content["text"]
        elif kind in {"display_data", "update_display_data"}:
            self._parts[place] = content["data"].get("text/plain", "") + "\n"
        elif kind == "execute_result":
            self.results.append(content["data"]["text/plain"])
            self._parts[place] = self.results[-1] + "\n"
        elif kind == "error":
            self.error = self._parts[place] = "\n".join(content["traceback"])

    @property
    def text(self) -> str:
        """All of it as text."""
        return "".join(self._parts.values())


class PageSession:
    """The folder, kernel and sandbox of one page. The kernel starts with the first cell."""

    def __init__(self, folder: Path, notebook: str) -> None:
        self._folder = folder / "notebooks"
        self._folder.mkdir()
        self._sockets = tempfile.mkdtemp(prefix="nb", dir="/tmp")  # their paths must be short
        self._manager: KernelManager | None = None
        self._environ = dict(
            os.environ,
            AUTOCONTAINER_NB_HOME=str(folder / "state"),
            AUTOCONTAINER_NB_NOTEBOOK=notebook,
            HOME=str(folder),
            IPYTHONDIR=str(folder / "ipython"),
            JUPYTER_CONFIG_DIR=str(folder / "jupyter"),
            PATH=os.pathsep.join((sysconfig.get_path("scripts"), str(Path(sys.executable).parent), os.environ["PATH"])),
        )

    def cell(self, code: str) -> Shown:
        """Run a cell."""
        if self._manager is None:
            self._start()
        shown = Shown()
        self._client.execute_interactive(code, allow_stdin=False, output_hook=shown.take, timeout=TIMEOUT_S)
        self._client.execute_interactive(SETTLE, silent=True, output_hook=shown.take, timeout=TIMEOUT_S)
        return shown

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines in a terminal; both outputs come as one."""
        return subprocess.run(
            ["bash", "-eu", "-c", script],
            cwd=self._folder,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )

    def close(self) -> None:
        """Stop the kernel and the sandbox, and prove that they have stopped."""
        try:
            if self._manager is not None:
                self._client.stop_channels()
                self._manager.shutdown_kernel(now=True)
                assert not self._manager.is_alive()
                ensure_event_loop().close()  # jupyter_client's, which it leaves open
                asyncio.set_event_loop(None)
        finally:
            shutil.rmtree(self._sockets, ignore_errors=True)
            stopped = self.shell("autocontainer-nb sandbox stop")
        assert stopped.returncode == 0, stopped.stdout
        assert self.shell("autocontainer-nb sandbox status").returncode == 1, "a sandbox still runs"

    def _start(self) -> None:
        self._manager = KernelManager(transport="ipc", ip=f"{self._sockets}/k", kernel_name="python3")
        self._manager.start_kernel(env=self._environ, cwd=str(self._folder))
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=TIMEOUT_S)
        self._client.execute_interactive(SHOW_ALL, silent=True, timeout=TIMEOUT_S)
