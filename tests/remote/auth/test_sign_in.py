"""Every way of signing in, against an OpenID provider that isn't ours and a gRPC server that checks its tokens."""

import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qs, parse_qsl, urlsplit
from urllib.request import urlopen

import pytest
from flyteidl.admin import project_pb2

from autocontainer_nb.errors import ConfigError, UnauthenticatedError, UnavailableError
from autocontainer_nb.remote.auth import pkce, prompt
from autocontainer_nb.remote.config.endpoint import AuthSettings
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.rpc.calls import Calls

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode adds nothing

import openid_provider

REQUEST = project_pb2.ProjectGetRequest(id="x")
ROBOT = AuthSettings(mode="ClientSecret", client_id="robot", client_secret="s3cret/+")


def get(calls: Calls) -> str:
    return calls.call(methods.GET_PROJECT, REQUEST).id


def redirect_of(provider: openid_provider.OpenIdProvider) -> str:
    return provider.clients["flytectl"].redirect_uris[0]


def wait_for(found) -> None:
    """Wait until something is there."""
    end = time.monotonic() + 5
    while not found() and time.monotonic() < end:
        time.sleep(0.01)


def assert_hidden(error: BaseException, provider: openid_provider.OpenIdProvider) -> None:
    """Neither the message nor any frame of ours shows a secret: what `%xmode Verbose` would print."""
    shown = [str(error), repr(error), *map(str, error.__notes__ if hasattr(error, "__notes__") else ())]
    trace = error.__traceback__
    while trace is not None:
        if "autocontainer_nb" in trace.tb_frame.f_code.co_filename and "tests" not in trace.tb_frame.f_code.co_filename:
            shown += [repr(value) for value in trace.tb_frame.f_locals.values()]
        trace = trace.tb_next
    for secret in provider.secrets():
        assert [text for text in shown if secret in text] == []


def test_pkce_where_the_kernel_has_a_browser(guarded, provider, person, calls, monkeypatch):
    """The browser opens, its redirect comes to this machine, and the token goes in the metadata key of the server."""
    monkeypatch.setenv("DISPLAY", ":0")
    assert get(calls(auth=AuthSettings(mode="Pkce"))) == "x"
    (asked,) = provider.asked("/authorize")
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == redirect_of(provider)
    assert asked["scope"] == "all offline"
    (form,) = provider.asked("authorization_code")
    assert 43 <= len(form["code_verifier"]) <= 128
    assert form["code_verifier"] not in person.opened[0]
    assert guarded.metadata[-1]["flyte-authorization"].removeprefix("Bearer ") in provider.tokens


def test_pkce_where_it_has_none(guarded, provider, person, calls):
    """The address is shown, and the one that the browser ends at is pasted: nothing listens there."""
    assert get(calls(auth=AuthSettings(mode="Pkce"))) == "x"
    assert not person.opened
    assert person.pasted[0].startswith(f"{redirect_of(provider)}?code=")
    assert "Copy the whole address" in person.said[0]


@pytest.mark.parametrize(
    ("variables", "platform", "expected"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "1"}, "darwin", False),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "1"}, "linux", False),
        ({"DISPLAY": ":0", "JUPYTERHUB_SERVICE_PREFIX": "/user/ada"}, "linux", False),
        ({"SSH_CONNECTION": "1", "BROWSER": "an editor's helper"}, "linux", True),
    ],
)
def test_where_a_browser_is(variables, platform, expected):
    """On the desk, unless the variables of a hub, of SSH and the like say that the person is elsewhere."""
    assert prompt.has_browser(variables, platform) is expected


def test_nothing_configured_and_the_server_decides(guarded, provider, person, calls, monkeypatch):
    """A person without a configuration is signed in by what the control plane offers; a browser goes ahead."""
    monkeypatch.setenv("DISPLAY", ":0")
    assert get(calls()) == "x"
    assert len(person.opened) == 1


