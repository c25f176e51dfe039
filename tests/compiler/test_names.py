"""Names that Flyte can read, and the spelling of others."""

import re
import unicodedata

import pytest

from autocontainer_nb.compiler.names import ascii_spelling, is_variable, registered_spelling, variable_spelling


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        ("größe", "groesse"),
        ("Ärger", "Aerger"),
        ("café", "cafe"),
        ("naïve_größe", "naive_groesse"),
        ("訓", "u8a13"),
        ("łódź", "lodz"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_names_in_ascii(name: str, spelt: str) -> None:
    """As people spell them where there is such a spelling, however the letters are composed."""
    assert ascii_spelling(name) == spelt
    assert ascii_spelling(unicodedata.normalize("NFD", name)) == spelt


@pytest.mark.parametrize(
    ("name", "fits"), [("x_1", True), ("länge", False), ("a-b", False), ("a.b", False), ("", False)]
)
def test_which_variables_flyte_reads(name: str, fits: bool) -> None:
    """ASCII letters, digits and `_`; what is suggested instead is always such a name."""
    assert is_variable(name) is fits
    assert not name or is_variable(variable_spelling(name))


def test_registered_names_are_told_apart() -> None:
    """Of two names with one spelling, each is registered under its own; ASCII names stay; each time the same."""
    names = ["nb.größe", "nb.groesse", "nb.grösse", "nb.groeße"]
    spelt = [registered_spelling(name) for name in names]
    assert len(set(spelt)) == len(names)
    assert spelt[1] == "nb.groesse"
    assert all(re.fullmatch(r"nb\.groesse(_[0-9a-f]{6})?", each) for each in spelt)
    assert registered_spelling("nb.größe") == registered_spelling(unicodedata.normalize("NFD", "nb.größe")) == spelt[0]
