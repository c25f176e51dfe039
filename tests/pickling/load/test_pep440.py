"""Versions in the order of PEP 440, compared with `packaging`, which the tests have and images need not have."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version
from pep440_versions import VERSIONS, versions

from autocontainer_nb.pickling.load.versions import MAX_CHARACTERS, is_older, is_same_minor, order_key


def test_the_order_is_that_of_packaging():
    """Every pair of versions of every form; the local part, which says how it was built, counts for nothing."""
    for first, second in itertools.product(VERSIONS, repeat=2):
        expected = Version(Version(first).public) < Version(Version(second).public)
        assert is_older(first, second) is expected, (first, second)


def _as_packaging_reads_it(text: str) -> Version | None:
    try:
        return Version(Version(text).public)
    except InvalidVersion:
        return None


@settings(max_examples=300, database=None, deadline=None)
@given(versions(), versions())
def test_generated_versions_are_ordered_as_packaging_orders_them(first, second):
    """What packaging reads is read here, and ordered in the same way; what it doesn't read isn't read here either."""
    mine, theirs = [order_key(first), order_key(second)], [_as_packaging_reads_it(text) for text in (first, second)]
    assert [key is None for key in mine] == [version is None for version in theirs]
    if None not in theirs:
        assert (mine[0] < mine[1], mine[0] == mine[1]) == (theirs[0] < theirs[1], theirs[0] == theirs[1])
        minors = [(version.epoch, (*version.release, 0)[:2]) for version in theirs]
        assert is_same_minor(first, second) is (minors[0] == minors[1])


@settings(max_examples=300, database=None, deadline=None)
@given(st.one_of(st.text(alphabet="0123456789.-_+!vVrcabdepost \n\t", max_size=20), st.text(max_size=12)))
def test_any_text_is_read_or_refused_as_packaging_does(text):
    """No text is a version to one and none to the other, but those longer than any version is."""
    assert (order_key(text) is None) == (_as_packaging_reads_it(text) is None)


@pytest.mark.parametrize(
    "odd", ["", "unknown", "1.x", "1..2", "1.0-", "1_", "2004d", "٣.1", "1" * (MAX_CHARACTERS + 1)]
)
def test_other_forms_are_never_older(odd):
    assert order_key(odd) is None
    assert not is_older(odd, "1.0")
    assert not is_older("1.0", odd)
    assert is_same_minor(odd, odd)
    assert not is_same_minor(odd, "1.0")


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [("1.2.3", "1.2.9", True), ("1.2", "1.2.0.1", True), ("1.3", "1.2", False), ("2.0", "1.0", False),
     ("1", "1.0.5", True), ("1!1.2", "1.2", False), ("1.2rc1", "1.2", True), ("1.2+cpu", "1.2+cu118", True)],
)  # fmt: skip
def test_minor_versions(found, expected, same):
    assert is_same_minor(found, expected) is same
