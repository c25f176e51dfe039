"""Credentials: by whom a token is given, when it is asked for, and that no secret is ever shown."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from flyteidl.admin import project_pb2
from flyteidl.service import auth_pb2

from autocontainer_nb.errors import ConfigError, UnauthenticatedError, UnavailableError
from autocontainer_nb.remote.auth import prompt
from autocontainer_nb.remote.auth.credentials import Credentials
from autocontainer_nb.remote.auth.oauth import AuthServer, Provider, basic_header
from autocontainer_nb.remote.auth.token_sources import token_source
from autocontainer_nb.remote.config.endpoint import AuthSettings, Endpoint, parse_address
from autocontainer_nb.remote.rpc import methods

REQUEST = project_pb2.ProjectGetRequest(id="x")
COUNT_FILE = "import sys; file = open(sys.argv[1], 'a'); file.write('x'); file.close();"


@pytest.fixture
def guarded(control_plane, blobs):
    """A control plane that wants the token `token-1`, and names the HTTP server as its identity provider."""
    control_plane.token = "token-1"
    control_plane.answers |= {
        "GetProject": project_pb2.Project(id="x"),
        "GetPublicClientConfig": auth_pb2.PublicClientAuthConfigResponse(
            client_id="public", scopes=["all"], authorization_metadata_key="flyte-authorization", audience="flyte"
        ),
        "GetOAuth2Metadata": auth_pb2.OAuth2MetadataResponse(
            token_endpoint=f"{blobs.url}/token", device_authorization_endpoint=f"{blobs.url}/device"
        ),
    }
    return control_plane


def give(token="token-1", **more):
    """A token endpoint's answer."""
    return 200, json.dumps({"access_token": token, "expires_in": 60, **more}).encode()


def test_client_credentials_are_exchanged_for_a_token(guarded, blobs, calls):
    """The provider gets id, secret, scopes and audience; the token goes in the metadata key that the server names."""
    blobs.post = lambda path, headers, form: give()
    shared = calls(auth=AuthSettings(mode="ClientSecret", client_id="me", client_secret="s3cret/+"))
    assert shared.call(methods.GET_PROJECT, REQUEST).id == "x"
    path, headers, form = blobs.posts[0]
    assert path == "/token"
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"me:s3cret%2F%2B"
    assert parse_qs(form) == {"grant_type": ["client_credentials"], "scope": ["all"], "audience": ["flyte"]}
    assert guarded.metadata[-1]["flyte-authorization"] == "Bearer token-1"
    assert shared.call(methods.GET_PROJECT, REQUEST).id == "x"
    assert len(blobs.posts) == 1


@pytest.mark.parametrize("is_granted", [True, False], ids=["granted", "denied"])
def test_calls_at_the_same_time_ask_once(guarded, blobs, calls, is_granted):
    """Several calls that are refused at once get one token, or one refusal: a person isn't asked for each of them."""

    def post(path, headers, form):
        time.sleep(0.2)  # the others wait meanwhile
        return give() if is_granted else (400, b'{"error": "access_denied"}')

    def call(_):
        try:
            return shared.call(methods.GET_PROJECT, REQUEST).id
        except UnauthenticatedError as error:
            return type(error).__name__

    blobs.post = post
    shared = calls(auth=AuthSettings(mode="ClientSecret", client_id="me", client_secret="s"))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(call, range(4)))
    assert results == ["x" if is_granted else "UnauthenticatedError"] * 4
    assert len(blobs.posts) == 1


def test_an_expired_token_is_replaced_once(guarded, blobs, calls):
    """The server takes another token now: one refused call, one new token, and the caller sees the answer only."""
    tokens = iter(["token-1", "token-2"])
    blobs.post = lambda path, headers, form: give(next(tokens))
    shared = calls(auth=AuthSettings(mode="ClientSecret", client_id="me", client_secret="s"))
    shared.call(methods.GET_PROJECT, REQUEST)
    guarded.token = "token-2"
    assert shared.call(methods.GET_PROJECT, REQUEST).id == "x"
    assert guarded.counts["GetProject"] == 4
    assert len(blobs.posts) == 2


