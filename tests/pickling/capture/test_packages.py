"""Which distributions a task needs: the smallest set, with what asks for each, on every supported Python alike."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest
from archives import write

from autocontainer_nb.pickling.capture import packages
from autocontainer_nb.pickling.capture.packages import needs_of, packages_of


def test_modules_are_told_by_their_distributions() -> None:
    """Names differ from modules', submodules count for their package, the standard library and our own don't count."""
    modules = ["sklearn.linear_model", "PIL.Image", "json", "autocontainer_nb.core", "__main__", "no_such"]
    needs = needs_of(modules, [], [])
    assert packages_of(needs) == {"pillow": version("pillow"), "scikit-learn": version("scikit-learn")}
    assert [(need.modules, need.by) for need in needs] == [(("PIL",), ("code",)), (("sklearn",), ("code",))]


def test_what_another_one_brings_along_is_left_out_unless_the_code_imports_it() -> None:
    """As pandas requires numpy, that is needed by itself only where the user's own code asks for it."""
    assert set(packages_of(needs_of(["pandas"], ["numpy"], ["numpy._core"]))) == {"pandas"}
    assert set(packages_of(needs_of(["pandas", "numpy"], [], []))) == {"numpy", "pandas"}
    assert set(packages_of(needs_of([], ["sklearn.svm", "scipy.sparse", "numpy"], []))) == {"scikit-learn"}


def test_what_every_image_has_is_left_out() -> None:
    """What this package itself requires is in each image that can run a task."""
    assert needs_of(["msgpack", "cloudpickle", "google.protobuf.message", "flyteidl.core"], ["obstore"], []) == []


def test_what_asks_is_told() -> None:
    needs = {need.distribution: need.by for need in needs_of(["pandas"], ["pandas.core", "sklearn.svm"], ["yaml"])}
    assert needs == {"pandas": ("code", "data"), "scikit-learn": ("data",), "PyYAML": ("code",)}


INSTALLED = {
    # a namespace that two distributions share, with a name unlike the modules'
    "Acme_Storage-1.0.dist-info": ("Name: Acme-Storage\nVersion: 1.0\n",
                                    "acme/storage/__init__.py,,\nacme/storage/x.py,,\n"),
    "acme_mail-2.0.dist-info": ("Name: acme.mail\nVersion: 2.0\n", "acme/mail.py,,\n"),
    # two that require each other; one that requires them, with an extra and a marker
    "ping-1.dist-info": ("Name: ping\nVersion: 1\nRequires-Dist: pong\n", "ping.py,,\n"),
    "pong-1.dist-info": ("Name: pong\nVersion: 1\nRequires-Dist: Ping>=1; python_version > '3'\n", "pong.py,,\n"),
    "frame-3.dist-info": (
        "Name: frame\nVersion: 3\nRequires-Dist: base (>=1)\nRequires-Dist: extra-only; extra == 'all'\n",
        "frame/__init__.py,,\n",
    ),
    "base-1.dist-info": ("Name: base\nVersion: 1\n", "base.cpython-311-x86_64-linux-gnu.so,,\n"),
    "extra_only-1.dist-info": ("Name: extra-only\nVersion: 1\n", "extra_only/__init__.py,,\n"),
}  # fmt: skip


@pytest.fixture
def site(tmp_path, monkeypatch) -> Path:
    """A folder on sys.path with distributions in the layouts that installers make."""
    folder = tmp_path / "site"
    for name, (metadata, record) in INSTALLED.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "METADATA").write_text(metadata)
        (folder / name / "RECORD").write_text(record)
    old = folder / "conda_made-4.0-py3.11.egg-info"
    old.mkdir()
    (old / "PKG-INFO").write_text("Name: conda-made\nVersion: 4.0\n")
    (old / "top_level.txt").write_text("conda_made\n_conda_made\n")
    (old / "requires.txt").write_text("base\n\n[all]\nextra-only\n")
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    return folder


def told(code=(), data=(), others=(), local=()):
    return {need.distribution: need.modules for need in needs_of(code, data, others, local)}


def test_a_shared_namespace_is_told_by_the_modules_files(site) -> None:
    """Of a namespace only the distribution that has the module counts; the namespace alone is nobody's."""
    assert told(["acme", "acme.storage", "acme.storage.x.Y"]) == {"Acme-Storage": ("acme.storage", "acme.storage.x.Y")}
    assert told(["acme.mail"]) == {"acme.mail": ("acme.mail",)}
    assert told(["acme"]) == {}


def test_requirements_with_extras_markers_and_cycles(site) -> None:
    assert set(told(["frame"], ["base", "extra_only"])) == {"frame", "extra-only"}
    assert set(told([], ["ping", "pong"])) == {"ping"}
    assert set(told(["pong"], ["ping"])) == {"pong"}


