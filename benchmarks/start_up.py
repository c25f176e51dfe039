"""What a person waits for at the start: `import autocontainer_nb`, and `%load_ext` in a running kernel."""

import os
import subprocess
import sys
from pathlib import Path

from timing import Samples

IMPORT = "import autocontainer_nb in a running interpreter"
LOAD_EXT = "%load_ext autocontainer_nb in a running kernel"

IMPORT_CODE = "import time; t = time.perf_counter(); import autocontainer_nb; print(time.perf_counter() - t)"
LOAD_EXT_CODE = (
    "import time; _t = time.perf_counter(); get_ipython().run_line_magic('load_ext', 'autocontainer_nb');"
    "print(time.perf_counter() - _t)"
)


def import_samples(*, runs: int) -> Samples:
    """Time the import inside `runs` fresh interpreters of this environment."""
    samples = Samples(IMPORT)
    for _ in range(runs):
        done = subprocess.run([sys.executable, "-c", IMPORT_CODE], capture_output=True, text=True, check=True, cwd="/")
        samples.seconds.append(float(done.stdout))
    return samples


def load_ext_samples(folder: Path, *, runs: int) -> Samples:
    """Time the magic inside `runs` fresh kernels of this environment; each is stopped."""
    from jupyter_client.manager import start_new_kernel

    folder.mkdir()
    samples = Samples(LOAD_EXT)
    environment = os.environ | {"AUTOCONTAINER_NB_HOME": str(folder), "IPYTHONDIR": str(folder / "ipython")}
    for _ in range(runs):
        manager, client = start_new_kernel(
            kernel_name="python3", env=environment, cwd=str(folder), stderr=subprocess.DEVNULL
        )
        printed: list[str] = []

        def keep(message: dict, printed: list[str] = printed) -> None:
            content = message["content"]
            printed.append("".join(content.get("traceback", [])) or content.get("text", ""))

        try:
            reply = client.execute_interactive(LOAD_EXT_CODE, output_hook=keep, timeout=60)
            if reply["content"]["status"] != "ok":
                raise RuntimeError("".join(printed))
            samples.seconds.append(float("".join(printed).split()[-1]))
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    return samples
