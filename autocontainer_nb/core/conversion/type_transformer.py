"""`TypeTransformer` and `TypeEngine` as flytekit's users know them: conversions of one's own, and their register.

Ours is `autocontainer_nb.type_engine.transformer.Transformer`; here one written for flytekit is put into its place.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, get_origin

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.core.context_manager import FlyteContext, FlyteContextManager
from autocontainer_nb.core.data_persistence import FileAccessProvider
from autocontainer_nb.core.run.coroutines import run_to_end
from autocontainer_nb.errors import ConversionError, DefinitionError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.transformer import Engine, Transformer
from autocontainer_nb.type_engine.wording import Misfit, show_value, with_article

T = TypeVar("T")


class TypeTransformer(ABC, Generic[T]):
    """The base of a user's conversion of one type and its subclasses; `TypeEngine.register` takes an instance."""

    def __init__(self, name: str, t: type[T], enable_type_assertions: bool = True) -> None:
        self._name = name
        self._t = t
        self._asserts = enable_type_assertions

    @property
    def name(self) -> str:
        """The transformer's name."""
        return self._name

    @property
    def python_type(self) -> type[T]:
        """The type that it converts."""
        return self._t

    @property
    def type_assertions_enabled(self) -> bool:
        """Whether values are checked before they are converted."""
        return self._asserts

    def assert_type(self, t: type[T], v: Any) -> None:
        """Raise a ConversionError unless the value is one that can be converted."""
        if not isinstance(v, get_origin(t) or t):
            raise ConversionError(f"expected {with_article(t)}, got {show_value(v)}.")

    @abstractmethod
    def get_literal_type(self, t: type[T]) -> types_pb2.LiteralType:
        """Return Flyte's type."""

    @abstractmethod
    def to_literal(
        self, ctx: FlyteContext, python_val: T, python_type: type[T], expected: types_pb2.LiteralType
    ) -> literals_pb2.Literal:
        """Return the value as a literal."""

    @abstractmethod
    def to_python_value(self, ctx: FlyteContext, lv: literals_pb2.Literal, expected_python_type: type[T]) -> Any:
        """Return the literal's value."""

    def guess_python_type(self, literal_type: types_pb2.LiteralType) -> type[T]:
        """Return the Python type of a Flyte type that this transformer has made.

        Raises:
            ValueError: it hasn't.
        """
        raise ValueError(f"{self._name}: no Python type is known for {literal_type}")

    def to_html(self, ctx: FlyteContext, python_val: T, expected_python_type: type[T]) -> str:  # noqa: ARG002 - flytekit's signature
        """Return the value as HTML for a deck."""
        from html import escape

        return escape(str(python_val))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r} of {self._t!r}>"


class AsyncTypeTransformer(TypeTransformer[T]):
    """The base of a conversion by coroutines."""

    @abstractmethod
    async def async_to_literal(
        self, ctx: FlyteContext, python_val: T, python_type: type[T], expected: types_pb2.LiteralType
    ) -> literals_pb2.Literal:
        """Return the value as a literal."""

    @abstractmethod
    async def async_to_python_value(
        self, ctx: FlyteContext, lv: literals_pb2.Literal, expected_python_type: type[T]
    ) -> Any:
        """Return the literal's value."""

    def to_literal(
        self, ctx: FlyteContext, python_val: T, python_type: type[T], expected: types_pb2.LiteralType
    ) -> literals_pb2.Literal:
        """Return the value as a literal."""
        found: literals_pb2.Literal = run_to_end(self.async_to_literal(ctx, python_val, python_type, expected))
        return found

    def to_python_value(self, ctx: FlyteContext, lv: literals_pb2.Literal, expected_python_type: type[T]) -> Any:
        """Return the literal's value."""
        return run_to_end(self.async_to_python_value(ctx, lv, expected_python_type))


