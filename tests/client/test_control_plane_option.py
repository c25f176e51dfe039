"""The suite runs against the control plane that it is told, signed in as the environment says."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import client_tasks as tasks
import pytest

from autocontainer_nb.sandbox import process

pytestmark = pytest.mark.sandbox
CASES = "tests/client/test_kinds.py::test_a_task_of_this_kind_gives_its_value"


def test_it_runs_where_it_is_told(remote: Any, home: str, tmp_path: Path) -> None:
    """By address, on a sandbox that asks for a token: one that a command prints."""
    if not remote.is_sandbox:
        pytest.skip("it is told one now")
    before = {each.id for each in remote.executions(200, task=tasks.take_nothing)}
    address = process.ensure_running(home)
    (tmp_path / "config.yaml").write_text(process.flyte_config(address))
    told = {
        "FLYTECTL_CONFIG": str(tmp_path / "config.yaml"),
        "FLYTE_INTERNAL_IMAGE": address.default_image,
        "AUTOCONTAINER_NB_HOME": str(tmp_path / "state"),
    }
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "inputs", CASES, "-rs",
         f"--control-plane={address.endpoint}", "--insecure"],
        cwd=Path(__file__).parents[2], env={**os.environ, **told}, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout
    assert len({each.id for each in remote.executions(200, task=tasks.take_nothing)} - before) == 1
