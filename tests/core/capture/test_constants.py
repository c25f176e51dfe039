"""A pickled constant of a graph counts in the version by what it means, and nothing is stored to find that out."""

import itertools
import sys
from types import ModuleType
from typing import Any

import pytest

from autocontainer_nb.core.capture.constants import constants_by_meaning
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.pickling.code.cells import Cell, cells
from autocontainer_nb.remote.register.order import registrations, version_of
from autocontainer_nb.storage.access import PrefixAccess

SETTINGS = SerializationSettings(
    image_config=ImageConfig(Image("default", "example.org/image", "1")), project="p", domain="d", version="v"
)
CELL = """
from dataclasses import dataclass
from typing import Any
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow

class Plain:
    def __init__(self, rate): self.rate = rate
    def of(self): return self.rate * 2

@dataclass
class Base:
    rate: int = 1

@dataclass
class Special(Base):
    more: int = 3

@task
def look(value: Any) -> Any: return value
@task
def base(value: Base) -> Any: return value
@task
def table(value: dict) -> Any: return value

@workflow
def w() -> tuple[Any, Any, Any]:
    return look(value=[Plain(1), Plain.of]), base(value=Special(2)), table(value={"a": (1, Plain(1))})
"""
_numbers = itertools.count()


class _Refusing(PrefixAccess):
    def put_bytes(self, data: bytes, name: str) -> str:
        raise AssertionError("nothing may be stored")


@pytest.fixture
def version(monkeypatch, tmp_path):
    """The version of the workflow in a cell that runs now."""
    module = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)

    def of(text: str) -> str:
        filename = f"/tmp/ipykernel_of_constants/{next(_numbers)}.py"
        cells.record(Cell(filename, text))
        exec(compile(text, filename, "exec"), vars(module))
        workflow: Any = vars(module)["w"]
        with constants_by_meaning():
            forms = registrations(LaunchPlan(workflow.name, workflow), SETTINGS, _Refusing(str(tmp_path), tmp_path))
        return version_of(forms, "")

    return of


@pytest.mark.parametrize("moved", [CELL, "\n\n# above\n" + CELL, CELL.replace("    def of", "    # of it\n    def of")])
def test_the_place_of_a_class_is_no_part_of_its_instances(version, moved):
    """A cell that ran again, below other lines, means what it meant."""
    assert version(CELL) == version(moved)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Plain(1), Plain.of", "Plain(2), Plain.of"),
        ("rate * 2", "rate * 3"),
        ("Special(2)", "Special(2, 4)"),
        ("Special(2)", "Base(2)"),
        ("(1, Plain(1))", "(1, Plain(2))"),
        ("more: int = 3", "more: int = 4"),
    ],
)
def test_what_a_constant_is_counts(version, old, new):
    """Its content, and the code of its class."""
    assert version(CELL) != version(CELL.replace(old, new))
