"""`current_context()` in this process: what a run here and now finds, and the methods that carry a run by hand."""

import logging
from datetime import timezone
from pathlib import Path

import pytest
from flyteidl.core import literals_pb2

from autocontainer_nb.core.entities.task_target import ExecutionMode
from autocontainer_nb.core.run.checkpoint import Checkpoint
from autocontainer_nb.core.run.context import current_context, local_context
from autocontainer_nb.core.run.deck import Deck
from autocontainer_nb.core.run.secrets import SecretsManager
from autocontainer_nb.core.settings.secret_requests import Secret
from autocontainer_nb.core.tasks.function_task import PythonFunctionTask
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import ConfigError, DefinitionError, StorageError
from autocontainer_nb.type_engine.engine import type_engine


@task
def double(x: int) -> int:
    return 2 * x


def literals(x: int) -> literals_pb2.LiteralMap:
    context = local_context()
    return literals_pb2.LiteralMap(literals={"x": type_engine.to_literal(x, int, files=context.files)})


def test_a_run_by_literals() -> None:
    """`dispatch_execute` and `sandbox_execute` take literals and give literals."""
    context = local_context()
    for run in (double.dispatch_execute, double.sandbox_execute):
        assert run(context, literals(4)).literals["o0"].scalar.primitive.integer == 8


def test_a_run_by_values() -> None:
    assert double.local_execute(local_context(), x=4) == double.execute(x=4) == 8
    assert double.local_execution_mode() is ExecutionMode.LOCAL_TASK_EXECUTION


def test_a_sandboxed_run_has_a_folder_of_its_own() -> None:
    seen = []

    @task
    def look(x: int) -> int:
        Path("left").mkdir()
        seen.append(current_context().working_directory)
        assert str(Path.cwd()) == seen[-1]
        return x

    for _ in range(2):
        look.sandbox_execute(local_context(), literals(1))
    assert len(set(seen)) == 2
    assert not any(Path(folder).exists() for folder in seen)


def test_the_context_of_a_run_here_and_now() -> None:
    params = current_context()
    assert params.execution_id.name == "local"
    assert params.execution_date.tzinfo is timezone.utc
    assert params.execution_date == params.execution_date
    assert isinstance(params.logging, logging.Logger)
    params.stats.incr("nothing")
    assert params.with_attributes(a=1).a == params.with_attributes(a=1).get("a") == 1
    assert not params.has_attr("a")
    with pytest.raises(AttributeError, match="no attribute 'a'"):
        _ = params.a


def test_a_builder_makes_changed_copies(tmp_path: Path) -> None:
    """What `pre_execute` of a flytekit task type does: attributes in capitals, a working directory, parts replaced."""
    params = current_context()
    stats = object()
    made = params.builder().add_attr("SPARK_SESSION", 7)
    made.stats, made.working_dir = stats, str(tmp_path / "new")
    built = made.build()
    assert (built.spark_session, built.SPARK_SESSION, built.get("spark_session")) == (7, 7, 7)
    assert built.has_attr("spark_session")
    assert built.stats is stats
    assert (tmp_path / "new").is_dir()
    assert built.execution_id == params.execution_id
    assert not params.has_attr("SPARK_SESSION")
    assert params.stats is not stats
    assert type(params).new_builder().build().working_directory == params.working_directory
    assert params.with_enable_deck(enable_deck=True).build().enable_deck
    boxed = params.with_task_sandbox().build()
    assert boxed.working_directory != params.working_directory
    boxed.checkpoint.write(b"x")
    assert list(Path(boxed.working_directory, "__cp").iterdir())


def test_a_task_type_may_hand_its_code_a_builders_parameters() -> None:
    class Sessions(PythonFunctionTask):
        def pre_execute(self, user_params):  # type: ignore[no-untyped-def]  # the base says what it is
            return user_params.builder().add_attr("SESSION", "open").build()

    def look() -> str:
        return current_context().session

    assert Sessions(None, look)() == "open"


def test_a_local_runs_deck_is_written_and_told(caplog: pytest.LogCaptureFixture) -> None:
    """A task called in the notebook leaves its page too, and the log says where."""

    @task(enable_deck=True, deck_fields=("Input",))
    def show(x: int) -> int:
        Deck("mine", "<b>x</b>")
        Deck.publish()
        return x

    with caplog.at_level(logging.INFO, "autocontainer_nb.task"):
        show(3)
    [first, last] = [record.args[0] for record in caplog.records]
    page = Path(last).read_text()
    assert first == last
    assert "<b>x</b>" in page
    assert ">Input</label>" in page
    assert ">Timeline</label>" not in page


