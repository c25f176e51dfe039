"""`autocontainer-nb explain FILE`: the table of what a file's tasks have captured; nothing of the file is executed."""

import json
import os
import subprocess
import sys

import pytest

WRITER = """
import array, sys
from autocontainer_nb import dump_pickled_entity, task
from autocontainer_nb.core.capture.pickled_file import pickled_entity_of

big = array.array("d", [0.0]) * 200_000
limits = {"low": 1, "high": [2, 3]}

def helper(x):
    return x > limits["low"]

@task
def train(x: int) -> bool:
    import json
    return helper(x) and len(big) > 0

dump_pickled_entity(pickled_entity_of(train), sys.argv[1])
"""


@pytest.fixture
def archive(tmp_path):
    script = tmp_path / "make.py"
    script.write_text(WRITER)
    subprocess.run([sys.executable, str(script), str(tmp_path / "e.pkl")], check=True, cwd=tmp_path)
    return tmp_path / "e.pkl"


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "autocontainer_nb.cli", "explain", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_the_table_ranks_by_size(archive):
    done = run(archive)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[2] == ["captured", "type", "bytes", "how", "from"]
    assert lines[3][:4] == ["big", "array.array", "1.6", "MB"]
    assert [line[0] for line in lines[3:7]] == ["big", "train", "helper", "helper"]
    assert "Needs only Python's standard library." in done.stdout


def test_json_has_the_documented_form(archive):
    data = json.loads(run(archive, "--json").stdout)
    kinds = {
        "file": str, "total_bytes": int, "is_complete": bool, "captured": list, "cannot_travel": list,
        "credentials": list, "notes": list, "remarks": list,
    }  # fmt: skip
    assert {key: type(data[key]) for key in kinds} == kinds
    row = data["captured"][0]
    assert row["path"] == ["train", "big"]
    assert {key: type(row[key]) for key in ("type", "how", "bytes", "is_part")} == {
        "type": str, "how": str, "bytes": int, "is_part": bool,
    }  # fmt: skip


def test_a_secret_of_this_process_in_a_carried_source_is_told(archive):
    """By its name and line; the value isn't printed."""
    done = run(archive, CI_DEPLOY_TOKEN="200_000")
    assert "credential" not in done.stdout
    done = run(archive, CI_DEPLOY_TOKEN='limits["low"]')
    assert "environment variable CI_DEPLOY_TOKEN" in done.stdout
    assert "limits[" not in done.stdout


def test_a_file_of_another_kind_is_one_line_and_exit_code_1(tmp_path):
    (tmp_path / "x.pkl").write_bytes(b"no archive")
    done = run(tmp_path / "x.pkl")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1


def test_explaining_needs_no_client_and_no_pickler(archive, tmp_path):
    code = (
        "import sys\nfrom autocontainer_nb.cli.main import main\n"
        f"code = main(['explain', {str(archive)!r}, '--json'])\n"
        "print(code, [name for name in ('grpc', 'IPython', 'cloudpickle', 'google.protobuf') if name in sys.modules], "
        "file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stderr == "0 []\n"
