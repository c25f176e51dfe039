"""Which decks a task's options ask for. Imported with every task: the decks themselves come later."""

from collections.abc import Sequence
from typing import Final

from autocontainer_nb.errors import DefinitionError

# The decks that a task makes by itself where decks are enabled: the values of `core.deck.DeckField`.
ALL_DECK_FIELDS: Final = ("Source Code", "Dependencies", "Timeline", "Input", "Output")


def wanted_decks(
    name: str, enable_deck: bool | None, disable_deck: bool | None, fields: Sequence[str] | None
) -> tuple[bool, tuple[str, ...]]:
    """Return (whether a run leaves a `deck.html`, the decks that it makes by itself).

    Raises:
        DefinitionError: the options contradict each other, or a field is unknown.
    """
    if enable_deck is not None and disable_deck is not None:
        raise DefinitionError(f"Task {name!r}: enable_deck and disable_deck were both given. Keep enable_deck alone.")
    is_enabled = enable_deck if enable_deck is not None else not disable_deck
    for field in fields or ():
        if field not in ALL_DECK_FIELDS:
            known = ", ".join(ALL_DECK_FIELDS)
            raise DefinitionError(f"Task {name!r}: {field!r} is no deck field; expected some of {known}.")
    # A member of an enumeration of strings equals its value: the plain values are what older readers understand.
    return is_enabled, tuple(known for known in ALL_DECK_FIELDS if known in (fields or ())) if is_enabled else ()
