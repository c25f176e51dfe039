"""The text at a log's link, if the link gives text: most clusters link to pages for people."""

from typing import Final
from urllib.parse import urlsplit

from autocontainer_nb.remote import http
from autocontainer_nb.remote.config.network import THIS_MACHINES, Network

TAIL_BYTES: Final = 4096
_HEAD_BYTES: Final = 4096
_LIMIT_BYTES: Final = 64 << 20
_TIMEOUT_S: Final = 5.0
_OK: Final = 200
_PARTIAL_CONTENT: Final = 206


class DeadHosts:
    """The hosts that gave no answer: asked once, however many links lead there."""

    def __init__(self, network: Network = THIS_MACHINES) -> None:
        self._hosts: set[str] = set()
        self._network = network

    def text(self, uri: str) -> str | None:
        """Return the text at the link; None if it is a page, can't be read, or its host has given no answer before."""
        host = host_of(uri)
        if host in self._hosts:
            return None
        try:
            return _text(uri, self._network)
        except http.NoAnswerError:
            self._hosts.add(host)
            return None


def host_of(uri: str) -> str:
    """Return host and port of a link, by which a host that doesn't answer is known; empty if it is no link."""
    try:
        return urlsplit(uri).netloc
    except ValueError:  # a cluster's template may make anything
        return ""


def fetch_text(uri: str, *, tail: bool = False, head: bool = False, network: Network = THIS_MACHINES) -> str | None:
    """Return the text at a log's link, its end or its beginning; None if the link is a web page or can't be read."""
    try:
        return _text(uri, network, tail=tail, head=head)
    except http.NoAnswerError:
        return None


def _text(uri: str, network: Network, *, tail: bool = False, head: bool = False) -> str | None:
    if not host_of(uri):
        return None
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    headers = {"Accept": "text/plain"}
    if tail:
        headers["Range"] = f"bytes=-{TAIL_BYTES}"
    elif head:
        headers["Range"] = f"bytes=0-{_HEAD_BYTES - 1}"
    answer = http.look(uri, headers, _TIMEOUT_S, _LIMIT_BYTES, network=network)
    kind = answer.headers.get("Content-Type", "text/plain").partition(";")[0].strip().lower()
    if answer.status not in (_OK, _PARTIAL_CONTENT) or kind != "text/plain":
        return None
    body, is_part = answer.body, answer.status == _PARTIAL_CONTENT
    if tail and (is_part or len(body) > TAIL_BYTES):
        body = body[-TAIL_BYTES:]
        body = body.partition(b"\n")[2] if len(body) == TAIL_BYTES else body  # the first line is cut
    if head:
        body = body[:_HEAD_BYTES]
    return body.decode("utf-8", "replace")
