"""The trial of a new file: whether it loads in a process of its own, at which object it doesn't, and what is left."""

import os
import sys
import textwrap
import time
import warnings
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from autocontainer_nb.core.capture.capture import Capture
from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import CaptureError, ConfigError
from autocontainer_nb.pickling.trial import process
from autocontainer_nb.pickling.trial.trial_load import TrialLoad, trial_mode

CELL = """
import os, signal, subprocess, time
from unittest.mock import MagicMock, Mock
import numpy as np

class Refuses:
    def __init__(self): self.x = 1
    def __setstate__(self, state): raise ValueError("not here")

class Constructs:
    def __init__(self, a, b): self.a = a
    def __reduce__(self): return Constructs, (1,)

class Ends:
    def __init__(self, code): self.code = code
    def __setstate__(self, state): os._exit(state["code"])

class Crashes:
    def __init__(self): self.x = 1
    def __setstate__(self, state): os.kill(os.getpid(), signal.SIGSEGV)

class Sleeps:
    def __init__(self): self.x = 1
    def __setstate__(self, state): time.sleep(600)

class Fills:
    def __init__(self): self.x = 1
    def __setstate__(self, state):
        self.parts = []
        while True: self.parts.append(bytearray(b"x") * (8 << 20))

class Starts:
    def __init__(self): self.x = 1
    def __setstate__(self, state):
        subprocess.Popen(["sleep", "98765"])
        subprocess.Popen(["sleep", "98766"], start_new_session=True)

class Careful:
    def __init__(self, values): self.values = values
    def __setstate__(self, state):
        if float(state["values"][-1]) != 7.0: raise ValueError("other values")
        self.__dict__.update(state)

class Recursive:
    def __init__(self): self.inner = {"a": 1}
    def __getattr__(self, name): return self.inner[name]

class TwoArguments(Exception):
    def __init__(self, code, text):
        super().__init__(code)
        self.text = text

class Node:
    def __init__(self, around): self.around, self.name = around, "n"
    def __hash__(self): return hash(self.name)
    def __eq__(self, other): return self.name == other.name

class Holder:
    def __init__(self, client): self.client, self.other = client, {"a": 1}

class Kind(type):
    def __new__(cls, name, bases, body, **options):
        assert options
        return super().__new__(cls, name, bases, body)

class Made(metaclass=Kind, strict=True):
    def __getstate__(self): return {"x": 1}

def closed_over(value):
    def inner(): return value
    return inner

def cyclic(entry):
    around = set()
    node = Node(around)
    around.add(node)
    return around if entry == "set" else node
"""
LOADS = {
    "own __getattr__": "Recursive()", "an exception of two arguments": "TwoArguments(1, 'b')",
    "a mock": "Mock(side_effect=[1])", "a magic mock": "MagicMock()",
    "a set that contains itself": "cyclic('set')", "a member of one": "cyclic('node')",
    "a metaclass with arguments": "Made()", "large data that is looked at": "Careful(np.full(300_000, 7.0))",
}  # fmt: skip
REFUSED = {
    "Refuses()": ("train ► MODEL", "Refuses", "ValueError: not here"),
    "Holder({'k': [1, Refuses()]})": ('train ► MODEL ► client ► ["k"] ► [1]', "Refuses", "ValueError: not here"),
    "closed_over(Holder(Refuses()))": ("train ► MODEL ► value ► client", "Refuses", "ValueError: not here"),
    "Constructs(1, 2)": ("train ► MODEL", "Constructs", "TypeError: Constructs.__init__() missing"),
    "Holder(Ends(0))": ("train ► MODEL ► client", "Ends", "with exit code 0"),
    "[Ends(3)]": ("train ► MODEL ► [0]", "Ends", "with exit code 3"),
    "Holder(Crashes())": ("train ► MODEL ► client", "Crashes", "by SIGSEGV"),
}  # fmt: skip


@pytest.fixture
def written(tmp_path):
    """Write a task that captures what an expression gives, as a launch does."""

    def write(expression, **more):
        notebook = {"__name__": "__main__", "task": task, **more}
        exec(textwrap.dedent(CELL), notebook)
        notebook["MODEL"] = eval(expression, notebook)
        exec("@task\ndef train(x: int) -> str:\n    return repr(MODEL)", notebook)
        return Capture(notebook["train"]).write(str(tmp_path / "entities.pkl"), apart=True)

    return write


