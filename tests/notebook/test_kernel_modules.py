"""Local modules in a real kernel, run by a real sandbox: `helpers.py` beside the notebook, edited, broken, mended."""

import ast
import textwrap

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]


def value(kernel, expression):
    return ast.literal_eval(kernel.ok(f"print(repr({expression}))").stdout)


def write(kernel, name, text):
    """Write a file beside the notebook."""
    text = textwrap.dedent(text)
    kernel.ok(
        f"from pathlib import Path\n_ = Path({name!r})\n_.parent.mkdir(parents=True, exist_ok=True)\n"
        f"_.write_text({text!r})"
    )


def test_an_edit_of_a_helper_is_seen_by_the_next_run(kernel):
    """Without a reload: the remote run uses the file, and one line tells it; a broken file is refused."""
    write(kernel, "helpers.py", "RATE = 2\n\ndef scaled(x):\n    return x * RATE\n")
    kernel.ok("from helpers import scaled\n@task\ndef train(x: int) -> int:\n    return scaled(x)")
    first = kernel.ok("run = train.remote(x=3)")
    assert value(kernel, "run.result(60)") == 6
    assert "LocalModuleWarning" not in first.stderr

    write(kernel, "helpers.py", "RATE = 2\n\ndef scaled(x):\n    return x * RATE + 100\n")
    second = kernel.ok("run = train.remote(x=3)")
    assert "'helpers' was changed after this process imported it (scaled)" in second.stderr
    assert "helpers.py:3: LocalModuleWarning" in second.stderr
    assert value(kernel, "run.result(60)") == 106
    assert value(kernel, "scaled(3)") == 6

    reloaded = kernel.ok("import helpers, importlib; importlib.reload(helpers)\nrun = train.remote(x=3)")
    assert "`scaled` here is from before helpers was reloaded; the remote run uses the newer" in reloaded.stderr
    again = kernel.ok("from helpers import scaled\nrun = train.remote(x=3)")
    assert "LocalModuleWarning" not in again.stderr
    assert value(kernel, "run.result(60)") == 106

    write(kernel, "helpers.py", "def scaled(x:\n    return x\n")
    broken = kernel.run("train.remote(x=3)")
    assert broken.status == "error"
    assert "helpers.py, line 1: " in broken.error
    assert len(broken.of("error")[0]["traceback"]) == 1


def test_a_package_with_data_and_its_tasks_run_remotely(kernel):
    """A `src` folder on the path: a task defined there, its data file, an import inside the function."""
    write(
        kernel,
        "src/acme/__init__.py",
        """
        from pathlib import Path
        from autocontainer_nb import task
        from importlib.resources import files

        @task
        def read(name: str) -> str:
            from acme.cleaning import clean
            assert files(__name__).joinpath(name).is_file()
            return clean((Path(__file__).parent / name).read_text())
        """,
    )
    write(kernel, "src/acme/cleaning.py", "def clean(text):\n    return text.strip()\n")
    write(kernel, "src/acme/table.csv", " 1,2 \n")
    kernel.ok("import sys; sys.path.insert(0, str(Path('src').resolve()))")
    kernel.ok("import acme\nrun = acme.read.remote(name='table.csv')")
    assert value(kernel, "run.result(60)") == "1,2"
    failed = kernel.run("acme.read.remote(name='absent.csv').result(60)")
    assert 'File "acme/__init__.py", line 9, in read' in failed.error


def test_autoreload_is_no_obstacle(kernel):
    """With IPython's autoreload, the newer code runs here and there, and nothing is said."""
    kernel.ok("%load_ext autoreload\n%autoreload 2")
    write(
        kernel, "helpers.py", "def scaled(x):\n    return x * 2\n\nclass Box:\n    def get(self):\n        return 1\n"
    )
    kernel.ok(
        "from helpers import scaled, Box\nbox = Box()\n"
        "@task\ndef train(x: int) -> int:\n    return scaled(x) + box.get()"
    )
    assert value(kernel, "train.remote(x=3).result(60)") == 7
    kernel.ok("import time; time.sleep(1.1)")  # autoreload looks at the file's time, in seconds
    write(
        kernel,
        "helpers.py",
        "def scaled(x):\n    return x * 20\n\nclass Box:\n    def get(self):\n        return 1000\n",
    )
    assert value(kernel, "scaled(3) + box.get()") == 1060
    run = kernel.ok("run = train.remote(x=3)")
    assert "LocalModuleWarning" not in run.stderr
    assert value(kernel, "run.result(60)") == 1060
