"""The benchmarks run; what they measure is nobody's promise here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parent.parent / "benchmarks" / "run.py"


@pytest.mark.kernel
@pytest.mark.sandbox
def test_one_round_gives_a_table_and_json(tmp_path):
    """One round of everything but the peer and the large data ends well, and says the same in both forms."""
    done = subprocess.run(
        [
            sys.executable,
            str(RUN),
            "--runs=1",
            "--trips=1",
            "--kernels=1",
            "--data=0",
            "--rounds=1",
            "--launches=0",
            "--quiet=0",
            "--line=0",
            f"--json={tmp_path / 'b.json'}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    for one in [*data["samples"], *data["budgets"]]:
        assert one["what"] in done.stdout
    assert [len(one["seconds"]) for one in data["samples"]] == [1] * 16
    assert {one["kept"] for one in data["budgets"]} <= {True, False}