class SimpleTransformer(TypeTransformer[T]):
    """A conversion by two functions, to a Flyte type that is always the same."""

    def __init__(
        self,
        name: str,
        t: type[T],
        lt: types_pb2.LiteralType,
        to_literal_transformer: Callable[[T], literals_pb2.Literal],
        from_literal_transformer: Callable[[literals_pb2.Literal], T],
    ) -> None:
        super().__init__(name, t)
        self._literal_type = lt
        self._write = to_literal_transformer
        self._read = from_literal_transformer

    def get_literal_type(self, t: type[T] | None = None) -> types_pb2.LiteralType:  # noqa: ARG002 - flytekit's signature
        """Return the Flyte type."""
        return self._literal_type

    def to_literal(
        self,
        ctx: FlyteContext,  # noqa: ARG002 - flytekit's signature
        python_val: T,
        python_type: type[T],  # noqa: ARG002 - likewise
        expected: types_pb2.LiteralType | None = None,  # noqa: ARG002 - likewise
    ) -> literals_pb2.Literal:
        """Return what the first function gives."""
        return self._write(python_val)

    def to_python_value(self, ctx: FlyteContext, lv: literals_pb2.Literal, expected_python_type: type[T]) -> T:  # noqa: ARG002 - flytekit's signature
        """Return what the second function gives."""
        return self._read(lv)


class OfUser:
    """A user's transformer, and the types that it is for: both arguments of our engine's registration.

    It travels to containers in that list, so it says what equal registrations are.
    """

    def __init__(self, transformer: TypeTransformer[Any], python_type: Any) -> None:
        self.transformer = transformer
        self.python_type = python_type

    def __call__(self, python_type: Any, engine: Engine | None = None) -> Any:
        """Return whether it converts the type, or, for an engine, what converts it there."""
        if engine is not None:
            return UserTransformer(python_type, engine, self.transformer)
        kind = get_origin(python_type) or python_type
        return isinstance(kind, type) and issubclass(kind, self.python_type)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, OfUser)
            and type(self.transformer) is type(other.transformer)
            and self.python_type is other.python_type
        )

    def __hash__(self) -> int:
        return hash((type(self.transformer), self.python_type))


