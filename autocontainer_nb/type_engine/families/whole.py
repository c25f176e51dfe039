"""Values that their msgpack form can't hold whole: a pickle goes beside it, and is read in its place.

A dataclass or model goes in flytekit's form, of which Flyte can look up parts. Where a value would come back as another
one (a subclass, a secret that is dumped as asterisks, a `__post_init__` that changes what it has made), the literal's
metadata names a pickle of it, and the parts that would change are left out of the msgpack form: a lookup of them fails,
and is never wrong.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, get_origin

from flyteidl.core import literals_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.families import pickles
from autocontainer_nb.type_engine.packed.base import Packer, watched, while_reading, while_writing, would_change
from autocontainer_nb.type_engine.packed.given import given_fields, restore_given
from autocontainer_nb.type_engine.packed.msgpack_form import binary_literal, packed_from, to_msgpack
from autocontainer_nb.type_engine.packed.sameness import difference
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wording import Misfit, show_type, show_value, with_article
from autocontainer_nb.wire import (
    GIVEN_KEY,
    LEFT_OUT_KEY,
    NUMPY_FORMAT,
    PICKLE_FORMAT,
    PICKLE_KEY,
    PIL_FORMAT,
    SKLEARN_FORMAT,
    TORCH_MODULE_FORMAT,
    TORCH_TENSOR_FORMAT,
)

_OBJECT_FORMATS = {NUMPY_FORMAT, PICKLE_FORMAT, PIL_FORMAT, SKLEARN_FORMAT, TORCH_MODULE_FORMAT, TORCH_TENSOR_FORMAT}
_told: set[tuple[str, str]] = set()


def to_struct(
    value: Any, kind: Any, packer: Packer, kept: Callable[[Any, Any], Mapping[str, Any]], files: FileAccess
) -> literals_pb2.Literal:
    """Return the literal of a record in msgpack, with a pickle beside it where that form would change the value.

    Args:
        value: an instance of `kind`, or of a subclass.
        kind: the declared dataclass or model.
        packer: its packer, whose packed form is a dict.
        kept: returns, of the value and its packed form, the packed fields that come back as they were.
        files: stores the files in the value, and the pickle.

    Raises:
        Misfit: the value doesn't fit; it would change and can't be pickled; or it would change and holds files, which
            pickles don't take along.
    """
    plain, content, change, file_count = _packed(value, packer, files)
    given = given_fields(value) if hasattr(kind, "model_fields") else ""
    if change is None and packer.needs_proof:
        change = _unlike(value, content, packer, given)
    if change is None:
        literal = binary_literal(content)
        if given:
            literal.metadata[GIVEN_KEY] = given
        return literal
    if file_count:
        raise Misfit(
            f"{with_article(kind)} that Flyte's form can hold, since there are files in it",
            show_value(value),
            f"{change}. Pass the files as inputs or outputs of their own",
        )
    _tell(kind, change)
    fields = kept(value, plain)
    left_out = [name for name in plain if name not in fields]
    literal = binary_literal(watched(lambda: to_msgpack(fields))[0])
    literal.metadata[PICKLE_KEY] = pickles.store(value, with_article(kind), files)
    if left_out:
        literal.metadata[LEFT_OUT_KEY] = ", ".join(left_out)
    return literal


def add_pickle(literal: literals_pb2.Literal, value: Any, kind: Any, change: str, files: FileAccess) -> None:
    """Put a pickle beside a form that would change the value: an instance of a subclass of str, list or dict.

    What holds files keeps the form alone, since pickles don't take them along; a warning says what changes.

    Raises:
        Misfit: the value can't be pickled.
    """
    if PICKLE_KEY in literal.metadata:
        return
    if _has_files(literal):
        logging.getLogger("autocontainer_nb").warning("A value of %s changes on its way: %s.", show_type(kind), change)
        return
    _tell(kind, change)
    literal.metadata[PICKLE_KEY] = pickles.store(value, with_article(kind), files)


def _has_files(literal: literals_pb2.Literal) -> bool:
    kind = literal.WhichOneof("value")
    if kind in {"collection", "map"}:
        parts = literal.collection.literals if kind == "collection" else literal.map.literals.values()
        return any(map(_has_files, parts))
    inner = literal.scalar.WhichOneof("value")
    if inner == "union":
        return _has_files(literal.scalar.union.value)
    is_file = inner == "blob" and literal.scalar.blob.metadata.type.format not in _OBJECT_FORMATS
    return is_file or inner == "structured_dataset"


def whole_contents(values: list[Any], packer: Packer, files: FileAccess) -> list[bytes] | None:
    """Return the msgpack forms of all values, or None where one of them would change or doesn't fit."""

    def pack() -> list[bytes]:
        return while_writing(files, lambda: [to_msgpack(packer.pack(value)) for value in values])

    try:
        contents, change, _ = watched(pack)
    except (Misfit, RecursionError):  # told with its place, one by one
        return None
    return contents if change is None else None


