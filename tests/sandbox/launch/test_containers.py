"""Small parts: node names, places, interpreters, differences."""

import shutil
import sys
from pathlib import Path

import pytest
from flyteidl.core import tasks_pb2

from autocontainer_nb.errors import ImageError, InvalidArgumentError
from autocontainer_nb.sandbox.blobs.execution_paths import ExecutionKey, Locations, node_id, per_retry_key, safe_name
from autocontainer_nb.sandbox.blobs.store import BlobStore
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.launch.container import interpreter_of, program
from autocontainer_nb.sandbox.records.tasks import show_differences
from autocontainer_nb.sandbox.run.outcome import SYSTEM, USER, RetryBudget, failure

KEY = ExecutionKey("flytesnacks", "development", "a123")


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("notebook.train", "notebooktrain"),
        ("a-b_c.d1", "a-bcd1"),
        ("x" * 100, "x" * 63),
        ("...", "n0"),
        ("start-node", "n0"),
        ("größe", "größe"),
    ],
)
def test_a_node_is_named_after_the_end_of_the_tasks_name(name, node):
    assert node_id(name) == node


def test_two_attempts_never_share_a_place(tmp_path):
    layout = Layout(home=tmp_path)
    locations = Locations(layout, BlobStore(layout.blobs))
    first, second = (locations.attempt(KEY, "n0", number, "") for number in (0, 1))
    assert first.output_prefix != second.output_prefix
    assert first.raw_prefix != second.raw_prefix
    assert first.work != second.work
    assert first.input_file == second.input_file
    assert second.previous_checkpoint_prefix == first.checkpoint_prefix
    long = locations.attempt(ExecutionKey("p", "d", "x" * 63), "n" * 63, 12, "s3://bucket/raw/")
    assert len(long.unique_name) <= 50
    assert long.raw_prefix.startswith("s3://bucket/raw/")


def test_a_key_for_queries_has_letters_digits_and_underscores_only():
    assert per_retry_key("a1-n0-0") == "a1_n0_0"
    assert per_retry_key("123-x") == "ax"


def test_a_path_stays_inside_its_store(tmp_path):
    store = BlobStore(tmp_path)
    assert store.path_of(store.uri(store.path("a", "b/c"))) == tmp_path / "a" / "b" / "c"
    for bad in ("..", "a/../b", "/a", "a//b", "", "a\\b", "a\0b", "."):
        with pytest.raises(InvalidArgumentError):
            store.path(bad)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    store = BlobStore(tmp_path)
    path = store.path("deep", "file")
    store.write(path, b"old")
    with pytest.raises(TypeError):
        store.write(path, "not bytes")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_the_interpreter_is_the_image(tmp_path):
    assert interpreter_of(f"interpreter:{sys.executable}") == Path(sys.executable)
    with pytest.raises(ImageError, match="is no longer an executable file"):
        interpreter_of(f"interpreter:{tmp_path}/python")


def test_programs_are_looked_up_beside_the_interpreter_first(tmp_path):
    interpreter = tmp_path / "bin" / "python3.11"
    interpreter.parent.mkdir()
    for name in ("python3.11", "sh"):
        shutil.copy("/bin/sh", interpreter.parent / name)
    assert program("sh", interpreter, tmp_path) == str(interpreter.parent / "sh")
    assert program("python", interpreter, tmp_path) in (
        str(interpreter),
        shutil.which("python", path="/usr/local/bin:/usr/bin:/bin"),
    )
    assert program("/bin/true", interpreter, tmp_path) == "/bin/true"
    assert program("./run", interpreter, tmp_path) == f"{tmp_path}/run"
    with pytest.raises(ImageError, match="pyflyte-execute"):
        program("pyflyte-execute", interpreter, tmp_path)


@pytest.mark.parametrize(
    ("kind", "user", "system", "more"),
    [(USER, 1, 0, True), (USER, 3, 9, False), (SYSTEM, 9, 3, True), (SYSTEM, 0, 4, False)],
)
def test_user_and_system_failures_have_budgets_of_their_own(kind, user, system, more):
    budget = RetryBudget(retries=2, user_failures=user, system_failures=system)
    assert budget.allows(failure("C", "m", kind=kind, recoverable=True)) is more
    assert not budget.allows(failure("C", "m", kind=kind, recoverable=False))


def test_differences_name_the_field_and_both_values():
    old = tasks_pb2.TaskTemplate(type="a", container=tasks_pb2.Container(image="i", args=["x", "y"]))
    new = tasks_pb2.TaskTemplate(type="b", container=tasks_pb2.Container(image="i", args=["x"]))
    new.config["k"] = "v"
    assert show_differences(old, new).splitlines() == [
        "  type: 'a' -> 'b'",
        "  container.args[1]: 'y' -> nothing",
        "  config: nothing -> {'k': 'v'}",
    ]
    many = tasks_pb2.TaskTemplate(container=tasks_pb2.Container(args=[str(number) for number in range(50)]))
    more = tasks_pb2.TaskTemplate(container=tasks_pb2.Container(args=[str(-number - 1) for number in range(50)]))
    assert show_differences(many, more).splitlines()[-1] == "  ... and 40 more"


def test_names_of_projects_are_labels_and_no_directories_of_the_store():
    assert safe_name("my-project1")
    assert not any(safe_name(name) for name in ("metadata", "data", "My", "-a", "a-", "a/b", "", ".."))