def test_an_egg_info_layout(site) -> None:
    assert told(["_conda_made"], ["base", "extra_only"]) == {
        "conda-made": ("_conda_made",), "extra-only": ("extra_only",),
    }  # fmt: skip


def test_what_is_installed_meanwhile_is_seen(site) -> None:
    """A `%pip install` between two captures counts in the second one."""
    assert told(["fresh"]) == {}
    (site / "fresh-1.dist-info").mkdir()
    (site / "fresh-1.dist-info" / "METADATA").write_text("Name: fresh\nVersion: 1\n")
    (site / "fresh-1.dist-info" / "RECORD").write_text("fresh.py,,\n")
    os.utime(site, (1, 1))  # also where the clock is coarse
    assert told(["fresh"]) == {"fresh": ("fresh",)}


def test_a_file_beside_the_notebook_reads_no_list_again(site, monkeypatch) -> None:
    """Cells write files into folders of `sys.path`: only lists that change are read again."""
    expected = told(["acme.mail"])
    (site / "data.csv").write_text("1")
    os.utime(site, (2, 2))
    with monkeypatch.context() as patched:
        patched.setattr(packages, "_module_files", lambda _: pytest.fail("a list is read again"))
        assert told(["acme.mail"]) == expected
    record = site / "acme_mail-2.0.dist-info" / "RECORD"
    record.write_text("acme/post.py,,\n")  # the same version, built anew
    os.utime(record, (3, 3))
    os.utime(site, (3, 3))
    assert told(["acme.mail"]) == {}
    assert told(["acme.post"]) == {"acme.mail": ("acme.post",)}


def test_imports_of_local_modules_count_and_the_modules_themselves_do_not(site) -> None:
    """What travels as source needs what it imports; what it can do without, or is for a type checker, it doesn't."""
    text = (
        "import frame\nfrom typing import TYPE_CHECKING\ntry:\n    import ping\nexcept ImportError:\n    ping = None\n"
        "if TYPE_CHECKING:\n    import conda_made\ndef f():\n    from acme import mail\n"
    )
    local = SimpleNamespace(name="base", content=text.encode(), is_used=True, package="")
    assert set(told(["base", "base.x"], local=[local])) == {"frame", "acme.mail"}
    unused = SimpleNamespace(name="base", content=b"import frame", is_used=False, package="")
    assert told(["base"], local=[unused]) == {}


CAPTURES = """
import json, sys
import numpy as np, pandas as pd, yaml
from sklearn.linear_model import LinearRegression as Model
from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity, pickled_entity_of
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.pickling.inspect.description import inspect_archive

table = pd.DataFrame({"a": [1, 2]})
fitted = Model().fit([[1], [2]], [1, 2])
values = np.arange(3)

@task
def trivial(x: int) -> int:
    return x

@task
def of_code(x: str) -> int:
    import PIL.Image
    return len(yaml.safe_load(x))

@task
def of_data(x: int) -> float:
    return float(fitted.coef_[0]) + len(table)

@task
def of_both(x: int) -> float:
    return float(np.sum(values))

@task
def by_annotation(x: pd.DataFrame) -> int:
    return len(x)

@task
def by_class(x: int) -> int:
    return len(str(Model()))

for each in (trivial, of_code, of_data, of_both, by_annotation, by_class):
    dump_pickled_entity(pickled_entity_of(each), "entities.pkl")
    found = inspect_archive("entities.pkl")
    assert found["packages"] == {need["distribution"]: need["version"] for need in found["needs"]}
    print(json.dumps({need["distribution"]: need["by"] for need in found["needs"]}))
"""


def test_real_captures(tmp_path) -> None:
    """Real tasks in a process of their own: needs by code, by data and by both; none of a trivial task."""
    import json

    (tmp_path / "notebook.py").write_text(CAPTURES)
    made = subprocess.run([sys.executable, "notebook.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    trivial, of_code, of_data, of_both, by_annotation, by_class = map(json.loads, made.stdout.splitlines())
    assert trivial == {}
    assert of_code == {"pillow": ["code"], "PyYAML": ["code"]}
    assert of_data.items() >= {"pandas": ["data"], "scikit-learn": ["data"]}.items()
    assert set(of_data) <= {"pandas", "scikit-learn", "pyarrow"}  # pandas' texts are pyarrow's from version 3 on
    assert of_both == {"numpy": ["code", "data"]}
    assert by_annotation == {"pandas": ["code"]}
    assert by_class == {"scikit-learn": ["code"]}


def test_needs_stand_in_the_metadata(tmp_path) -> None:
    written = write({"x": 1}, tmp_path / "entities.pkl")
    assert (written.metadata["needs"], written.metadata["packages"]) == ([], {})
