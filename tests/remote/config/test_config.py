"""Where the endpoint, the project, the credentials and the image come from, and in which order."""

import json
import re
import sys
from types import SimpleNamespace

import pytest

from autocontainer_nb import slots
from autocontainer_nb.errors import ConfigError
from autocontainer_nb.remote.config.endpoint import AuthSettings
from autocontainer_nb.remote.config.settings import Arguments, resolve_settings

FILE = """
admin:
  endpoint: dns:///cluster.example.org
  insecure: true
  authType: ClientSecret
  clientId: me
  clientSecretEnvVar: MY_SECRET
  scopes: [all]
console:
  endpoint: https://console.example.org
images:
  default: ghcr.io/me/default:v1
  gpu: ghcr.io/me/gpu:v2
task:
  project: research
"""


@pytest.fixture
def home(tmp_path):
    """A home directory with Flyte's configuration file."""
    (tmp_path / ".flyte").mkdir()
    (tmp_path / ".flyte" / "config.yaml").write_text(FILE)
    return str(tmp_path)


def test_the_file_in_the_home_directory_counts(home):
    """Endpoint, TLS, credentials, console, images and project of `~/.flyte/config.yaml`."""
    settings = resolve_settings(Arguments(), {"MY_SECRET": "s3cret"}, home)
    endpoint = settings.endpoint
    assert (endpoint.address.text, endpoint.insecure) == ("cluster.example.org", True)
    assert (endpoint.auth.mode, endpoint.auth.client_id, endpoint.auth.scopes) == ("ClientSecret", "me", ("all",))
    assert endpoint.auth.client_secret == "s3cret"
    assert settings.console_endpoint == "https://console.example.org"
    assert (settings.project, settings.domain) == ("research", "development")
    images = settings.image_config(endpoint)
    assert images.default_image.full == "ghcr.io/me/default:v1"
    assert images.find_image("gpu").full == "ghcr.io/me/gpu:v2"
    assert "s3cret" not in repr(settings)


def test_the_environment_goes_ahead_of_the_file_and_arguments_ahead_of_both(home):
    """Each source only fills what the one before it left open."""
    environment = {
        "FLYTE_PLATFORM_URL": "env.example.org:81",
        "FLYTE_PLATFORM_INSECURE": "True",
        "FLYTE_LOCAL_PROJECT": "env-project",
        "FLYTE_INTERNAL_IMAGE": "env/image:1",
        "FLYTE_CREDENTIALS_AUTH_MODE": "ExternalCommand",
        "FLYTE_CREDENTIALS_COMMAND": "vault,read,token",
    }
    by_environment = resolve_settings(Arguments(), environment, home)
    assert by_environment.endpoint.address.text == "env.example.org:81"
    assert by_environment.endpoint.insecure is True
    assert by_environment.endpoint.auth.command == ("vault", "read", "token")
    assert (by_environment.project, by_environment.default_image) == ("env-project", "env/image:1")
    arguments = Arguments(endpoint="arg.example.org", insecure=False, project="p", domain="d", image="a/b:1", token="t")
    by_argument = resolve_settings(arguments, environment, home)
    assert by_argument.endpoint.address.text == "arg.example.org"
    assert by_argument.endpoint.insecure is False
    assert by_argument.endpoint.auth.token == "t"
    assert (by_argument.project, by_argument.domain, by_argument.default_image) == ("p", "d", "a/b:1")


def test_a_files_credentials_go_to_its_own_endpoint_only(home):
    """Another endpoint by argument: neither the secret nor the plain-text setting of the file counts there."""
    other = resolve_settings(Arguments(endpoint="other.example.org"), {"MY_SECRET": "s3cret"}, home)
    assert other.endpoint.auth.client_id == ""
    assert other.endpoint.auth.client_secret == ""
    assert other.endpoint.insecure is False
    assert other.console_endpoint == ""
    assert other.default_image == "ghcr.io/me/default:v1"
    same = resolve_settings(Arguments(endpoint="https://cluster.example.org"), {"MY_SECRET": "s3cret"}, home)
    assert (same.endpoint.auth.client_secret, same.endpoint.insecure) == ("s3cret", False)


CREDENTIALS = {
    "FLYTE_CREDENTIALS_AUTH_MODE": "ClientSecret",
    "FLYTE_CREDENTIALS_CLIENT_ID": "env-id",
    "FLYTE_CREDENTIALS_CLIENT_SECRET": "env-s3cret",
    "FLYTE_CREDENTIALS_COMMAND": "vault,read",
    "FLYTE_CREDENTIALS_PROXY_COMMAND": "gcloud,token",
}


