"""The packages that a task needs, compared in the container after verification and before anything is unpickled."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from archives import Canary, change_metadata, write

from autocontainer_nb.errors import ArchiveCorruptError, DigestMismatchError, PackageMismatchError
from autocontainer_nb.pickling.inspect.description import inspect_archive
from autocontainer_nb.pickling.reader import open_verified


def need(distribution: str, wanted: str, *by: str, modules: tuple[str, ...] = ()) -> dict:
    return {
        "distribution": distribution,
        "version": wanted,
        "modules": list(modules or [distribution]),
        "by": list(by or ["code"]),
    }


@pytest.fixture
def load(tmp_path: Path):
    """Load a file with these needs; its pickle would leave a trace. Returns whether it did."""
    path, trace = tmp_path / "entities.pkl", tmp_path / "executed"
    write(Canary(trace), path)

    def attempt(*needs: dict, digest: str | None = None) -> bool:
        change_metadata(path, needs=list(needs))
        try:
            open_verified(str(path), digest).unpickle()
        finally:
            ran = trace.exists()
            trace.unlink(missing_ok=True)
        return ran

    attempt.trace = trace
    return attempt


def test_what_is_there_or_newer_passes(load, capsys):
    """The same version, an older requirement, another spelling, and modules of no known distribution."""
    here = version("numpy")
    for each in (need("numpy", here), need("NumPy", "0.1"), need("numpy", f"{here}+cu118", "data")):
        assert load(each)
    assert load(need("some-fork-of-numpy", "99", modules=("numpy",)))  # another distribution's, under another name
    assert load(need("Scikit_Learn", "0.1", modules=("sklearn",)))
    assert capsys.readouterr().err == ""


def test_missing_and_older_packages_are_named_together_with_what_mends_it(load):
    """One error: the task, each package, what was expected, what is here, and the line for the image."""
    with pytest.raises(PackageMismatchError) as raised:
        load(need("no-such-thing", "1.5"), need("numpy", "9999.1"), need("never-there", "2.0", "data"))
    message = str(raised.value)
    for words in (
        "'nb.entity'", "no-such-thing 1.5 or newer, which isn't installed",
        f"numpy 9999.1 or newer, which is {version('numpy')} here",
        "never-there 2.0 or newer, which isn't installed (objects of its classes were captured)",
        "Nothing of it was unpickled",
        'ImageSpec(packages=["no-such-thing>=1.5", "numpy>=9999.1", "never-there>=2.0"])',
    ):  # fmt: skip
        assert words in message
    assert not load.trace.exists()


def test_data_of_another_minor_version_is_a_warning(load, capsys):
    """A newer package runs the code without a word; objects pickled by another minor version are told by name."""
    assert load(need("numpy", "0.5"))
    assert capsys.readouterr().err == ""
    assert load(need("numpy", "0.5", "data"), need("pandas", version("pandas"), "data"))
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    for words in ("numpy 0.5", version("numpy"), 'ImageSpec(packages=["numpy==0.5"])'):
        assert words in told
    assert "pandas" not in told


def test_the_digest_is_checked_before_the_needs(load):
    with pytest.raises(DigestMismatchError):
        load(need("no-such-thing", "1"), digest="0" * 64)


@pytest.mark.parametrize(
    "odd", [3, "x", {}, {"distribution": 1}, {**need("a", "1"), "by": "code"}, {**need("a", "1"), "modules": [1]}]
)
def test_needs_of_another_form_are_refused(load, odd):
    with pytest.raises(ArchiveCorruptError, match=r"'needs\[0\]"):
        load(odd)


NOTEBOOK = """
import acme
from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity, pickled_entity_of
from autocontainer_nb.core.tasks.task import task

thing = acme.Thing()

@task
def by_code() -> str:
    import acme
    return acme.__version__

@task
def by_data() -> str:
    return type(thing).__name__

for each in (by_code, by_data):
    print(each.name, dump_pickled_entity(pickled_entity_of(each), each.__name__ + ".pkl"))
