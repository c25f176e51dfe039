"""A control plane that lets in whoever an OpenID provider has signed in, and what stands in for a person there."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autocontainer_nb.remote.auth import prompt

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode adds nothing

import openid_provider
from people import Person, guard, registered

# What needs node is run by `make test-oidc`, which says where its packages are.
collect_ignore = [] if os.environ.get("OIDC_PROVIDER") else ["certified"]
# Names that tell where a kernel runs: a test says itself whether there is a browser.
_PLACES = (
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "BROWSER",
    "SSH_CONNECTION",
    "SSH_CLIENT",
    "KUBERNETES_SERVICE_HOST",
    "CODESPACES",
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """A state directory of the test's own, on a machine without a browser."""
    monkeypatch.setenv("AUTOCONTAINER_NB_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for name in (*_PLACES, *(each for each in os.environ if each.startswith("JUPYTERHUB_"))):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "state"


@pytest.fixture
def provider() -> Iterator[openid_provider.OpenIdProvider]:
    """A running OpenID provider with a public client for people and one with a secret."""
    with openid_provider.serving() as served:
        registered(served)
        yield served


@pytest.fixture
def guarded(control_plane, provider):
    """The running control plane, which takes the provider's tokens."""
    guard(control_plane, provider)
    return control_plane


@pytest.fixture
def person(monkeypatch) -> Iterator[Person]:
    """The person in front of the kernel, who signs in when asked."""
    somebody = Person()

    def hear(text: str) -> None:
        somebody.said.append(text)
        if somebody.comes and "confirm the code" in text:
            somebody.confirm()

    monkeypatch.setattr(prompt, "announce", hear)
    monkeypatch.setattr(prompt, "ask", somebody.paste)
    monkeypatch.setattr(prompt, "is_attended", lambda: True)
    monkeypatch.setattr(prompt, "open_page", somebody.browse)
    yield somebody
    for thread in somebody.threads:
        thread.join(5)
