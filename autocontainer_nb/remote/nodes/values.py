"""Inputs and outputs as a mapping that converts each literal into a Python value when it is looked at, and once.

A frame is fetched and a pickle loaded only for who asks for it. The type is the one that the notebook's own task
declares, else the registered one's best guess, else what the literal itself shows (of a branch and a gate Flyte keeps
no interface).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.idl.literals import show_literal
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.engine import type_engine

_PRIMITIVES = {
    "integer": types_pb2.INTEGER,
    "float_value": types_pb2.FLOAT,
    "string_value": types_pb2.STRING,
    "boolean": types_pb2.BOOLEAN,
    "datetime": types_pb2.DATETIME,
    "duration": types_pb2.DURATION,
}
_SCALARS = {
    "none_type": types_pb2.NONE,
    "error": types_pb2.ERROR,
    "generic": types_pb2.STRUCT,
    "binary": types_pb2.STRUCT,  # msgpack is all that Flyte's SDKs put there
}
Literals = Mapping[str, literals_pb2.Literal]


class Values(Mapping[str, Any]):
    """Values by name, in the declared order. `literals` has Flyte's messages, for what no Python type is known of."""

    def __init__(
        self,
        literals: Literals,
        *,
        files: FileAccess,
        path: str,
        types: Mapping[str, Any] | None = None,
        declared: Mapping[str, types_pb2.LiteralType] | None = None,
    ) -> None:
        self.literals = dict(literals)
        self._types = types or {}
        self._declared = declared or {}
        self._files = files
        self._path = path
        self._values: dict[str, Any] = {}
        order = {name: place for place, name in enumerate(self._types)}
        # A protobuf map has no order: o0, o1, ..., o10 by number, other names by the alphabet.
        self._names = sorted(self.literals, key=lambda name: (order.get(name, len(order)), _by_number(name)))

    def __getitem__(self, name: str) -> Any:
        """Return the value, converted at the first look.

        Raises:
            KeyError: there is none of this name.
            ConversionError: no Python type is known for it, or it doesn't fit; `literals` has what there is.
            StorageError: a file can't be fetched.
        """
        if name not in self.literals:
            raise KeyError(f"{self._path} has no {name!r}, only: {', '.join(self._names) or 'nothing'}")
        if name not in self._values:
            literal = self.literals[name]
            path = f"{self._path}.{name}"
            self._values[name] = type_engine.from_literal(literal, self._type(name), files=self._files, path=path)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self._names)

    def __repr__(self) -> str:
        """Show what was looked at as it is, and the rest in words: nothing is fetched."""
        shown = (f"{name}={self._shown(name)}" for name in self._names)
        return f"({', '.join(shown)})"

    def part(
        self,
        literals: Literals,
        declared: "Callable[[Mapping[str, types_pb2.LiteralType]], Mapping[str, types_pb2.LiteralType]]",
        path: str,
    ) -> "Values":
        """Return other literals as values, of types made of these ones' declared types."""
        return Values(
            literals, files=self._files, path=self._path.partition("(")[0] + path, declared=declared(self._declared)
        )

    def _shown(self, name: str) -> str:
        if name in self._values or self.literals[name].scalar.HasField("primitive"):
            return repr(self[name])
        return f"<{show_literal(self.literals[name])}>"

    def _type(self, name: str) -> Any:
        if name in self._types:
            return self._types[name]
        return type_engine.guess_python_type(self._declared.get(name) or shown_type(self.literals[name]))


def shown_type(literal: literals_pb2.Literal) -> types_pb2.LiteralType:
    """Return the type that the literal itself shows; items of a list are taken to be like its first."""
    kind = literal.WhichOneof("value")
    nothing = types_pb2.LiteralType(simple=types_pb2.NONE)
    if kind == "collection":
        items = literal.collection.literals
        return types_pb2.LiteralType(collection_type=shown_type(items[0]) if items else nothing)
    if kind == "map":
        values = list(literal.map.literals.values())
        return types_pb2.LiteralType(map_value_type=shown_type(values[0]) if values else nothing)
    return literal.offloaded_metadata.inferred_type if kind == "offloaded_metadata" else _scalar_type(literal.scalar)


def _scalar_type(scalar: literals_pb2.Scalar) -> types_pb2.LiteralType:
    form = scalar.WhichOneof("value") or ""
    if form == "primitive":
        return types_pb2.LiteralType(simple=_PRIMITIVES[scalar.primitive.WhichOneof("value") or "string_value"])
    if form == "blob":
        return types_pb2.LiteralType(blob=scalar.blob.metadata.type)
    if form == "structured_dataset":
        return types_pb2.LiteralType(structured_dataset_type=scalar.structured_dataset.metadata.structured_dataset_type)
    if form == "union":
        return types_pb2.LiteralType(union_type=types_pb2.UnionType(variants=[scalar.union.type]))
    return types_pb2.LiteralType(simple=_SCALARS.get(form, types_pb2.NONE))


def item_of(literals: Literals, index: int, count: int) -> dict[str, literals_pb2.Literal]:
    """Return the values of one item of a map: of lists with as many items as the map has that one, else the whole."""
    found = {}
    for name, literal in literals.items():
        items = literal.collection.literals
        is_mapped = literal.WhichOneof("value") == "collection" and len(items) == count
        found[name] = items[index] if is_mapped and index < count else literal
    return found


def item_types(
    declared: Mapping[str, types_pb2.LiteralType], literals: Literals, count: int
) -> dict[str, types_pb2.LiteralType]:
    """Return the types of one item of a map, by the same rule."""
    found = {}
    for name, kind in declared.items():
        literal = literals.get(name)
        is_mapped = literal is not None and len(literal.collection.literals) == count
        found[name] = kind.collection_type if is_mapped and kind.HasField("collection_type") else kind
    return found


def _by_number(name: str) -> tuple[int, str]:
    return (len(name), name) if name[1:].isdigit() else (0, name)
