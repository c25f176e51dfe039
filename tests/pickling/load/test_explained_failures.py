"""A load that fails says what failed and where, and blames nothing that is here as it was."""

import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from archives import change_metadata, write

from autocontainer_nb.errors import UnpicklingError
from autocontainer_nb.pickling.reader import open_verified


class Imports:
    """An object whose unpickling imports a module."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __reduce__(self) -> Any:
        return import_module, (self.name,)


@pytest.fixture
def failure(tmp_path: Path):
    """Load a file, with these changes of its metadata; returns the error's message."""

    def attempt(payload: Any, **changes: Any) -> str:
        path = tmp_path / "entities.pkl"
        write(payload, path)
        if changes:
            change_metadata(path, **changes)
        with pytest.raises(UnpicklingError) as raised:
            open_verified(str(path), needs="off").unpickle()
        return str(raised.value)

    return attempt


def need(number: str) -> dict[str, Any]:
    return {"distribution": "numpy", "version": number, "modules": ["numpy", "gone_part"], "by": ["data"]}


HERE = version("numpy")
OTHER = "0.0.1"


@pytest.mark.parametrize("recorded", [HERE, OTHER, None], ids=["the same version", "another version", "no need"])
def test_a_missing_module_of_a_package(failure, recorded):
    """The version is blamed where it differs, the package's parts where it doesn't, and else the missing package."""
    message = failure({"nb.entity": [1, Imports("gone_part")]}, needs=[] if recorded is None else [need(recorded)])
    assert message.startswith("`entity ► [1]`")
    assert "needs the module 'gone_part'" in message
    if recorded is None:
        assert "isn't installed in this environment. Add 'gone_part' to the task's image" in message
    elif recorded == HERE:
        assert f"which numpy {HERE} doesn't have here, in the version with which this was captured" in message
    else:
        assert f"which numpy {HERE} doesn't have here: it was captured with {OTHER}. Add 'numpy=={OTHER}'" in message


@pytest.mark.parametrize("python", ["3.10.1", "3.11.2", "3.12.3", "3.13.4"])
@pytest.mark.parametrize("recorded", [HERE, OTHER])
def test_any_other_failure_blames_only_what_differs(failure, python, recorded):
    """Python by its minor version, packages by their whole one; where all is the same, the object itself."""
    message = failure({"nb.entity": IntFails()}, needs=[need(recorded)], python_version=python)
    advice = message.partition("ValueError: invalid literal")[2]
    is_other_python = python.rpartition(".")[0] != f"{sys.version_info.major}.{sys.version_info.minor}"
    assert (f"Python {python}, which is" in advice) is is_other_python
    assert (f"numpy {OTHER}, which is {HERE} here" in advice) is (recorded == OTHER)
    assert (f"numpy {HERE}, which" in advice) is False
    assert ("can't be loaded anywhere" in advice) is (recorded == HERE and not is_other_python)
    assert message.startswith("`entity`")


class IntFails:
    """Its unpickling fails."""

    def __reduce__(self) -> Any:
        return int, ("x",)


@pytest.mark.parametrize(
    ("text", "is_import"),
    [
        ("raise OSError('no file')\n", True),
        ("def read():\n    raise OSError('no file')\nread()\n", True),
        ("class Thing:\n    def __setstate__(self, state): raise OSError('no file')\n", False),
    ],
    ids=["at its top", "in a function that its top calls", "when an object is filled"],
)
def test_what_fails_in_a_local_module(project, text, is_import):
    """Its import, told with file and line; or an object of its class, told with the way to it."""
    project.write(mine="class Thing:\n    def __init__(self): self.a = 1\n")
    told = project.capture(
        "import mine\nheld = [mine.Thing()]\ndef f(): return held\n"
        f"Path('mine.py').write_text('class Thing: pass\\n' + {text!r} if {is_import} else {text!r})\ncapture(f)"
    )
    error = project.load(told)
    assert "OSError: no file" in error
    if is_import:
        assert 'its local module failed when it was imported, File "mine.py", line ' in error
    else:
        assert "`held ► [0]`" in error
        assert "when it was imported" not in error