class UserTransformer(Transformer):
    """Converts by a user's transformer."""

    def __init__(self, python_type: Any, engine: Engine, users: TypeTransformer[Any]) -> None:
        super().__init__(python_type, engine)
        self._users = users
        self.tag = users.name  # type: ignore[misc]  # each user's transformer has its own

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the Flyte type that the user's code gives."""
        found = self._users.get_literal_type(self.python_type)
        if not isinstance(found, types_pb2.LiteralType):
            raise DefinitionError(
                f"{type(self._users).__name__}.get_literal_type: expected a LiteralType, got {show_value(found)}."
            )
        return found

    def check(self, value: Any) -> None:
        """Raise Misfit if the user's check does, where there is one."""
        if self._users.type_assertions_enabled:
            with _misfits(self.python_type, value):
                self._users.assert_type(self.python_type, value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the literal that the user's code makes."""
        self.check(value)
        context = context_with(files)
        with _misfits(self.python_type, value):
            found = self._users.to_literal(context, value, self.python_type, self.literal_type())
        if not isinstance(found, literals_pb2.Literal):
            raise DefinitionError(
                f"{type(self._users).__name__}.to_literal: expected a Literal, got {show_value(found)}."
            )
        return _in_place(found, context.file_access)

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the value that the user's code makes."""
        with _misfits(self.python_type, literal):
            return self._users.to_python_value(context_with(files), literal, self.python_type)

    def is_exact(self, value: Any) -> bool:
        """Whether it is an instance of the type."""
        return isinstance(value, get_origin(self.python_type) or self.python_type)

    def packer(self) -> None:
        """Return None: only the user's code knows the form."""
        return


class TypeEngine:
    """The engine of all types, by flytekit's names: each method is called on the class."""

    @staticmethod
    def register(transformer: TypeTransformer[Any], additional_types: list[Any] | None = None) -> None:
        """Convert the transformer's type, its subclasses and these further types by it, here and in containers.

        Raises:
            DefinitionError: it is no instance of a `TypeTransformer`.
        """
        if not isinstance(transformer, TypeTransformer):
            raise DefinitionError(
                f"TypeEngine.register: expected an instance of a TypeTransformer, got {show_value(transformer)}. Write "
                "TypeEngine.register(MyTransformer())."
            )
        for python_type in [transformer.python_type, *(additional_types or ())]:
            TypeEngine.register_additional_type(transformer, python_type)

    @staticmethod
    def register_additional_type(
        transformer: TypeTransformer[Any],
        additional_type: Any,
        override: bool = True,  # noqa: ARG004 - flytekit's signature
    ) -> None:
        """Convert this type by the transformer as well."""
        made = OfUser(transformer, additional_type)
        type_engine.register(made, made)  # type: ignore[arg-type]  # it makes a transformer, as a class does

    @staticmethod
    def to_literal_type(python_type: Any) -> types_pb2.LiteralType:
        """Return Flyte's type for the Python type."""
        return type_engine.to_literal_type(python_type)

    @staticmethod
    def to_literal(
        ctx: FlyteContext,
        python_val: Any,
        python_type: Any,
        expected: types_pb2.LiteralType | None = None,  # noqa: ARG004 - flytekit's signature
    ) -> literals_pb2.Literal:
        """Return the value as a literal; its files are stored by the context's file access."""
        return type_engine.to_literal(python_val, python_type, files=ctx.file_access.files)

    @staticmethod
    def to_python_value(ctx: FlyteContext, lv: literals_pb2.Literal, expected_python_type: Any) -> Any:
        """Return the literal's value."""
        return type_engine.from_literal(lv, expected_python_type, files=ctx.file_access.files)

    @staticmethod
    def guess_python_type(flyte_type: types_pb2.LiteralType) -> Any:
        """Return a Python type that can read literals of the Flyte type."""
        return type_engine.guess_python_type(flyte_type)

    @staticmethod
    def get_transformer(python_type: Any) -> Any:
        """Return what converts the type: the user's transformer if there is one, else ours."""
        found = type_engine.transformer(python_type)
        return found._users if isinstance(found, UserTransformer) else found  # noqa: SLF001 - of this module

    @staticmethod
    def literal_map_to_kwargs(
        ctx: FlyteContext,
        lm: literals_pb2.LiteralMap,
        python_types: Mapping[str, Any] | None = None,
        literal_types: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return {name: value} of the literals, by these types, or by what can be guessed from Flyte's."""
        kinds = dict(python_types or {})
        for name, variable in (literal_types or {}).items():
            kinds.setdefault(name, type_engine.guess_python_type(variable.type))
        return {name: TypeEngine.to_python_value(ctx, lm.literals[name], kind) for name, kind in kinds.items()}

    @staticmethod
    def dict_to_literal_map(
        ctx: FlyteContext, d: Mapping[str, Any], type_hints: Mapping[str, Any] | None = None
    ) -> literals_pb2.LiteralMap:
        """Return the values as literals, by these types, or by their own."""
        hints = type_hints or {}
        literals = {name: TypeEngine.to_literal(ctx, value, hints.get(name, type(value))) for name, value in d.items()}
        return literals_pb2.LiteralMap(literals=literals)


def context_with(files: FileAccess) -> FlyteContext:
    """Return the context of this moment, whose file access is that of a conversion."""
    return FlyteContextManager.current_context().with_file_access(FileAccessProvider.over(files)).build()


def _in_place(literal: literals_pb2.Literal, access: FileAccessProvider) -> literals_pb2.Literal:
    """Return the literal with the URIs under which a control plane has stored what the user's code has put there."""
    if literal.HasField("collection"):
        items = [_in_place(each, access) for each in literal.collection.literals]
        return literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=items), hash=literal.hash)
    if literal.HasField("map"):
        values = {name: _in_place(each, access) for name, each in literal.map.literals.items()}
        return literals_pb2.Literal(map=literals_pb2.LiteralMap(literals=values), hash=literal.hash)
    for kind in ("blob", "structured_dataset", "schema"):
        if literal.scalar.HasField(kind):
            place = getattr(literal.scalar, kind)
            place.uri = access.place_of(place.uri)
    return literal


@contextmanager
def _misfits(python_type: Any, value: Any) -> Iterator[None]:
    """Turn the error of the user's check into a Misfit, which gets the path to the value."""
    try:
        yield
    except ConversionError as error:
        raise Misfit(with_article(python_type), show_value(value), str(error)) from error
