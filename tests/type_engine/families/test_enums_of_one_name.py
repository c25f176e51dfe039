"""A member of an enum whose cell has run again since is told, as an instance of any other class is."""

import enum

import pytest

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.type_engine.convert import to_literal


def made(**members: str) -> type[enum.Enum]:
    return enum.Enum("Level", members)


@pytest.mark.parametrize("other", [{"A": "a"}, {"A": "a", "B": "b"}])
def test_a_member_of_another_definition_is_refused(other):
    """In the container it would be the member of the task's own enum, which `is` another one here."""
    with pytest.raises(ConversionError, match="It comes from another definition of that class"):
        to_literal(made(**other).A, made(A="a"))


def test_a_member_and_its_value_are_taken():
    """As flytekit takes both."""
    level = made(A="a")
    assert to_literal(level.A, level) == to_literal("a", level)
