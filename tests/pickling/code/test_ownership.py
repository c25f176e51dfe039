"""Whose code a module is, for whatever a type says of its module."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from autocontainer_nb.core.capture import capture
from autocontainer_nb.core.capture.capture import Capture
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.pickling.code.cells import Cell, cells
from autocontainer_nb.pickling.code.ownership import installed_name, is_installed_code, is_local_module
from autocontainer_nb.pickling.reader import open_verified

COMPILED = """
class compiled_function:
    def __init__(self, name): vars(self).update(__name__=name, __qualname__=name, __module__="compiled")
    def __call__(self): return vars(self)["__name__"]
    def __reduce__(self): return vars(self)["__name__"]
compiled_function.__module__ = property(lambda self: vars(self)["__module__"])
function, other = compiled_function("function"), compiled_function("other")
"""
CELL = """
import compiled
from compiled import function
inside = {"f": [compiled.other, function]}
@task
def train() -> list[str]:
    return [function(), *(each() for each in inside["f"])]
"""


@pytest.mark.parametrize("name", ["", "nowhere", "builtins", "__main__", None, 3, property(), type])
def test_what_is_no_module_is_nobodys(name: Any) -> None:
    assert not is_local_module(name)


def test_functions_whose_class_has_a_descriptor_for_its_module_are_captured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that Cython 3.1.0 has compiled: numpy 2.2.6 has them."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "compiled.py").write_text(COMPILED, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    cells.record(Cell("cell-of-compiled", CELL, "1", 1))
    names: dict[str, Any] = {"__name__": "__main__", "task": task}
    exec(compile(CELL, "cell-of-compiled", "exec"), names)
    capture = Capture(names["train"])
    path = str(tmp_path / "entities.pkl")
    capture.write(path)
    assert next(row.path for row in capture.explanation.rows) == ("train",)
    assert open_verified(path).unpickle() is not None
    del sys.modules["compiled"]


def test_installed_code_is_known_by_the_name_that_it_travels_with(tmp_path: Path) -> None:
    """What belongs to a package is called by its place in it; a person's file isn't taken for it."""
    for module in (pytest, json, capture):
        name = installed_name(str(module.__file__))
        assert name.removesuffix("__init__.py").removesuffix(".py").strip("/") == module.__name__.replace(".", "/")
        assert is_installed_code(str(module.__file__))
        assert is_installed_code(name)
    own = tmp_path / "own.py"
    own.touch()
    for name in (str(own), "own.py", "nowhere/own.py", "<ipython-input-1-0>", "<attrs generated init C>", ""):
        assert not is_installed_code(name)
