"""A sign-in lasts: over threads, clients, kernels and commands, over expiry, and only where it is safe."""

import base64
import json
import os
import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cloudpickle
import keyring
import pytest
from flyteidl.admin import project_pb2

from autocontainer_nb import FlyteRemote, dump_pickled_entity, task
from autocontainer_nb.errors import CaptureError, ConfigError, UnauthenticatedError, UnavailableError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.auth import prompt, tokens
from autocontainer_nb.remote.auth.token_store import Kept, TokenStore
from autocontainer_nb.remote.config.endpoint import AuthSettings, Endpoint, parse_address
from autocontainer_nb.remote.config.hidden import Hidden
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.rpc.calls import Calls

REQUEST = project_pb2.ProjectGetRequest(id="x")
PKCE = AuthSettings(mode="Pkce")
ROBOT = AuthSettings(mode="ClientSecret", client_id="robot", client_secret="s3cret/+")
OTHER_PROCESS = """
import sys
from flyteidl.admin import project_pb2
from autocontainer_nb.remote.config.endpoint import AuthSettings, Endpoint, parse_address
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.rpc.calls import Calls

print("ready", flush=True)
input()
calls = Calls(Endpoint(address=parse_address(sys.argv[1]), insecure=True, auth=AuthSettings(mode="Pkce")))
print(calls.call(methods.GET_PROJECT, project_pb2.ProjectGetRequest(id="x")).id)
calls.close()
"""


def get(calls: Calls) -> str:
    return calls.call(methods.GET_PROJECT, REQUEST).id


def start_other_process(plane) -> subprocess.Popen:
    """Another kernel or command of the same person, which nobody sits at."""
    command = [sys.executable, "-c", OTHER_PROCESS, f"127.0.0.1:{plane.port}"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env=dict(os.environ), **pipes)


def records(home):
    return sorted((home / "sign-in").glob("*.json"))


def test_clients_of_a_kernel_share_it(guarded, provider, person, calls):
    """A second client, while the first lives or afterwards, asks nobody and sends the token at once."""
    first = calls(auth=PKCE)
    assert get(first) == "x"
    assert get(calls(auth=PKCE)) == "x"
    assert person.asked == 1
    assert provider.refusals == 1


