"""Both packages at hand: ours, and flytekit in the environment that the tests' set-up makes."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
if str(HERE) not in sys.path:  # pytest's importlib mode adds nothing
    sys.path.insert(0, str(HERE))

from comparison import Comparison  # noqa: E402 - found by the line above
from sides import start_sides  # noqa: E402 - found by the line above


@pytest.fixture(scope="session")
def sides(tmp_path_factory):
    """Return (ours, theirs): two processes that live as long as the session."""
    given = os.environ.get("PEER_PYTHON", ".venv-peer/bin/python")
    peer_python = HERE.parent.parent / given
    if not peer_python.exists():
        pytest.fail(
            f"flytekit's environment isn't there: no {peer_python}. `make test` makes it; or name a Python that has "
            "flytekit by PEER_PYTHON."
        )
    both = start_sides(peer_python, tmp_path_factory.mktemp("conformance"))
    yield both
    for side in both:
        side.stop()


@pytest.fixture(scope="session")
def comparison(sides):
    """Return what compares a definition on both sides."""
    return Comparison(*sides)