def test_a_token_that_is_refused_at_once_is_not_asked_for_again(guarded, blobs, calls):
    """The provider gives what the control plane refuses: two calls, one token, then the server's words."""
    blobs.post = lambda path, headers, form: give("another")
    with pytest.raises(UnauthenticatedError, match="token is wrong") as caught:
        calls(auth=AuthSettings(mode="ClientSecret", client_id="me", client_secret="s")).call(
            methods.GET_PROJECT, REQUEST
        )
    assert guarded.counts["GetProject"] == 2
    assert "another" not in str(caught.value)


def test_the_providers_refusal_is_quoted_without_the_secret(guarded, blobs, calls):
    """`error` and `error_description` are in the message; the secret isn't."""
    blobs.post = lambda path, headers, form: (401, b'{"error": "invalid_client", "error_description": "unknown"}')
    with pytest.raises(
        UnauthenticatedError, match=r"refused the token request \(HTTP 401\): invalid_client: unknown"
    ) as caught:
        calls(auth=AuthSettings(client_id="me", client_secret="hunter2")).call(methods.GET_PROJECT, REQUEST)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"{}"])
def test_a_provider_that_answers_something_else_is_told(guarded, blobs, calls, body):
    """What isn't a token answer is told as such."""
    blobs.post = lambda path, headers, form: (200, body)
    with pytest.raises(UnauthenticatedError, match=r"JSON object|access_token"):
        calls(auth=AuthSettings(client_id="me", client_secret="s")).call(methods.GET_PROJECT, REQUEST)


def test_the_secret_may_be_in_a_file(guarded, blobs, calls, tmp_path):
    """A line end after the secret isn't part of it; a missing file is named."""
    blobs.post = lambda path, headers, form: give()
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    auth = AuthSettings(mode="ClientSecret", client_id="me", client_secret_file=str(secret))
    assert calls(auth=auth).call(methods.GET_PROJECT, REQUEST).id == "x"
    assert blobs.posts[0][1]["Authorization"] == basic_header("me", "s3cret")
    secret.unlink()
    with pytest.raises(ConfigError, match=r"secret.*clientSecretLocation.*No such file"):
        calls(auth=replace(auth, client_id="you")).call(methods.GET_PROJECT, REQUEST)


def test_a_command_gives_the_token(guarded, calls, python_command, tmp_path):
    """The command runs when the server wants a token, once, and its output is the token."""
    command = (*python_command(COUNT_FILE + "print('token-1')"), str(tmp_path / "runs"))
    shared = calls(auth=AuthSettings(mode="ExternalCommand", command=command))
    shared.call(methods.GET_PROJECT, REQUEST)
    shared.call(methods.GET_PROJECT, REQUEST)
    assert (tmp_path / "runs").read_text() == "x"


def test_a_server_without_authentication_is_never_asked_for_a_token(control_plane, calls, python_command, tmp_path):
    """Credentials in the configuration do no harm where none are wanted: the command isn't even started."""
    control_plane.answers["GetProject"] = project_pb2.Project(id="x")
    command = (*python_command(COUNT_FILE + "print('t')"), str(tmp_path / "runs"))
    calls(auth=AuthSettings(mode="ExternalCommand", command=command)).call(methods.GET_PROJECT, REQUEST)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('vault is sealed')", "exited with status 1: vault is sealed"),
        ("pass", "exited with status 0: nothing on stderr"),
        ("print('Logged in as me')", "printed 4 words"),
    ],
)
def test_a_command_that_gives_no_token_is_told_without_its_arguments(guarded, calls, python_command, code, words):
    """The command's own last words are quoted; its arguments, which may hold secrets, aren't."""
    command = (*python_command(code), "--password=hunter2")
    with pytest.raises(ConfigError, match=words) as caught:
        calls(auth=AuthSettings(mode="ExternalCommand", command=command)).call(methods.GET_PROJECT, REQUEST)
    assert "hunter2" not in str(caught.value)


def test_a_command_that_is_not_there_is_named(guarded, calls):
    """The program's name and the system's reason."""
    with pytest.raises(ConfigError, match=r"admin\.command \(/no/such/program\) can't be started: No such file"):
        calls(auth=AuthSettings(mode="external_process", command=("/no/such/program",))).call(
            methods.GET_PROJECT, REQUEST
        )


def test_a_proxy_gets_its_own_token_with_every_call(control_plane, calls, python_command):
    """admin.proxyCommand fills `proxy-authorization` from the first call on."""
    control_plane.answers["GetProject"] = project_pb2.Project(id="x")
    calls(auth=AuthSettings(proxy_command=python_command("print('proxy')"))).call(methods.GET_PROJECT, REQUEST)
    assert control_plane.metadata[0]["proxy-authorization"] == "Bearer proxy"


