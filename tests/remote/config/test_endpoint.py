"""Addresses in the forms that people write."""

import pytest

from autocontainer_nb.errors import ConfigError
from autocontainer_nb.remote.config.endpoint import Address, parse_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flyte.example.org", Address("flyte.example.org")),
        ("flyte.example.org:81", Address("flyte.example.org", 81)),
        ("dns:///flyte.example.org:81", Address("flyte.example.org", 81)),
        ("https://flyte.example.org", Address("flyte.example.org", None, insecure=False)),
        ("http://localhost:30080/", Address("localhost", 30080, insecure=True)),
        (" localhost:30080 ", Address("localhost", 30080)),
        ("[::1]:8089", Address("::1", 8089)),
        ("::1", Address("::1")),
        ("dns:///[fe80::1]:443", Address("fe80::1", 443)),
    ],
)
def test_every_form_is_understood(text, expected):
    """Host, port, and what the scheme says about TLS."""
    assert parse_address(text) == expected


def test_grpc_gets_a_target_with_a_port():
    """The port is 443 with TLS and 80 without, where none was written."""
    assert parse_address("a.b").target(insecure=False) == "dns:///a.b:443"
    assert parse_address("a.b").target(insecure=True) == "dns:///a.b:80"
    assert parse_address("::1").target(insecure=True) == "dns:///[::1]:80"
    assert parse_address("a.b:81").text == "a.b:81"


@pytest.mark.parametrize(
    "text",
    ["", "http://", "ftp://a", "a b", "a:port", "a/console", "a:99999", "https://a/console", "https://a#/console"],
)
def test_what_is_no_address_is_refused_with_the_forms(text):
    """The message has the text and the forms that would be right."""
    with pytest.raises(ConfigError, match="host:port"):
        parse_address(text)


def test_a_password_in_the_address_is_refused_and_not_repeated():
    """A secret in an address never gets into a message."""
    with pytest.raises(ConfigError) as caught:
        parse_address("https://me:hunter2@flyte.example.org")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:1", True),
        ("127.8.9.1", True),
        ("localhost", True),
        ("[::1]:1", True),
        ("a.b", False),
        ("127.evil.example.org", False),
        ("localhost.evil.example.org", False),
    ],
)
def test_loopback_is_recognised(text, expected):
    """This machine's own addresses are told from all others, also from names that begin like them."""
    assert parse_address(text).is_loopback is expected
