"""Packing of dataclasses and untyped dicts: to and from the plain dicts, lists and scalars that msgpack encodes.

Our own, since containers import it, files inside of values go to a place of the run's, and a misfit tells its path:
mashumaro itself has neither of the two and is slower to start, msgspec and cattrs have other forms.

The forms are those of mashumaro's msgpack codec, which flytekit uses: dates and times as ISO 8601 strings, timedeltas
as seconds, enums as their values, sets and tuples as arrays, Decimal, UUID and Path as strings. Each type is compiled
once into a Packer.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from autocontainer_nb.type_engine.packed import leaves
from autocontainer_nb.type_engine.packed.base import NotPackableError, Packer
from autocontainer_nb.type_engine.wording import (
    ANOTHER_DEFINITION,
    Misfit,
    show_type,
    show_value,
    type_key,
    with_article,
)

_packers: dict[Any, Packer] = {}


def packer_for(python_type: Any) -> Packer:
    """Return the packer of the type, the same one each time.

    Raises:
        NotPackableError: the type, or one inside it, has no packed form.
    """
    key = type_key(python_type)
    found = _packers.get(key)
    if found is None:
        compiler = _Compiler()
        found = compiler.compile(python_type)
        _packers.update(compiler.made)
    return found


def find_packer(python_type: Any) -> Packer | None:
    """Return the packer of the type, or None if it has no packed form."""
    try:
        return packer_for(python_type)
    except NotPackableError:
        return None


def fields_of(dataclass: type) -> dict[str, tuple[dataclasses.Field[Any], Any]]:
    """Return name ► (field, resolved type) of a dataclass, in order.

    Raises:
        Misfit: an annotation is a string with a name that can't be resolved.
    """
    try:
        hints = get_type_hints(dataclass)
    except NameError:
        hints = _late_hints(dataclass)
    return {field.name: (field, hints[field.name]) for field in dataclasses.fields(dataclass)}


def _late_hints(dataclass: type) -> dict[str, Any]:
    # A class pickled by value has left its module behind; the names that most annotations use are known.
    try:
        return get_type_hints(dataclass, localns={"typing": typing, **vars(typing)})
    except NameError as error:
        raise Misfit(
            "a dataclass whose annotations are types",
            f"{show_type(dataclass)} whose annotations are strings: {error}",
            "define that name before the class, and leave out `from __future__ import annotations`",
        ) from error


class _Compiler:
    """Makes the packers of one type and its parts; keeps them to itself until all are made."""

    def __init__(self) -> None:
        self.made: dict[Any, Packer] = {}

    def compile(self, python_type: Any) -> Packer:
        key = type_key(python_type)
        if key not in self.made:
            if isinstance(python_type, type) and dataclasses.is_dataclass(python_type):
                # Entered before its fields are compiled: a tree node has nodes as children.
                self.made[key] = Packer(
                    pack=lambda value: self.made[key].pack(value),  # noqa: PLW0108 - replaced below
                    unpack=lambda plain: self.made[key].unpack(plain),  # noqa: PLW0108 - replaced below
                    is_exact=lambda value: type(value) is python_type,
                )
                self.made[key] = self._dataclass(python_type)
            else:
                self.made[key] = self._other(python_type)
        return self.made[key]

    def _other(self, python_type: Any) -> Packer:  # noqa: PLR0911 - one return for each form of type
        origin, args = get_origin(python_type), get_args(python_type)
        if origin is Annotated:
            return self.compile(args[0])
        if origin in (Union, types.UnionType):
            return _union(python_type, [self.compile(arg) for arg in args])
        if origin is Literal:
            return leaves.choice(python_type, args)
        base = origin or python_type
        if base in (list, Sequence):
            return _sequence(list, list, self.compile(args[0] if args else Any), python_type)
        if base in (set, frozenset):
            return _sequence(base, base, self.compile(args[0] if args else Any), python_type)
        if base is tuple:
            if not args or args[-1] is Ellipsis:
                return _sequence(tuple, tuple, self.compile(args[0] if args else Any), python_type)
            return _fixed_tuple([self.compile(arg) for arg in args], python_type)
        if base in (dict, Mapping):
            key, value = args or (Any, Any)
            return _mapping(self.compile(key), self.compile(value), python_type)
        if hasattr(python_type, "__supertype__"):
            return self.compile(python_type.__supertype__)
        leaf = leaves.leaf(python_type)
        if leaf is None:
            raise NotPackableError(show_type(python_type))
        return leaf

    def _dataclass(self, cls: Any) -> Packer:
        fields = [
            (name, self.compile(hint), field.init, _is_required(field))
            for name, (field, hint) in fields_of(cls).items()
        ]

        def pack(value: Any) -> dict[str, Any]:
            if not isinstance(value, cls):
                same_name = type(value).__qualname__ == cls.__qualname__
                raise Misfit(with_article(cls), show_value(value), ANOTHER_DEFINITION if same_name else "")
            packed = {}
            name = ""
            try:
                for name, packer, _, _ in fields:
                    packed[name] = packer.pack(getattr(value, name))
            except Misfit as misfit:
                raise misfit.inside(f".{name}") from misfit.__cause__
            return packed

        def unpack(plain: Any) -> Any:
            if not isinstance(plain, dict):
                raise Misfit(with_article(cls), show_value(plain))
            given: dict[str, Any] = {}
            later: dict[str, Any] = {}
            name = ""
            try:
                for name, packer, init, required in fields:
                    if name in plain:
                        (given if init else later)[name] = packer.unpack(plain[name])
                    elif required:
                        _refuse_missing(cls, plain)
            except Misfit as misfit:
                raise misfit.inside(f".{name}") from misfit.__cause__
            made = cls(**given)
            for name, value in later.items():
                object.__setattr__(made, name, value)
            return made

        return Packer(pack, unpack, lambda value: type(value) is cls)


def _is_required(field: "dataclasses.Field[Any]") -> bool:
    return field.init and is_missing(field.default) and is_missing(field.default_factory)


def is_missing(default: Any) -> bool:
    """Whether a default is missing. In a class pickled by value, the marker for that is a copy of Python's own."""
    return isinstance(default, type(dataclasses.MISSING))


