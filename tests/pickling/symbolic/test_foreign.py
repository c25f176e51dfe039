"""Pickles that aren't ours: flytekit's own, written by flytekit itself, and any other; described, never executed."""

import gzip
import os
import pickle
import subprocess
import sys
from pathlib import Path

import cloudpickle
import pytest
from archives import Canary, write

from autocontainer_nb.errors import ArchiveCorruptError, ArchiveError
from autocontainer_nb.pickling.inspect.description import inspect_archive, inspect_file
from autocontainer_nb.pickling.inspect.text import report_text
from autocontainer_nb.pickling.symbolic.foreign import inspect_pickle

ROOT = Path(__file__).parent.parent.parent.parent
PEER_PYTHON = ROOT / os.environ.get("PEER_PYTHON", ".venv-peer/bin/python")

FLYTEKIT_NOTEBOOK = """
import gzip, sys
import cloudpickle
import numpy as np
from flytekit import task, workflow
from flytekit.remote.remote import _get_pickled_target_dict

threshold = 0.5
weights = np.arange(10_000.0)

def helper(x):
    return x * threshold

def made(factor):
    def inner(x):
        return helper(x) * factor
    return inner

tripled = made(3)

@task
def train(epochs: int, name: str = "x") -> float:
    return tripled(epochs) + float(weights.sum())

@task
def pick(x: float) -> str:
    return str(x)

@workflow
def story(n: int) -> str:
    return pick(x=train(epochs=n))

_, entity = _get_pickled_target_dict(story)
for name, value in (("pkl.gz", entity), ("dict.pkl.gz", entity.entities)):
    with gzip.GzipFile(filename=name, mode="wb", mtime=0) as file:
        cloudpickle.dump(value, file)
print(sys.version.split()[0])
"""


