"""What an annotation adds: `HashMethod`, `MAY_BE_MISSING`."""

from collections.abc import Callable
from typing import Any, Final

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.packed.packer import Packer
from autocontainer_nb.type_engine.transformer import Transformer


class HashMethod:
    """Says by which text Flyte's cache shall know a value whose literal only names a place."""

    def __init__(self, function: Callable[[Any], str]) -> None:
        self._function = function

    def calculate(self, obj: Any) -> str:
        """Return the function's text for the value."""
        return self._function(obj)


class HashedTransformer(Transformer):
    """Another transformer, whose literals carry a hash."""

    def __init__(self, inner: Transformer, method: HashMethod) -> None:
        super().__init__(inner.python_type, inner.engine)
        self._inner = inner
        self._method = method
        self.tag = inner.tag  # type: ignore[misc] # the one family whose tag is its inner one's

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the inner type: the hash stands in literals only."""
        return self._inner.literal_type()

    def check(self, value: Any) -> None:
        """Raise Misfit unless the inner one takes the value."""
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
        """Whether it is exact for the inner one."""
        return self._inner.is_exact(value)

    def packer(self) -> Packer | None:
        """Return the inner packer: what is packed has no hash."""
        return self._inner.packer()


class MayBeMissing:
    """The note beside a type; there is one, and its text is part of no message."""

    def __repr__(self) -> str:
        return "MAY_BE_MISSING"


MAY_BE_MISSING: Final = MayBeMissing()


class MissingTransformer(Transformer):
    """Another transformer, which takes and gives None besides."""

    def __init__(self, inner: Transformer) -> None:
        super().__init__(inner.python_type, inner.engine)
        self._inner = inner
        self.tag = inner.tag  # type: ignore[misc] # its inner one's

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the inner type: that a value may be missing, only its literal tells."""
        return self._inner.literal_type()

    def check(self, value: Any) -> None:
        """Raise Misfit unless the inner one takes the value, or there is none."""
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
        """Whether it is exact for the inner one."""
        return self._inner.is_exact(value)
