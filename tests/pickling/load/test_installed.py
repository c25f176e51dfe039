"""Which distributions are installed, told by their folders' names in every layout that installers make."""

import os
import subprocess
import sys
import time
from importlib.metadata import distributions
from pathlib import Path

import pytest

from autocontainer_nb.pickling.load.packages import description_of, header, installed_distributions, normalised

ROOT = Path(__file__).parents[3]


def put(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(*folders: Path) -> dict[str, tuple[str, str]]:
    return {key: (one.name, one.version) for key, one in installed_distributions(map(str, folders)).items()}


def test_this_environment_is_told_as_by_importlib_metadata():
    """Every distribution of the running interpreter, with the same version."""
    expected: dict[str, str] = {}
    for one in distributions():
        expected.setdefault(normalised(one.metadata["Name"]), one.version)
    assert {key: one.version for key, one in installed_distributions().items()} == expected
    assert {"numpy", "cloudpickle"} <= set(expected)


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("numpy-2.1.0.dist-info/METADATA", "Name: numpy", ("numpy", "2.1.0")),
        ("Foo_Bar.baz-1.0rc1+cpu.dist-info/METADATA", "", ("Foo_Bar.baz", "1.0rc1+cpu")),
        ("scikit_learn-1.5.0-py3.11.egg-info/PKG-INFO", "", ("scikit_learn", "1.5.0")),
        ("conda_style-2.0-py3.11-linux-x86_64.egg-info", "Version: 2.0", ("conda_style", "2.0")),
        ("developed.egg-info/PKG-INFO", "Metadata-Version: 2.1\nName: developed\nVersion: 0.3.dev1\n\nVersion: 9\n",
         ("developed", "0.3.dev1")),
        ("without.dist-info/METADATA", "Name: without\nVersion: 1.2\n", ("without", "1.2")),
        ("dashed-name-1.0.dist-info/METADATA", "", ("dashed-name", "1.0")),
    ],
)  # fmt: skip
def test_layouts(tmp_path, file, text, told):
    put(tmp_path / file, text)
    assert list(found(tmp_path).values()) == [told]


def test_an_egg_on_the_path(tmp_path):
    egg = tmp_path / "packed-3.1-py3.11.egg"
    put(egg / "EGG-INFO" / "PKG-INFO", "Name: packed\nVersion: 3.1\n")
    assert found(egg) == {"packed": ("packed", "3.1")}


def test_what_is_no_distribution_is_passed_over(tmp_path):
    """Remains of a removal, a folder without version, a file on the path, a folder that isn't there."""
    put(tmp_path / "~umpy-1.0.dist-info/METADATA", "Version: 1.0")
    put(tmp_path / "empty.egg-info/x")
    put(tmp_path / "module.py")
    put(tmp_path / "archive.zip")
    assert found(tmp_path, tmp_path / "archive.zip", tmp_path / "nowhere") == {}


def test_the_first_folder_counts_and_in_one_the_newer(tmp_path):
    put(tmp_path / "a" / "x-1.9.dist-info/METADATA")
    put(tmp_path / "a" / "x-1.10.dist-info/METADATA")
    put(tmp_path / "b" / "X-2.0.dist-info/METADATA")
    assert found(tmp_path / "a", tmp_path / "b") == {"x": ("x", "1.10")}
    assert found(tmp_path / "b", tmp_path / "a") == {"x": ("X", "2.0")}


@pytest.mark.parametrize("name", ["Foo-Bar", "foo_bar", "FOO.BAR", "foo--bar", "foo-_.bar"])
def test_names_are_compared_as_pep_503_says(name):
    assert normalised(name) == "foo-bar"


def test_headers_end_where_prose_begins(tmp_path):
    put(
        tmp_path / "x-1.dist-info/METADATA",
        "Name: X\nLicense: y\n        \n  Requires-Dist: x\nRequires-Dist: a>1\nrequires-dist: b\n\nRequires-Dist: p\n",
    )
    [one] = installed_distributions([str(tmp_path)]).values()
    assert header(description_of(one), "Requires-Dist") == ["a>1", "b"]


def test_it_needs_no_importlib_metadata():
    """The container pays for a listing of folders only."""
    code = (
        f"import sys\nsys.path += {sys.path!r}\n"
        "from autocontainer_nb.pickling.load.packages import installed_distributions\n"
        "assert installed_distributions()\n"
        "print({'importlib.metadata', 'email', 'zipfile', 'pathlib', 'json'} & set(sys.modules))"
    )
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_a_folder_that_changes_is_listed_again(tmp_path: Path):
    """What is kept of a folder that nobody has changed for long holds until something is installed or updated."""

    def aged() -> dict[str, tuple[str, str]]:
        nonlocal age_s
        age_s -= 10
        os.utime(tmp_path, (age_s, age_s))
        return found(tmp_path)

    age_s = time.time() - 1000
    put(tmp_path / "one-1.0.dist-info/METADATA")
    assert aged() == found(tmp_path) == {"one": ("one", "1.0")}
    put(tmp_path / "two-2.0.dist-info/METADATA")
    assert aged() == found(tmp_path) == {"one": ("one", "1.0"), "two": ("two", "2.0")}
    (tmp_path / "one-1.0.dist-info").rename(tmp_path / "one-1.1.dist-info")
    assert found(tmp_path)["one"] == ("one", "1.1")
    put(tmp_path / "told_inside.egg-info", "Name: told_inside\nVersion: 1")
    assert aged()["told-inside"] == ("told_inside", "1")
    (tmp_path / "told_inside.egg-info").write_text("Name: told_inside\nVersion: 2")
    assert found(tmp_path)["told-inside"] == ("told_inside", "2")
