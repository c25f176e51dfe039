"""The type engine: converts types and values to Flyte's and back, by registered transformers, then by `rules`."""

from typing import Annotated, Any, get_args, get_origin

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.packed.base import watched
from autocontainer_nb.type_engine.rules import RULES, Predicate, load
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wording import Misfit, show_type, type_key

__all__ = ["Misfit", "Transformer", "TypeEngine", "type_engine"]


class TypeEngine:
    """A set of conversion rules and the transformers they lead to. Most code uses the instance `type_engine`."""

    def __init__(self) -> None:
        self._own_rules: list[tuple[Predicate, type[Transformer]]] = []
        self._registrations: list[tuple[Any, type[Transformer]]] = []
        self._made: dict[Any, Transformer] = {}

    def register(self, type_or_predicate: Any, transformer: type[Transformer]) -> None:
        """Use the transformer, from now on, for a class or for all types that a predicate accepts.

        Later registrations take precedence over earlier ones, and all of them over the package's own rules. A container
        has its own engine: whatever `registrations` returns must be registered there too, before inputs are read.

        Args:
            type_or_predicate: a class (its subclasses are not included), or a function of a type that returns a bool.
            transformer: a subclass of `Transformer` with at least `literal_type`, `check`, `to_literal` and `read`.

        Raises:
            ConversionError: the first argument is neither a class nor a function.
        """
        if isinstance(type_or_predicate, type):
            wanted = type_or_predicate
            predicate: Predicate = lambda t: t is wanted  # noqa: E731 - one of two ways to the same name
        elif callable(type_or_predicate):
            predicate = type_or_predicate
        else:
            raise ConversionError(f"register(): expected a class or a function of a type, got {type_or_predicate!r}.")
        self._own_rules.insert(0, (predicate, transformer))
        self._registrations.append((type_or_predicate, transformer))
        self._made.clear()

    def registrations(self) -> list[tuple[Any, type[Transformer]]]:
        """Return the arguments of all `register` calls, in order, for another process to make the same calls."""
        return list(self._registrations)

    def transformer(self, python_type: Any) -> Transformer:
        """Return the transformer for the type, the same one each time.

        Raises:
            Misfit: no Flyte type can represent it; the message names the part at fault and what to do.
        """
        key = python_type if isinstance(python_type, type) and not get_args(python_type) else type_key(python_type)
        found = self._made.get(key)
        if found is None:
            bare, annotations = _bare(python_type)
            found = self._make(bare)
            if annotations:
                found.annotate(annotations)
                found = _wrapped(found, annotations)
            self._made[key] = found
        return found

    def _make(self, bare: Any) -> Transformer:
        for predicate, transformer in self._own_rules:
            if predicate(bare):
                return transformer(bare, self)
        for predicate, family in RULES:
            if predicate(bare):
                return load(family)(bare, self)
        raise AssertionError  # the last rule accepts everything

    def to_literal_type(self, python_type: Any) -> types_pb2.LiteralType:
        """Return Flyte's type for the Python type.

        Raises:
            ConversionError: no Flyte type can represent it.
        """
        try:
            return self.transformer(python_type).literal_type()
        except Misfit as misfit:
            raise misfit.at("") from misfit.__cause__

    def to_literal(self, value: Any, python_type: Any, *, files: FileAccess, path: str = "") -> literals_pb2.Literal:
        """Return the value as a literal, after storing its files, frames, arrays and pickles in `files`.

        Raises:
            ConversionError: the value doesn't fit the type; the message has the path to it, which starts with `path`.
            StorageError: `files` can't store something.
        """
        try:
            transformer = self.transformer(python_type)
            literal, change, _ = watched(lambda: transformer.to_literal(value, files))
            if change is not None:
                from autocontainer_nb.type_engine.families.whole import add_pickle

                add_pickle(literal, value, python_type, change, files)
        except Misfit as misfit:
            raise _hinted(misfit, value, python_type).at(path) from misfit.__cause__
        return literal

    def from_literal(
        self, literal: literals_pb2.Literal, python_type: Any, *, files: FileAccess, path: str = ""
    ) -> Any:
        """Return the literal's value as the Python type.

        Raises:
            ConversionError: the literal doesn't fit the type; the message has the path to it, which starts with `path`.
            StorageError: `files` can't fetch something.
        """
        try:
            return self.transformer(python_type).from_literal(literal, files)
        except Misfit as misfit:
            raise misfit.at(path) from misfit.__cause__

    def check(self, value: Any, python_type: Any, path: str) -> None:
        """Check that `to_literal` would accept the value; nothing is read, written or pickled.

        Raises:
            ConversionError: it wouldn't; the message has the path to it, which starts with `path`.
        """
        try:
            self.transformer(python_type).check(value)
        except Misfit as misfit:
            raise _hinted(misfit, value, python_type).at(path) from misfit.__cause__

    def guess_python_type(self, literal_type: types_pb2.LiteralType) -> Any:
        """Return a Python type that can read literals of this Flyte type, for when the declared type isn't known.

        Raises:
            ConversionError: there is no such type.
        """
        from autocontainer_nb.type_engine.guessing import guess_type

        return guess_type(literal_type)


def _hinted(misfit: Misfit, value: Any, python_type: Any) -> Misfit:
    """Return the misfit, with a way out where None was given for another type, as in `x: str = None`."""
    if value is None and not misfit.hint and not misfit.steps:
        misfit.hint = f"declare Optional[{show_type(python_type)}] if None is a value as well"
    return misfit


def _bare(python_type: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the type without its wrappers (Annotated, NewType, `type X = ...`), and the notes of Annotated."""
    seen = python_type
    notes: tuple[Any, ...] = ()
    while True:
        if get_origin(seen) is Annotated:
            seen, *more = get_args(seen)
            notes = (*more, *notes)
        elif not get_args(seen) and get_origin(seen) in {dict, list, tuple}:  # typing.Dict alone: an older spelling
            seen = get_origin(seen)
        elif hasattr(seen, "__supertype__"):
            seen = seen.__supertype__
        elif type(seen).__name__ == "TypeAliasType":
            seen = seen.__value__
        elif isinstance(seen, str):
            raise ConversionError(
                f"The annotation {show_type(seen)!r} is a string, not a type. Define the name before the function, or "
                "resolve it with typing.get_type_hints."
            )
        else:
            return seen, notes


def _wrapped(made: Transformer, notes: tuple[Any, ...]) -> Transformer:
    if any(type(note).__name__ == "MayBeMissing" for note in notes):
        from autocontainer_nb.type_engine.families.annotated import MissingTransformer

        made = MissingTransformer(made)
    if not any(hasattr(note, "calculate") for note in notes):
        return made
    from autocontainer_nb.type_engine.families.annotated import HashedTransformer, HashMethod

    method = next((note for note in notes if isinstance(note, HashMethod)), None)
    return made if method is None else HashedTransformer(made, method)


type_engine = TypeEngine()
