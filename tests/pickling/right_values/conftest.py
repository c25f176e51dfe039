"""One container for the folder's tests, and a notebook for each."""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parent / "installed"))  # as `pip install --target` leaves it

import pytest
from container import Container
from notebook import Notebook

from autocontainer_nb.core.capture.own_classes import recognize_own_classes
from autocontainer_nb.pickling.portable import class_table


@pytest.fixture(scope="package")
def container() -> Iterator[Container]:
    """A warm container process, which each captured function is loaded in a fork of."""
    made = Container(Path(__file__).parent / "installed")
    yield made
    made.close()


@pytest.fixture
def notebook(container: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """A new notebook in a process that knows its own classes, as one that launches does."""
    monkeypatch.setattr(class_table, "recognize", None)
    monkeypatch.setattr(class_table, "identify", None)
    recognize_own_classes()
    made = Notebook(tmp_path, container)
    monkeypatch.setitem(sys.modules, "__main__", made.module)
    return made