def test_nothing_configured_and_no_browser(guarded, provider, person, calls):
    """A code is less to copy than an address."""
    assert get(calls()) == "x"
    assert provider.asked("/device")
    assert "confirm the code" in person.said[0]


def test_the_device_flow(guarded, provider, person, calls):
    """Address and code are shown, the person confirms, and the pending answers before are waited out."""
    person.comes = False
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: (wait_for(lambda: len(provider.asked("device_code")) > 1), person.confirm()))
        assert get(calls(auth=AuthSettings(mode="DeviceFlow"))) == "x"
    assert len(provider.asked("device_code")) > 1


def test_a_device_code_that_is_refused(guarded, provider, person, calls):
    """The provider's words, and what to do."""
    person.comes = False

    def refuse():
        wait_for(lambda: provider.devices)
        provider.approvals |= {device.get_user_code(): False for device in provider.devices.values()}

    with ThreadPoolExecutor(1) as pool:
        pool.submit(refuse)
        with pytest.raises(UnauthenticatedError, match=r"access_denied.*Sign in as somebody") as caught:
            get(calls(auth=AuthSettings(mode="DeviceFlow")))
    assert_hidden(caught.value, provider)


def test_a_clients_secret(guarded, provider, calls):
    """Basic authentication with a form-encoded secret, and without the scope that refresh tokens are for."""
    assert get(calls(auth=ROBOT)) == "x"
    (form,) = provider.asked("client_credentials")
    assert form["scope"] == "all"


def test_an_external_command(guarded, provider, calls, python_command, tmp_path):
    """The command's output is the token, whatever it asked to get it."""
    get(calls(auth=ROBOT))
    token = guarded.metadata[-1]["flyte-authorization"].removeprefix("Bearer ")
    (tmp_path / "token").write_text(token)
    command = (*python_command("import sys; print(open(sys.argv[1]).read())"), str(tmp_path / "token"))
    assert get(calls(auth=AuthSettings(mode="ExternalCommand", command=command))) == "x"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"client_secret": "wrong"},
            r"invalid_client.*Check client 'robot' \(admin.clientId\) and its secret, from the x",
        ),
        ({"client_id": "nobody"}, r"invalid_client.*Check client 'nobody'"),
        ({"scopes": ("admin",)}, r"invalid_scope.*Asked for: admin\. Set admin.scopes to what .* client 'robot'"),
    ],
)
def test_a_refusal_says_what_to_check(guarded, provider, calls, changes, words):
    """Wrong secret, wrong id and a scope that the client doesn't have are three things."""
    if "scopes" in changes:
        provider.answers.append((400, '{"error": "invalid_scope"}'))  # Authlib drops what a client may not have
    with pytest.raises(UnauthenticatedError, match=words) as caught:
        get(calls(auth=replace(ROBOT, secret_origin="the x", **changes)))
    assert_hidden(caught.value, provider)
    assert "wrong" not in str(caught.value)


def test_a_client_that_may_not_use_the_flow(guarded, provider, calls):
    """unauthorized_client: the flow is named."""
    provider.clients["robot"].grant_types = ()
    with pytest.raises(UnauthenticatedError, match=r"client 'robot' may not sign in by client_credentials"):
        get(calls(auth=ROBOT))


def test_a_missing_scope_is_named(guarded, provider, calls):
    """The control plane's own refusal, which no other token would change: none is asked for."""
    provider.clients["robot"].scopes = ("openid",)
    with pytest.raises(UnauthenticatedError, match=r"required scope.*admin\.scopes: \[all\]"):
        get(calls(auth=replace(ROBOT, scopes=("openid",))))
    assert len(provider.asked("client_credentials")) == 1


