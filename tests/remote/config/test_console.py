"""Where the console's pages are said to be."""

import pytest

from autocontainer_nb.remote.config.console import console_site
from autocontainer_nb.remote.config.endpoint import Endpoint, parse_address


@pytest.mark.parametrize(
    ("configured", "address", "insecure", "expected"),
    [
        ("", "flyte.example.org", False, "https://flyte.example.org"),
        ("", "dns:///flyte.example.org:443", False, "https://flyte.example.org"),
        ("", "localhost:30080", True, "http://localhost:30080"),
        ("", "localhost:8089", True, "http://localhost:8088"),
        ("", "[::1]:8089", True, "http://[::1]:8088"),
        ("", "flyte.example.org:80", True, "http://flyte.example.org"),
        ("https://console.example.org", "localhost:8089", True, "https://console.example.org"),
        ("https://console.example.org/console/", "a.b:81", False, "https://console.example.org"),
        ("console.example.org:8080", "a.b:81", True, "http://console.example.org:8080"),
    ],
)
def test_the_console_is_as_configured_or_at_the_endpoints_host(configured, address, insecure, expected):
    """What is configured counts, with or without scheme and path; gRPC's own port is no page's."""
    endpoint = Endpoint(address=parse_address(address), insecure=insecure)
    assert console_site(configured, endpoint) == expected
