"""The folder's own modules are importable by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from projects import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project, and an empty container."""
    for name in ("project", "container"):
        (tmp_path / name).mkdir()
    return Project(tmp_path / "project", tmp_path / "container")
