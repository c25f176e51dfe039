"""The verbs for a control plane, against the sandbox: register, run, wait, stop, look, each with text and JSON."""

import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from autocontainer_nb.cli.main import main
from autocontainer_nb.remote.client import FlyteRemote, set_default_remote
from autocontainer_nb.sandbox import process

DEFINITIONS = """
import dataclasses
import time

from autocontainer_nb import task
from neighbour import shifted


@dataclasses.dataclass
class Settings:
    rate: float
    steps: int = 2


@task
def train(epochs: int, name: str = "first", settings: Settings = Settings(0.5)) -> str:
    print("training", name)
    return f"{name} {shifted(epochs)} {settings.rate * settings.steps}"


@task
def fails(x: int) -> int:
    raise ValueError("it was meant to")


@task
def sleeps(seconds: float) -> float:
    time.sleep(seconds)
    return seconds
"""


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What it printed as JSON."""
        return json.loads(self.out)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of one sandbox for all of these tests, which is proved to have stopped."""
    place = tmp_path_factory.mktemp("home") / "state"
    yield place
    process.stop(str(place))
    assert not process.status(str(place)).running


@pytest.fixture
def run(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Done]]:
    """Run the command in this process, in a folder with definitions.py."""
    monkeypatch.setenv("AUTOCONTAINER_NB_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(__import__("sys").path))
    (tmp_path / "definitions.py").write_text(textwrap.dedent(DEFINITIONS))
    (tmp_path / "queue.py").write_text("")
    (tmp_path / "half.py").write_text("x = 1\ndef f(:\n")
    (tmp_path / "lacks.py").write_text("import no_such_module\n")
    (tmp_path / "divides.py").write_text("from neighbour import shifted\n\nshifted('a')\n")
    (tmp_path / "neighbour.py").write_text("def shifted(x):\n    return x + 100\n")

    def command(*words: str) -> Done:
        code = main(words)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    yield command
    set_default_remote(None)


@pytest.mark.sandbox
def test_a_task_of_a_file_runs_and_its_result_is_printed(run: Callable[..., Done]) -> None:
    """Local modules beside the file go along; inputs are read as their types say."""
    done = run("run", "definitions.py", "train", "epochs=3", 'settings={"rate": 2}', "--wait")
    assert done == Done(0, "first 103 4.0\n", "")
    waited = run("run", "definitions.py", "train", "epochs=1", "name=a b", "--wait", "--json")
    assert (waited.code, waited.err) == (0, "")
    assert (waited.data["phase"], waited.data["outputs"]) == ("SUCCEEDED", {"o0": "a b 101 1.0"})
    assert waited.data["task"] == "definitions.train"


@pytest.mark.sandbox
def test_what_is_registered_runs_by_name(run: Callable[..., Done], tmp_path: Path) -> None:
    registered = run("register", "definitions.py", "train", "fails", "--json")
    assert registered.code == 0
    assert [(each["kind"], each["name"]) for each in registered.data] == [
        ("task", "definitions.train"),
        ("task", "definitions.fails"),
    ]
    assert "definitions.sleeps" in run("register", "definitions.py").out
    (tmp_path / "inputs.json").write_text('{"epochs": 5, "name": "x", "settings": {"rate": 1.0, "steps": 1}}')
    (tmp_path / "definitions.py").unlink()  # what runs is what was registered
    done = run("run", "train", "--inputs", "inputs.json", "name=y", "--wait")
    assert done == Done(0, "y 105 1.0\n", "")
    listed = run("tasks", "--json", "--name", "train")
    assert [each["name"] for each in listed.data] == ["definitions.train"]
    assert listed.data[0]["version"] == registered.data[0]["version"]
    assert "definitions.fails" in run("tasks").out


@pytest.mark.sandbox
def test_a_failure_is_exit_code_1_and_why(run: Callable[..., Done]) -> None:
    done = run("run", "definitions.py", "fails", "x=1", "--wait")
    assert (done.code, done.out) == (1, "")
    assert "ValueError: it was meant to" in done.err
    as_json = run("run", "definitions.py", "fails", "x=1", "--wait", "--json")
    assert (as_json.code, as_json.data["phase"], as_json.data["outputs"]) == (1, "FAILED", None)
    assert "it was meant to" in as_json.data["error"]
    failed = run("runs", "--phase", "FAILED", "--task", "fails", "--json")
    assert {each["id"] for each in failed.data} >= {as_json.data["id"]}
    assert {each["task"] for each in failed.data} == {"definitions.fails"}
    assert run("wait", as_json.data["id"]).code == 1
    assert run("runs", "--task", "nothing-like-it").out.startswith("No such executions in ")


@pytest.mark.sandbox
def test_an_execution_has_options_is_waited_for_and_stopped(run: Callable[..., Done], home: Path) -> None:
    options = ["--name", "long-one", "--label", "team=a", "--tag", "t1", "--tag", "t2", "--env", "MODE=fast"]
    started = run("run", "definitions.py", "sleeps", "seconds=600", "--json", *options)
    assert (started.code, started.data["id"]) == (0, "long-one")
    taken = run("run", "definitions.py", "sleeps", "seconds=600", "--name", "long-one")
    assert taken.code == 1
    assert "'long-one' exists already" in taken.err
    assert run("wait", "long-one", "--timeout", "0.5").code == 3
    assert run("run", "definitions.py", "sleeps", "seconds=600", "--wait", "--timeout", "0.5").code == 3
    stopped = run("stop", "long-one", "--cause", "enough", "--json")
    assert stopped.code == 0
    waited = run("wait", "long-one", "--json")
    assert (waited.code, waited.data["phase"], waited.data["error"]) == (1, "ABORTED", "enough")
    with_tag = run("runs", "--tag", "t2", "--json").data
    assert [(each["id"], each["tags"]) for each in with_tag] == [("long-one", ["t1", "t2"])]
    remote = FlyteRemote(home=str(home))
    spec = remote.execution("long-one").known_message().spec
    remote.close()
    assert spec.labels.values["team"] == "a"
    assert ("MODE", "fast") in [(each.key, each.value) for each in spec.envs.values]
    rest = [each["id"] for each in run("runs", "--phase", "RUNNING", "--phase", "QUEUED", "--json").data]
    assert run("stop", *rest).code == 0


@pytest.mark.sandbox
def test_who_and_where(run: Callable[..., Done]) -> None:
    connected = run("connect")
    assert connected.code == 0
    assert connected.out.startswith("Connected to the sandbox at 127.0.0.1:")
    assert run("connect", "--json").data["project"] == "flytesnacks"
    me = run("whoami", "--json")
    assert set(me.data) == {"subject", "name", "email", "control_plane", "project", "domain"}
    assert "project flytesnacks, domain development" in run("whoami").out
    assert "flytesnacks" in [each["id"] for each in run("projects", "--json").data]
    wrong = run("connect", "--project", "no-such-project")
    assert wrong.code == 1
    assert "no-such-project" in wrong.err
    assert ".. " not in wrong.err


@pytest.mark.sandbox
def test_what_the_sandbox_doesnt_serve_is_named(run: Callable[..., Done]) -> None:
    done = run("run", "definitions.py", "train", "epochs=1", "--json")
    again = run("relaunch", done.data["id"])
    assert again.code in {0, 1}  # until the sandbox serves it
    assert again.code == 0 or "RelaunchExecution" in again.err
    assert run("wait", done.data["id"]).code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "missing.py", "train"], "missing.py: No such file"),
        (
            ["run", "definitions.py", "trian", "epochs=1"],
            "has no task, workflow or launch plan 'trian'. Did you mean 'train'",
        ),
        (
            ["run", "definitions.py"],
            "needs the name of a task, workflow or launch plan. The file has: fails, sleeps, train.",
        ),
        (["run", "definitions.py", "train", "epochs=many"], "epochs=many: expected"),
        (["run", "definitions.py", "train", "epochs"], "Expected NAME=VALUE"),
        (["run", "definitions.py", "train"], "needs a value for epochs: int"),
        (["run", "definitions.py", "train", "epochs=1", "epoch=2"], "has no input 'epoch'. Did you mean 'epochs'"),
        (
            ["run", "definitions.py", "train", "epochs=1", "--name", "My Run"],
            "Option name: expected a lower-case letter",
        ),
        (["run", "definitions.py", "train", "epochs=1", "--label", "team"], "--label: expected KEY=VALUE, got 'team'"),
        (
            ["run", "definitions.py", "train", "--inputs", "neighbour.py"],
            "--inputs neighbour.py: expected a JSON object",
        ),
        (["run", "book.ipynb", "train"], "book.ipynb is a notebook"),
        (["run", "queue.py", "train"], "queue.py would be the module 'queue', which is another one already: rename"),
        (["register", "neighbour.py"], "neighbour.py defines no task, workflow or launch plan"),
        (["run", "definitions.py", "train", "epochs=1", "--version", "v1"], "--version is that of a registered one"),
        (["register", "half.py"], "half.py can't be run: SyntaxError: invalid syntax ("),
        (["register", "lacks.py"], "lacks.py can't be run: line 1: ModuleNotFoundError: No module named 'no_such_mod"),
        (["run", "divides.py", "f"], "divides.py can't be run: line 3, by "),
        (["register", "definitions.py", "shifted"], "no task, workflow or launch plan 'shifted'"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_1(run: Callable[..., Done], words: list[str], message: str) -> None:
    """And nothing was sent: no control plane is there."""
    done = run(*words, "--endpoint", "127.0.0.1:1", "--insecure", "--image", "x:v1")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert message in done.err


def test_a_gate_needs_an_answer(run: Callable[..., Done]) -> None:
    done = run("answer", "some-id", "gate", "--endpoint", "127.0.0.1:1", "--insecure")
    assert (done.code, done.out) == (1, "")
    assert "answer some-id gate needs a value: yes, no" in done.err


@pytest.mark.parametrize(
    "words", [["run"], ["wait"], ["wait", "a", "--timeout", "-1"], ["stop"], ["register"], ["tasks", "--limit", "0"]]
)
def test_wrong_usage_is_exit_code_2(run: Callable[..., Done], words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*words)
    assert ended.value.code == 2
