"""`autocontainer-nb inspect` of files that aren't ours, and `autocontainer-nb diff`, as processes."""

import gzip
import json
import pickle
import subprocess
import sys

import pytest

from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity, pickled_entity_of
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.pickling.code.cells import Cell, cells
from autocontainer_nb.pickling.inspect.description import inspect_file
from autocontainer_nb.views.inspection import ArchiveView

LIMIT = 3


@task
def double(x: int) -> int:
    return 2 * x + LIMIT


class Canary:
    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return exec, (f"open({self.trace!r}, 'w').close()",)


@pytest.fixture
def run(tmp_path):
    """Run the command in a process of its own."""

    def command(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "autocontainer_nb.cli", *map(str, arguments)],
            capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False,
        )  # fmt: skip

    return command


@pytest.fixture
def canary(tmp_path):
    """A compressed pickle that would leave a trace, and the trace."""
    with gzip.open(tmp_path / "model.pkl.gz", "wb") as file:
        pickle.dump({"model": Canary(str(tmp_path / "executed")), "scale": 2.0}, file)
    return tmp_path / "model.pkl.gz", tmp_path / "executed"


def test_any_pickle_is_told_as_text(run, canary):
    """What it holds, what it would call, dangerous calls first; nothing of it runs."""
    path, trace = canary
    done = run("inspect", path)
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "a pickle",
        "compressed by gzip",
        "model",
        "scale",
        "DANGER   builtins.exec called at byte",
        "runs code",
    ):
        assert words in done.stdout
    assert not trace.exists()


def test_any_pickle_is_told_as_json(run, canary):
    """The documented keys, with the documented kinds of values."""
    path, trace = canary
    done = run("inspect", path, "--json")
    data = json.loads(done.stdout)
    kinds = {"kind": str, "path": str, "size_bytes": int, "compression": str, "sha256": str, "type": str,
             "entities": list, "contents": list, "functions": list, "pickle": dict}  # fmt: skip
    assert {key: type(data[key]) for key in kinds} == kinds
    assert (data["python_version"], data["problem"]) == (None, None)
    walked = {"protocol": int, "size_bytes": int, "operations": int, "pickles": int, "buffers": int,
              "persistent_ids": int, "references": dict, "calls": list}  # fmt: skip
    assert {key: type(data["pickle"][key]) for key in walked} == walked
    call = data["pickle"]["calls"][0]
    assert set(call) == {"what", "how", "severity", "reason", "count", "position", "arguments"}
    assert (call["what"], call["severity"]) == ("builtins.exec", "danger")
    assert not trace.exists()


def test_our_file_has_the_version_beside_the_digest(run, tmp_path):
    digest = dump_pickled_entity(pickled_entity_of(double), str(tmp_path / "entities.pkl"))
    data = json.loads(run("inspect", "entities.pkl", "--json").stdout)
    assert (data["kind"], data["digest"]) == ("pickled-entity", digest)
    assert [need["distribution"] for need in data["needs"]] == ["pytest"]  # this module travels, and imports it
    assert len(data["version"]) == 64
    assert {call["severity"] for call in data["pickle"]["calls"]} == {"harmless"}
    text = run("inspect", "entities.pkl").stdout
    assert data["version"] in text
    assert "known to be harmless" in text


def test_a_pickle_that_is_cut_short_is_described_and_is_an_error(run, tmp_path, canary):
    """Exit code 1 with one line on standard error; what was found is printed all the same."""
    whole = pickle.dumps(Canary(str(canary[1])))
    (tmp_path / "cut.pkl").write_bytes(whole[:-1])
    done = run("inspect", "cut.pkl")
    assert done.returncode == 1
    assert "DANGER" in done.stdout
    assert done.stderr.count("\n") == 1
    assert "could not be read to its end" in done.stderr
    assert json.loads(run("inspect", "cut.pkl", "--json").stdout)["problem"]


def test_a_file_of_another_kind_is_one_line(run, tmp_path):
    (tmp_path / "notes.txt").write_text("These are notes.\n")
    done = run("inspect", "notes.txt")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "neither a pickled-entity file nor a pickle" in done.stderr


def test_diff_has_the_exit_codes_of_diff(run, tmp_path, monkeypatch):
    """0 for the same meaning, 1 for another, 2 for trouble; text for people and documented JSON."""
    dump_pickled_entity(pickled_entity_of(double), str(tmp_path / "a.pkl"))
    monkeypatch.setitem(globals(), "LIMIT", 4)
    dump_pickled_entity(pickled_entity_of(double), str(tmp_path / "b.pkl"))

    same = run("diff", "a.pkl", "a.pkl")
    assert (same.returncode, same.stderr) == (0, "")
    assert "the same" in same.stdout
    other = run("diff", "a.pkl", "b.pkl")
    assert (other.returncode, other.stderr) == (1, "")
    assert "a.pkl ► b.pkl: different" in other.stdout
    data = json.loads(run("diff", "a.pkl", "b.pkl", "--json").stdout)
    assert data["same"] is False
    assert set(data["a"]) == set(data["b"]) == {"path", "digest", "version", "python_version"}
    assert {key for one in data["differences"] for key in one} >= {"section", "name", "change", "text"}

    (tmp_path / "notes.txt").write_text("These are notes.\n")
    for missing in (("a.pkl", "nothing.pkl"), ("notes.txt", "a.pkl"), ("a.pkl",)):
        done = run("diff", *missing)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr


def test_diff_imports_neither_grpc_nor_the_task_model(tmp_path):
    dump_pickled_entity(pickled_entity_of(double), str(tmp_path / "a.pkl"))
    code = (
        "import sys\nfrom autocontainer_nb.cli.main import main\nmain(['diff', 'a.pkl', 'a.pkl'])\n"
        "print([name for name in ('grpc', 'IPython', 'cloudpickle', 'flyteidl', 'autocontainer_nb.core') "
        "if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stderr == "[]\n"


def test_a_credential_in_a_source_is_shown_nowhere(run, tmp_path):
    """Not as text, HTML, JSON, nor as a difference; the lines keep their numbers."""
    key = "sk-" + "proj-" + "aB3dE5fG7h" * 4
    names = {"__name__": "__main__", "task": task}
    try:
        for number in (1, 2):
            source = f"api_key = '{key}{number}'\nx = {number}\n@task\ndef leaky() -> int:\n    return x\n"
            cells.record(Cell(f"<leaky {number}>", source, f"id{number}", number))
            exec(compile(source, f"<leaky {number}>", "exec"), names)
            with pytest.warns(UserWarning, match="seems to contain a credential"):
                dump_pickled_entity(pickled_entity_of(names["leaky"]), str(tmp_path / f"{number}.pkl"))
    finally:
        cells.clear()
    shown = "# line 1 isn't shown: looks like an OpenAI key"
    text, as_json = run("inspect", "1.pkl").stdout, run("inspect", "1.pkl", "--json").stdout
    html = ArchiveView(inspect_file(str(tmp_path / "1.pkl")))._repr_html_()
    assert shown in text
    assert json.loads(as_json)["entities"][0]["source"].startswith(f"{shown}\nx = 1\n@task\n")
    assert "line 1 isn&#x27;t shown" in html
    differences = run("diff", "1.pkl", "2.pkl").stdout, run("diff", "1.pkl", "2.pkl", "--json").stdout
    assert "+x = 2" in differences[0]
    assert not [one for one in (text, as_json, html, *differences) if key[8:20] in one]
    assert "looks like an OpenAI key" in run("explain", "1.pkl").stdout
