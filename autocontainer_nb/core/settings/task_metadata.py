"""`TaskMetadata`: attempts, time limit, caching and labels of a task; and the choice of its decks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from autocontainer_nb.core.settings.options import check_forms
from autocontainer_nb.errors import DefinitionError

# The decks of each run if decks are enabled: the values of `core.run.deck.DeckField`.
ALL_DECK_FIELDS: Final = ("Source Code", "Dependencies", "Timeline", "Input", "Output")


def wanted_decks(
    name: str, enable_deck: bool | None, disable_deck: bool | None, fields: Sequence[str] | None
) -> tuple[bool, tuple[str, ...]]:
    """Return whether a run writes a `deck.html`, and the decks that it makes.

    Raises:
        DefinitionError: the options contradict each other, or a field is unknown.
    """
    flags = [("enable_deck", enable_deck, "flag"), ("disable_deck", disable_deck, "flag")]
    check_forms(f"Task {name!r}", [*flags, ("deck_fields", fields, "texts")])
    if enable_deck is not None and disable_deck is not None:
        raise DefinitionError(f"Task {name!r}: enable_deck and disable_deck were both passed. Keep only enable_deck.")
    is_enabled = enable_deck if enable_deck is not None else not disable_deck
    for one in fields or ():
        if one not in ALL_DECK_FIELDS:
            known = ", ".join(ALL_DECK_FIELDS)
            raise DefinitionError(f"Task {name!r}: deck_fields: expected some of {known}, got {one!r}.")
    # A member of a str enum equals its value; archives hold the plain values.
    return is_enabled, tuple(known for known in ALL_DECK_FIELDS if known in (fields or ())) if is_enabled else ()


@dataclass(frozen=True, kw_only=True)
class TaskMetadata:
    """Settings of a task for the control plane: attempts, time limit, caching, interruptibility, labels."""

    retries: int = 0  # additional attempts after a recoverable user error
    timeout: timedelta | int | None = None  # of one attempt; an int is in seconds
    interruptible: bool | None = None
    deprecated: str = ""  # a message for people who still use the task
    pod_template_name: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    # Archives may lack the following and then use the class's values, so each default is a plain one.
    cache: bool = False
    cache_serialize: bool = False  # whether equal runs at the same time wait for the first one's result
    cache_version: str = ""  # if empty, a cached task's version is its code's fingerprint
    cache_ignore_input_vars: tuple[str, ...] = ()
    generates_deck: bool = False
    is_eager: bool = False

    def __post_init__(self) -> None:
        """Raise DefinitionError for settings that the control plane would refuse."""
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise DefinitionError(
                f"retries: expected a number of additional attempts, 0 or more, got {self.retries!r}."
            )
        if self.timeout is not None and (
            isinstance(self.timeout, bool) or not isinstance(self.timeout, int | timedelta)
        ):
            raise DefinitionError(f"timeout: expected seconds or a timedelta, got {self.timeout!r}.")
        if self.timeout_duration < timedelta(0):
            raise DefinitionError(f"timeout: expected a positive duration, got {self.timeout!r}.")
        flags, texts = (
            ("interruptible", "cache", "cache_serialize"),
            ("deprecated", "cache_version", "pod_template_name"),
        )
        forms = {**dict.fromkeys(flags, "flag"), **dict.fromkeys(texts, "text")}
        forms |= {"labels": "text map", "annotations": "text map", "cache_ignore_input_vars": "texts"}
        check_forms("Task", [(name, getattr(self, name), form) for name, form in forms.items()])
        if not self.cache:
            self._refuse_cache_options()

    @property
    def timeout_duration(self) -> timedelta:
        """The time limit of one attempt; zero if there is none."""
        if self.timeout is None:
            return timedelta(0)
        return self.timeout if isinstance(self.timeout, timedelta) else timedelta(seconds=self.timeout)

    def _refuse_cache_options(self) -> None:
        for name in ("cache_serialize", "cache_ignore_input_vars"):
            if getattr(self, name):
                raise DefinitionError(
                    f"{name}={getattr(self, name)!r} was passed, but the task isn't cached. Add cache=True."
                )
