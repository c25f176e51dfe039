"""Local modules in a container: their tasks, processes that tasks start, tracebacks, map and dynamic tasks."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from container_fixture import SCRIPTS, Captured, Container, capture_task
from flyteidl.core import dynamic_job_pb2, literals_pb2

from autocontainer_nb.core.capture.capture import Capture
from autocontainer_nb.core.capture.reachable import reachable_tasks
from autocontainer_nb.core.python_auto_container import default_notebook_task_resolver, default_task_resolver
from autocontainer_nb.type_engine.engine import type_engine

TASKS = '''
from autocontainer_nb import dynamic, map_task, task
from steps import scaling
from steps.errors import fail

@task
def train(x: int) -> int:
    return scaling.scale(x)

@task
def other(x: int) -> int:
    """Mentioned by a dynamic task only."""
    return x + scaling.FACTOR

@dynamic
def expands(count: int) -> int:
    from late import später
    map_task(train)(x=[count, count])
    return später(x=other(x=count))

@task
def fails(x: int) -> int:
    return fail(x)

@task
def starts_processes(x: int) -> list[str]:
    import multiprocessing, subprocess, sys
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        spawned = pool.map(scaling.scale, [x])
    code = "from steps.scaling import scale; print(scale(%d))" % x
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return [str(spawned[0]), printed.strip()]
'''
STEPS = {
    "my_tasks.py": TASKS,
    "late.py": "from autocontainer_nb import task\n\n@task\ndef später(x: int) -> int:\n    return x * 100\n",
    "steps/__init__.py": "",
    "steps/scaling.py": "FACTOR = 10\n\ndef scale(x):\n    return x * FACTOR\n",
    "steps/errors.py": "def fail(x):\n    # a comment\n    raise ValueError(f'no {x}')\n",
}


@pytest.fixture
def my_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module beside the notebook, imported; forgotten afterwards."""
    folder = tmp_path / "project"
    for name, text in STEPS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    import my_tasks

    yield my_tasks
    for name in ("my_tasks", "steps", "steps.scaling", "steps.errors", "late"):
        sys.modules.pop(name, None)


def captured(container: Container, task: Any) -> Captured:
    return capture_task(task, str(container.folder / "entities.pkl"))


def test_a_task_of_a_local_module_runs_from_its_source(container: Container, my_tasks: Any) -> None:
    """It needs capturing, is registered with the notebook's resolver, and the user's object stays as it is."""
    before = dict(vars(my_tasks.train))
    assert Capture(my_tasks.train).is_needed
    made = captured(container, my_tasks.train)
    assert made.task.name == "my_tasks.train"
    assert made.task.task_resolver is default_notebook_task_resolver
    assert vars(my_tasks.train) == before
    assert my_tasks.train.task_resolver is default_task_resolver
    outcome = container.execute(made, x=4)
    assert outcome.outputs == {"o0": 40}, outcome.log


def test_the_file_as_it_is_now_is_what_runs(container: Container, my_tasks: Any, tmp_path: Path) -> None:
    """A task's module edited after it was imported: the new body runs, and the user is told."""
    path = tmp_path / "project" / "my_tasks.py"
    path.write_text(TASKS.replace("return scaling.scale(x)", "return scaling.scale(x) + 1"), encoding="utf-8")
    with pytest.warns(UserWarning, match=r"'my_tasks' was changed after this process imported it \(train\)"):
        made = captured(container, my_tasks.train)
    assert container.execute(made, x=4).outputs == {"o0": 41}


def test_an_older_copy_in_the_image_does_not_run(container: Container, my_tasks: Any, tmp_path: Path) -> None:
    image = tmp_path / "image" / "steps"
    image.mkdir(parents=True)
    (image / "__init__.py").write_text("")
    (image / "scaling.py").write_text("FACTOR = 0\ndef scale(x):\n    return 0\n")
    made = captured(container, my_tasks.train)
    assert container.execute(made, {"PYTHONPATH": str(image.parent)}, x=4).outputs == {"o0": 40}
    (container.folder / "steps.py").write_text("1/0")  # in the working directory, which is on the path, too
    assert container.execute(made, x=4).outputs == {"o0": 40}


def test_processes_that_the_task_starts_find_the_modules(container: Container, my_tasks: Any) -> None:
    """By multiprocessing's spawn, and as a command."""
    outcome = container.execute(captured(container, my_tasks.starts_processes), x=3)
    assert outcome.outputs == {"o0": ["30", "30"]}, outcome.log


def test_a_traceback_shows_the_modules_own_lines(container: Container, my_tasks: Any) -> None:
    """Named as in the project, with the text of the line; the container's folder isn't in it."""
    error = container.execute(captured(container, my_tasks.fails), x=3).error
    assert error is not None
    for expected in (
        'File "my_tasks.py", line',
        "return fail(x)",
        'File "steps/errors.py", line 3, in fail',
        "raise ValueError(f'no {x}')",
        "ValueError: no 3",
    ):
        assert expected in error.message
    assert ".modules-" not in error.message


def test_entities_are_found_through_functions_of_local_modules(my_tasks: Any, tmp_path: Path) -> None:
    """A dynamic task of a module leads on to the tasks that the module mentions."""
    names = {name for name in reachable_tasks(my_tasks.expands) if "map_" not in name}
    assert names == {"my_tasks.expands", "my_tasks.train", "my_tasks.other"}
    assert set(Capture(my_tasks.expands).names) == names


