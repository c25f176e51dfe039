"""Versions in the order of PEP 440, compared with `packaging`, which the tests have and images need not have."""

import itertools

import pytest
from packaging.version import Version

from autocontainer_nb.pickling.load.packages import MAX_CHARACTERS, is_older, is_same_minor, order_key

VERSIONS = [
    "0", "0.0.1", "1", "1.0", "1.0.0", "v1.1", "1.1.dev3", "1.1a1", "1.1a1.dev2", "1.1.a.2", "1.1b1", "1.1rc1", "1.1c2",
    "1.1preview3", "1.1-alpha", "1.1.post1", "1.1-1", "1.1.rev2", "1.1.post1.dev4", "1.1rc1.post2", "1.10", "1.2",
    "2!0.1", "1!1.0", "2.1.0+cu118", "2.1.0+cpu", "2.1.0", "2026.6", "10.0.0.0.1", "1.0.DEV0", "1.0-RC.1",
    "0.1.0.post0.dev0",
]  # fmt: skip


def test_the_order_is_that_of_packaging():
    """Every pair of versions of every form; the local part, which says how it was built, counts for nothing."""
    for first, second in itertools.product(VERSIONS, repeat=2):
        expected = Version(Version(first).public) < Version(Version(second).public)
        assert is_older(first, second) is expected, (first, second)


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
