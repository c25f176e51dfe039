"""What a task says of packages, read and compared as `packaging` does, which images need not have."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version
from pep440_versions import VERSIONS, versions

from autocontainer_nb.pickling.load.requirements import requirement_of

OPERATORS = ["==", "!=", "<=", ">=", "<", ">", "~="]
SPECIFIERS = [
    *(f"{operator}{version}" for operator in OPERATORS for version in VERSIONS if "+" not in version),
    *(f"{operator}{version}.*" for operator in ("==", "!=") for version in ("1", "1.1", "2.1.0", "1!1", "0.0", "2026")),
]


def test_versions_are_admitted_as_packaging_admits_them():
    """Each specifier with each version; the local part of what is installed counts for nothing."""
    for specifier in SPECIFIERS:
        wanted = requirement_of(f"thing{specifier}")
        try:
            theirs = Requirement(f"thing{specifier}").specifier
        except InvalidRequirement:
            assert wanted is None, specifier
            continue
        assert wanted is not None, specifier
        for found in VERSIONS:
            public = Version(found).public
            assert wanted.admits(found) is theirs.contains(public, prereleases=True), (specifier, found)


@settings(max_examples=300, database=None, deadline=None)
@given(versions(), st.sampled_from(OPERATORS), versions())
def test_generated_versions_are_admitted_as_packaging_admits_them(found, operator, version):
    """Any spelling, on both sides."""
    text = f"thing {operator} {version.strip()}"
    try:
        theirs = Requirement(text).specifier
        public = Version(found).public
    except ValueError:
        return
    if "+" in version:  # how something was built is never asked for here
        return
    wanted = requirement_of(text)
    assert wanted is not None, text
    assert wanted.admits(found) is theirs.contains(public, prereleases=True)


@pytest.mark.parametrize(
    ("text", "name", "specifiers"),
    [
        ("pandas", "pandas", ()),
        (" Scikit_Learn [all, x] >= 1.0 , <2 ", "Scikit_Learn", ((">=", "1.0"), ("<", "2"))),
        ("a.b-c(>=1)", "a.b-c", ((">=", "1"),)),
        ("x==2.*", "x", (("==", "2.*"),)),
    ],
)
def test_texts_are_read(text, name, specifiers):
    found = requirement_of(text)
    assert found is not None
    assert (found.text, found.name, found.specifiers) == (text.strip(), name, specifiers)


@pytest.mark.parametrize(
    "text",
    ["", "-x", "x>", "x>=1.y", "x=1", "x<2.*", "x~=1", "x @ http://y", "x; python_version>'3'", "x>=1 <2", "a b"],
)
def test_other_texts_are_refused(text):
    assert requirement_of(text) is None
