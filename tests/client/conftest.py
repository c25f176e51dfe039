"""The control plane that the client's suite runs against, and what of it a case may need.

`pytest tests/client` takes a sandbox of its own. `--control-plane=HOST:PORT` takes any other one; the image, project
and credentials are those of the environment, as for every client.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from autocontainer_nb import Execution, FlyteRemote
from autocontainer_nb.sandbox import process

HERE = Path(__file__).parent
if str(HERE) not in sys.path:  # pytest's importlib mode adds nothing
    sys.path.insert(0, str(HERE))

from client_needs import NEEDS  # noqa: E402 - found by the lines above


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip on the sandbox what needs more than it has; what it needs must be in the table."""
    for item in items:
        for need in [name for mark in item.iter_markers("needs") for name in mark.args]:
            if need not in NEEDS:
                raise pytest.UsageError(f"{item.nodeid}: tests/client/client_needs.py has no {need!r}")
            if not config.getoption("--control-plane"):
                item.add_marker(pytest.mark.skip(reason=f"needs {need}: {NEEDS[need]}"))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The home of the suite's own sandbox."""
    return str(tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="session")
def remote(request: pytest.FixtureRequest, home: str) -> Iterator[FlyteRemote]:
    """A client of the control plane that was asked for; by default of a sandbox, which is gone afterwards."""
    if request.config.getoption("--control-plane"):
        client = FlyteRemote()  # the endpoint is in the environment, see tests/conftest.py
        yield client
        client.close()
        return
    client = FlyteRemote(home=home)
    yield client
    client.close()
    process.stop(home)
    assert not process.status(home).running


@pytest.fixture(scope="session")
def word() -> str:
    """A word that nothing else at the control plane has in its name."""
    return f"s{uuid4().hex[:10]}"


Once = Callable[..., Execution]


@pytest.fixture(scope="session")
def once(remote: FlyteRemote) -> Once:
    """Launch, and return the execution: the same one for the same task and inputs, so that cases can share it."""
    started: dict[tuple[int, str], tuple[Any, Execution]] = {}

    def launch(entity: Any, **inputs: Any) -> Execution:
        key = (id(entity), repr(inputs))
        if key not in started:
            started[key] = (entity, remote.launch(entity, **inputs))
        return started[key][1]

    return launch