def whole_msgpack(value: Any, packer: Packer, files: FileAccess) -> bytes | None:
    """Return the value's msgpack form, or None where that would change it.

    Raises:
        Misfit: a part of it doesn't fit its declared type.
    """
    _, content, change, _ = _packed(value, packer, files)
    if change is None and packer.needs_proof:
        change = _unlike(value, content, packer, "")
    return None if change is not None else content


def read_struct(transformer: Transformer, literal: literals_pb2.Literal, files: FileAccess) -> Any:
    """Return the value out of the pickle beside the msgpack form; for another type than that, the msgpack form's.

    Raises:
        Misfit: there is no pickle, or the msgpack form lacks fields that only the pickle has.
    """
    if PICKLE_KEY not in literal.metadata:
        raise transformer.misread(literal)
    kind = transformer.python_type
    found = pickles.fetch(literal.metadata[PICKLE_KEY], with_article(kind), files)
    if isinstance(found, get_origin(kind) or kind):
        return found
    if LEFT_OUT_KEY in literal.metadata:
        hint = f"only its pickle holds {literal.metadata[LEFT_OUT_KEY]}: declare {show_type(type(found))} here as well"
        raise Misfit(with_article(kind), with_article(type(found)), hint)
    packer = transformer.packer()
    if packer is None:
        raise transformer.misread(literal)
    plain, unpack = transformer.packed(literal), packer.unpack
    return while_reading(files, lambda: unpack(plain))


def _packed(value: Any, packer: Packer, files: FileAccess) -> tuple[Any, bytes, str | None, int]:
    """Return the packed value, its msgpack form, why that isn't the whole value, and how many files it has."""

    def pack() -> tuple[Any, bytes]:
        plain = while_writing(files, lambda: packer.pack(value))
        try:
            return plain, to_msgpack(plain)
        except Misfit as misfit:  # something in a field without a type
            would_change(f"msgpack can't hold {misfit.got}")
            return plain, b""

    try:
        (plain, content), change, file_count = watched(pack)
    except RecursionError:
        return {}, b"", "it contains itself, or is nested too deeply", 0
    return plain, content, change, file_count


def _unlike(value: Any, content: bytes, packer: Packer, given: str) -> str | None:
    """Return how the value that `content` gives differs, or None where it doesn't."""
    try:
        made = packer.unpack(packed_from(content))
        if given:
            restore_given(made, given)
        place = difference(value, made)
    except RecursionError:
        return "it is nested too deeply"
    except Misfit as misfit:
        return f"it would not be read back: {misfit.at('')}"
    return None if place is None else f"{place.lstrip('.') or 'it'} would come back changed"


def comes_back(value: Any, packer: Packer) -> bool:
    """Whether a part of a value comes back as it was."""
    try:
        plain, change, _ = watched(lambda: packer.pack(value))
        content, more, _ = watched(lambda: to_msgpack(plain))
    except (Misfit, RecursionError):
        return False
    return change is None and more is None and (not packer.needs_proof or _unlike(value, content, packer, "") is None)


def _tell(kind: Any, change: str) -> None:
    name = show_type(kind)
    if (name, change) in _told:
        return
    _told.add((name, change))
    logging.getLogger("autocontainer_nb").warning(
        "Flyte's form of %s can't hold this value: %s. So it is pickled as well, and comes back as it is "
        "where the same packages are installed.",
        name,
        change,
    )
