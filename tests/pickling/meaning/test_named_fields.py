"""Fields whose names pickle doesn't write have them all the same: in paths, and where a name promises a credential."""

import collections
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from holders import WORD

from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.credentials.finder import CredentialFinder
from autocontainer_nb.pickling.explain.walk import Root, explain
from autocontainer_nb.pickling.meaning.meaning import texts_of_values
from autocontainer_nb.pickling.meaning.parts import parts_of


class Account(NamedTuple):
    """A named tuple."""

    user: str
    password: str


Made = collections.namedtuple("Made", "user password")  # noqa: PYI024 - the older way


@dataclass(frozen=True, slots=True)
class Frozen:
    """Is pickled as a list of values."""

    user: str
    password: str


@pytest.mark.parametrize("kind", [Account, Made, Frozen])
def test_fields_have_their_names(kind: Any) -> None:
    """The path to a field ends with its name, and so it is judged by that."""
    value = kind("me", WORD)
    steps = {part.step: part.value for part in parts_of(value).children}
    assert (steps[".user"], steps[".password"]) == ("me", WORD)
    found = explain([Root("accounts", [value])], CellBook()).credentials
    assert [one.path for one in found] == [("accounts", "[0]", "password")]
    assert texts_of_values({"accounts": [value]}, CellBook(), CredentialFinder()).may_hold_credentials()
    assert not texts_of_values({"accounts": [kind(WORD, "")]}, CellBook(), CredentialFinder()).may_hold_credentials()


class Odd(tuple):
    """A tuple that only has such an attribute, and gives itself as a call of its own."""

    _fields = ("one", "two", "three")
    __slots__ = ()


def test_other_tuples_have_none() -> None:
    """What isn't called with a value for each field has no names."""
    assert {part.step for part in parts_of(Odd((1, 2))).children} <= {"", "its class"}
