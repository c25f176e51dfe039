"""Notes in `Annotated[...]` that change a conversion: `HashMethod` and `MAY_BE_MISSING`."""

from collections.abc import Callable
from typing import Any, Final

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.packed.base import Packer
from autocontainer_nb.type_engine.transformer import Transformer


class HashMethod:
    """A function that gives Flyte's cache a hash of the value, for values whose literal is only a location."""

    def __init__(self, function: Callable[[Any], str]) -> None:
        self._function = function

    def calculate(self, obj: Any) -> str:
        """Return the hash of the value."""
        return self._function(obj)


class HashedTransformer(Transformer):
    """A transformer that adds a hash to the literals of another one."""

    def __init__(self, inner: Transformer, method: HashMethod) -> None:
        super().__init__(inner.python_type, inner.engine)
        self._inner = inner
        self._method = method
        self.tag = inner.tag  # type: ignore[misc] # it has its inner transformer's tag

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the inner type: only literals have the hash."""
        return self._inner.literal_type()

    def check(self, value: Any) -> None:
        """Raise Misfit unless the inner transformer accepts the value."""
        self._inner.check(value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the inner literal with the hash."""
        literal = self._inner.to_literal(value, files)
        literal.hash = self._method.calculate(value)
        return literal

    def from_literal(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the inner value."""
        return self._inner.from_literal(literal, files)

    def is_exact(self, value: Any) -> bool:
        """Whether the inner transformer calls the value exact."""
        return self._inner.is_exact(value)

    def packer(self) -> Packer | None:
        """Return the inner packer: packed values have no hash."""
        return self._inner.packer()


class MayBeMissing:
    """The class of `MAY_BE_MISSING`, its only instance."""

    def __repr__(self) -> str:
        return "MAY_BE_MISSING"


MAY_BE_MISSING: Final = MayBeMissing()


class MissingTransformer(Transformer):
    """A transformer that also accepts and returns None where another one wouldn't."""

    def __init__(self, inner: Transformer) -> None:
        super().__init__(inner.python_type, inner.engine)
        self._inner = inner
        self.tag = inner.tag  # type: ignore[misc] # it has its inner transformer's tag

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the inner type: only a literal shows that its value is missing."""
        return self._inner.literal_type()

    def check(self, value: Any) -> None:
        """Raise Misfit unless the value is None or the inner transformer accepts it."""
        if value is not None:
            self._inner.check(value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the inner literal, or Flyte's for nothing."""
        if value is None:
            return literals_pb2.Literal(scalar=literals_pb2.Scalar(none_type=literals_pb2.Void()))
        return self._inner.to_literal(value, files)

    def from_literal(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the inner value, or None."""
        if literal.HasField("scalar") and literal.scalar.HasField("none_type"):
            return None
        return self._inner.from_literal(literal, files)

    def is_exact(self, value: Any) -> bool:
        """Whether the inner transformer calls the value exact."""
        return self._inner.is_exact(value)