@pytest.fixture
def settled(written, tmp_path, monkeypatch):
    """Try what an expression gives; returns the warnings. Proves that no process and no file is left."""
    own = tmp_path / "temporary"
    own.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(own))

    def settle(expression, mode="", **more):
        archive = written(expression, **more)
        before = set(psutil.Process().children(recursive=True))  # those that other tests share
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                with TrialLoad(archive, mode, dict(os.environ)) as trial:
                    settle.tried = trial._running is not None
                    trial.settle()
            return [str(one.message) for one in told]
        finally:
            assert not list(own.iterdir())
            assert set(psutil.Process().children(recursive=True)) <= before

    settle.tried = False
    return settle


@pytest.mark.parametrize("expression", LOADS.values(), ids=LOADS)
def test_what_loads_passes(settled, expression):
    """Of each kind whose loading runs code of its class, one that is well is tried, and nothing is said."""
    assert settled(expression) == []
    assert settled.tried


@pytest.mark.parametrize(("expression", "told"), REFUSED.items(), ids=REFUSED)
def test_what_does_not_load_is_refused_with_the_way_to_it(settled, expression, told):
    """The path, the class, the reason, a remedy, and how to launch all the same; the explanation has the culprit."""
    path, kind, cause = told
    with pytest.raises(CaptureError) as raised:
        settled(expression)
    message = str(raised.value)
    assert (
        f"'__main__.train' can't be captured: `{path}` is an object that a new process can't load ({kind})" in message
    )
    assert cause in message
    assert "inside the task" in message
    assert 'To launch it all the same: %flyte run --trial=off, or AUTOCONTAINER_NB_TRIAL="off".' in message
    (culprit,) = raised.value.explanation.culprits
    assert (" ► ".join(culprit.path), culprit.type_name) == (path, kind)


@pytest.mark.parametrize(
    "expression",
    [
        "{'a': [1, (2.0, None)]}",
        "Holder({'a': 1})",
        "[np.arange(10), np.float32(3)]",
        "len",
        "closed_over(3)",
        "Holder",
    ],
)
def test_nothing_is_tried_of_what_is_known_to_load(settled, expression):
    """Plain data, objects that are only given their attributes, arrays, functions and classes start no process."""
    assert settled(expression) == []
    assert not settled.tried


def test_what_takes_long_is_told_and_goes_on(settled, monkeypatch):
    """The time limit is nobody's fault: one warning, and no error."""
    monkeypatch.setattr(process, "LIMITS_S", {**process.LIMITS_S, "loading": 0.3})
    (told,) = settled("Holder(Sleeps())")
    assert told == "'__main__.train': whether it loads isn't known: loading it takes longer than 0.3 s."


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of another process is known on Linux alone")
def test_what_fills_the_memory_is_ended_and_told(settled, monkeypatch):
    """The same for memory."""
    monkeypatch.setattr(process, "MIN_MEMORY_BYTES", 300 << 20)
    (told,) = settled("Fills()")
    assert "loading it takes more than 0.3 GB of memory" in told


def test_what_loading_starts_is_ended_with_it(settled):
    """Processes of the same group, and those that have left it and lost their parent."""
    assert settled("Starts()") == []
    left = [one for one in psutil.process_iter(["cmdline"]) if set(one.info["cmdline"] or []) & {"98765", "98766"}]
    assert not left or sys.platform != "linux"


