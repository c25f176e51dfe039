"""`pyflyte-fast-execute` fetches the code and runs the command that needs it."""

import tarfile
from pathlib import Path

import pytest
from container_fixture import Container

TASK = "@task\ndef train(x: int) -> int:\n    return x + 1\n"


def fast(container: Container, arguments: list[str], distribution: str, inner: str = "pyflyte-execute") -> list[str]:
    return ["--additional-distribution", distribution, "--dest-dir", ".", "--", inner, *arguments]


def test_the_pickled_entity_file_is_fetched_and_run(container: Container) -> None:
    """The whole registered command, from an empty working directory."""
    captured = container.capture(TASK)
    uri = container.prefix / "upload" / "entities.pkl"
    uri.parent.mkdir()
    (container.folder / "entities.pkl").rename(uri)
    arguments = fast(container, container.arguments(captured, x=4), f"file://{uri}")
    outcome = container.run("pyflyte-fast-execute", arguments, {"o0": int})
    assert (outcome.code, outcome.outputs) == (0, {"o0": 5}), outcome.log


def test_a_missing_distribution_is_told_in_error_pb(container: Container) -> None:
    arguments = container.arguments(container.capture(TASK), x=4)
    outcome = container.run("pyflyte-fast-execute", fast(container, arguments, "/nowhere/entities.pkl"))
    assert outcome.code == 0
    assert "/nowhere/entities.pkl" in outcome.error.message


def test_a_distribution_of_unknown_kind_is_told(container: Container) -> None:
    arguments = container.arguments(container.capture(TASK), x=4)
    outcome = container.run("pyflyte-fast-execute", fast(container, arguments, "/nowhere/code.exe"))
    assert "--additional-distribution: expected" in outcome.error.message


def tarball(folder: Path, members: dict[str, str]) -> Path:
    path = folder / "code.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            source = folder / "member"
            source.write_text(text)
            archive.add(source, name)
    return path


def test_sources_are_unpacked_and_importable(container: Container, tmp_path: Path) -> None:
    """A tar.gz of sources is unpacked, and a task in it is found by import."""
    code = "from autocontainer_nb.core.tasks.task import task\n\n@task\ndef train(x: int) -> int:\n    return x * 2\n"
    path = tarball(tmp_path, {"my_tasks.py": code})
    arguments = container.arguments(container.capture(TASK), x=4)
    place = arguments.index("--resolver")
    arguments[place + 1 :] = [
        "autocontainer_nb.core.python_auto_container.default_task_resolver",
        "--",
        *("task-module", "my_tasks", "task-name", "train"),
    ]
    outcome = container.run("pyflyte-fast-execute", fast(container, arguments, str(path)), {"o0": int})
    assert outcome.outputs == {"o0": 8}, outcome.log


def test_sources_that_leave_the_folder_are_refused(container: Container, tmp_path: Path) -> None:
    path = tarball(tmp_path, {"../escaped.py": ""})
    arguments = container.arguments(container.capture(TASK), x=4)
    outcome = container.run("pyflyte-fast-execute", fast(container, arguments, str(path)))
    assert "can't be unpacked" in outcome.error.message
    assert not (container.folder.parent / "escaped.py").exists()


def test_another_command_replaces_the_process(container: Container) -> None:
    """Any other command runs with the destination on its PYTHONPATH, and its exit code is the container's."""
    command = ["python", "-c", "import os, sys; print(os.environ['PYTHONPATH']); sys.exit(5)"]
    outcome = container.run("pyflyte-fast-execute", ["--dest-dir", ".", "--", *command])
    assert outcome.code == 5
    assert outcome.log.strip() == str(container.folder)


def test_a_command_that_is_not_there_is_told(container: Container) -> None:
    outcome = container.run("pyflyte-fast-execute", ["--", "no-such-command"])
    assert outcome.code == 127
    assert "'no-such-command' can't be run" in outcome.log


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--dest-dir"], "the option --dest-dir has no value"), ([], "command to run is missing")],
)
def test_a_wrong_command_line_is_told(container: Container, arguments: list[str], message: str) -> None:
    outcome = container.run("pyflyte-fast-execute", arguments)
    assert (outcome.code, message in outcome.log) == (2, True), outcome.log


def test_flytekits_tasks_are_handed_over(container: Container, tmp_path: Path) -> None:
    """Where the resolver isn't ours and flytekit is installed, its command of the same name gets the arguments.

    The flytekit here is a stand-in with one module: the real one takes a minute to install and is no dependency.
    """
    package = tmp_path / "flytekit" / "bin"
    package.mkdir(parents=True)
    (tmp_path / "flytekit" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "entrypoint.py").write_text(
        "class execute_task_cmd:\n"
        "    @staticmethod\n"
        "    def main(args, standalone_mode):\n"
        "        print('handed over', args[-1])\n"
        "        return 4\n"
    )
    arguments = container.arguments(container.capture(TASK), resolver="flytekit.core.x.default_task_resolver", x=1)
    for script, given in (
        ("pyflyte-execute", arguments),
        ("pyflyte-fast-execute", ["--", "pyflyte-execute", *arguments]),
    ):
        outcome = container.run(script, given, PYTHONPATH=str(tmp_path))
        assert (outcome.code, outcome.log.split()[:2]) == (4, ["handed", "over"]), outcome.log
    without = container.run("pyflyte-execute", arguments)
    assert "No module named 'flytekit'" in without.error.message