@pytest.mark.parametrize("backend", ["keyring.backends.fail.Keyring", "keyrings.alt.file.PlaintextKeyring"])
def test_other_processes_share_it(guarded, provider, person, calls, home, monkeypatch, backend, tmp_path):
    """In a file that only the person can read, said once; or in the keyring, and then no secret is in the file."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "keyring"))
    keyring.set_keyring(keyring.core.load_env())
    try:
        assert get(calls(auth=PKCE)) == "x"
    finally:
        keyring.set_keyring(keyring.core.load_keyring("keyring.backends.fail.Keyring"))
    (path,) = records(home)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    is_file = "fail" in backend
    told = [text for text in person.said if "is kept in" in text]
    assert len(told) == is_file
    assert any(secret in path.read_text() for secret in provider.tokens) == is_file
    other = start_other_process(guarded)
    assert other.communicate("go\n", timeout=30) == ("ready\nx\n", "")
    assert len(provider.tokens) == 1
    assert provider.refusals == 1


def test_a_keyring_that_is_switched_off_keeps_nothing(guarded, provider, person, calls, home):
    """The null backend is how people say that nothing is to be kept."""
    keyring.set_keyring(keyring.core.load_keyring("keyring.backends.null.Keyring"))
    try:
        assert get(calls(auth=PKCE)) == "x"
    finally:
        keyring.set_keyring(keyring.core.load_keyring("keyring.backends.fail.Keyring"))
    assert records(home) == []


def test_a_sign_in_belongs_to_its_control_plane(guarded, provider, person, calls, home):
    """Another address, another client or other scopes never get this token."""
    assert get(calls(auth=PKCE)) == "x"
    elsewhere = guarded.endpoint(auth=PKCE, address=parse_address(f"localhost:{guarded.port}"))
    assert get(calls(endpoint=elsewhere)) == "x"
    assert get(calls(auth=replace(PKCE, scopes=("all",)))) == "x"
    assert person.asked == 3
    assert len(records(home)) == 3


def test_a_damaged_record_is_as_none(guarded, provider, person, calls, home):
    """Whatever stands in the file: the person signs in again."""
    assert get(calls(auth=PKCE)) == "x"
    tokens._shared.clear()
    records(home)[0].write_text('{"format": 1, "place": "file", "token": 3')
    assert get(calls(auth=PKCE)) == "x"
    assert person.asked == 2


@pytest.mark.parametrize(
    "damage",
    [
        {"token": None},
        {"token": ""},
        {"token": "two\nlines"},
        {"token": {"a": 1}},
        {"header_key": None},
        {"header_key": "Ä"},
        {"refresh_token": 3},
        {"expires_at_s": [1]},
    ],
)
def test_a_record_that_could_not_be_sent_is_as_none(home, damage):
    """Whatever a file has that was damaged: a person signs in again, and no call fails at it."""
    store = TokenStore("host:1", ("pkce",))
    kept = Kept(token="t", header_key="authorization", expires_at_s=1.0, refresh_token="r")
    store.save(kept)
    assert store.load() == kept
    store.path.write_text(json.dumps({**json.loads(store.path.read_text()), **damage}))
    assert store.load() is None
    store.path.write_text("[" * 100_000)
    assert store.load() is None


def test_a_record_that_can_not_be_replaced_or_removed(home, capsys):
    """A disk that takes nothing, say: it is told, and the calls go on."""
    store = TokenStore("host:1", ("pkce",))
    store.path.mkdir(parents=True)
    store.save(Kept(token="t", header_key="authorization"))
    assert "can't be kept" in capsys.readouterr().err
    store.forget()
    assert [each.name for each in store.path.parent.iterdir()] == [store.path.name]


@pytest.mark.parametrize("auth", [PKCE, AuthSettings(mode="DeviceFlow"), ROBOT], ids=lambda auth: auth.mode)
def test_expiry_inside_a_run_goes_unnoticed(guarded, provider, person, calls, auth):
    """Tokens of a second, six threads that call all the time: each call is answered, and nobody is asked twice.

    Each token is asked for once, and no refresh token is sent a second time: the provider would revoke them all.
    """
    provider.lifetime_s = 1
    shared = calls(auth=auth)
    assert get(shared) == "x"
    end = time.monotonic() + 2.5

    def work(_):
        count = 0
        while time.monotonic() < end:
            count += get(shared) == "x"
            time.sleep(0.02)
        return count

    with ThreadPoolExecutor(6) as pool:
        assert min(pool.map(work, range(6))) > 1
    assert person.asked == (auth is not ROBOT)
    assert 3 <= len(provider.tokens) <= 5
    assert provider.reused == []


@pytest.mark.parametrize("auth", [PKCE, ROBOT], ids=lambda auth: auth.mode)
def test_a_token_is_renewed_ahead_of_its_expiry(guarded, provider, person, calls, auth, monkeypatch):
    """Half a minute before its end the next call gets a new one: the control plane has refused none but the first."""
    provider.lifetime_s = 3600
    shared = calls(auth=auth)
    assert get(shared) == get(shared) == "x"
    assert len(provider.tokens) == 1
    monkeypatch.setattr(environment, "now_s", lambda: time.time() + 3570)
    assert get(shared) == get(shared) == "x"
    assert len(provider.tokens) == 2
    assert provider.refusals == 1


def test_processes_that_renew_at_once_send_a_refresh_token_once(guarded, provider, person, calls):
    """A kernel and two commands find the token expired at the same moment: one renews, the others take what it got."""
    provider.lifetime_s = 0.3
    shared = calls(auth=PKCE)
    assert get(shared) == "x"
    others = [start_other_process(guarded) for _ in range(2)]
    assert [each.stdout.readline() for each in others] == ["ready\n"] * 2
    time.sleep(0.3)
    provider.lifetime_s, provider.delay_s = 60, 0.5
    with ThreadPoolExecutor(3) as pool:
        going = [pool.submit(each.communicate, "go\n", 30) for each in others]
        assert pool.submit(get, shared).result() == "x"
        assert [each.result() for each in going] == [("x\n", "")] * 2
    assert provider.reused == []
    assert len(provider.asked("refresh_token")) == 1
    assert person.asked == 1


def test_an_expired_refresh_token_asks_the_person_again(guarded, provider, person, calls):
    """The person is asked once more, and only because the provider doesn't take the refresh token."""
    provider.lifetime_s = provider.refresh_lifetime_s = 0.2
    shared = calls(auth=PKCE)
    assert get(shared) == "x"
    time.sleep(0.25)
    provider.lifetime_s = provider.refresh_lifetime_s = 60
    assert get(shared) == "x"
    assert person.asked == 2


