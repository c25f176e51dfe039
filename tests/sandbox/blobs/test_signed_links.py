"""Signed URLs: what is signed is what is allowed."""

from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest

from autocontainer_nb.errors import PermissionDeniedError
from autocontainer_nb.sandbox.blobs.signed_links import Signer

SIGNER = Signer(b"key")
PATH = "/blobs/a b/c=/ü+%"


def _verify(url, method="GET", now_s=50, signer=SIGNER):
    return signer.verify(method, url, unquote(urlsplit(url).path), now_s)


def test_a_signed_url_allows_what_it_was_made_for():
    """Any path survives the way through a URL, and the checksum comes back as it was signed."""
    grant = _verify(SIGNER.url("http://h", "PUT", PATH, expires_at_s=100, content_md5="a+b/c=="), "PUT")
    assert grant.path == PATH
    assert grant.content_md5 == "a+b/c=="
    assert _verify(SIGNER.url("http://h", "GET", PATH, expires_at_s=100)).content_md5 == ""


@pytest.mark.parametrize(
    ("change", "options", "word"),
    [
        (lambda url: url, {"method": "PUT"}, "another method"),
        (lambda url: url, {"now_s": 101}, "expired 1 seconds ago"),
        (lambda url: url, {"signer": Signer(b"other key")}, "another method"),
        (lambda url: url.replace("/blobs/", "/logs/"), {}, "another method"),
        (lambda url: url.replace("expires=100", "expires=999"), {}, "another method"),
        (lambda url: url.replace("expires=100", "expires=²"), {}, "no signature"),
        (lambda url: url.replace("expires=100", "expires=" + "9" * 5000), {}, "no signature"),
        (lambda url: url + "&md5=x", {}, "another method"),
        (lambda url: url.partition("&signature")[0], {}, "no signature"),
        (lambda url: url.partition("?")[0], {}, "no signature"),
    ],
)
def test_anything_else_is_refused_with_its_reason(change, options, word):
    url = change(SIGNER.url("http://h", "GET", "/blobs/x", expires_at_s=100))
    with pytest.raises(PermissionDeniedError, match=word):
        _verify(url, **options)


def test_no_name_can_take_the_place_of_a_checksum():
    """Path and checksum are signed apart: a line break in the one isn't the border to the other."""
    url = SIGNER.url("http://h", "GET", "/blobs/a\nz", expires_at_s=100)
    signature = parse_qs(urlsplit(url).query)["signature"][0]
    forged = "http://h/blobs/a?" + urlencode({"expires": 100, "md5": "z\n", "signature": signature})
    with pytest.raises(PermissionDeniedError, match="another method"):
        _verify(forged)
