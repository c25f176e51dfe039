"""Two fresh kernels with different hash seeds give every definition one fingerprint."""

import ast
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import kinds
import pytest
from corpus import DEFINITIONS

pytestmark = pytest.mark.kernel

TIMEOUT_S = 120
SETUP = f"""
%load_ext autocontainer_nb
import sys
sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parent.parent / "portability")]!r}
"""
TELL = """
from told import told
print(*told({name}))
"""


@contextmanager
def kernel(seed: str, folder: Path) -> Iterator[Any]:
    """A client of a fresh kernel with this hash seed; the kernel is proved to have stopped at the end."""
    manager_module = pytest.importorskip("jupyter_client.manager")
    place = tempfile.mkdtemp(prefix="fp", dir="/tmp")  # sockets' paths must be short
    environ = dict(os.environ, PYTHONHASHSEED=seed, HOME=str(folder), IPYTHONDIR=str(folder / f"ipython{seed}"))
    manager = manager_module.KernelManager(transport="ipc", ip=f"{place}/k", kernel_name="python3")
    manager.kernel_spec.argv[0] = sys.executable
    manager.start_kernel(env=environ, cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT_S)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        assert not manager.is_alive()
        shutil.rmtree(place, ignore_errors=True)


def run(client: Any, text: str) -> str:
    """Return what a cell prints; it has to succeed."""
    printed: list[str] = []

    def on_output(message: Any) -> None:
        if message["header"]["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(text, allow_stdin=False, output_hook=on_output, timeout=TIMEOUT_S)
    assert reply["content"]["status"] == "ok", "\n".join(reply["content"].get("traceback", []))
    return "".join(printed)


def wanted() -> dict[str, tuple[str, str]]:
    """Return {label: (cell, name)} of the corpus that this Python can run."""
    import importlib.util

    return {
        f"{index} {one.name}": (one.cell, one.name)
        for index, one in enumerate(DEFINITIONS)
        if one.since <= sys.version_info[:2] and all(importlib.util.find_spec(need) for need in one.needs)
    }


def fingerprints(seed: str, folder: Path) -> dict[str, str]:
    with kernel(seed, folder) as client:
        run(client, SETUP)
        found = {}
        for label, (cell, name) in wanted().items():
            run(client, cell)
            found[label] = run(client, TELL.format(name=name)).strip()
        run(client, kinds.CELL)
        for name in kinds.NAMES:
            found[name] = run(client, TELL.format(name=name)).strip()
        assert ast.literal_eval(run(client, "print(hash('a') % 1000003)")) >= 0
        found["seed"] = run(client, "print(hash('alpha'))").strip()
    return found


def test_two_kernels_with_different_seeds_agree_on_every_definition(tmp_path: Path) -> None:
    """At least 100 definitions of a notebook's usual kinds, each defined by a cell in a real kernel."""
    one, other = fingerprints("1", tmp_path), fingerprints("4242", tmp_path)
    assert one.pop("seed") != other.pop("seed"), "the seeds have to make a difference"
    assert len(one) >= 100
    for label, digests in one.items():
        before, after = digests.split()
        assert before == after, f"{label}: pickling it left something in it that counts"
    assert " ".join(label for label in one if one[label] != other[label]) == ""