def test_a_provider_that_is_down(guarded, provider, calls, monkeypatch):
    """HTTP 500, again and again, is the provider's trouble and not the configuration's; a single one is bridged."""
    provider.answers[:] = [(503, "busy")]
    assert get(calls(auth=ROBOT)) == "x"
    monkeypatch.setattr("autocontainer_nb.remote.http._RETRY_FORM_FOR_S", 0.3)
    provider.answers[:] = [(500, "<html>oh</html>")] * 9
    with pytest.raises(UnavailableError, match=r"trouble of its own \(HTTP 500\).*configuration isn't the reason"):
        get(calls(auth=replace(ROBOT, audience="other")))


def test_what_a_provider_repeats_is_left_out(guarded, provider, person, calls, monkeypatch):
    """A description that quotes the code or the secret doesn't bring it into the message."""
    shared = calls(auth=AuthSettings(mode="Pkce"))
    paste = prompt.ask

    def quoting():
        address = paste()
        code = parse_qs(urlsplit(address).query)["code"][0]
        provider.answers.append((400, f'{{"error": "invalid_grant", "error_description": "{code} has expired"}}'))
        return address

    monkeypatch.setattr(prompt, "ask", quoting)
    with pytest.raises(UnauthenticatedError, match="invalid_grant: … has expired") as caught:
        get(shared)
    assert_hidden(caught.value, provider)


def test_what_is_pasted_must_be_the_answer_to_this_sign_in(guarded, provider, person, calls, monkeypatch):
    """Something else is asked for again; the answer to another sign-in (another state) isn't taken."""
    wrong = ["hello", f"{redirect_of(provider)}?code=stolen&state=another"]
    monkeypatch.setattr(prompt, "ask", lambda: wrong.pop(0) if wrong else person.paste())
    assert get(calls(auth=AuthSettings(mode="Pkce"))) == "x"
    assert len(person.said) >= 3
    assert "stolen" not in str(provider.requests)


def test_a_redirect_of_somebody_else_ends_nothing(guarded, provider, person, calls, monkeypatch):
    """A page that sends the browser to the loopback address with a state of its own is turned away."""
    monkeypatch.setenv("DISPLAY", ":0")
    follow = person.follow
    refused = []

    def attacked(address):
        with pytest.raises(HTTPError) as caught:
            urlopen(f"{redirect_of(provider)}?code=stolen&state=guessed", timeout=5)
        caught.value.close()
        refused.append(caught.value.code)
        return follow(address)

    monkeypatch.setattr(person, "follow", attacked)
    assert get(calls(auth=AuthSettings(mode="Pkce"))) == "x"
    assert refused == [400]
    assert [form["code"] for form in provider.asked("authorization_code")] != ["stolen"]


def test_a_port_that_is_taken(guarded, provider, person, calls, monkeypatch):
    """Another program listens where the redirect leads: the address is pasted instead."""
    monkeypatch.setenv("DISPLAY", ":0")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        redirect = f"http://127.0.0.1:{taken.getsockname()[1]}/callback"
        provider.clients["flytectl"].redirect_uris = (redirect,)
        guarded.answers["GetPublicClientConfig"].redirect_uri = redirect
        assert get(calls(auth=AuthSettings(mode="Pkce"))) == "x"
    assert any("can't be listened at" in text for text in person.said)


def test_a_person_who_refuses(guarded, provider, person, calls, monkeypatch):
    """The provider's error comes by the redirect."""

    def refuse():
        state = dict(parse_qsl(urlsplit(person.address()).query))["state"]
        return f"{redirect_of(provider)}?error=access_denied&error_description=No&state={state}"

    monkeypatch.setattr(prompt, "ask", refuse)
    with pytest.raises(UnauthenticatedError, match="Not signed in: access_denied: No"):
        get(calls(auth=AuthSettings(mode="Pkce")))


def test_nobody_comes(guarded, provider, person, calls, monkeypatch):
    """After a while the error says what else there is."""
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(pkce, "TIME_LIMIT_S", 0.1)
    person.comes = False
    with pytest.raises(UnauthenticatedError, match=r"Nobody signed in.*paste its last address"):
        get(calls(auth=AuthSettings(mode="Pkce")))


