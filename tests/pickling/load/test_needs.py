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

    entities = inspect_archive(str(path))["entities"]

    def attempt(*needs: dict, digest: str | None = None, says: dict | None = None, mode: str = "") -> bool:
        own = {} if says is None else {"needs": says}
        described = [{**entry, **own, "captures": [], "source": None} for entry in entities]
        change_metadata(path, needs=list(needs), entities=described)
        try:
            open_verified(str(path), digest, entity="nb.entity", needs=mode).unpickle()
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


MISSING, TOO_OLD = need("no-such-thing", "1.5"), need("numpy", "9999.1", "data")


def test_missing_and_too_old_packages_are_named_together_with_what_mends_it(load):
    """One error: the task, each package, what was expected, what is here, and the line for the image."""
    with pytest.raises(PackageMismatchError) as raised:
        load(MISSING, TOO_OLD, need("never-there", "2.0", "data"), need("pandas", "9999.1"))
    message = str(raised.value)
    for words in (
        "'nb.entity'", "no-such-thing 1.5 or newer, which isn't installed",
        f"numpy 9999.1 or newer, which is {version('numpy')} here",
        "never-there 2.0 or newer, which isn't installed (objects of its classes were captured)",
        "Nothing of it was unpickled",
        'ImageSpec(packages=["no-such-thing>=1.5", "numpy>=9999.1", "never-there>=2.0"])',
        "@task(needs=[...])", "%flyte run --needs=warn",
    ):  # fmt: skip
        assert words in message
    assert "pandas" not in message  # older, and no object of it was captured: told, not refused
    assert not load.trace.exists()


def plus(number: str, at: int) -> str:
    """A version whose number at this place is higher by one."""
    numbers = [int(each) for each in number.split(".")[:3]]
    numbers[at] += 1
    return ".".join(map(str, numbers))


@pytest.mark.parametrize(
    ("wanted", "by", "is_told"),
    [
        (plus(version("pandas"), 0), ("code",), True),  # another major version, of which no object was captured
        (plus(version("pandas"), 1), ("code",), True),
        (plus(version("pandas"), 2), ("code",), True),
        (plus(version("pandas"), 1), ("code", "data"), True),
        (plus(version("pandas"), 2), ("data",), True),
        ("0.1", ("code",), False),
        ("0.1", ("data",), True),  # what is here is newer
    ],
)
def test_an_older_version_is_a_line(load, capsys, wanted, by, is_told):
    """Older by a patch or minor version runs, and is told in one line, with both versions and what to do."""
    assert load(need("pandas", wanted, *by))
    told = capsys.readouterr().err
    if is_told:
        assert told.startswith("autocontainer_nb: ")
        assert told.count("\n") == 1
        for words in (f"with pandas {wanted}", version("pandas"), f'ImageSpec(packages=["pandas=={wanted}"])'):
            assert words in told
    else:
        assert told == ""


def test_the_run_decides_before_the_task(load, capsys):
    """`warn` tells what `check` refuses, `off` looks at nothing, whatever the task says itself."""
    for says, mode in ((None, "warn"), ({"mode": "warn"}, ""), ({"mode": "check"}, "warn"), ({"mode": "off"}, "warn")):
        assert load(MISSING, TOO_OLD, says=says, mode=mode)
        told = capsys.readouterr().err
        assert told.count("\n") == 2
        assert "no-such-thing 1.5, which isn't installed here" in told
        assert "numpy 9999.1" in told
    for says, mode in ((None, "off"), ({"mode": "off"}, ""), ({"packages": ["no-such-thing"]}, "off")):
        assert load(MISSING, TOO_OLD, says=says, mode=mode)
        assert capsys.readouterr().err == ""
    for says, mode in (({"mode": "check"}, ""), ({"mode": "warn"}, "check"), (None, "nonsense"), ({"mode": "?"}, "")):
        with pytest.raises(PackageMismatchError):
            load(MISSING, says=says, mode=mode)


def test_what_a_task_names_is_what_it_needs(load, capsys):
    """Its own list is checked strictly; what was found out beside it is told, and nothing where the list has it."""
    here = version("numpy")
    assert load(MISSING, TOO_OLD, says={"packages": []})
    assert capsys.readouterr().err.count("\n") == 2
    assert load(MISSING, TOO_OLD, says={"packages": [f"numpy=={here}"]})
    told = capsys.readouterr().err
    assert ("no-such-thing" in told, "numpy" in told) == (True, False)
    with pytest.raises(PackageMismatchError) as raised:
        load(says={"packages": ["pandas", "numpy[all] >=1, <1.5", "never-there>=2"]})
    assert f"needs numpy[all] >=1, <1.5, which is {here} here; never-there>=2, which isn't installed." in str(
        raised.value
    )
    assert load(says={"packages": ["never-there>=2"]}, mode="warn")
    assert capsys.readouterr().err == "autocontainer_nb: the task needs never-there>=2, which isn't installed.\n"
    with pytest.raises(ArchiveCorruptError, match="isn't the name of a package"):
        load(says={"packages": ["http://somewhere"]})


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
import json, sys
import acme
from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity, pickled_entity_of
from autocontainer_nb.core.tasks.task import task

if sys.argv[1:]:
    task = task(needs=json.loads(sys.argv[1]))
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

    def run(self, code: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        script = self.folder / "script.py"
        script.write_text(code)
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        env |= {"PYTHONDONTWRITEBYTECODE": "1", **variables}  # versions replace each other within a second
        command = [self.python, script.name, *arguments]
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)


