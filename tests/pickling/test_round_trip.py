"""What is written comes back: code, data, buffers, sources, modules."""

import json
import subprocess
import sys
import textwrap
import zipfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archives import members_of, write

from autocontainer_nb.pickling.code.cells import Cell, CellBook
from autocontainer_nb.pickling.inspect.description import inspect_archive
from autocontainer_nb.pickling.reader import open_verified

LIMIT = 3


@dataclass
class Point:
    x: int
    y: int = 2


class Colour(Enum):
    RED = "red"


def helper(x: int) -> int:
    return x * LIMIT


def uses_globals(x: int) -> int:
    return helper(x) + Point(x).y


def make_closure(offset: int):
    def inner(x: int) -> int:
        return x + offset

    return inner


def load(path: Path, digest: str | None = None):
    return open_verified(str(path), digest).unpickle()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (uses_globals, 11),
        (make_closure(10), 13),
        (lambda x: [i * LIMIT for i in range(x)], [0, 3, 6]),
        (lambda x: Colour("red").name * x, "REDREDRED"),
        (lambda x, *, y=4: {"x": x, "y": y}, {"x": 3, "y": 4}),
    ],
)
def test_functions_come_back_with_what_they_reach(function, expected, tmp_path: Path) -> None:
    """A function of the user's own, its globals, classes and closure variables travel by value."""
    written = write(function, tmp_path / "entities.pkl", function)
    assert load(tmp_path / "entities.pkl", written.digest)(3) == expected


def test_the_container_needs_no_module_of_the_user(tmp_path: Path) -> None:
    """A helper from a module beside the notebook runs in a process that has no such module."""
    (tmp_path / "side").mkdir()
    (tmp_path / "side" / "my_helpers.py").write_text("RATE = 7\n\ndef scale(x):\n    return x * RATE\n")
    capture = textwrap.dedent(
        """
        import sys
        sys.path[:0] = [sys.argv[1], sys.argv[2]]
        import my_helpers
        from my_helpers import scale
        from archives import write
        from pathlib import Path
        def by_name(x):
            return scale(x) + my_helpers.scale(1)
        written = write(by_name, Path(sys.argv[3]), by_name)
        print(written.metadata["modules"])
        import cloudpickle
        print(cloudpickle.list_registry_pickle_by_value())
        """
    )
    path = tmp_path / "entities.pkl"
    here = str(Path(__file__).parent)
    arguments = [sys.executable, "-c", capture, str(tmp_path / "side"), here, str(path)]
    printed = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    assert "'name': 'my_helpers', 'member': 'modules/my_helpers.py'" in printed
    assert printed.split("\n")[1] == "set()"
    run = (
        "import sys; from autocontainer_nb.pickling.reader import open_verified;"
        "print(open_verified(sys.argv[1]).unpickle()(2))"
    )
    ran = subprocess.run([sys.executable, "-c", run, str(path)], capture_output=True, text=True, check=True)
    assert ran.stdout == "21\n"


def test_arrays_are_mapped_aligned_and_writable(tmp_path: Path) -> None:
    """A large array comes back as a writable view of the mapped file; the file itself never changes."""
    path = tmp_path / "entities.pkl"
    arrays = {"a": np.arange(5000.0), "same": np.arange(5000.0), "frozen": np.zeros(5000)}
    arrays["frozen"].flags.writeable = False
    written = write(arrays, path)
    before = path.read_bytes()
    loaded = load(path)
    assert loaded["a"].flags.aligned
    assert loaded["a"].ctypes.data % 64 == 0
    assert not loaded["frozen"].flags.writeable
    loaded["a"][0] = 99
    assert loaded["a"][0] == 99
    assert path.read_bytes() == before
    assert (
        len([name for name in written.metadata["members"] if name.startswith("buffers/")]) == 2
    )  # equal content, once


def test_any_zip_tool_reads_the_file(tmp_path: Path) -> None:
    """The archive is a plain ZIP: metadata first and uncompressed, CRCs right, no date in it."""
    path = tmp_path / "entities.pkl"
    write(uses_globals, path, uses_globals)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type, first.date_time) == (
            "metadata.json",
            zipfile.ZIP_STORED,
            (1980, 1, 1, 0, 0, 0),
        )
        metadata = json.loads(archive.read("metadata.json"))
    assert metadata["format_version"] == 1
    assert set(metadata["members"]) | {"metadata.json", "cells.json"} == set(members_of(path))


