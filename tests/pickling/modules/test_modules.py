"""Local modules travel as source: which, what of them, and how they are imported in the container."""

import json
import sys
from pathlib import Path

import pytest
from archives import change_metadata, members_of, rewrite
from projects import Project

from autocontainer_nb.errors import ArchiveCorruptError, PythonVersionError
from autocontainer_nb.pickling.archive.hashing import sha256_hex
from autocontainer_nb.pickling.reader import open_verified

HELPERS = "RATE = 7\n\ndef scale(x):\n    return x * RATE\n"


def test_a_module_beside_the_notebook_travels_alone(project: Project) -> None:
    """`helpers.py` is imported in the container from the file as it was; nothing else of the folder goes with it."""
    project.write(helpers=HELPERS, other="1/0", **{"data.csv": "1,2"})
    told = project.capture(
        """
        import helpers
        from helpers import scale
        capture(lambda x: (scale(x), helpers.RATE, scale is helpers.scale, helpers.__file__))
        """
    )
    assert told["members"] == ["modules/helpers.py"]
    assert told["modules"]["helpers"]["used"] is True
    assert told["told"] == []
    value, rate, same, file = eval(project.load(told, "3"))
    assert (value, rate, same) == (21, 7, True)
    assert Path(file).parent.parent == project.container


@pytest.mark.parametrize(
    ("statement", "expression"),
    [
        ("import acme.core", "acme.core.answer()"),
        ("import acme.core as core", "core.answer()"),
        ("from acme import core", "core.answer()"),
        ("from acme.core import answer", "answer()"),
        ("from acme.core import Box", "Box(42).value"),
        ("import importlib", "importlib.import_module('acme.core').answer()"),
    ],
)
@pytest.mark.parametrize("where", ["at the top", "inside"])
def test_every_way_to_import_is_seen(project: Project, statement: str, expression: str, where: str) -> None:
    """A cell imports it, or the function when it runs: also where nothing has imported it before."""
    project.write(
        acme____init__="from .core import answer\n",
        acme__core="from . import numbers\nfrom .deep.inner import TWO\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Box:\n    value: int\ndef answer():\n    return numbers.FORTY + TWO\n",
        acme__numbers="FORTY = 40\n",
        **{"acme/deep/__init__.py": "", "acme/deep/inner.py": "from ..two import TWO\n", "acme/two.py": "TWO = 2\n"},
    )
    if where == "inside":
        code = f"def f():\n    {statement}\n    return {expression}\ncapture(f)"
    else:
        code = f"{statement}\ncapture(lambda: {expression})"
    told = project.capture(code)
    assert len(told["members"]) == 6
    assert project.load(told) == "42"


def test_imports_of_modules_are_followed(project: Project) -> None:
    """What a local module imports travels, too: at its top, late, by a literal name, guarded, and so on from there."""
    project.write(
        first="import second\ntry:\n    import third\nexcept ImportError:\n    third = None\n"
        "def run():\n    import fourth\n    from importlib import import_module\n"
        "    return second.A, third.B, fourth.C, import_module('fifth').D\n",
        second="A = 1\n",
        third="B = 2\n",
        fourth="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import never\nC = 3\n",
        fifth="D = 4\n",
        never="",
        unrelated="",
    )
    told = project.capture("import first\ncapture(first.run)")
    assert set(told["modules"]) == {"first", "second", "third", "fourth", "fifth"}
    assert project.load(told) == "(1, 2, 3, 4)"


def test_a_namespace_package_in_two_folders(project: Project) -> None:
    """Of a package without `__init__.py`, the imported modules travel, from whichever folder they are in."""
    project.write(**{
        "one/space/left.py": "X = 1\n", "one/space/unused.py": "",
        "two/space/right/__init__.py": "from .part import Y\n",
        "two/space/right/part.py": "Y = 2\n",
    })  # fmt: skip
    told = project.capture(
        """
        sys.path[:0] = ["one", "two"]
        import space.left
        def f():
            from space import right
            return space.left.X + right.Y
        capture(f)
        """
    )
    assert told["members"] == [
        "modules/space/left.py",
        "modules/space/right/__init__.py",
        "modules/space/right/part.py",
    ]
    assert project.load(told) == "3"
    image = project.container / "image" / "space"
    image.mkdir(parents=True)
    (image / "__init__.py").write_text("")
    hidden = project.load(told, PYTHONPATH=str(image.parent))
    assert hidden == "3", "a regular package of the image hides the namespace"