"""
CONTAINER = """
import os, shutil, sys
from autocontainer_nb.runtime.execute import main
name, digest, function = sys.argv[1:]
os.makedirs(function, exist_ok=True)
shutil.copy(function + ".pkl", function + "/entities.pkl")
os.chdir(function)
open("inputs.pb", "wb").close()
sys.argv = ["pyflyte-execute", "--inputs", "inputs.pb", "--output-prefix", "out", "--raw-output-data-prefix", "raw",
    "--resolver", "autocontainer_nb.core.python_auto_container.default_notebook_task_resolver",
    "--", "entity-name", name, "digest", digest]
sys.exit(main())
"""


class Environment:
    """A virtual environment that has what this one has, and `acme` in a version of the test's choice."""

    def __init__(self, folder: Path) -> None:
        made = [sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")]
        subprocess.run(made, check=True, capture_output=True)
        self.folder = folder
        self.python = folder / "venv" / "bin" / "python"
        self.site = next((folder / "venv" / "lib").glob("python3*")) / "site-packages"
        here = [entry for entry in sys.path if "site-packages" in entry] + [str(Path(__file__).parents[3])]
        (self.site / "all.pth").write_text("\n".join(here))

    def install(self, number: str | None) -> None:
        for old in self.site.glob("[aA]cme*"):
            for file in [*old.rglob("*")][::-1] if old.is_dir() else ():
                file.unlink() if file.is_file() else file.rmdir()
            old.rmdir() if old.is_dir() else old.unlink()
        if number is None:
            return
        (self.site / "acme.py").write_text(f"__version__ = {number!r}\nclass Thing:\n    pass\n")
        described = self.site / f"Acme_Things-{number}.dist-info"
        described.mkdir()
        (described / "METADATA").write_text(f"Name: acme.things\nVersion: {number}\n")
        (described / "RECORD").write_text("acme.py,,\n")

    def run(self, code: str, *arguments: str) -> subprocess.CompletedProcess:
        script = self.folder / "script.py"
        script.write_text(code)
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        env["PYTHONDONTWRITEBYTECODE"] = "1"  # versions replace each other within a second
        command = [self.python, script.name, *arguments]
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)


def test_in_a_container(tmp_path):
    """Captured with acme 2.1, run in an environment with the same, a newer, an older one, and none."""
    from flyteidl.core import errors_pb2, literals_pb2

    environment = Environment(tmp_path)
    environment.install("2.1")
    made = environment.run(NOTEBOOK)
    assert made.returncode == 0, made.stderr
    tasks = dict(line.split() for line in made.stdout.splitlines())
    needs = {name: inspect_archive(str(tmp_path / f"{name}.pkl"))["needs"] for name in ("by_code", "by_data")}
    assert needs["by_code"] == [need("acme.things", "2.1", modules=("acme",))]
    assert needs["by_data"] == [need("acme.things", "2.1", "data", modules=("acme",))]

    def run(function: str) -> tuple[str, str]:
        """Return what the task returned, or the error, and what the container has printed."""
        name = next(name for name in tasks if name.endswith(function))
        done = environment.run(CONTAINER, name, tasks[name], function)
        out = tmp_path / function / "out"
        if (out / "error.pb").exists():
            error = errors_pb2.ErrorDocument.FromString((out / "error.pb").read_bytes()).error.message
            (out / "error.pb").unlink()
            return error, done.stderr
        outputs = literals_pb2.LiteralMap.FromString((out / "outputs.pb").read_bytes())
        (out / "outputs.pb").unlink()
        return outputs.literals["o0"].scalar.primitive.string_value, done.stderr

    assert run("by_code")[0] == "2.1"
    assert run("by_data")[0] == "Thing"
    environment.install("3.0")
    assert run("by_code") == ("3.0", "")
    result, log = run("by_data")
    assert (result, "acme.things 2.1" in log, "3.0" in log) == ("Thing", True, True)
    for found, words in (("2.0.9", "which is 2.0.9 here"), (None, "which isn't installed")):
        environment.install(found)
        for function in ("by_code", "by_data"):
            error = run(function)[0]
            for part in (words, "acme.things 2.1 or newer", 'ImageSpec(packages=["acme.things>=2.1"])', function):
                assert part in error