def _refuse_missing(cls: type, plain: dict[str, Any]) -> None:
    stored = f"the fields {', '.join(map(str, plain))}" if plain else "no fields"
    raise Misfit("a value", "none", f"the stored {show_type(cls)} has {stored}")


def _sequence(accepted: Any, make: Callable[[Any], Any], items: Packer, python_type: Any) -> Packer:
    def convert(values: Any, action: Callable[[Any], Any]) -> list[Any]:
        found: list[Any] = []
        try:
            for value in values:
                found.append(action(value))  # noqa: PERF401 - its length is the place of a misfit
        except Misfit as misfit:
            raise misfit.inside(f"[{len(found)}]") from misfit.__cause__
        return found

    def pack(value: Any) -> list[Any]:
        if not isinstance(value, accepted):
            raise Misfit(with_article(python_type), show_value(value))
        return convert(value, items.pack)

    def unpack(plain: Any) -> Any:
        if not isinstance(plain, (list, tuple)):
            raise Misfit(with_article(python_type), show_value(plain))
        return make(convert(plain, items.unpack))

    return Packer(pack, unpack, lambda value: type(value) is accepted)


def _fixed_tuple(items: list[Packer], python_type: Any) -> Packer:
    def convert(values: Any, action: str, kinds: tuple[Any, ...]) -> list[Any]:
        if not isinstance(values, kinds) or len(values) != len(items):
            raise Misfit(with_article(python_type), show_value(values))
        found: list[Any] = []
        try:
            for packer, value in zip(items, values, strict=True):
                found.append(getattr(packer, action)(value))
        except Misfit as misfit:
            raise misfit.inside(f"[{len(found)}]") from misfit.__cause__
        return found

    return Packer(
        lambda value: convert(value, "pack", (tuple,)),
        lambda plain: tuple(convert(plain, "unpack", (list, tuple))),
        lambda value: type(value) is tuple and len(value) == len(items),
    )


def _mapping(keys: Packer, values: Packer, python_type: Any) -> Packer:
    def convert(content: Any, action: str) -> dict[Any, Any]:
        if not isinstance(content, Mapping):
            raise Misfit(with_article(python_type), show_value(content))
        on_key, on_value = getattr(keys, action), getattr(values, action)
        found = {}
        key = None
        try:
            for key, value in content.items():
                found[on_key(key)] = on_value(value)
        except Misfit as misfit:
            raise misfit.inside(f"[{key!r}]") from misfit.__cause__
        return found

    return Packer(
        lambda value: convert(value, "pack"), lambda plain: convert(plain, "unpack"), lambda value: type(value) is dict
    )


def _union(python_type: Any, variants: list[Packer]) -> Packer:
    def pack(value: Any) -> Any:
        deepest: Misfit | None = None
        for packer in sorted(variants, key=lambda packer: not packer.is_exact(value)):
            try:
                return packer.pack(value)
            except Misfit as misfit:  # noqa: PERF203 - each variant has its own try
                if misfit.steps and (deepest is None or len(misfit.steps) > len(deepest.steps)):
                    deepest = misfit
        raise deepest or Misfit(with_article(python_type), show_value(value))

    def unpack(plain: Any) -> Any:
        candidates = []
        deepest: Misfit | None = None
        for packer in variants:
            try:
                value = packer.unpack(plain)
                # If it packs to the same again, it is this variant; else a better one may follow (float reads ints).
                again = packer.pack(value)
            except Misfit as misfit:
                if misfit.steps and (deepest is None or len(misfit.steps) > len(deepest.steps)):
                    deepest = misfit
                continue
            if again == plain and type(again) is type(plain):
                return value
            candidates.append(value)
        if candidates:
            return candidates[0]
        raise deepest or Misfit(with_article(python_type), show_value(plain))

    return Packer(pack, unpack, lambda value: any(packer.is_exact(value) for packer in variants))