def test_a_refresh_token_that_the_provider_fails_at(guarded, provider, person, calls, monkeypatch):
    """Flyte's own server answers some of them with HTTP 500 and an error of no meaning, which doesn't pass."""
    monkeypatch.setattr("autocontainer_nb.remote.http._RETRY_FORM_FOR_S", 0.05)
    shared = calls(auth=PKCE)
    assert get(shared) == "x"
    provider.tokens.clear()
    provider.answers[:] = [(500, '{"error": "error", "error_description": "The error is unrecognizable"}')]
    assert get(shared) == "x"
    assert person.asked == 2


def test_a_display_asks_nobody_again(guarded, provider, person, calls, monkeypatch):
    """Nobody came once: a thread that looks by itself doesn't open one browser after another, the next cell does."""
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("autocontainer_nb.remote.auth.pkce.TIME_LIMIT_S", 0.1)
    person.comes = False
    shared = calls(auth=PKCE)
    with pytest.raises(UnauthenticatedError, match="Nobody signed in"):
        get(shared)
    with ThreadPoolExecutor(1) as pool:
        for _ in range(3):
            with pytest.raises(UnauthenticatedError, match="Nobody signed in"):
                pool.submit(get, shared).result()
    assert len(person.opened) == 1
    person.comes = True
    monkeypatch.setattr("autocontainer_nb.remote.auth.pkce.TIME_LIMIT_S", 5)
    assert get(shared) == "x"


def test_a_display_does_not_knock_at_a_provider_that_refuses(guarded, provider, calls):
    """A wrong secret: a thread that looks by itself every second doesn't make the provider lock the client out."""
    shared = calls(auth=replace(ROBOT, client_secret="wrong"))
    with ThreadPoolExecutor(1) as pool:
        for _ in range(4):
            with pytest.raises(UnauthenticatedError, match="invalid_client"):
                pool.submit(get, shared).result()
    assert len(provider.asked("client_credentials")) == 1
    with pytest.raises(UnauthenticatedError, match="invalid_client"):
        get(shared)  # a person in a cell tries again at once
    assert len(provider.asked("client_credentials")) == 2


def test_a_provider_that_is_down_is_no_reason_to_ask(guarded, provider, person, calls, monkeypatch):
    """Ahead of expiry the old token is used on; after it the trouble is told. The refresh token stays good."""
    monkeypatch.setattr("autocontainer_nb.remote.http._RETRY_FORM_FOR_S", 0.05)
    monkeypatch.setattr(tokens, "_RETRY_S", 0.05)
    provider.lifetime_s = 1
    shared = calls(auth=PKCE)
    assert get(shared) == "x"
    provider.answers[:] = [(500, "")] * 200
    time.sleep(0.75)
    assert get(shared) == "x"
    time.sleep(0.3)
    with pytest.raises(UnavailableError, match="trouble of its own"):
        get(shared)
    provider.answers.clear()
    assert get(shared) == "x"
    assert person.asked == 1


def test_an_interrupted_sign_in_asks_nobody_else(guarded, provider, person, calls, monkeypatch):
    """Ctrl-C at the prompt: the threads that wait for it are told, and don't ask one after another."""
    monkeypatch.setattr(tokens, "_MAIN_THREAD_S", 1.0)
    asked = threading.Event()

    def interrupt():
        asked.set()
        time.sleep(0.3)
        raise KeyboardInterrupt

    monkeypatch.setattr(prompt, "ask", interrupt)
    shared = calls(auth=PKCE)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(get, shared) for _ in range(2)]
        with pytest.raises(KeyboardInterrupt):
            get(shared)
        for each in waiting:
            with pytest.raises(UnauthenticatedError, match="interrupted"):
                each.result()
    assert person.asked == 1


def test_a_command_runs_again_before_its_token_expires(guarded, provider, calls, python_command, tmp_path):
    """A JSON Web Token says when: no call is refused for it. Another token is used until it is refused."""

    def jwt(lifetime_s):
        claims = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + lifetime_s}).encode()).decode().rstrip("=")
        return f"e30.{claims}.signature"

    def trouble(sent):
        good = sent.get("flyte-authorization", "").startswith("Bearer e30.")
        provider.refusals += not good
        return "" if good else "no token"

    guarded.trouble = trouble
    (tmp_path / "token").write_text(jwt(0.5))
    script = "import sys; open(sys.argv[2], 'a').write('x'); print(open(sys.argv[1]).read())"
    command = (*python_command(script), str(tmp_path / "token"), str(tmp_path / "runs"))
    shared = calls(auth=AuthSettings(mode="ExternalCommand", command=command))
    assert get(shared) == "x"
    (tmp_path / "token").write_text(jwt(60))
    time.sleep(0.45)
    assert get(shared) == get(shared) == "x"
    assert (tmp_path / "runs").read_text() == "xx"
    assert provider.refusals == 1