def test_data_files_of_a_package_travel(project: Project) -> None:
    """They are found by `importlib.resources` and beside `__file__`; what is no part of the package stays behind."""
    project.write(
        acme____init__="from pathlib import Path\nfrom importlib.resources import files\n"
        "def read():\n    here = Path(__file__).parent\n"
        "    return (here / 'table.csv').read_text(), files('acme').joinpath('deep/größe.txt').read_text('utf-8')\n",
        **{
            "acme/table.csv": "1,2", "acme/deep/größe.txt": "ä", "acme/.env": "SECRET=1", "acme/.git/config": "",
            "acme/node_modules/x/y.js": "", "acme/demo.ipynb": "{}", "acme/build/out.txt": "", "acme/old.pyc": "",
            "acme/venv/pyvenv.cfg": "", "acme/venv/x.py": "", "acme/skipped.bin": "", "acme/raw/big.dat": "",
            "acme/.flyteignore": "# not these\n*.bin\nraw/\n", "acme/__pycache__/a.txt": "",
        },
    )  # fmt: skip
    told = project.capture("import acme\ncapture(acme.read)")
    assert told["members"] == [
        "modules/acme/__init__.py",
        "modules/acme/deep/gr%C3%B6%C3%9Fe.txt",
        "modules/acme/table.csv",
    ]
    assert list(told["modules"]) == ["acme"]
    assert project.load(told) == "('1,2', 'ä')"


def test_too_much_data_is_told_with_the_largest_files(project: Project) -> None:
    project.write(acme____init__="", **{"acme/small.csv": "1"})
    (project.folder / "acme" / "huge.bin").write_bytes(bytes(11 << 20))
    error = project.capture("import acme\ncapture(lambda: acme.__name__)")["error"]
    for expected in (
        "CaptureError",
        "'acme' has 11.0 MB of data files",
        "at most 10.0 MB",
        "huge.bin (11.0 MB)",
        ".flyteignore",
    ):
        assert expected in error
    (project.folder / "acme" / ".flyteignore").write_text("huge.*\n")
    assert project.load(project.capture("import acme\ncapture(lambda: acme.__name__)")) == "'acme'"


def test_too_many_files_are_told(project: Project) -> None:
    project.write(acme____init__="")
    for number in range(2001):
        (project.folder / "acme" / f"{number}.txt").touch()
    assert "more than 2000 files" in project.capture("import acme\ncapture(lambda: acme.__name__)")["error"]


def test_a_link_that_leads_back_ends(project: Project) -> None:
    project.write(acme____init__="", acme__core="")
    (project.folder / "acme" / "loop").symlink_to(project.folder / "acme")
    told = project.capture("import acme\ncapture(lambda: acme.__name__)")
    assert told["members"] == ["modules/acme/__init__.py", "modules/acme/core.py"]


def test_the_shipped_module_wins_over_an_older_copy(project: Project) -> None:
    """Whether the image has it on its path, has imported it already, or finds it by an editable install's hook."""
    project.write(helpers="VERSION = 'new'\n", acme____init__="", acme__part="VERSION = 'new'\n")
    told = project.capture("import helpers, acme.part\ncapture(lambda: (helpers.VERSION, acme.part.VERSION))")
    old = project.container / "image"
    (old / "acme").mkdir(parents=True)
    (old / "helpers.py").write_text("VERSION = 'old'\n")
    (old / "acme" / "__init__.py").write_text("")
    (old / "acme" / "part.py").write_text("VERSION = 'old'\n")
    hook = f"""
from importlib.machinery import PathFinder
class Hook:
    def find_spec(self, name, path=None, target=None):
        return PathFinder.find_spec(name, [{str(old)!r}]) if name in ('helpers', 'acme') else None
sys.meta_path.insert(0, Hook())
"""
    new = "('new', 'new')"
    assert project.load(told, PYTHONPATH=str(old)) == new
    assert project.load(told, before="import helpers, acme.part", PYTHONPATH=str(old)) == new
    assert project.load(told, before=hook) == new
    assert project.load(told, before=hook + "import helpers, acme.part") == new


def test_elsewhere_what_is_imported_stays_and_that_is_told(project: Project) -> None:
    """A process that isn't the container's keeps its own modules: its objects go on to belong to their classes."""
    project.write(helpers="VERSION = 'new'\n")
    told = project.capture("import helpers\ncapture(lambda: helpers.VERSION)")
    old = project.container / "image"
    old.mkdir()
    (old / "helpers.py").write_text("VERSION = 'old'\n")
    before = "import warnings, helpers; warnings.showwarning = lambda message, *_: print(message)"
    warned, value = project.load(told, before=before, owns=False, PYTHONPATH=str(old)).splitlines()
    assert value == "'old'"
    assert "another version of 'helpers'" in warned
    assert project.load(told, owns=False) == "'new'"
    assert [path.name for path in project.container.iterdir()] == ["image", "entities.pkl"] or not list(
        project.container.glob(".modules-*")
    )