def test_a_module_that_a_new_process_does_not_find(settled, tmp_path, monkeypatch):
    """Imported from a file that is gone: pickled by its name, which nobody finds again."""
    installed = tmp_path / "site"
    (installed / "gone-1.0.dist-info").mkdir(parents=True)
    (installed / "gone-1.0.dist-info" / "METADATA").write_text("Name: gone\nVersion: 1.0\n")
    (installed / "gone-1.0.dist-info" / "RECORD").write_text("gone.py,,\n")
    (installed / "gone.py").write_text("class Thing:\n    pass\n")
    monkeypatch.syspath_prepend(str(installed))
    import gone

    monkeypatch.delitem(sys.modules, "gone")
    monkeypatch.setitem(sys.modules, "gone", gone)
    assert settled("[Thing()]", Thing=gone.Thing) == []
    assert not settled.tried  # it is found, as in every process of this interpreter
    (installed / "gone.py").unlink()
    with pytest.raises(
        CaptureError, match=r"`train ► MODEL ► \[0\]` is .* ModuleNotFoundError: No module named 'gone'"
    ):
        settled("[Thing()]", Thing=gone.Thing)


def test_what_is_looked_up_in_main_while_it_loads(settled, tmp_path, monkeypatch):
    """A library's object that refers to `__main__` by name, as decorators of some do: the name isn't there yet."""
    wrapper = ModuleType("wrapper")
    exec(
        "class Curried:\n"
        "    def __init__(self, f): self.f = f\n"
        "    def __reduce__(self): return found, ('__main__', self.f.__name__)\n"
        "def found(module, name):\n"
        "    import importlib\n"
        "    return Curried(getattr(importlib.import_module(module), name))\n",
        vars(wrapper),
    )
    monkeypatch.setitem(sys.modules, "wrapper", wrapper)
    with pytest.raises(CaptureError, match=r"`train ► MODEL` is .*AttributeError: module '__main__' has no attribute"):
        settled("wrapper.Curried(lambda: 1)", wrapper=wrapper)


def test_a_local_module_that_fails_while_it_is_imported_is_told(settled, project, tmp_path, monkeypatch):
    """A container may have the file that the module reads; nobody here knows."""
    (project.folder / "reads.py").write_text(
        "import os\nLINES = open('only_here.txt').read() if 'AT_HOME' not in os.environ else ''\n"
        "class Thing:\n    def __setstate__(self, state): pass\n    def __getstate__(self): return {'a': 1}\n"
    )
    monkeypatch.setenv("AT_HOME", "1")
    monkeypatch.syspath_prepend(str(project.folder))
    import reads

    monkeypatch.delitem(sys.modules, "reads")
    monkeypatch.setitem(sys.modules, "reads", reads)
    archive_told = None
    monkeypatch.delenv("AT_HOME")
    (archive_told,) = settled("reads.Thing()", reads=reads)
    assert 'a local module of it fails while it is imported in a new process, File "reads.py", line 2' in archive_told
    assert "FileNotFoundError" in archive_told


@pytest.mark.parametrize("is_whole", [True, False])
def test_large_data_is_zeros_first_and_itself_where_that_fails(settled, monkeypatch, is_whole):
    """An object that looks at its data isn't refused for the zeros; one that fails with its own data is."""
    monkeypatch.setattr(process, "WRITTEN_BYTES", 0)
    if is_whole:
        assert settled("Careful(np.full(300_000, 7.0))") == []
    else:
        with pytest.raises(CaptureError, match="ValueError: other values"):
            settled("Careful(np.full(300_000, 8.0))")


def test_the_process_has_no_secrets_and_no_control_plane(settled, monkeypatch, tmp_path):
    """Variables that look like credentials, and those that lead to a control plane, stay here; others are passed on."""
    for name in ("MY_API_KEY", "FLYTE_CREDENTIALS_CLIENT_SECRET", "FLYTE_PLATFORM_URL"):
        monkeypatch.setenv(name, "ghijk-98765-lmnop-43210")
    monkeypatch.setenv("PLAIN", "yes")
    cell = (
        "class Looks:\n    def __getstate__(self): return {'a': 1}\n    def __setstate__(self, state):\n"
        "        import os\n        raise ValueError(sorted({'MY_API_KEY', 'FLYTE_CREDENTIALS_CLIENT_SECRET', "
        "'FLYTE_PLATFORM_URL', 'PLAIN'} & set(os.environ)))\n"
    )
    notebook = {"__name__": "__main__"}
    exec(cell, notebook)
    with pytest.raises(CaptureError, match=r"ValueError: \['PLAIN'\]"):
        settled("Looks()", Looks=notebook["Looks"])


