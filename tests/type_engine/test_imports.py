"""The engine loads what a value needs, and nothing before."""

import subprocess
import sys

import pytest

HEAVY = (
    "msgpack",
    "pandas",
    "numpy",
    "pyarrow",
    "json",
    "pathlib",
    "tempfile",
    "urllib.request",
    "cloudpickle",
    "obstore",
)


def loaded_after(code):
    """Return which heavy modules a fresh process has loaded after the code."""
    report = f"\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-I", "-c", code + report], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


START = "from autocontainer_nb.type_engine.engine import type_engine as engine\n"


def test_simple_values_load_nothing():
    """An int, a list and a union there and back load none of the libraries that other types need."""
    code = START + (
        "for value, kind in ((3, int), ([1.5], list[float]), ({'a': None}, dict[str, int | None])):\n"
        "    assert engine.from_literal(engine.to_literal(value, kind, files=None), kind, files=None) == value\n"
    )
    assert loaded_after(code) == set()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "import dataclasses\nA = dataclasses.make_dataclass('A', ['a'])\nengine.to_literal(A(1), A, files=None)\n",
            "msgpack",
        ),
        (
            (
                "from autocontainer_nb.storage.access import PrefixAccess\n"
                "class A:\n    pass\nengine.to_literal(A(), A, files=PrefixAccess('memory://x', '.'))\n"
            ),
            "cloudpickle",
        ),
    ],
    ids=["dataclass", "object"],
)
def test_each_family_loads_its_own(code, expected):
    """A dataclass loads msgpack, an object cloudpickle; neither loads pandas, numpy or pyarrow."""
    loaded = loaded_after(START + code)
    assert expected in loaded
    assert not loaded & {"pandas", "numpy", "pyarrow", "obstore", "urllib.request"}
