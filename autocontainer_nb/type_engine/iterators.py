"""Iterators, typing.Iterator[T]: a collection, written to its end, and read item by item."""

from collections.abc import Iterator
from typing import Any, get_args

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.misfit import Misfit
from autocontainer_nb.type_engine.transformer import Engine, Transformer


class CollectionIterator(Iterator[Any]):
    """The items of a collection, converted one by one when they are asked for; `len` tells how many there are."""

    def __init__(self, items: Transformer, literals: list[literals_pb2.Literal], files: FileAccess) -> None:
        self._items = items
        self._literals = literals
        self._files = files
        self._next = 0

    def __len__(self) -> int:
        return len(self._literals)

    def __iter__(self) -> "CollectionIterator":
        """Begin anew."""
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
    """Iterator[T] as a collection. Only writing it shows whether its items fit: to look at them is to use them up."""

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
        """Raise Misfit unless it is an iterator, or a list."""
        if not isinstance(value, Iterator | list):
            raise self.misfit(value, "iter(...) makes one of it" if hasattr(value, "__iter__") else "")

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
