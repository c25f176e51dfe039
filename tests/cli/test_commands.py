"""The command line, as processes: output, exit codes, what is imported, and the sandbox that it starts and stops."""

import json
import os
import re
import subprocess
import sys

import pytest

from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity, pickled_entity_of
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.wire import PACKAGE_VERSION


@task
def double(x: int) -> int:
    return 2 * x


@pytest.fixture
def home(tmp_path):
    """A directory for the sandbox of this test, which is stopped at the end, and is proved to have stopped."""
    from autocontainer_nb.sandbox import process

    place = tmp_path / "state"
    yield place
    process.stop(str(place))
    assert not process.status(str(place)).running


@pytest.fixture
def run(home, tmp_path):
    """Run the command in a process of its own."""

    def command(*arguments, **options):
        return subprocess.run(
            [sys.executable, "-m", "autocontainer_nb.cli", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env=dict(os.environ, AUTOCONTAINER_NB_HOME=str(home)),
            check=False,
            **options,
        )

    return command


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "entities.pkl"
    digest = dump_pickled_entity(pickled_entity_of(double), str(path))
    return path, digest


def test_inspect_prints_text_for_people(run, archive):
    path, digest = archive
    done = run("inspect", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    for word in (digest, "double(x: int) -> int", "return 2 * x", "Python"):
        assert word in done.stdout


def test_inspect_prints_the_documented_json(run, archive):
    """The keys that the documentation promises are there, with the documented kinds of values."""
    path, digest = archive
    done = run("inspect", str(path), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    kinds = {
        "format_version": int,
        "python_version": str,
        "cloudpickle_version": str,
        "autocontainer_nb_version": str,
        "digest": str,
        "entities": list,
        "packages": dict,
    }
    assert {key: type(data[key]) for key in kinds} == kinds
    assert data["digest"] == digest
    entity = data["entities"][0]
    assert entity["kind"] == "task"
    assert entity["name"].endswith("double")
    assert (entity["inputs"], entity["outputs"]) == ({"x": "int"}, {"o0": "int"})
    assert "return 2 * x" in entity["source"]
    assert "cell" in entity


def test_inspect_imports_neither_grpc_nor_ipython_nor_cloudpickle(archive, tmp_path):
    """Looking into a file is quick, and safe from what those libraries would do with it."""
    code = (
        "import sys\nfrom autocontainer_nb.cli.main import main\n"
        f"code = main(['inspect', {str(archive[0])!r}, '--json'])\n"
        "print(code, [name for name in ('grpc', 'IPython', 'cloudpickle', 'google.protobuf') if name in sys.modules], "
        "file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stderr == "0 []\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, ["No such file", "nothing.pkl"]), (b"", ["nothing.pkl"]), (b"PK random bytes", ["nothing.pkl"])],
)
def test_a_file_that_cannot_be_used_is_one_line_and_exit_code_1(run, tmp_path, content, words):
    if content is not None:
        (tmp_path / "nothing.pkl").write_bytes(content)
    done = run("inspect", "nothing.pkl")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("autocontainer-nb: ")
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["inspect"], ["runs", "--limit", "0"], ["sandbox"], ["sandbox", "dance"], ["logs"]]
)
def test_wrong_usage_is_exit_code_2_and_starts_nothing(run, home, arguments):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: autocontainer-nb" in done.stderr
    assert not home.exists()


def test_version_and_help(run):
    assert run("--version").stdout == f"autocontainer-nb {PACKAGE_VERSION}\n"
    shown = run("--help").stdout
    for word in ("inspect", "runs", "logs", "sandbox"):
        assert word in shown


def test_a_reader_that_has_enough_is_no_error_worth_a_traceback(archive, tmp_path):
    """`autocontainer-nb inspect FILE | head -1` ends quietly."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "autocontainer_nb.cli", "inspect", str(archive[0])],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.sandbox
def test_the_verbs_of_the_sandbox(run, home):
    """Started twice it is one; status, config and stop tell the truth before, while and after it runs."""
    for verb in ("status", "config"):
        none = run("sandbox", verb)
        assert none.returncode == 1
        assert "sandbox start" in none.stderr
    assert run("sandbox", "stop").stdout == "No sandbox is running.\n"

    first, second = run("sandbox", "start"), run("sandbox", "start")
    assert (first.returncode, second.returncode) == (0, 0)
    where = re.search(r"127\.0\.0\.1:\d+ \(pid \d+\)", first.stdout).group()
    assert where in second.stdout
    assert "started" in first.stdout
    assert "was already running" in second.stdout
    endpoint = where.partition(" ")[0]
    assert endpoint in run("sandbox", "status").stdout
    assert f"endpoint: dns:///{endpoint}" in run("sandbox", "config").stdout

    pruned = run("sandbox", "prune", "--days", "0.5")
    assert (pruned.returncode, pruned.stderr) == (0, "")
    assert pruned.stdout.startswith("Removed 0 executions and 0 versions of tasks: 0 files, 0 B. ")
    for days in ("-1", "nan", "inf", "some"):
        assert run("sandbox", "prune", "--days", days).returncode == 2

    stopped = run("sandbox", "stop")
    assert (stopped.returncode, stopped.stdout) == (0, "The sandbox has stopped.\n")
    assert run("sandbox", "status").returncode == 1


@pytest.mark.sandbox
def test_runs_and_logs(run, home):
    """Executions of a notebook are listed, as text and as JSON, and their output is printed."""
    from autocontainer_nb.remote.client import FlyteRemote

    assert "No executions yet" in run("runs").stdout
    assert json.loads(run("runs", "--json").stdout) == []

    @task
    def talks(times: int) -> int:
        print("hello\n" * times, end="")  # noqa: T201 - a task prints what its logs show
        return times

    remote = FlyteRemote(home=str(home))
    ids = [remote.launch(talks, times=times).wait(60).id for times in (1, 2)]
    remote.close()

    listed = run("runs")
    assert listed.returncode == 0
    assert [line.split()[0] for line in listed.stdout.strip().split("\n")] == ["id", ids[1], ids[0]]
    records = json.loads(run("runs", "--json", "--limit", "1").stdout)
    assert [record["id"] for record in records] == [ids[1]]
    assert set(records[0]) >= {"id", "task", "version", "phase", "created_at", "elapsed_s", "error"}
    assert records[0]["phase"] == "SUCCEEDED"
    assert run("logs", ids[1]).stdout == "hello\nhello\n"
    assert run("nodes", ids[1]).stdout.split()[1:4] == ["task", "talks", "SUCCEEDED"]
    (node,) = json.loads(run("nodes", ids[1], "--json").stdout)
    assert (node["kind"], node["entity"], node["phase"], node["children"]) == ("task", "talks", "SUCCEEDED", [])
    assert [attempt["number"] for attempt in node["attempts"]] == [1]

    missing = run("logs", "nosuchid")
    assert missing.returncode == 1
    assert "nosuchid" in missing.stderr
    assert missing.stderr.count("\n") == 1


def test_a_control_plane_that_is_not_there_is_one_line(run):
    done = run("runs", "--endpoint", "127.0.0.1:9", "--insecure")
    assert (done.returncode, done.stdout) == (1, "")
    assert "127.0.0.1:9" in done.stderr
    assert done.stderr.count("\n") == 1
