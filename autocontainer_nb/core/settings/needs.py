"""What `@task(needs=...)` says of packages."""

from collections.abc import Sequence
from typing import Any

from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.pickling.load.requirements import requirement_of
from autocontainer_nb.wire import NEEDS_MODES


def checked_needs(name: str, needs: str | Sequence[str]) -> str | tuple[str, ...]:
    """Return what a task says of packages: requirements, or "check", "warn" or "off".

    Raises:
        DefinitionError: it is neither.
    """
    if isinstance(needs, str):
        if needs in NEEDS_MODES:
            return needs
        inside = f" A package stands in a list: needs=[{needs!r}]." if requirement_of(needs) else ""
        raise _refusal(name, repr(needs), inside)
    if not isinstance(needs, list | tuple | set | frozenset):
        raise _refusal(name, repr(needs))
    for each in needs:
        if not isinstance(each, str) or requirement_of(each) is None:
            raise _refusal(name, repr(each), " Write a name, and versions behind it if they matter.")
    return tuple(sorted(needs) if isinstance(needs, set | frozenset) else needs)


def needs_json(needs: str | tuple[str, ...] | None) -> dict[str, Any] | None:
    """Return the entry of `metadata.json`; None for a task that says nothing."""
    if needs is None:
        return None
    return {"mode": needs} if isinstance(needs, str) else {"packages": list(needs)}


def _refusal(name: str, got: str, advice: str = "") -> DefinitionError:
    return DefinitionError(
        f"Task {name!r}: needs: expected a list of packages such as ['pandas>=2.1', 'pyarrow'], or one of "
        f"{', '.join(map(repr, NEEDS_MODES))}, got {got}.{advice}"
    )