def test_device_flow_shows_the_address_waits_and_renews_silently(guarded, blobs, calls, monkeypatch):
    """The user sees address and code once; a pending answer is asked again; later the refresh token is enough."""
    said, polls = [], []
    monkeypatch.setattr(prompt, "announce", said.append)

    def answer(path, headers, form):
        if path == "/device":
            return 200, json.dumps(
                {"device_code": "d", "user_code": "AB-CD", "verification_uri": "https://id/device", "interval": 0.01}
            ).encode()
        polls.append(parse_qs(form))
        if len(polls) == 1:
            return 400, b'{"error": "authorization_pending"}'
        return give("token-1" if len(polls) == 2 else "token-2", refresh_token="again")

    blobs.post = answer
    shared = calls(auth=AuthSettings(mode="DeviceFlow"))
    shared.call(methods.GET_PROJECT, REQUEST)
    guarded.token = "token-2"
    shared.call(methods.GET_PROJECT, REQUEST)
    assert [text for text in said if "sign in" in text] == [
        "To sign in, open https://id/device and confirm the code AB-CD"
    ]
    assert polls[0]["client_id"] == ["public"]
    assert polls[2] == {"grant_type": ["refresh_token"], "refresh_token": ["again"], "client_id": ["public"]}


def test_device_flow_that_nobody_confirms_ends(guarded, blobs, calls, monkeypatch):
    """After the provider's time limit the error says whom to ask."""
    monkeypatch.setattr(prompt, "announce", lambda text: None)
    start = {
        "device_code": "d",
        "user_code": "A",
        "verification_uri": "https://id",
        "interval": 0.01,
        "expires_in": 0.03,
    }
    blobs.post = lambda path, headers, form: (
        (200, json.dumps(start).encode()) if path == "/device" else (400, b'{"error": "authorization_pending"}')
    )
    with pytest.raises(UnauthenticatedError, match="The code wasn't confirmed at https://id"):
        calls(auth=AuthSettings(mode="DeviceFlow")).call(methods.GET_PROJECT, REQUEST)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (AuthSettings(mode="Kerberos"), "Unknown admin.authType 'Kerberos': expected one of Pkce"),
        (AuthSettings(mode="ClientSecret"), r"needs admin\.clientId"),
        (AuthSettings(mode="ClientSecret", client_id="me"), "clientSecretLocation"),
        (AuthSettings(mode="ExternalCommand"), r"needs admin\.command"),
    ],
)
def test_an_incomplete_configuration_is_told(settings, words):
    """What is missing is named, with the option that would fill it."""
    with pytest.raises(ConfigError, match=words):
        token_source(settings)


def test_a_control_plane_without_a_provider_is_told(control_plane, calls):
    """A server that wants credentials and names no token endpoint: what else would help."""
    control_plane.token = "t"
    control_plane.answers["GetProject"] = project_pb2.Project()
    with pytest.raises(ConfigError, match=r"has no token endpoint.*FlyteRemote\(token="):
        calls(auth=AuthSettings(client_id="me", client_secret="s")).call(methods.GET_PROJECT, REQUEST)


def test_credentials_are_not_sent_in_clear_text():
    """A token endpoint by plain http elsewhere than on this machine gets nothing."""
    with pytest.raises(ConfigError, match="isn't https"):
        Provider().post("http://id.example.org/token", {"a": "b"})


def test_a_provider_that_cannot_be_reached_is_told():
    """Nothing listens at the token endpoint."""
    with pytest.raises(UnavailableError, match="can't be reached"):
        Provider().post("http://127.0.0.1:1/token", {"a": "b"})


def test_no_secret_is_in_any_repr():
    """Settings, credentials: tokens, secrets and commands are left out."""
    settings = AuthSettings(
        token="hunter2",
        command=("c", "hunter2"),
        proxy_command=("hunter2",),
        client_secret="hunter2",
    )
    endpoint = Endpoint(address=parse_address("flyte.example.org"), auth=settings, http_proxy="http://me:hunter2@proxy")
    credentials = Credentials(endpoint, lambda proxy: AuthServer())
    assert "hunter2" not in repr(endpoint) + repr(endpoint.network) + repr(credentials)