@pytest.fixture(scope="module")
def flytekit_files(tmp_path_factory):
    """The folder with what flytekit writes for a workflow of two tasks, and the Python that wrote it."""
    folder = tmp_path_factory.mktemp("flytekit")
    if not PEER_PYTHON.exists():
        pytest.fail(f"flytekit's environment isn't there: no {PEER_PYTHON}. `make test` makes it.")
    (folder / "notebook.py").write_text(FLYTEKIT_NOTEBOOK)
    made = subprocess.run([PEER_PYTHON, "notebook.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return folder, made.stdout.split()[-1]


@pytest.mark.parametrize("name", ["pkl.gz", "dict.pkl.gz"])
def test_flytekits_file_is_described(flytekit_files, name):
    """Entities with interface, captured names with sizes, place of the code, modules referred to, and the Python."""
    folder, python = flytekit_files
    data = inspect_file(str(folder / name))
    assert (data["kind"], data["compression"], data["problem"]) == ("flytekit", "gzip", None)
    assert data["python_version"] == (python if name == "pkl.gz" else None)
    entities = {entity["name"].rpartition(".")[2]: entity for entity in data["entities"]}
    assert set(entities) == {"train", "pick"}
    train = entities["train"]
    assert (train["kind"], train["inputs"], train["outputs"]) == (
        "task", {"epochs": "int", "name": "str"}, {"o0": "float"},
    )  # fmt: skip
    assert (Path(train["file"]).name, train["source"]) == ("notebook.py", None)
    captures = {capture["name"]: capture for capture in train["captures"]}
    assert set(captures) == {"tripled", "weights", "helper", "threshold", "factor"}
    assert captures["weights"]["type"] == "numpy.ndarray"
    assert 80_000 < captures["weights"]["bytes"] < 81_000
    assert captures["tripled"]["type"] == "function"
    assert captures["threshold"]["type"] == "float"
    assert entities["pick"]["captures"] == []
    references = data["pickle"]["references"]
    assert "PythonFunctionTask" in references["flytekit.core.python_function_task"]
    assert ("flytekit.core.python_auto_container" in references) is True
    assert {call["severity"] for call in data["pickle"]["calls"]} == {"harmless"}


def test_flytekits_file_as_text(flytekit_files):
    text = report_text(inspect_file(str(flytekit_files[0] / "pkl.gz")))
    for words in ["a pickled entity of flytekit", "train(epochs: int, name: str) -> float", "weights", "numpy.ndarray",
                  "notebook.py:", "harmless", "refers to", flytekit_files[1]]:  # fmt: skip
        assert words in text


def test_neither_flytekit_nor_anything_of_the_pickle_is_imported(flytekit_files):
    """A process that has inspected the file has neither flytekit nor numpy nor cloudpickle nor the notebook loaded."""
    code = (
        "import sys\nfrom autocontainer_nb.pickling.inspect.description import inspect_file\n"
        f"inspect_file({str(flytekit_files[0] / 'pkl.gz')!r})\n"
        "print({'flytekit', 'numpy', 'cloudpickle', 'notebook', 'docstring_parser'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("wrapped", [gzip.open, open])
@pytest.mark.parametrize("protocol", range(6))
def test_a_canary_in_a_pickle_never_sings(tmp_path, protocol, wrapped):
    """A pickle that would touch a file is described, flagged first, and the file isn't there afterwards."""
    trace, path = tmp_path / "executed", tmp_path / "x.pkl"
    with wrapped(path, "wb") as file:
        pickle.dump({"model": Canary(trace), "size": 3}, file, protocol)
    data = inspect_file(str(path))
    first = data["pickle"]["calls"][0]
    assert (first["severity"], first["what"], data["kind"]) == ("danger", "builtins.exec", "pickle")
    assert str(trace) in first["arguments"][0]
    assert {row["name"] for row in data["contents"]} == {"model", "size"}
    assert "DANGER" in report_text(data)
    assert not trace.exists()


def test_our_own_file_tells_what_unpickling_would_do(tmp_path):
    """The same walk for a pickled-entity file: the canary in its pickle is flagged, large data is no problem."""
    trace, path = tmp_path / "executed", tmp_path / "entities.pkl"
    write([Canary(trace), bytes(3 << 20), bytearray(b"x" * (2 << 20))], path)
    data = inspect_file(str(path))
    assert (data["kind"], data["pickle"]["problem"]) == ("pickled-entity", None)
    assert data["pickle"]["calls"][0]["what"] == "builtins.exec"
    assert data == inspect_archive(str(path))
    assert not trace.exists()


def test_functions_of_a_pickle_without_entities_are_described(tmp_path):
    limit = 7

    def first(x):
        return second(x) + limit

    def second(x):
        return x

    first.__module__ = second.__module__ = "__main__"
    path = tmp_path / "functions.pkl"
    path.write_bytes(cloudpickle.dumps([first]))
    functions = {function["name"].rpartition(".")[2]: function for function in inspect_pickle(str(path))["functions"]}
    captured = {capture["name"] for capture in functions["first"]["captures"]}
    assert captured == {"second", "limit"}
    assert functions["first"]["file"] == __file__


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello, this is a text\n", "neither a pickled-entity file nor a pickle"),
        (b'{"json": true}', "neither a pickled-entity file nor a pickle"),
        (b"\x89PNG\r\n\x1a\n", "nor a pickle"),
        (b"BZh91AY&SY", "compressed by bzip2"),
        (b"\x7fELF\x02\x01", "an executable file"),
        (b"\x93NUMPY\x01\x00", "a NumPy file"),
        (gzip.compress(b"hello", mtime=0), "nor a pickle"),
        (b"\x1f\x8bnonsense", "can't be read any further"),
        (b"PK\x03\x04 not really", "isn't a well-formed"),
        (b"", "isn't a well-formed"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_a_sentence(tmp_path, content, words):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="file") as raised:
        inspect_file(str(path))
    assert words in str(raised.value) or isinstance(raised.value, ArchiveCorruptError)
    assert str(path) in str(raised.value)


def test_a_damaged_gzip_tells_what_was_found_before(tmp_path):
    """A truncated pkl.gz is described as far as it goes, with the problem."""
    whole = gzip.compress(pickle.dumps([Canary(tmp_path / "executed"), os.urandom(100_000)]))
    path = tmp_path / "pkl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    data = inspect_file(str(path))
    assert data["problem"]
    assert data["pickle"]["calls"][0]["severity"] == "danger"
    assert "PROBLEM" in report_text(data)


MEMORY = """
import resource, sys
from autocontainer_nb.pickling.inspect.description import inspect_file
inspect_file(sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(inspect_file(sys.argv[1])["problem"])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("kind", ["one payload", "many texts"])
def test_a_gzip_bomb_takes_little_memory(tmp_path, kind):
    """What unpacks to 160 MB is followed in less than 50 MB."""
    bomb, small = tmp_path / "bomb.gz", tmp_path / "small.pkl"
    small.write_bytes(pickle.dumps([1]))
    piece = bytes(1 << 20) if kind == "one payload" else (b"X\x00\x40\x00\x00" + bytes(16384)) * 64
    with gzip.open(bomb, "wb", 1) as file:
        file.write(b"\x80\x04" + (b"\x8e" + (160 << 20).to_bytes(8, "little") if kind == "one payload" else b""))
        for _ in range(160):
            file.write(piece)
        file.write(b".")
    done = subprocess.run([sys.executable, "-c", MEMORY, bomb, small], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    problem, grown = done.stdout.split("\n")[:2]
    assert problem == "None"
    assert int(grown) < 50


def test_random_bytes_are_described_or_refused(tmp_path):
    """Four hundred pickles with bytes changed at random: a description or an ArchiveError, nothing else."""
    import random

    chance = random.Random(7)
    whole = cloudpickle.dumps([Canary(tmp_path / "executed"), {"a": [1, 2.5, "x"]}, lambda x: x, bytes(300)])
    path = tmp_path / "x.pkl"
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(bytes(data))
        try:
            assert report_text(inspect_file(str(path)))
        except ArchiveError:
            continue
    assert not (tmp_path / "executed").exists()
