"""Transformers for list[T], dict[str, T] and Iterator[T]."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any, get_args

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.packed.leaves import note_type
from autocontainer_nb.type_engine.transformer import Engine, Transformer
from autocontainer_nb.type_engine.wording import Misfit, show_value
from autocontainer_nb.wire import ORDER_KEY

_first = itemgetter(0)


class ListTransformer(Transformer):
    """list[T] as a collection. Tuples and arrays are refused: they would come back as another type."""

    tag = "Typed List"

    def __init__(self, python_type: Any, engine: Engine) -> None:
        super().__init__(python_type, engine)
        self._items = engine.transformer(get_args(python_type)[0])

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the collection type."""
        return types_pb2.LiteralType(collection_type=self._items.literal_type())

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is a list whose elements all fit."""
        if not isinstance(value, list):
            raise self.misfit(value, _hint(value))
        self._items.check_many(value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the literal of the collection."""
        if not isinstance(value, list):
            raise self.misfit(value, _hint(value))
        note_type(value, list)
        return literals_pb2.Literal(collection=self._items.write_many(value, files))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> list[Any]:
        """Return the list."""
        if literal.WhichOneof("value") != "collection":
            raise self.misread(literal)
        return self._items.read_collection(literal.collection, files)

    def is_exact(self, value: Any) -> bool:
        """Whether it is a list whose first element is exactly of the element type."""
        return type(value) is list and all(self._items.is_exact(item) for item in value[:1])


class MapTransformer(Transformer):
    """dict[str, T] as a map. Protobuf's maps have no order: where keys aren't sorted, the metadata has their places."""

    tag = "Typed Dict"

    def __init__(self, python_type: Any, engine: Engine) -> None:
        super().__init__(python_type, engine)
        self._values = engine.transformer(get_args(python_type)[1])

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the map type."""
        return types_pb2.LiteralType(map_value_type=self._values.literal_type())

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is a dict with str keys whose values all fit."""
        self._check_keys(value)
        try:
            self._values.check_many(list(value.values()))
        except Misfit as misfit:
            raise _by_key(misfit, list(value)) from misfit.__cause__

    def _check_keys(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise self.misfit(value)
        strange = next((key for key in value if not isinstance(key, str)), None)
        if strange is not None or None in value:
            raise Misfit("a str as key", show_value(strange))

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the literal of the map."""
        self._check_keys(value)
        note_type(value, dict)
        keys = list(value)
        try:
            items = self._values.write_many(list(value.values()), files)
        except Misfit as misfit:
            raise _by_key(misfit, keys) from misfit.__cause__
        literal = literals_pb2.Literal(map=literals_pb2.LiteralMap())
        entries = literal.map.literals
        for key, item in zip(keys, items.literals, strict=True):
            entries[key].CopyFrom(item)
        if (ordered := sorted(keys)) != keys:
            place = {key: str(at) for at, key in enumerate(ordered)}
            literal.metadata[ORDER_KEY] = ",".join(map(place.__getitem__, keys))
        return literal

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> dict[str, Any]:
        """Return the dict."""
        if literal.WhichOneof("value") != "map":
            raise self.misread(literal)
        entries = literal.map.literals
        keys = list(entries)
        try:
            items = self._values.read_many(entries.values(), files)
        except Misfit as misfit:
            raise _by_key(misfit, keys) from misfit.__cause__
        found = sorted(zip(keys, items, strict=True), key=_first)
        return dict(_in_order(found, literal.metadata[ORDER_KEY]) if ORDER_KEY in literal.metadata else found)

    def is_exact(self, value: Any) -> bool:
        """Whether it is a dict whose first value is exactly of the value type."""
        return type(value) is dict and all(self._values.is_exact(item) for item in list(value.values())[:1])


def _in_order(found: list[tuple[str, Any]], places: str) -> list[tuple[str, Any]]:
    """Return the sorted entries in their own order; as they are, if somebody has changed the map since."""
    order = [int(place) if place.isdecimal() else -1 for place in places.split(",")]
    return [found[place] for place in order] if sorted(order) == list(range(len(found))) else found


def _hint(value: Any) -> str:
    return "write list(...) around it" if isinstance(value, (tuple, set, frozenset)) or hasattr(value, "dtype") else ""


def _by_key(misfit: Misfit, keys: list[str]) -> Misfit:
    # The outermost step is the position among the values; people know the key.
    index = int(misfit.steps.pop().strip("[]"))
    return misfit.inside(f"[{keys[index]!r}]")


class CollectionIterator(Iterator[Any]):
    """An iterator over a collection that converts each item when it is asked for; `len` is the number of items."""

    def __init__(self, items: Transformer, literals: list[literals_pb2.Literal], files: FileAccess) -> None:
        self._items = items
        self._literals = literals
        self._files = files
        self._next = 0

    def __len__(self) -> int:
        return len(self._literals)

    def __iter__(self) -> "CollectionIterator":
        """Start again from the first item."""
        self._next = 0
        return self

    def __next__(self) -> Any:
        if self._next >= len(self._literals):
            raise StopIteration
        index, self._next = self._next, self._next + 1
        try:
            return self._items.from_literal(self._literals[index], self._files)
        except Misfit as misfit:
            raise misfit.inside(f"[{index}]").at("") from misfit.__cause__


class IteratorTransformer(Transformer):
    """Iterator[T] as a collection. Its items are checked only when it is written: looking at them uses them up."""

    tag = "Typed Iterator"

    def __init__(self, python_type: Any, engine: Engine) -> None:
        super().__init__(python_type, engine)
        self._items = engine.transformer(get_args(python_type)[0])

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the collection type."""
        return types_pb2.LiteralType(collection_type=self._items.literal_type())

    def packer(self) -> None:
        """Return None: iterators aren't packed."""
        return

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is an iterator or a list."""
        if not isinstance(value, Iterator | list):
            raise self.misfit(value, "write iter(...) around it" if hasattr(value, "__iter__") else "")

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the literal of the collection, after running the iterator to its end."""
        self.check(value)
        return literals_pb2.Literal(collection=self._items.write_many(list(value), files))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return an iterator over the items."""
        if literal.WhichOneof("value") != "collection":
            raise self.misread(literal)
        return CollectionIterator(self._items, list(literal.collection.literals), files)

    def is_exact(self, value: Any) -> bool:
        """Whether it is an iterator."""
        return isinstance(value, Iterator)
