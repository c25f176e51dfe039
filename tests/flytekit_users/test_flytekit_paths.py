"""flytekit's module paths lead to names of ours, and what is missing says what to do instead."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import autocontainer_nb
from autocontainer_nb.flytekit_paths import HOMES, MISSING, MODULES, ROOT

PACKAGE = Path(autocontainer_nb.__file__).parent


@pytest.mark.parametrize("path", MODULES)
def test_a_path_has_its_names(path):
    """Each module of the table can be imported, lists its names, and has each of them; so does a second import."""
    module = importlib.import_module(f"autocontainer_nb.{path}")
    assert module.__all__
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert name in dir(module)
    assert importlib.import_module(f"autocontainer_nb.{path}") is module


@pytest.mark.parametrize("name", ROOT.split())
def test_a_further_name_of_flytekits_root_is_found(name):
    """It imports from the root, and isn't among what the root shows."""
    namespace = {}
    exec(f"from autocontainer_nb import {name}", namespace)
    assert namespace[name] is not None
    assert name not in autocontainer_nb.__all__


def test_no_path_stands_before_a_module_of_ours():
    """A path of the table is no module or folder of the package, which would be found first."""
    assert [path for path in MODULES if (PACKAGE / path.replace(".", "/")).with_suffix(".py").exists()] == []
    assert [path for path in MODULES if (PACKAGE / path.replace(".", "/")).exists()] == []


def test_the_tables_are_sorted_and_every_home_is_used():
    """Lines stand where a reader looks for them, and none is left over."""
    for table in (HOMES, MODULES, MISSING):
        assert list(table) == sorted(table)
    words = {word for line in [*MODULES.values(), ROOT] for word in line.split()}
    assert set(HOMES) - words == set()
    for line in MODULES.values():
        assert line.split() == sorted(line.split())


@pytest.mark.parametrize("name", ["types", "models.core", "extras.tasks"])
def test_a_folder_of_paths_is_reached_by_attributes(name):
    """`autocontainer_nb.types.file` works without an import of its own, as flytekit's does."""
    code = f"import autocontainer_nb as flytekit; print(flytekit.{name}.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"autocontainer_nb.{name}"]


def test_what_nobody_has_is_an_ordinary_error():
    """A misspelt path or name fails as in any package, at the import and at the access."""
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'autocontainer_nb\.typos'"):
        importlib.import_module("autocontainer_nb.typos")
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'autocontainer_nb\.types\.typos'"):
        importlib.import_module("autocontainer_nb.types.typos")
    with pytest.raises(ImportError, match="cannot import name 'Flytefile'"):
        exec("from autocontainer_nb.types.file import Flytefile")
    assert not hasattr(autocontainer_nb.types, "typos")


@pytest.mark.parametrize("path", MISSING)
def test_what_is_missing_says_what_to_do(path):
    """Importing it as flytekit's users do raises an ImportError with the next step, in each of the spellings."""
    module, _, name = f"autocontainer_nb.{path}".rpartition(".")
    for statement in (f"from {module} import {name}", f"import {module}.{name}"):
        with pytest.raises(ImportError, match="isn't in autocontainer_nb") as raised:
            exec(statement)
        assert MISSING[path] in str(raised.value)


def test_what_a_module_of_ours_lacks_says_what_to_do():
    """So does what flytekit has in a module that is one of ours as well, and the rest is an ordinary error."""
    with pytest.raises(ImportError, match=r"core\.base_task\.IgnoreOutputs isn't in autocontainer_nb.*return them"):
        exec("from autocontainer_nb.core.base_task import IgnoreOutputs")
    with pytest.raises(ImportError, match="cannot import name 'Typo'"):
        exec("from autocontainer_nb.core.base_task import Typo")


def test_a_module_of_a_path_is_captured_by_its_name(tmp_path):
    """A task that uses such a module finds it in another process."""
    code = "import pickle; from autocontainer_nb.models import literals; import cloudpickle; import sys;"
    code += "sys.stdout.buffer.write(cloudpickle.dumps(literals))"
    data = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    (tmp_path / "pickle").write_bytes(data)
    code = "import pickle, sys; print(pickle.loads(open(sys.argv[1], 'rb').read()).Literal.__name__)"
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "pickle"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["Literal"]