def test_a_clock_that_is_wrong_costs_nothing(guarded, provider, calls, python_command, tmp_path, monkeypatch):
    """By this clock each token has expired when it comes: the control plane takes it, so the command runs once."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + 60}).encode()).decode().rstrip("=")
    monkeypatch.setattr(environment, "now_s", lambda: time.time() + 7200)
    guarded.trouble = lambda sent: "" if sent.get("flyte-authorization", "").startswith("Bearer e30.") else "no token"
    script = "import sys; open(sys.argv[2], 'a').write('x'); print(sys.argv[1])"
    command = (*python_command(script), f"e30.{claims}.s", str(tmp_path / "runs"))
    shared = calls(auth=AuthSettings(mode="ExternalCommand", command=command))
    assert [get(shared) for _ in range(3)] == ["x"] * 3
    assert (tmp_path / "runs").read_text() == "x"


def test_a_proxys_token_is_renewed_and_goes_nowhere_else(guarded, provider, calls, python_command, tmp_path):
    """It goes with each call, also those for discovery, and to a token endpoint only behind the same proxy.

    When it is refused, the command runs again.
    """
    (tmp_path / "token").write_text("first")
    command = (*python_command("import sys; print(open(sys.argv[1]).read())"), str(tmp_path / "token"))
    lets_in = guarded.trouble
    wanted = ["first"]
    guarded.trouble = lambda sent: (
        "proxy says no" if sent.get("proxy-authorization") != f"Bearer {wanted[0]}" else lets_in(sent)
    )
    shared = calls(auth=replace(ROBOT, proxy_command=command))
    assert get(shared) == "x"
    assert all("proxy-authorization" in sent for sent in guarded.metadata)
    assert provider.headers[-1]["Proxy-Authorization"] == "Bearer first"  # the same host
    wanted[0] = "second"
    (tmp_path / "token").write_text("second")
    assert get(shared) == "x"
    elsewhere = guarded.endpoint(
        auth=replace(ROBOT, proxy_command=command), address=parse_address(f"localhost:{guarded.port}")
    )
    assert get(calls(endpoint=elsewhere)) == "x"
    assert "Proxy-Authorization" not in provider.headers[-1]


@pytest.mark.parametrize("dump", [pickle.dumps, cloudpickle.dumps])
def test_no_token_is_pickled(dump):
    """Settings with a token refuse to be pickled: what is captured gets uploaded."""
    endpoint = Endpoint(address=parse_address("a.b"), auth=AuthSettings(token=Hidden("t0ken")))
    with pytest.raises(TypeError, match="isn't pickled"):
        dump(endpoint)
    assert "t0ken" not in repr(endpoint)
    assert f"{endpoint.auth.token}" == "t0ken"
    assert pickle.loads(dump(Hidden(""))) == ""  # where there is no secret


def test_a_client_that_a_task_mentions_takes_no_token_along(tmp_path):
    """The capture is refused with the way to the token, and nothing is written."""
    remote = FlyteRemote("flyte.example.org", token="t0ken-of-a-person")

    @task
    def look() -> str:
        return str(remote)

    with pytest.raises(CaptureError, match=r"look ► remote ► .*\.auth ► \.token") as caught:
        dump_pickled_entity(look, str(tmp_path / "entities.pkl"))
    assert "t0ken" not in str(caught.value)
    assert not (tmp_path / "entities.pkl").exists()


def test_no_secret_goes_in_clear_text_unless_somebody_says_so(calls):
    """By http:// alone, to another machine, nothing is sent; `insecure` by argument, variable or file is the word."""
    plain = Endpoint(address=parse_address("http://192.0.2.1:81"), insecure=True, auth=AuthSettings(token="t0ken"))
    with pytest.raises(ConfigError, match=r"in clear text.*FlyteRemote\(insecure=True\)"):
        get(calls(endpoint=plain))
    replace(plain, insecure_said=True).require_private()