class Container:
    """Tasks captured in an environment, and run there by the container's own command."""

    def __init__(self, environment: Environment, *says: str) -> None:
        made = environment.run(NOTEBOOK, *says)
        assert made.returncode == 0, made.stderr
        self._environment = environment
        self._tasks = dict(line.split() for line in made.stdout.splitlines())

    def run(self, function: str, **variables: str) -> tuple[str, str]:
        """Return what the task returned, or the error, and what the container has printed."""
        from flyteidl.core import errors_pb2, literals_pb2

        name = next(name for name in self._tasks if name.endswith(function))
        done = self._environment.run(CONTAINER, name, self._tasks[name], function, **variables)
        out = self._environment.folder / function / "out"
        if (out / "error.pb").exists():
            error = errors_pb2.ErrorDocument.FromString((out / "error.pb").read_bytes()).error.message
            (out / "error.pb").unlink()
            return error, done.stderr
        outputs = literals_pb2.LiteralMap.FromString((out / "outputs.pb").read_bytes())
        (out / "outputs.pb").unlink()
        return outputs.literals["o0"].scalar.primitive.string_value, done.stderr


def test_in_a_container(tmp_path):
    """Captured with acme 2.1, run in an environment with the same, newer and older ones, and none."""
    environment = Environment(tmp_path)
    environment.install("2.1")
    container = Container(environment)
    needs = {name: inspect_archive(str(tmp_path / f"{name}.pkl"))["needs"] for name in ("by_code", "by_data")}
    assert needs["by_code"] == [need("acme.things", "2.1", modules=("acme",))]
    assert needs["by_data"] == [need("acme.things", "2.1", "data", modules=("acme",))]

    assert container.run("by_code") == ("2.1", "")
    assert container.run("by_data") == ("Thing", "")
    environment.install("3.0")
    assert container.run("by_code") == ("3.0", "")
    result, log = container.run("by_data")
    assert (result, "acme.things 2.1" in log, "3.0" in log) == ("Thing", True, True)
    environment.install("2.0.9")  # older by a minor version
    for function, expected in (("by_code", "2.0.9"), ("by_data", "Thing")):
        result, log = container.run(function)
        assert result == expected
        assert log.count("\n") == 1
        assert "acme.things 2.1, and this environment has 2.0.9" in log
    assert container.run("by_code", AUTOCONTAINER_NB_NEEDS="off") == ("2.0.9", "")
    environment.install("1.9")  # another major version: objects of a newer one can't be expected to load
    assert container.run("by_code")[0] == "1.9"
    assert container.run("by_data", AUTOCONTAINER_NB_NEEDS="warn")[0] == "Thing"
    refused = [("by_data", "which is 1.9 here", container.run("by_data")[0])]
    environment.install(None)
    refused += [(each, "which isn't installed", container.run(each)[0]) for each in ("by_code", "by_data")]
    for function, words, error in refused:
        for part in (words, "acme.things 2.1 or newer", 'ImageSpec(packages=["acme.things>=2.1"])', function):
            assert part in error


def test_what_a_task_says_counts_in_its_container(tmp_path):
    """`@task(needs=...)`: a list that the image must have, or what is done about what was found out."""
    environment = Environment(tmp_path)
    environment.install("2.1")
    container = Container(environment, '["acme.things>=2.0.5"]')
    environment.install("2.0.9")
    assert container.run("by_data") == ("Thing", "")
    environment.install("2.0.4")
    error = container.run("by_data")[0]
    assert "needs acme.things>=2.0.5, which is 2.0.4 here" in error
    assert 'ImageSpec(packages=["acme.things>=2.0.5"])' in error
    assert "needs acme.things>=2.0.5" in container.run("by_data", AUTOCONTAINER_NB_NEEDS="warn")[1]

    environment.install("2.1")
    container = Container(environment, '"warn"')
    environment.install("1.0")
    result, log = container.run("by_data")
    assert (result, "this environment has 1.0" in log) == ("Thing", True)
    assert "which is 1.0 here" in container.run("by_data", AUTOCONTAINER_NB_NEEDS="check")[0]


PICKY = """
VERSION = {number!r}
class Thing:
    def __init__(self): self.made_by = VERSION
    def __setstate__(self, state):
        if state["made_by"] != VERSION:
            raise ValueError("an unknown layout")
        raise TypeError("never to be loaded")
"""


def test_a_failed_load_blames_only_what_differs(tmp_path):
    """What is here as it was at capture isn't named as the reason; what isn't, is."""
    environment = Environment(tmp_path)
    environment.install("2.1")
    (environment.site / "acme.py").write_text(PICKY.format(number="2.1"))
    container = Container(environment)
    error = container.run("by_data")[0]
    assert "TypeError: never to be loaded" in error
    assert "as they were where it was captured" in error
    assert "make that object inside of the task" in error
    assert "2.1" not in error.partition("TypeError: never to be loaded")[2]
    environment.install("2.3")
    (environment.site / "acme.py").write_text(PICKY.format(number="2.3"))
    error = container.run("by_data")[0]
    assert "ValueError: an unknown layout" in error
    assert "It was captured with acme.things 2.1, which is 2.3 here: make the image's versions the same" in error
