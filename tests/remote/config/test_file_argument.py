"""`FlyteRemote(config_file=...)` is an argument: what the file says counts before what the environment says."""

from pathlib import Path

import pytest

from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.config.settings import Arguments, resolve_settings

FILE = """
admin:
  endpoint: dns:///cluster.example.org:8443
  insecure: false
  authType: ClientSecret
  clientId: me
  clientSecretEnvVar: MY_SECRET
console:
  endpoint: https://console.example.org
images:
  default: ghcr.io/me/default:v1
task:
  project: research
  domain: staging
"""
ENVIRONMENT = {
    "FLYTE_PLATFORM_URL": "other.example.org:80",
    "FLYTE_PLATFORM_INSECURE": "true",
    "FLYTE_PLATFORM_CONSOLE_ENDPOINT": "http://other.example.org",
    "FLYTE_CREDENTIALS_AUTH_MODE": "Pkce",
    "FLYTE_CREDENTIALS_CLIENT_ID": "somebody",
    "FLYTE_CREDENTIALS_CLIENT_SECRET": "of-the-other",
    "FLYTE_LOCAL_PROJECT": "elsewhere",
    "FLYTE_LOCAL_DOMAIN": "production",
    "FLYTE_INTERNAL_IMAGE": "ghcr.io/other/image:v2",
    "MY_SECRET": "mine",
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "cluster.yaml"
    path.write_text(FILE)
    return str(path)


def test_what_the_file_says_counts(file: str, tmp_path: Path) -> None:
    """Endpoint, TLS, credentials, console, image, project and domain."""
    settings = resolve_settings(Arguments(config_file=file), ENVIRONMENT, str(tmp_path))
    endpoint = settings.endpoint
    assert endpoint is not None
    assert (endpoint.address.text, endpoint.insecure) == ("cluster.example.org:8443", False)
    assert (endpoint.auth.mode, endpoint.auth.client_id, str(endpoint.auth.client_secret)) == (
        "ClientSecret",
        "me",
        "mine",
    )
    assert settings.console_endpoint == "https://console.example.org"
    assert (settings.project, settings.domain) == ("research", "staging")
    assert settings.default_image == "ghcr.io/me/default:v1"


def test_what_it_doesnt_say_comes_from_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "short.yaml"
    path.write_text("admin:\n  endpoint: dns:///cluster.example.org:8443\n")
    environment = {name: ENVIRONMENT[name] for name in ("FLYTE_LOCAL_PROJECT", "FLYTE_INTERNAL_IMAGE")}
    settings = resolve_settings(Arguments(config_file=str(path)), environment, str(tmp_path))
    assert (settings.project, settings.domain) == ("elsewhere", "development")
    assert settings.default_image == "ghcr.io/other/image:v2"
    assert settings.endpoint is not None
    assert not settings.endpoint.insecure


def test_other_arguments_count_before_it(file: str, tmp_path: Path) -> None:
    given = Arguments(config_file=file, project="p", domain="d", image="i:v1")
    settings = resolve_settings(given, ENVIRONMENT, str(tmp_path))
    assert (settings.project, settings.domain, settings.default_image) == ("p", "d", "i:v1")


def test_a_file_that_the_environment_names_counts_behind_the_variables(file: str, tmp_path: Path) -> None:
    settings = resolve_settings(Arguments(), {**ENVIRONMENT, "FLYTECTL_CONFIG": file}, str(tmp_path))
    assert settings.endpoint is not None
    assert settings.endpoint.address.text == "other.example.org:80"
    assert (settings.project, settings.domain) == ("elsewhere", "production")


def test_a_client_is_made_so(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in ENVIRONMENT.items():
        monkeypatch.setenv(name, text)
    assert (
        repr(FlyteRemote(config_file=file))
        == "<FlyteRemote cluster.example.org:8443, project research, domain staging>"
    )