def test_classes_functions_and_instances_are_of_the_imported_module(project: Project) -> None:
    """By reference, methods, enumerations, instances and bound methods included; state comes from the import."""
    project.write(
        shapes="from enum import Enum\nCOUNT = []\nclass Shape:\n    def __init__(self, n): self.n = n\n"
        "    def area(self): return self.n * FACTOR\n    class Inner:\n        pass\nFACTOR = 2\n"
        "class Colour(Enum):\n    RED = 1\nHANDLERS = {'double': lambda x: x * FACTOR}\n"
        "def make(k):\n    def inner(x):\n        return x + k + FACTOR\n    return inner\n"
    )
    told = project.capture(
        """
        import shapes
        shapes.COUNT.append("only here")
        shape, inner = shapes.Shape(4), shapes.Shape.Inner()
        handler, closure = shapes.HANDLERS["double"], shapes.make(1)
        bound, red = shape.area, shapes.Colour.RED
        def f():
            import shapes as imported
            return (type(shape) is imported.Shape, type(inner) is imported.Shape.Inner, bound(),
                    red is imported.Colour.RED,
                    handler(5), closure(1), imported.COUNT)
        capture(f)
        """
    )
    assert project.load(told) == "(True, True, 8, True, 10, 4, [])"


def test_what_has_no_file_travels_by_value(project: Project) -> None:
    """A module made at run time, and what is defined in `__main__`."""
    project.write()
    told = project.capture(
        """
        import types
        made = types.ModuleType("made")
        exec("K = 5\\ndef f(x): return x + K", made.__dict__)
        sys.modules["made"] = made
        from made import f
        capture(lambda x: (f(x), made.K))
        """
    )
    assert told["modules"] == {}
    assert project.load(told, "1") == "(6, 5)"


def test_an_installed_package_does_not_travel(project: Project) -> None:
    """Also where it was installed into a folder on the path (`pip install --target`), and this package itself."""
    info = "lib/there-1.0.dist-info"
    project.write(
        **{"lib/there/__init__.py": "X = 1\n", f"{info}/RECORD": "there/__init__.py,,\n", f"{info}/METADATA": ""}
    )
    told = project.capture(
        """
        sys.path.insert(0, "lib")
        sys.path[0] = str(Path("lib").resolve())
        import there, autocontainer_nb.pickling.code.cells as cells
        capture(lambda: (there.X, cells.CellBook))
        """
    )
    assert told["modules"] == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("compiled", ["'compiled' is compiled for this machine", "the task imports", "image"]),
        ("bare", ["'bare' has no source", ".py"]),
        ("zipped", ["'zipped' is inside an archive", "Unpack it"]),
        ("gone", ["'gone' was imported from", "no longer exists"]),
        ("uses_compiled", ["uses_compiled.py, line 1, imports", "'compiled' is compiled"]),
    ],
)
def test_what_has_no_source_is_refused_by_name(project: Project, name: str, expected: list[str]) -> None:
    project.write(bare_source="X = 1\n", gone="X = 1\n", uses_compiled="import compiled\n")
    from importlib.machinery import EXTENSION_SUFFIXES

    (project.folder / f"compiled{EXTENSION_SUFFIXES[0]}").write_bytes(b"")
    code = f"""
        import py_compile, zipfile, os
        py_compile.compile("bare_source.py", "bare.pyc")
        with zipfile.ZipFile("all.zip", "w") as archive:
            archive.writestr("zipped.py", "X = 1")
        sys.path.insert(0, str(Path("all.zip").resolve()))
        import bare, zipped, gone
        os.unlink("gone.py")
        def f():
            import {name}
            return {name}.X
        capture(f)
    """
    error = project.capture(code)["error"]
    for text in ["CaptureError", *expected]:
        assert text in error


def test_a_compiled_module_that_may_be_missing_is_no_obstacle(project: Project) -> None:
    """Guarded by `try`, nothing is said; in a function of a module that may never run, one line tells it."""
    from importlib.machinery import EXTENSION_SUFFIXES

    (project.folder / f"fast{EXTENSION_SUFFIXES[0]}").write_bytes(b"")
    project.write(
        guarded="try:\n    import fast\nexcept ImportError:\n    fast = None\nX = fast\n",
        late="def rarely():\n    import fast\nX = 1\n",
    )
    told = project.capture("def f():\n    import guarded\n    return guarded.X\ncapture(f)")
    assert told["told"] == []
    assert project.load(told) == "None"
    [warned] = project.capture("import late\ncapture(lambda: late.X)")["told"]
    assert "A function of late.py, line 2, imports a local module that can't travel" in warned