@pytest.mark.parametrize("there", ["good.example.org", "https://good.example.org:443", "dns:///good.example.org"])
def test_the_environments_credentials_go_to_its_own_endpoint(tmp_path, there):
    """In whatever form its address is written: default port, scheme, capitals."""
    environment = {**CREDENTIALS, "FLYTE_PLATFORM_URL": "GOOD.example.org", "FLYTE_PLATFORM_CA_CERT_FILE_PATH": "ca"}
    for arguments in (Arguments(), Arguments(endpoint=there)):
        endpoint = resolve_settings(arguments, environment, str(tmp_path)).endpoint
        assert (endpoint.auth.client_id, endpoint.auth.client_secret) == ("env-id", "env-s3cret")
        assert (endpoint.auth.proxy_command, endpoint.ca_cert_file) == (("gcloud", "token"), "ca")


@pytest.mark.parametrize("url", ["good.example.org", ""], ids=["the environment's endpoint is another", "it has none"])
def test_the_environments_credentials_go_nowhere_else(home, url):
    """`%flyte connect other.example.org` with a secret in the environment: the other server gets nothing of it.

    Its token endpoint is what that server itself names, so it would get the secret.
    """
    environment = {**CREDENTIALS, **({"FLYTE_PLATFORM_URL": url, "FLYTE_PLATFORM_INSECURE": "true"} if url else {})}
    endpoint = resolve_settings(Arguments(endpoint="other.example.org"), environment, home).endpoint
    assert endpoint.auth == AuthSettings()
    assert re.search(url or "is not set", endpoint.auth.unused)
    assert "s3cret" not in endpoint.auth.unused
    assert not endpoint.insecure


def test_without_an_endpoint_of_their_own_they_go_with_the_files(home):
    """The file has the address, the environment has the secret: a common way to keep it out of the file."""
    auth = resolve_settings(Arguments(), CREDENTIALS, home).endpoint.auth
    assert not auth.unused
    assert (auth.client_id, auth.client_secret) == ("env-id", "env-s3cret")


def test_the_same_machine_by_two_names_is_one_endpoint(tmp_path):
    """localhost in the file, 127.0.0.1 in the environment: the file's settings count."""  # noqa: D403 - a host's name
    (tmp_path / "c.yaml").write_text(
        "admin: {endpoint: 'dns:///localhost:30080', insecure: true, clientId: me}\nconsole: {endpoint: 'http://c:1'}\n"
    )
    environment = {"FLYTECTL_CONFIG": str(tmp_path / "c.yaml"), "FLYTE_PLATFORM_URL": "127.0.0.1:30080"}
    settings = resolve_settings(Arguments(), environment, str(tmp_path))
    assert (settings.endpoint.auth.client_id, settings.console_endpoint) == ("me", "http://c:1")


def test_a_file_by_argument_goes_ahead_of_the_environment(tmp_path):
    """FlyteRemote(config_file=...) is an argument: its endpoint and all that it says of it win."""
    path = tmp_path / "argument.yaml"
    path.write_text(
        "admin: {endpoint: file.example.org, clientId: file-id, clientSecretEnvVar: MINE, authType: ClientSecret}\n"
    )
    environment = {**CREDENTIALS, "FLYTE_PLATFORM_URL": "env.example.org", "MINE": "of the file"}
    settings = resolve_settings(Arguments(config_file=str(path)), environment, str(tmp_path))
    assert settings.endpoint.address.host == "file.example.org"
    assert (settings.endpoint.auth.client_id, settings.endpoint.auth.client_secret) == ("file-id", "of the file")
    same = {**environment, "FLYTE_PLATFORM_URL": "file.example.org"}
    auth = resolve_settings(Arguments(config_file=str(path)), same, str(tmp_path)).endpoint.auth
    assert (auth.client_id, auth.client_secret) == ("file-id", "of the file")
    assert (
        resolve_settings(Arguments(endpoint="arg.b", config_file=str(path)), same, "").endpoint.address.host == "arg.b"
    )


@pytest.mark.parametrize(
    ("admin", "environment", "secret", "origin"),
    [
        ({"clientSecretEnvVar": "MINE"}, {"MINE": "a"}, "a", r"the variable MINE \(admin\.clientSecretEnvVar\)"),
        ({"clientSecret": "b"}, {}, "b", r"admin\.clientSecret in '.*c\.yaml'"),
        ({"clientSecretLocation": "/etc/s"}, {}, "", r"the file '/etc/s' \(admin\.clientSecretLocation\)"),
        ({}, {"FLYTE_CREDENTIALS_CLIENT_SECRET": "d"}, "d", "the variable FLYTE_CREDENTIALS_CLIENT_SECRET"),
        ({"clientSecretEnvVar": "GONE"}, {}, "", "the variable GONE"),
    ],
)
def test_where_a_secret_comes_from(tmp_path, admin, environment, secret, origin):
    """By a variable, the file itself, a file that it names: messages say where, and the secret is in no repr."""
    (tmp_path / "c.yaml").write_text(json.dumps({"admin": {"endpoint": "a.b", "authType": "ClientSecret", **admin}}))
    auth = resolve_settings(Arguments(config_file=str(tmp_path / "c.yaml")), environment, str(tmp_path)).endpoint.auth
    assert auth.client_secret == secret
    assert re.search(origin, auth.secret_origin)
    assert repr(auth.client_secret) in ("'…'", "''")


