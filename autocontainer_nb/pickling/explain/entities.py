"""The walk over the entities of one file: its table for `metadata.json`, and the error where it can't be written."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, Protocol

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.credentials.finder import CredentialFinder
from autocontainer_nb.pickling.explain.findings import Credential, Explanation, bullets
from autocontainer_nb.pickling.explain.search import tree_of, ways
from autocontainer_nb.pickling.explain.walk import REST, Root, explain, judged
from autocontainer_nb.pickling.meaning.texts_met import TextsMet

UNTOLD: Final = "holds more that looks like credentials than can be judged"
_WAYS_TOGETHER: Final = 500
_MAX_ROUNDS: Final = 20


class Entity(Protocol):
    """The interface of an entity for the explanation: its name, its function, its value and its kind."""

    @property
    def name(self) -> str:
        """The registered name."""

    @property
    def kind(self) -> str:
        """Its kind, such as `task`."""

    @property
    def function(self) -> Any:
        """Its function, or None."""

    @property
    def value(self) -> Any:
        """The entity itself, or None."""


def explain_entities(
    entities: Sequence[Entity],
    payload: Any,
    book: CellBook,
    finder: CredentialFinder | None = None,
    failure: Exception | None = None,
    *,
    is_judged: bool = False,
) -> Explanation:
    """Return everything that the entities reach, each under the last part of its name, then the rest of the payload.

    With `failure`, the reason why pickling failed, also the culprits. `is_judged` says that nothing in the objects is
    suspected to be a credential.
    """
    return explain(_roots(entities, payload), book, finder, failure=failure, is_judged=is_judged)


def suspected_credentials(
    entities: Sequence[Entity], payload: Any, book: CellBook, finder: CredentialFinder, met: TextsMet
) -> tuple[list[Credential], bool]:
    """Return what among all that was suspected may be a credential, and whether all of that was judged.

    However much the entities reach, a credential is found: the ways to what is suspected are searched, and only what
    is along these is judged.
    """
    return _located(_roots(entities, payload), book, finder, met)


def value_credentials(
    values: Mapping[str, Any], book: CellBook, finder: CredentialFinder, met: TextsMet
) -> list[Credential]:
    """Return what among all that was suspected in values that are sent by themselves may be a credential.

    The values' names count, and begin the paths.
    """
    found, is_sure = _located([Root(name, value) for name, value in values.items()], book, finder, met)
    found += source_credentials(finder, met.sources)
    return found if found or is_sure else [Credential((name,), UNTOLD) for name in values]


def _located(
    roots: Sequence[Root], book: CellBook, finder: CredentialFinder, met: TextsMet
) -> tuple[list[Credential], bool]:
    values = [root.value for root in roots]
    found = ways(values, met.suspects, lambda one: met.suspects_arrays and finder.in_array(one) is not None)
    for _ in range(_MAX_ROUNDS):
        some = list(islice(found, _WAYS_TOGETHER))
        credentials = judged(roots, tree_of(some), book, finder)
        if credentials or len(some) < _WAYS_TOGETHER:
            return credentials, met.knows_all_suspects
    return [], False


def _roots(entities: Sequence[Entity], payload: Any) -> list[Root]:
    roots = []
    for entity in entities:
        short = entity.name.rpartition(".")[2]
        values = (one for one in (entity.function, entity.value) if one is not None)
        roots += [Root(short, value, entity.kind) for value in values]
    return [*roots, Root(REST, payload)]


def source_credentials(finder: CredentialFinder, texts: Iterable[tuple[str, str | bytes]]) -> list[Credential]:
    """Return the possible credentials in source texts and other files, given as (label of cell or file, content)."""
    found = []
    for label, text in texts:
        if isinstance(text, str):
            lines = finder.in_source(text)
            found += [Credential((one.name,) if one.name else (), one.kind, label, one.line) for one in lines]
        elif (kind := finder.in_value((), text)) is not None:
            found.append(Credential((label,), kind))
    return found


def captures_json(explanation: Explanation, entity_name: str) -> list[dict[str, Any]]:
    """Return the `captures` of one entity for `metadata.json`: the names that it reaches, nearest first."""
    short = entity_name.rpartition(".")[2]
    reached = [(row.path, row) for row in explanation.rows if not row.is_part]
    found = [(path, row) for path, row in [*reached, *explanation.shared] if path[0] == short and len(path) > 1]
    found.sort(key=lambda pair: len(pair[0]))
    captures: list[dict[str, Any]] = []
    for path, row in found:
        entry: dict[str, Any] = {"name": path[-1].removesuffix("="), "type": row.type_name, "bytes": row.size_bytes}
        entry["how"] = "value" if row.how == "buffer" else row.how
        if row.buffer_bytes:
            entry["buffer_bytes"] = row.buffer_bytes
        if len(path) > 2:  # noqa: PLR2004 - what the task itself refers to has the task's name and its own
            entry["path"] = list(path)
        captures.append(entry)
    return captures


def own_bytes(explanation: Explanation, entity_name: str) -> int:
    """Return the size of the entity itself: its code and settings, without the objects that it refers to by name."""
    short = entity_name.rpartition(".")[2]
    return next((row.size_bytes for row in explanation.rows if row.path == (short,)), 0)


def cells_json(explanation: Explanation) -> dict[str, str]:
    """Return {path: label of the cell}, which no digest covers: each kernel numbers its cells anew."""
    return {"\0".join(row.path): row.cell for row in explanation.rows if row.cell and not row.is_part}


def capture_error(entities: Sequence[Entity], explanation: Explanation, error: Exception) -> CaptureError:
    """Return the error that lists everything that can't be pickled; its `explanation` is for displays."""
    names = ", ".join(repr(entity.name) for entity in entities) or "The object"
    sentences = [culprit.describe() for culprit in explanation.culprits]
    if not sentences:
        message = f"{names} can't be captured: {type(error).__name__}: {str(error).rstrip('.')}."
    elif len(sentences) == 1:
        message = f"{names} can't be captured: {sentences[0]}"
    else:
        message = f"{names} can't be captured, for {len(sentences)} reasons:\n{bullets(sentences)}"
    capture_failure = CaptureError(message)
    capture_failure.explanation = explanation
    return capture_failure
