"""What every test stands on: nothing of the user's own machine is read or written."""

import gc
import os
import signal
from collections.abc import Iterator

import pytest

from autocontainer_nb.core.entities.notebook_scope import notebook_scope
from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.pickling.portable.naming import NamingPickler


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `tests/client` run against any control plane."""
    group = parser.getgroup("control plane")
    group.addoption(
        "--control-plane", metavar="HOST:PORT", help="what tests/client runs against; by default a sandbox of its own"
    )
    group.addoption("--insecure", action="store_true", help="--control-plane speaks without TLS")


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what lives as long as the session: thousands of tests and their modules."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _no_user_state(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The user's cluster configuration, kernel profile and sandbox are out of reach; a test that needs one makes it.

    With `--control-plane`, what the environment says of it counts: image, project and credentials.
    """
    endpoint = request.config.getoption("--control-plane")
    if endpoint:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FLYTE_PLATFORM_URL", endpoint)  # where credentials of the environment go
            if request.config.getoption("--insecure"):
                patch.setenv("FLYTE_PLATFORM_INSECURE", "true")
            yield
        return
    home = tmp_path_factory.mktemp("home")
    state = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("FLYTE", "AUTOCONTAINER_NB_", "IPYTHON", "JUPYTER")):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("AUTOCONTAINER_NB_HOME", str(state))
        yield
    # What a task was made of when it last ran is noted wherever a client without a home of its own launches it.
    left = sorted(path.name for path in state.iterdir() if path.name != "last-runs")
    assert not left, f"a test used the session's own AUTOCONTAINER_NB_HOME instead of one of its own: {left}"


@pytest.fixture(scope="session", autouse=True)
def _everything_of_ours_has_a_lasting_name() -> Iterator[None]:
    """A pickle that would hold the path of one of our modules fails its test: `pickled_names` lacks something."""

    def refuse(value: object) -> None:
        raise AssertionError(f"{value!r} has no name in autocontainer_nb/pickled_names.py")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NamingPickler, "unnamed", staticmethod(refuse))
        yield


@pytest.fixture(scope="session", autouse=True)
def _interrupts_arrive() -> None:
    """A shell's background job starts with SIGINT ignored, and all its children with it: here an interrupt counts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_notebook() -> Iterator[None]:
    """Each test begins outside of any notebook: no cells are known, and no scope is open."""
    yield
    cells.clear()
    notebook_scope.close()