def test_a_syntax_error_is_refused_where_it_is_written(project: Project) -> None:
    """With file and line, before anything is written; a broken file that nobody imports doesn't matter."""
    project.write(helpers="def f(:\n    pass\n", acme____init__="", acme__template="{{ name }} = \n")
    error = project.capture("def f():\n    import helpers\ncapture(f)")["error"]
    assert str(project.folder / "helpers.py") + ", line 1: " in error
    assert not project.path.exists()
    assert project.load(project.capture("import acme\ncapture(lambda: acme.__name__)")) == "'acme'"


@pytest.mark.parametrize(
    "member", ["modules/%2e%2e/x.py", "modules/%2Fx.py", "modules/a%00.py", "modules/%zz.py", "modules/h.py/x"]
)
def test_names_that_leave_the_folder_are_refused(project: Project, member: str) -> None:
    """Traversal hidden in the encoding, null bytes, damaged encoding, a file that is a folder: before unpickling."""
    project.write(h="X = 1\n")
    project.capture("import h\ncapture(lambda: h.X)")
    members = members_of(project.path)
    members[member] = b""
    metadata = json.loads(members["metadata.json"])
    metadata["members"][member] = sha256_hex(b"")
    members["metadata.json"] = json.dumps(metadata).encode()
    rewrite(project.path, members)
    with pytest.raises(ArchiveCorruptError, match="Nothing of it was unpickled"):
        open_verified(str(project.path))


@pytest.mark.parametrize(
    "modules",
    [["name"], [{"name": 3}], [{"name": "h", "member": "modules/other.py"}], [{"name": "h", "member": "pickle"}]],
)
def test_a_list_of_modules_that_does_not_fit_is_refused(project: Project, modules: object) -> None:
    project.write(h="X = 1\n")
    project.capture("import h\ncapture(lambda: h.X)")
    change_metadata(project.path, modules=modules)
    with pytest.raises(ArchiveCorruptError):
        open_verified(str(project.path))


def test_a_module_in_newer_syntax_is_refused_on_an_older_python(project: Project) -> None:
    """By name and line, before anything is unpickled; a file that the task doesn't use may be what it likes."""
    from autocontainer_nb.pickling.archive.zip_reader import ZipReader
    from autocontainer_nb.pickling.load.modules import check_modules

    project.write(h="X = 1\n", acme____init__="", acme__unused="")
    project.capture("import h, acme\ncapture(lambda: (h.X, acme.__name__))")
    members = members_of(project.path)
    metadata = json.loads(members["metadata.json"])
    metadata["python_version"] = "3.99.0"
    check_modules(ZipReader(str(project.path)), metadata)
    members["modules/acme/unused.py"] = members["modules/h.py"] = b"X = 1\nnew syntax\n"
    rewrite(project.path, members)
    with pytest.raises(PythonVersionError, match=r"'h', line 2, can't be compiled by Python 3\.\d+.*Python 3\.99"):
        check_modules(ZipReader(str(project.path)), metadata)


def test_files_that_were_put_there_before_are_not_believed(project: Project) -> None:
    """A folder of the right name with other content, or a file too many, isn't used."""
    project.write(h="X = 'real'\n")
    told = project.capture("import h\ncapture(lambda: h.X)")
    assert project.load(told) == "'real'"
    [folder] = project.container.glob(".modules-*")
    assert project.load(told) == "'real'"  # the second run finds it there
    (folder / "h.py").write_text("X = 'planted'\n")
    assert project.load(told) == "'real'"
    (folder / "h.py").write_text("X = 'real'\n")
    (folder / "json.py").write_text("1/0")
    assert project.load(told) == "'real'"
    assert sys.modules.get("h") is None


def test_a_module_that_is_missing_here_too_is_told(project: Project) -> None:
    """Of what the task imports when it runs: by file and line; not what the code can go on without."""
    project.write(helpers="import nosuchmod\ntry:\n    import neither\nexcept ImportError:\n    pass\n")
    [line] = project.capture("def f():\n    import helpers\ncapture(f)")["told"]
    assert line.startswith("helpers.py, line 1, imports 'nosuchmod', which isn't installed here")