def test_a_deck_outside_of_a_run_is_just_a_deck() -> None:
    deck = Deck("a").append("x").append("y")
    assert (deck.name, deck.html.split()) == ("a", ["x", "y"])
    with pytest.raises(TypeError, match="expected HTML as a str, got an int"):
        deck.append(3)


@pytest.mark.parametrize(
    ("options", "enabled", "fields"),
    [
        ({}, False, []),
        ({"enable_deck": True}, True, ["Input", "Output", "Source Code", "Timeline", "Dependencies"]),
        ({"disable_deck": False, "deck_fields": ("Output",)}, True, ["Output"]),
        ({"enable_deck": True, "deck_fields": None}, True, []),
        ({"enable_deck": False, "deck_fields": ("Output",)}, False, []),
    ],
)
def test_deck_options(options: dict, enabled: bool, fields: list[str]) -> None:
    made = task(**options)(double.task_function)
    assert (made.enable_deck, made.disable_deck) == (enabled, not enabled)
    assert {field.value for field in made.deck_fields} == set(fields)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"enable_deck": True, "disable_deck": False}, "both passed"),
        ({"enable_deck": True, "deck_fields": ("Inputs",)}, "deck_fields: expected some of .*, got 'Inputs'"),
    ],
)
def test_deck_options_that_contradict_are_told(options: dict, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        task(**options)(double.task_function)


def test_checkpoints_are_files_or_folders(tmp_path: Path) -> None:
    """A file, a folder and a binary file object are saved; restore gives them back once."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").write_bytes(b"a")
    (folder / "b").write_bytes(b"b")
    Checkpoint(str(tmp_path / "one")).save(folder)
    Checkpoint(str(tmp_path / "two")).save(folder / "a")
    with (folder / "b").open("rb") as file:
        Checkpoint(str(tmp_path / "three")).save(file)
    many = Checkpoint(str(tmp_path / "x"), str(tmp_path / "one"))
    (tmp_path / "target").mkdir()
    assert many.restore(tmp_path / "target") == str(tmp_path / "target") == many.restore()
    assert {path.name for path in (tmp_path / "target").iterdir()} == {"a", "b"}
    with pytest.raises(ValueError, match="expected one file in the checkpoint, got 2"):
        many.read()
    assert Checkpoint("x", str(tmp_path / "two")).read() == b"a"
    assert Checkpoint("x", str(tmp_path / "three")).read() == b"b"
    assert Checkpoint("x", str(tmp_path / "never")).read() is None
    with pytest.raises(StorageError, match="expected an existing folder"):
        Checkpoint("x", str(tmp_path / "two")).restore(folder / "a")
    with pytest.raises(TypeError, match="got an int"):
        Checkpoint("x").save(3)


def test_secrets_here_may_be_plain_variables() -> None:
    """Outside of a container a variable without Flyte's prefix counts, so that a task can be tried at once."""
    local = SecretsManager.from_variables({"DB_PASSWORD": "p"}, is_local=True)
    assert local.get("db", "password") == local.db.password == "p"
    with pytest.raises(ConfigError, match="_FSEC_DB_PASSWORD"):
        SecretsManager.from_variables({"DB_PASSWORD": "p"}).get("db", "password")
    with pytest.raises(ConfigError, match="neither"):
        local.get()
    assert local.get_secrets_env_var("g", "k", "v") == "_FSEC_G_V_K"
    assert local.get_secrets_file("G", "K", "V") == "/etc/secrets/g/v/k"


def test_a_secret_is_read_from_the_variable_that_the_task_has_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """By `env_var` of the request, here as in a container; what is requested isn't advised again."""

    @task(secret_requests=[Secret(group="g", key="k", env_var="MY_TOKEN"), Secret(group="g", key="other")])
    def read(key: str) -> str:
        return str(current_context().secrets.get("g", key))

    monkeypatch.setenv("MY_TOKEN", "token")
    assert read(key="k") == "token"
    with pytest.raises(ConfigError, match=r"exists\. Set G_OTHER here\."):
        read(key="other")
    with pytest.raises(ConfigError, match=r"Request it: @task\(secret_requests="):
        read(key="third")
    there = SecretsManager.from_variables(
        {"MY_TOKEN": "token"}, requests=[Secret(group="g", key="k", env_var="MY_TOKEN")]
    )
    assert there.get("g", "k") == "token"
    monkeypatch.delenv("MY_TOKEN")
    with pytest.raises(ConfigError, match=r"nor MY_TOKEN nor the file .* exists\. Set MY_TOKEN here\."):
        read(key="k")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "expected a group, a key or both, got neither"),
        ({"key": "k", "env_var": "no-name"}, "env_var: expected capital letters.*got 'no-name'"),
    ],
)
def test_secrets_that_no_control_plane_takes_are_told(given: dict, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        Secret(**given)