def test_equal_cells_give_equal_digests_in_another_process(tmp_path: Path) -> None:
    """Neither the process, nor its hash seed, nor the cell's file name or execution count are in the digest."""
    script = textwrap.dedent(
        """
        import sys, linecache
        sys.path.insert(0, sys.argv[1])
        from archives import write
        from pathlib import Path
        from autocontainer_nb.pickling.code.cells import Cell, CellBook
        source = (
            "from dataclasses import dataclass\\n"
            "from typing import NamedTuple\\n"
            "from enum import Enum\\n"
            "@dataclass\\nclass Point:\\n    x: int\\n    def twice(self): return self.x * 2\\n"
            "class Pair(NamedTuple):\\n    a: int\\n    b: int = 2\\n"
            "class Colour(Enum):\\n    RED = 'red'\\n"
            "def f(x):\\n    names = {'a': 1, 'b': 2}\\n"
            "    return names['a'] * Point(x).twice() * LIMIT, Pair(1), Colour.RED\\n"
        )
        filename = f"/tmp/ipykernel_{sys.argv[3]}/1.py"
        namespace = {"__name__": "__main__", "LIMIT": 3}
        exec(compile(source, filename, "exec"), namespace)
        book = CellBook()
        book.record(Cell(filename, source, sys.argv[3], int(sys.argv[3])))
        print(write(namespace["f"], Path(sys.argv[2]), namespace["f"], book).digest)
        """
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script, str(Path(__file__).parent), str(tmp_path / f"{seed}.pkl"), seed],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2", "30")
    }
    assert len(digests) == 1


def test_another_global_gives_another_digest(tmp_path: Path) -> None:
    """A changed global of the notebook that the function reads is a changed file."""
    namespace: dict[str, Any] = {"__name__": "__main__", "LIMIT": 3}
    exec("def f(x):\n    return x * LIMIT\n", namespace)
    first = write(namespace["f"], tmp_path / "a.pkl", namespace["f"]).digest
    namespace["LIMIT"] = 4
    assert write(namespace["f"], tmp_path / "b.pkl", namespace["f"]).digest != first


def test_inspection_tells_source_cell_captures_and_packages(tmp_path: Path) -> None:
    """The description names the cell, its source, each captured name with type and bytes, imports and packages."""
    source = "def f(x):\n    import json\n    return json.dumps(weights.tolist()) + str(limit)\n"
    namespace = {"__name__": "__main__", "weights": np.arange(1000.0), "limit": 0.5}
    exec(compile(source, "cell-file", "exec"), namespace)
    book = CellBook()
    book.record(Cell("cell-file", source, "abc", 7))
    write(namespace["f"], tmp_path / "entities.pkl", namespace["f"], book)
    told = inspect_archive(str(tmp_path / "entities.pkl"))
    entity = told["entities"][0]
    assert entity["source"] == source
    assert entity["cell"] == {"label": "Cell In[7]", "id": "abc", "execution_count": 7}
    assert [(c["name"], c["type"], c["how"]) for c in entity["captures"]] == [
        ("weights", "numpy.ndarray", "value"),
        ("limit", "float", "value"),
    ]
    assert entity["captures"][0]["bytes"] > 8000
    assert entity["imports"] == ["json"]
    assert told["packages"]["numpy"] == np.__version__
    assert len(told["digest"]) == 64
    json.dumps(told)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """Capturing that fails changes nothing on disk and leaves no temporary file."""
    path = tmp_path / "entities.pkl"
    write(1, path)
    before = path.read_bytes()
    with pytest.raises(Exception, match="can't be captured"):
        write((i for i in range(3)), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_class_that_comes_back_is_the_one_that_left(tmp_path: Path) -> None:
    """Loading a file where it was written gives instances of the very class, also when its cell has run again."""

    def define():
        namespace = {"__name__": "__main__"}
        exec("class Box:\n    size = 3\n    def get(self):\n        return self.size\n", namespace)
        return namespace["Box"]

    first, again = define(), define()
    write(first(), tmp_path / "a.pkl")
    assert type(load(tmp_path / "a.pkl")) is first
    write(again(), tmp_path / "b.pkl")
    assert type(load(tmp_path / "b.pkl")) is again


def test_no_folder_of_this_machine_is_in_the_file(tmp_path: Path) -> None:
    """The standard library's wrappers around a class's methods travel without the path of this Python."""
    import reprlib

    namespace = {"__name__": "__main__", "reprlib": reprlib}
    exec("@reprlib.recursive_repr()\ndef f(x):\n    return x\n", namespace)
    code = namespace["f"].__code__
    assert code.co_filename.startswith(sys.base_prefix), "the wrapper isn't installed code: the test proves nothing"
    written = write(namespace["f"], tmp_path / "a.pkl")
    pickled = members_of(tmp_path / "a.pkl")["pickle"]
    assert b"reprlib.py" in pickled
    assert sys.base_prefix.encode() not in pickled
    assert load(tmp_path / "a.pkl", written.digest)(3) == 3
