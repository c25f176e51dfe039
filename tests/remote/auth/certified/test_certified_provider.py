"""Each flow at a provider that the OpenID Foundation has certified: `make test-oidc`, which needs node and npm."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from flyteidl.admin import project_pb2
from flyteidl.service import auth_pb2

from autocontainer_nb.errors import UnauthenticatedError
from autocontainer_nb.remote.config.endpoint import AuthSettings
from autocontainer_nb.remote.rpc import methods

sys.path.insert(0, str(Path(__file__).parent.parent))  # pytest's importlib mode adds nothing

import people

REQUEST = project_pb2.ProjectGetRequest(id="x")
LIFETIME_S = 2
ROBOT = AuthSettings(mode="ClientSecret", client_id="robot", client_secret="s3cret/+", scopes=("all",))


class _Form(HTMLParser):
    """The first form of a page: where it leads, and its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = found.get("action", "")
        if tag in ("input", "button") and found.get("name"):
            self.fields.setdefault(found["name"], found.get("value") or "yes")


class _Stop(urllib.request.HTTPRedirectHandler):
    """Follows redirects within the provider; the one that leaves it is where the browser ends."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urllib.parse.urlsplit(newurl).path == "/callback":
            raise _EndError(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _EndError(Exception):
    pass


def browse(address: str) -> str:
    """Fill in each form as a person would; return the address that the browser ends at."""
    opener = urllib.request.build_opener(_Stop, urllib.request.HTTPCookieProcessor(CookieJar()))
    body = None
    try:
        for _ in range(8):
            with opener.open(address, body, timeout=5) as answer:
                page, address = answer.read().decode(), answer.url
            form = _Form(page)
            if form.action is None:
                return address
            filled = form.fields | {name: "ada" for name in ("login", "password") if name in form.fields}
            filled.pop("abort", None)
            address = urllib.parse.urljoin(address, form.action)
            body = urllib.parse.urlencode(filled).encode()
    except _EndError as end:
        return str(end)
    raise AssertionError(page)


@pytest.fixture
def issuer(monkeypatch):
    """The provider, as a process; the control plane's public client and its redirect address."""
    node = shutil.which("node")
    assert node, "node isn't installed"
    redirect = f"http://127.0.0.1:{people.free_port()}/callback"
    modules = os.environ["OIDC_PROVIDER"]
    command = [node, str(Path(__file__).with_name("provider.mjs")), modules, redirect, str(LIFETIME_S)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip(), redirect
    finally:
        process.communicate(timeout=10)


@pytest.fixture
def guarded(control_plane, issuer):
    """The control plane asks the provider about each token (RFC 7662)."""
    url, redirect = issuer

    def trouble(sent):
        token = sent.get("flyte-authorization", "").removeprefix("Bearer ")
        if not token:
            return "no token"
        basic = base64.b64encode(b"robot:s3cret%2F%2B").decode()
        form = urllib.parse.urlencode({"token": token}).encode()
        asked = urllib.request.Request(f"{url}/token/introspection", form, {"Authorization": f"Basic {basic}"})
        with urllib.request.urlopen(asked, timeout=5) as answer:
            found = json.load(answer)
        if not found["active"]:
            return "token isn't active"
        return "" if "all" in found.get("scope", "").split() else "authenticated user doesn't have required scope"

    control_plane.trouble = trouble
    control_plane.answers |= {
        "GetProject": project_pb2.Project(id="x"),
        "GetPublicClientConfig": auth_pb2.PublicClientAuthConfigResponse(
            client_id="flytectl",
            scopes=["openid", "all", "offline_access"],
            authorization_metadata_key="flyte-authorization",
            redirect_uri=redirect,
        ),
        "GetOAuth2Metadata": auth_pb2.OAuth2MetadataResponse(
            authorization_endpoint=f"{url}/auth",
            token_endpoint=f"{url}/token",
            device_authorization_endpoint=f"{url}/device/auth",
        ),
    }
    return control_plane


@pytest.fixture(autouse=True)
def _person_at_the_provider(person, monkeypatch):
    """The person fills in the provider's own pages."""
    monkeypatch.setattr(person, "follow", browse)
    monkeypatch.setattr(
        person, "confirm", lambda: browse(re.search(r"open (\S+) and confirm", person.said[-1]).group(1))
    )


def get(calls):
    return calls.call(methods.GET_PROJECT, REQUEST).id


@pytest.mark.parametrize("mode", ["Pkce", "DeviceFlow"])
@pytest.mark.parametrize("place", ["desktop", "elsewhere"])
def test_a_person_signs_in_and_stays_so(guarded, person, calls, monkeypatch, mode, place):
    """Sign-in, then calls over more than two lifetimes: the person is asked once."""
    if place == "desktop":
        monkeypatch.setenv("DISPLAY", ":0")
    shared = calls(auth=AuthSettings(mode=mode))
    end = time.monotonic() + 2.2 * LIFETIME_S
    while time.monotonic() < end:
        assert get(shared) == "x"
        time.sleep(0.1)
    assert person.asked == 1


def test_a_program_signs_in(guarded, calls):
    """Client credentials, over an expiry."""
    shared = calls(auth=ROBOT)
    assert get(shared) == "x"
    time.sleep(LIFETIME_S)
    assert get(shared) == "x"


def test_a_wrong_secret(guarded, calls):
    """The provider's refusal, and what to check."""
    auth = AuthSettings(mode="ClientSecret", client_id="robot", client_secret="wr0ng", scopes=("all",))
    with pytest.raises(UnauthenticatedError, match=r"invalid_client.*Check client 'robot'") as caught:
        get(calls(auth=auth))
    assert "wr0ng" not in str(caught.value)


def test_a_scope_that_does_not_exist(guarded, calls):
    """This provider leaves it out without a word: it's the control plane that says what the token lacks."""
    auth = AuthSettings(mode="ClientSecret", client_id="robot", client_secret="s3cret/+", scopes=("everything",))
    with pytest.raises(UnauthenticatedError, match=r"required scope.*admin\.scopes: \[all\]"):
        get(calls(auth=auth))