@pytest.mark.parametrize(("mode", "count"), [("warn", 1), ("off", 0)])
def test_it_can_be_told_only_or_left_out(settled, mode, count):
    """`warn` says what `check` refuses, `off` starts no process."""
    told = settled("Refuses()", mode)
    assert len(told) == count
    assert settled.tried is (mode != "off")
    assert all("can't be captured: `train ► MODEL`" in one for one in told)


def test_an_interrupt_ends_it(written, tmp_path, monkeypatch):
    """Whatever ends the block ends the process, and removes its files."""
    own = tmp_path / "temporary"
    own.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(own))
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(KeyboardInterrupt), TrialLoad(written("Sleeps()"), "", dict(os.environ)):
        raise KeyboardInterrupt
    assert not list(own.iterdir())
    assert set(psutil.Process().children(recursive=True)) <= before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kernels are forked where there is fork")
def test_nothing_is_left_of_it_when_the_kernel_is_killed(written, tmp_path, monkeypatch):
    """It notices that nobody is there who asks, and takes its own processes and files along."""
    own = tmp_path / "temporary"
    own.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(own))
    archive = written("Sleeps()")
    kernel = os.fork()
    if not kernel:
        with TrialLoad(archive, "", dict(os.environ)):
            time.sleep(600)
        os._exit(1)
    started = psutil.Process(kernel)
    while len(started.children(recursive=True)) < 2 or not list(own.iterdir()):
        time.sleep(0.01)
    family = started.children(recursive=True)
    started.kill()
    os.waitpid(kernel, 0)
    gone, alive = psutil.wait_procs(family, timeout=30)
    assert len(gone) == len(family), alive
    assert not list(own.iterdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kernels are forked where there is fork")
def test_a_forked_kernel_tries_as_well(written, tmp_path):
    """While another trial runs in the kernel that it was forked from."""
    archive, answers = written("Refuses()"), tmp_path / "answer"
    with TrialLoad(archive, "", dict(os.environ)) as trial:
        kernel = os.fork()
        if not kernel:
            try:
                with TrialLoad(archive, "", dict(os.environ)) as own:
                    own.settle()
            except CaptureError as error:
                answers.write_text(str(error))
            os._exit(0)
        with pytest.raises(CaptureError):
            trial.settle()
    assert os.waitpid(kernel, 0)[1] == 0
    assert "`train ► MODEL`" in answers.read_text()


def test_a_process_that_cannot_be_started_refuses_nothing(settled, monkeypatch):
    """An interpreter that isn't there, or can't import this package: one warning."""
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert ["isn't known" in one for one in settled("Refuses()")] == [True]


def test_a_file_that_is_dumped_is_tried_on_demand(tmp_path: Path):
    """By default it isn't, as it can be loaded at once; a file that doesn't load takes nothing's place."""
    notebook = {"__name__": "__main__", "task": task}
    exec(textwrap.dedent(CELL), notebook)
    exec("MODEL = Refuses()\n@task\ndef train(x: int) -> str:\n    return repr(MODEL)", notebook)
    path = tmp_path / "entities.pkl"
    dump_pickled_entity(notebook["train"], path)
    before = path.read_bytes()
    with pytest.warns(UserWarning, match="can't be captured: `train ► MODEL`"):
        dump_pickled_entity(notebook["train"], path, trial="warn")
    with pytest.raises(CaptureError, match="`train ► MODEL`"):
        dump_pickled_entity(notebook["train"], path, trial="check")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_another_mode_is_refused():
    """By argument and by variable."""
    assert trial_mode("", {"AUTOCONTAINER_NB_TRIAL": "warn"}) == "warn"
    assert trial_mode("off", {"AUTOCONTAINER_NB_TRIAL": "warn"}) == "off"
    with pytest.raises(ConfigError, match="Expected trial to be one of 'check', 'warn', 'off', got 'maybe'"):
        trial_mode("maybe", {})
    with pytest.raises(ConfigError, match="the variable AUTOCONTAINER_NB_TRIAL"):
        trial_mode("", {"AUTOCONTAINER_NB_TRIAL": "maybe"})
