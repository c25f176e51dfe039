"""The engine's tests: where values that are files go, and the modules beside the tests."""

import sys
from pathlib import Path

import pytest

from autocontainer_nb.storage.access import PrefixAccess

HERE = str(Path(__file__).parent)
if HERE not in sys.path:  # pytest's importlib mode adds nothing, and pickles need an importable module
    sys.path.insert(0, HERE)


@pytest.fixture
def files(tmp_path):
    return PrefixAccess(str(tmp_path / "raw"), tmp_path / "scratch")