def test_a_token_in_clear_text_needs_a_word(tmp_path):
    """`http://` and a token, to another machine: refused at once; `insecure` says that it is meant."""
    with pytest.raises(ConfigError, match=r"http://a\.b would send .* in clear text"):
        resolve_settings(Arguments(endpoint="http://a.b", token="t"), {}, str(tmp_path))
    for arguments in (Arguments(endpoint="http://a.b", token="t", insecure=True), Arguments(endpoint="http://[::1]:1")):
        assert resolve_settings(arguments, {}, str(tmp_path)).endpoint.insecure


def test_a_file_may_be_named(tmp_path, home):
    """The argument goes ahead of FLYTECTL_CONFIG, which goes ahead of the home directory's file."""
    for name in ("argument", "variable"):
        (tmp_path / f"{name}.yaml").write_text(f"admin: {{endpoint: {name}.example.org}}\n")
    environment = {"FLYTECTL_CONFIG": str(tmp_path / "variable.yaml")}
    named = Arguments(config_file=str(tmp_path / "argument.yaml"))
    assert resolve_settings(named, environment, home).endpoint.address.host == "argument.example.org"
    assert resolve_settings(Arguments(), environment, home).endpoint.address.host == "variable.example.org"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("admin: [", "isn't valid YAML, line"),
        ("[platform]\nurl=x\n", "isn't valid YAML|expected sections"),
        ("- a\n", "expected sections"),
        ("admin: {endpoint: a, insecure: maybe}", r"admin\.insecure.*true or false, got 'maybe'"),
        ("admin: {endpoint: {a: b}}", "expected text"),
        ("images: [a]", "expected a mapping"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_place(tmp_path, content, words):
    """Path and place in it; nothing of the content, which may hold secrets."""
    path = tmp_path / "config.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=words) as caught:
        resolve_settings(Arguments(config_file=str(path)), {}, str(tmp_path))
    assert str(path) in str(caught.value)


def test_a_named_file_that_is_missing_is_told(tmp_path):
    """By argument or variable, a file that isn't there is a mistake and no reason to use the sandbox."""
    with pytest.raises(ConfigError, match=r"nowhere\.yaml.*argument config_file.*No such file"):
        resolve_settings(Arguments(config_file="nowhere.yaml"), {}, str(tmp_path))
    with pytest.raises(ConfigError, match=r"nowhere\.yaml.*FLYTECTL_CONFIG"):
        resolve_settings(Arguments(), {"FLYTECTL_CONFIG": "nowhere.yaml"}, str(tmp_path))


def test_scheme_and_argument_may_not_contradict(tmp_path):
    """`http://` with insecure=False is a mistake that is told."""
    with pytest.raises(ConfigError, match="contradict"):
        resolve_settings(Arguments(endpoint="http://a.b", insecure=False), {}, str(tmp_path))
    assert resolve_settings(Arguments(endpoint="http://a.b"), {}, str(tmp_path)).endpoint.insecure is True


@pytest.mark.parametrize("arguments", [Arguments(endpoint="sandbox"), Arguments(home="/some/where")])
def test_the_sandbox_can_be_asked_for_in_spite_of_a_file(home, arguments):
    """`endpoint="sandbox"` and `home=...` go ahead of everything else."""
    assert resolve_settings(arguments, {"FLYTE_PLATFORM_URL": "a.b"}, home).endpoint is None


def test_without_any_endpoint_it_is_the_sandbox_with_this_interpreter(tmp_path):
    """The slot is asked only when an endpoint is needed; tasks run by this Python, not by the one that started it."""
    asked = []

    def find(home):
        asked.append(home)
        return SimpleNamespace(
            endpoint="127.0.0.1:7000", token="t", insecure=True, default_image="interpreter:/another/python"
        )

    settings = resolve_settings(Arguments(home="/h"), {"FLYTE_INTERNAL_IMAGE": "a/cluster:image"}, str(tmp_path))
    assert settings.endpoint is None
    slots.fill("control_plane", find)
    try:
        endpoint = settings.find_endpoint()
    finally:
        slots.clear("control_plane")
    assert asked == ["/h"]
    assert (endpoint.address.text, endpoint.insecure, endpoint.auth.token) == ("127.0.0.1:7000", True, "t")
    assert settings.image_config(endpoint).default_image.full == f"interpreter:{sys.executable}"


def test_an_image_by_argument_goes_ahead_of_the_sandboxs(tmp_path):
    """FlyteRemote(image=...) counts for the sandbox, too."""
    settings = resolve_settings(Arguments(image="a/b:1"), {}, str(tmp_path))
    found = settings.image_config(SimpleNamespace(default_image="interpreter:/p"))
    assert found.default_image.full == "a/b:1"


def test_without_any_image_there_is_no_default(tmp_path):
    """A cluster and no image anywhere: no default is invented; serialization tells what to do."""
    settings = resolve_settings(Arguments(endpoint="a.b"), {}, str(tmp_path))
    assert settings.image_config(settings.endpoint).default_image is None