def test_where_nobody_can_be_asked(guarded, provider, person, calls, monkeypatch):
    """Without a terminal, and in kernels whose frontend takes no input, the error names the other ways."""

    def refuse():
        raise EOFError

    monkeypatch.setattr(prompt, "ask", refuse)
    with pytest.raises(UnauthenticatedError, match=r"Nobody can be asked.*ClientSecret or ExternalCommand"):
        get(calls(auth=AuthSettings(mode="Pkce")))


def test_a_job_without_a_terminal_does_not_wait(guarded, provider, person, calls, monkeypatch):
    """Nothing is configured, and nobody is there: no code is shown to nobody for ten minutes."""
    monkeypatch.setattr(prompt, "is_attended", lambda: False)
    with pytest.raises(UnauthenticatedError, match="Nobody can be asked"):
        get(calls())
    assert not person.said


def test_credentials_that_belong_elsewhere_are_mentioned(guarded, provider, person, calls):
    """The person is asked although there is a secret in the environment, and is told why."""
    assert get(calls(auth=AuthSettings(unused="The variables belong elsewhere."))) == "x"
    assert person.said[0] == "The variables belong elsewhere."


def test_in_a_container_nobody_is_asked(guarded, provider, person, calls, monkeypatch):
    """The variables that help there are named."""
    monkeypatch.setenv("FLYTE_INTERNAL_EXECUTION_ID", "f1")
    with pytest.raises(UnauthenticatedError, match=r"in a container.*FLYTE_CREDENTIALS_CLIENT_ID"):
        get(calls())
    assert not person.said


@pytest.mark.parametrize(
    ("mode", "endpoint", "words"),
    [
        ("Pkce", "authorization_endpoint", "no authorization endpoint.*DeviceFlow, which it offers"),
        ("DeviceFlow", "device_authorization_endpoint", "no device authorization endpoint.*Pkce, which it offers"),
    ],
)
def test_a_flow_that_the_server_does_not_offer(guarded, provider, person, calls, mode, endpoint, words):
    """The one that it offers is named."""
    guarded.answers["GetOAuth2Metadata"].ClearField(endpoint)
    with pytest.raises(ConfigError, match=words):
        get(calls(auth=AuthSettings(mode=mode)))


@pytest.mark.parametrize("mode", ["Pkce", "DeviceFlow"])
def test_six_threads_are_one_prompt(guarded, provider, person, calls, mode, monkeypatch):
    """However many calls are refused at once, a person is asked once."""
    monkeypatch.setenv("DISPLAY", ":0")
    shared = calls(auth=AuthSettings(mode=mode))
    gate = threading.Barrier(6)

    def call(_):
        gate.wait()
        return get(shared)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(call, range(6))) == ["x"] * 6
    assert person.asked == 1
    assert len(provider.tokens) == 1


def test_threads_that_cannot_ask_wait_for_the_one_that_can(guarded, provider, person, calls):
    """A kernel takes input in its main thread only: the threads of an upload wait until the person has signed in."""
    shared = calls(auth=AuthSettings(mode="Pkce"))
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(get, shared) for _ in range(3)]
        time.sleep(0.1)
        assert get(shared) == "x"
        assert [each.result() for each in waiting] == ["x"] * 3
    assert person.asked == 1


def test_a_thread_alone_says_what_to_do(guarded, provider, person, calls, monkeypatch):
    """A display that looks by itself asks nobody."""
    monkeypatch.setattr("autocontainer_nb.remote.auth.tokens._MAIN_THREAD_S", 0.1)
    shared = calls(auth=AuthSettings(mode="Pkce"))
    with ThreadPoolExecutor(1) as pool, pytest.raises(UnauthenticatedError, match="run any call to it in a cell"):
        pool.submit(get, shared).result()
    assert person.asked == 0
