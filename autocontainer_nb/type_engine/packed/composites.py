"""Packing of dataclasses and untyped dicts: to and from the plain dicts, lists and scalars that msgpack encodes.

Our own, since containers import it, files inside of values go to a place of the run's, and a misfit tells its path:
mashumaro itself has neither of the two and is slower to start, msgspec and cattrs have other forms.

The forms are those of mashumaro's msgpack codec, which flytekit uses: dates and times as ISO 8601 strings, timedeltas
as seconds, enums as their values, sets and tuples as arrays, Decimal, UUID and Path as strings. Each type is compiled
once into a Packer.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from autocontainer_nb.type_engine.packed import leaves
from autocontainer_nb.type_engine.packed.base import NotPackableError, Packer, would_change
from autocontainer_nb.type_engine.packed.records import is_restored_by_fields, record
from autocontainer_nb.type_engine.wording import Misfit, show_type, show_value, type_key, with_article

_packers: dict[Any, Packer] = {}
_LIST: Final = frozenset({list})


def packer_for(python_type: Any) -> Packer:
    """Return the packer of the type, the same one each time.

    Raises:
        NotPackableError: the type, or one inside it, has no packed form.
    """
    key = type_key(python_type)
    found = _packers.get(key)
    if found is None:
        compiler = _Compiler()
        found = dataclasses.replace(compiler.compile(python_type), needs_proof=compiler.needs_proof)
        _packers[key] = found
    return found


def find_packer(python_type: Any) -> Packer | None:
    """Return the packer of the type, or None if it has no packed form."""
    try:
        return packer_for(python_type)
    except NotPackableError:
        return None


class _Compiler:
    """Makes the packers of one type and its parts; keeps them to itself until all are made."""

    def __init__(self) -> None:
        self.made: dict[Any, Packer] = {}
        self.needs_proof = False

    def compile(self, python_type: Any) -> Packer:
        key = type_key(python_type)
        if key not in self.made:
            if isinstance(python_type, type) and dataclasses.is_dataclass(python_type):
                # Entered before its fields are compiled: a tree node has nodes as children.
                self.made[key] = Packer(
                    pack=lambda value: self.made[key].pack(value),  # noqa: PLW0108 - replaced below
                    unpack=lambda plain: self.made[key].unpack(plain),  # noqa: PLW0108 - replaced below
                    is_exact=lambda value: type(value) is python_type,
                    forms=frozenset({dict}),
                )
                self.needs_proof |= not is_restored_by_fields(python_type)
                self.made[key] = record(python_type, self.compile)
            else:
                self.made[key] = self._other(python_type)
        return self.made[key]

    def _other(self, python_type: Any) -> Packer:  # noqa: PLR0911 - one return for each form of type
        origin, args = get_origin(python_type), get_args(python_type)
        if origin is Annotated:
            return self.compile(args[0])
        if origin in (Union, types.UnionType):
            variants = [self.compile(arg) for arg in args]
            self.needs_proof |= not _are_told_apart(variants)
            return _union(python_type, variants)
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
        leaves.note_type(value, accepted)
        return convert(value, items.pack)

    def unpack(plain: Any) -> Any:
        if not isinstance(plain, (list, tuple)):
            raise Misfit(with_article(python_type), show_value(plain))
        return make(convert(plain, items.unpack))

    return Packer(pack, unpack, lambda value: type(value) is accepted, forms=_LIST)


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

    def pack(value: Any) -> list[Any]:
        packed = convert(value, "pack", (tuple,))
        leaves.note_type(value, tuple)
        return packed

    return Packer(
        pack,
        lambda plain: tuple(convert(plain, "unpack", (list, tuple))),
        lambda value: type(value) is tuple and len(value) == len(items),
        forms=_LIST,
    )


def _mapping(keys: Packer, values: Packer, python_type: Any) -> Packer:
    def check(content: Any) -> None:
        if not isinstance(content, Mapping):
            raise Misfit(with_article(python_type), show_value(content))

    def pack(content: Any) -> dict[Any, Any]:
        check(content)
        leaves.note_type(content, dict)
        found: dict[Any, Any] = {}
        key = None
        try:
            for key, value in content.items():
                packed = keys.pack(key)
                if packed.__hash__ is None:  # a tuple as key becomes a list
                    would_change(f"the key {show_value(key)} would come back as {show_value(packed)}")
                    packed = repr(key)
                found[packed] = values.pack(value)
        except Misfit as misfit:
            raise misfit.inside(f"[{key!r}]") from misfit.__cause__
        if len(found) != len(content):
            would_change("two keys of a dict are the same when packed")
        return found

    def unpack(content: Any) -> dict[Any, Any]:
        check(content)
        key = None
        try:
            return {keys.unpack(key := each): values.unpack(value) for each, value in content.items()}
        except Misfit as misfit:
            raise misfit.inside(f"[{key!r}]") from misfit.__cause__

    return Packer(pack, unpack, lambda value: type(value) is dict, forms=frozenset({dict}))


def _are_told_apart(variants: list[Packer]) -> bool:
    """Whether packed values of a union's variants have types that differ, so that each shows its variant."""
    forms = [packer.forms for packer in variants]
    if any(each is None for each in forms):
        return False
    counted = [form for each in forms if each is not None for form in each]
    return len(counted) == len(set(counted))


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

    forms = None if any(packer.forms is None for packer in variants) else [packer.forms or () for packer in variants]
    return Packer(
        pack,
        unpack,
        lambda value: any(packer.is_exact(value) for packer in variants),
        forms=None if forms is None else frozenset(form for each in forms for form in each),
    )
