"""The notebook that people see first: as it is stored, and as `make demo` executes it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
QUICKSTART = NOTEBOOKS / "quickstart.ipynb"


def demo(script, home):
    return subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=300,
        env=dict(os.environ, AUTOCONTAINER_NB_HOME=str(home)),
        check=False,
    )


def test_the_notebook_is_stored_valid_and_without_outputs():
    """A reader sees their own run, not ours; nothing of the machine that wrote it is inside."""
    notebook = nbformat.read(QUICKSTART, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    assert len(prose) >= len(code) - 2


@pytest.mark.kernel
@pytest.mark.sandbox
def test_the_demo_executes_it_and_proves_where_it_ran(home):
    """Exit code 0; the metric, the execution, the digest and two different processes are printed at the end."""
    done = demo(NOTEBOOKS / "run_demo.py", home)
    assert done.returncode == 0, done.stderr
    facts = dict(re.findall(r"^(accuracy|execution|digest|kernel pid|container pid) +(\S+)", done.stdout, re.MULTILINE))
    assert float(facts["accuracy"]) > 0.9
    assert re.fullmatch(r"[0-9a-f]{64}", facts["digest"])
    assert int(facts["kernel pid"]) != int(facts["container pid"])
    assert facts["execution"] in done.stdout.split("%flyte runs")[1]


@pytest.mark.kernel
def test_the_demo_fails_with_the_cells_error(home, tmp_path):
    """A cell that raises makes the exit code 1 and its traceback is on standard error."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%load_ext autocontainer_nb\n1 / 0")])
    nbformat.write(notebook, tmp_path / "quickstart.ipynb")
    script = tmp_path / "run_demo.py"
    script.write_text((NOTEBOOKS / "run_demo.py").read_text("utf-8"), "utf-8")
    done = demo(script, home)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "accuracy" not in done.stdout