def test_a_dynamic_tasks_children_run_from_the_same_file(container: Container, my_tasks: Any, tmp_path: Path) -> None:
    """Also one whose module is imported when the graph is drawn, and whose name is registered in another spelling."""
    from test_dynamic_container import expand

    made = capture_task(my_tasks.expands, str(container.prefix / "entities.pkl"))
    assert expand(container, made, 2) == ["futures.pb"]
    spec = dynamic_job_pb2.DynamicJobSpec.FromString((container.prefix / "parent" / "futures.pb").read_bytes())
    results = {}
    for template in spec.tasks:
        is_map = "map_" in template.id.name
        kind = list[int] if is_map else int
        literal = type_engine.to_literal([2, 3] if is_map else 2, kind, files=container.files)
        stored = container.prefix / "child.pb"
        stored.write_bytes(literals_pb2.LiteralMap(literals={"x": literal}).SerializeToString())
        filled = {"{{.input}}": str(stored), "{{.outputPrefix}}": str(container.prefix / "out")}
        script, *arguments = [filled.get(part, part) for part in template.container.args]
        assert "task-module" not in arguments
        outcome = container.run(script, arguments, {"o0": kind}, FLYTE_INTERNAL_TASK_NAME=template.id.name)
        assert outcome.outputs is not None, outcome.log
        results[template.id.name.rpartition(".")[2].partition("_")[0]] = outcome.outputs["o0"]
    assert results == {"map": [20, 30], "other": 12, "spaeter": 200}


def test_a_module_that_fails_when_it_is_imported_is_told(container: Container, my_tasks: Any, tmp_path: Path) -> None:
    """With the module's own line, whatever it raises: a variable that only the notebook's machine has, say."""
    with (tmp_path / "project" / "steps" / "scaling.py").open("a") as file:
        file.write("import os\nHOST = os.environ['ONLY_HERE']\n")
    error = container.execute(captured(container, my_tasks.train), x=4).error
    assert error is not None
    for expected in ("KeyError: 'ONLY_HERE'", 'File "steps/scaling.py", line 6', "os.environ['ONLY_HERE']"):
        assert expected in error.message


def test_a_missing_package_of_a_local_module_is_told(container: Container, my_tasks: Any, tmp_path: Path) -> None:
    with (tmp_path / "project" / "steps" / "scaling.py").open("a") as file:
        file.write("import nowhere_to_be_found\n")
    error = container.execute(captured(container, my_tasks.train), x=4).error
    assert error is not None
    assert "needs the module 'nowhere_to_be_found'" in error.message


def test_a_cells_task_and_a_tasks_module_share_one_file(container: Container, my_tasks: Any) -> None:
    """A cell's task uses the function of a module's task; state that the notebook has put into the module stays."""
    my_tasks.scaling.CACHE = {"only": "here"}
    source = (
        "import my_tasks\n"
        "from steps import scaling\n"
        "@task\ndef train(x: int) -> str:\n"
        "    return f'{my_tasks.train.task_function(x)} {hasattr(scaling, \"CACHE\")}'\n"
    )
    assert container.execute(container.capture(source), x=5).outputs == {"o0": "50 False"}


def test_an_editable_install_travels_and_an_installed_one_does_not(tmp_path: Path) -> None:
    """Its `.pth` in site-packages leads to a `src` folder; after a real install the same name is imported there."""
    environment, src = tmp_path / "venv", tmp_path / "checkout" / "src"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    site = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True, text=True, check=True,
        ).stdout.strip()
    )  # fmt: skip
    ours = [path for path in sys.path if path.endswith("site-packages")]
    here = str(Path(__file__).parent.parent.parent)
    (site / "base.pth").write_text("\n".join([*ours, here]) + "\n")
    (src / "acme_nb_test").mkdir(parents=True)
    (src / "acme_nb_test" / "__init__.py").write_text("from .rate import RATE\n")
    (src / "acme_nb_test" / "rate.py").write_text("RATE = 2\n")
    info = site / "acme_nb_test-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-nb-test\nVersion: 1.0\n")
    (info / "RECORD").write_text("__editable__.acme_nb_test-1.0.pth,,\n")
    (site / "__editable__.acme_nb_test-1.0.pth").write_text(f"{src}\n")
    script = tmp_path / "nb.py"
    script.write_text(
        textwrap.dedent(
            """
            import json, sys
            from autocontainer_nb import task
            from autocontainer_nb.core.capture.capture import Capture
            import acme_nb_test
            @task
            def train(x: int) -> int:
                return x * acme_nb_test.RATE
            Capture(train).write(sys.argv[1])
            from autocontainer_nb.pickling.inspect.description import inspect_archive
            print(json.dumps([entry["name"] for entry in inspect_archive(sys.argv[1])["modules"]]))
            """
        )
    )

    def modules() -> list[str]:
        done = subprocess.run(
            [python, script, tmp_path / "e.pkl"],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"]},
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert modules() == ["acme_nb_test", "acme_nb_test.rate"]
    (site / "__editable__.acme_nb_test-1.0.pth").unlink()
    (src / "acme_nb_test").rename(site / "acme_nb_test")
    assert modules() == []
    assert (SCRIPTS / "pyflyte-execute").exists()
