"""`make demo`: execute quickstart.ipynb in a real kernel, and print what came out of it and where it ran.

    python notebooks/run_demo.py [--output EXECUTED.ipynb]

Without AUTOCONTAINER_NB_HOME in the environment, the sandbox has a home of its own, which is removed at the end; with
it, the sandbox of that home is used and goes on. Exits with 1, and the cell's error, if a cell fails or the proof
doesn't hold.
"""

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

from autocontainer_nb.sandbox import process
from autocontainer_nb.wire import ENV_HOME, ENV_NOTEBOOK

NOTEBOOK = Path(__file__).with_name("quickstart.ipynb")
CELL_TIMEOUT_S = 300
# What the proof needs, said by the kernel itself; the digest is in the command that the control plane has registered.
PROOF = """
import json, os
from autocontainer_nb.remote.client import default_remote

_remote = default_remote()
_summary = next(one for one in _remote.executions(20) if one.id == run.id)
_args = list(_remote.task(_summary.task, _summary.version).closure.compiled_task.template.container.args)
print(json.dumps({
    "accuracy": fit.accuracy, "execution": run.id, "where": run.where,
    "digest": _args[_args.index("digest") + 1], "inspected": archive.data["digest"],
    "kernel_pid": os.getpid(), "container_pid": fit.container_pid,
}))
"""


def main() -> int:
    """Run the demo and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, help="where to write the notebook with its outputs")
    output = parser.parse_args().output
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with _sandbox_home():
        try:
            proof = _execute(notebook)
        except CellExecutionError as error:
            print(_uncoloured(str(error)), file=sys.stderr)
            return 1
        finally:
            if output is not None:
                nbformat.write(notebook, output)
    print(f"accuracy       {proof['accuracy']:.4f}")
    print(f"execution      {proof['execution']} on {proof['where']}")
    print(f"digest         {proof['digest']}")
    print(f"kernel pid     {proof['kernel_pid']}")
    print(f"container pid  {proof['container_pid']}")
    if proof["kernel_pid"] == proof["container_pid"]:
        print("The task ran in the kernel's own process.", file=sys.stderr)
        return 1
    if proof["digest"] != proof["inspected"]:
        print(f"%flyte inspect shows another digest than was registered: {proof['inspected']}.", file=sys.stderr)
        return 1
    return 0


@contextmanager
def _sandbox_home() -> Iterator[None]:
    """Give the sandbox a home of its own unless the environment names one."""
    if os.environ.get(ENV_HOME):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="autocontainer-nb-demo-") as home:
        os.environ[ENV_HOME] = home
        try:
            yield
        finally:
            process.stop(home)
            del os.environ[ENV_HOME]


def _execute(notebook: nbformat.NotebookNode) -> dict[str, object]:
    """Execute all cells, show what they print, and return what the kernel says at the end."""
    os.environ.setdefault(ENV_NOTEBOOK, NOTEBOOK.stem)
    with tempfile.TemporaryDirectory(prefix="nb", dir="/tmp") as folder:
        # Unix sockets, so that nothing of the kernel's traffic is on the network; their paths must be short.
        client = NotebookClient(
            notebook,
            config=Config({"ConnectionFileMixin": {"transport": "ipc", "ip": f"{folder}/k"}}),
            kernel_name="python3",
            timeout=CELL_TIMEOUT_S,
            resources={"metadata": {"path": str(NOTEBOOK.parent)}},
            on_cell_executed=_show,
        )
        with client.setup_kernel():
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
            notebook.cells.append(nbformat.v4.new_code_cell(PROOF))
            client.on_cell_executed = None
            client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
            proof = notebook.cells.pop()
    text = "".join(output.text for output in proof.outputs if output.output_type == "stream")
    return dict(json.loads(text))


def _show(cell: nbformat.NotebookNode, cell_index: int, execute_reply: dict[str, object]) -> None:
    """Print a code cell's first line and the text of its outputs, as a notebook's reader would see them."""
    print(f"In[{cell.execution_count}]: {cell.source.strip().splitlines()[0]}")
    for output in cell.outputs:
        text = output.text if output.output_type == "stream" else output.get("data", {}).get("text/plain", "")
        for line in _uncoloured(text).rstrip().splitlines():
            print(f"    {line}")


def _uncoloured(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


if __name__ == "__main__":
    sys.exit(main())
