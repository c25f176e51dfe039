"""The transformer for Optional and unions: a literal with its variant's type, tagged with the variant's family."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final, get_args

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.idl.literals import show_literal
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.constants import literal_of_constant
from autocontainer_nb.type_engine.families.union_wire import SimpleUnion
from autocontainer_nb.type_engine.packed.base import while_reading
from autocontainer_nb.type_engine.packed.given import restore_given
from autocontainer_nb.type_engine.transformer import Engine, Transformer
from autocontainer_nb.type_engine.wording import Misfit, with_article
from autocontainer_nb.wire import GIVEN_KEY, MEMBER_KEY, PICKLE_KEY

_ORDERS: Final = 64  # how many stored types a union remembers the order of its variants for


class UnionTransformer(Transformer):
    """A union: a value goes to the variant of exactly its type, else to the first one that accepts it."""

    tag = "Typed Union"

    def __init__(self, python_type: Any, engine: Engine) -> None:
        super().__init__(python_type, engine)
        self._variants: list[Transformer] = [engine.transformer(arg) for arg in get_args(python_type)]
        self._names: list[str] | None = None
        self._types: list[types_pb2.LiteralType] = []
        self._orders: dict[bytes, list[Transformer]] = {}
        self._simple: SimpleUnion | None = None

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the union type; each variant's structure holds its tag (and nothing else, as in flytekit)."""
        return types_pb2.LiteralType(union_type=types_pb2.UnionType(variants=self._tagged()))

    def _tagged(self) -> list[types_pb2.LiteralType]:
        """Return the variants' types with their tags, made once: a model's has its whole schema."""
        if not self._types:
            self._types = [_tagged(variant) for variant in self._variants]
            self._simple = SimpleUnion.of(self._variants, self._types)
        return self._types

    def check(self, value: Any) -> None:
        """Raise Misfit unless a variant accepts the value."""
        self._choose(value)

    def _choose(self, value: Any) -> Transformer:
        misfits = []
        exact = [variant for variant in self._variants if variant.is_exact(value)]
        for variant in [*exact, *(variant for variant in self._variants if variant not in exact)]:
            try:
                variant.check(value)
            except Misfit as misfit:  # noqa: PERF203 - each variant has its own try
                misfits.append(misfit)
            else:
                return variant
        # The misfit deepest inside says more than the union's name would.
        deepest = max(misfits, key=lambda misfit: len(misfit.steps))
        if deepest.steps or len(exact) == 1:
            raise deepest if deepest.steps else misfits[0]
        raise self.misfit(value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the union's literal, which wraps the variant's."""
        exact = [variant for variant in self._variants if variant.is_exact(value)]
        if len(exact) == 1:
            with suppress(Misfit):  # writing checks it as well
                return self._wrap(exact[0], exact[0].to_literal(value, files))
        variant = self._choose(value)
        return self._wrap(variant, variant.to_literal(value, files))

    def _wrap(self, variant: Transformer, inner: literals_pb2.Literal) -> literals_pb2.Literal:
        union = literals_pb2.Union(value=inner, type=self._tagged()[self._variants.index(variant)])
        literal = literals_pb2.Literal(scalar=literals_pb2.Scalar(union=union))
        if names := self._names_of_alike():
            literal.metadata[MEMBER_KEY] = names[self._variants.index(variant)]
        return literal

    def _names_of_alike(self) -> list[str]:
        """Return a name for each variant if Flyte's types don't tell all of them apart, as two kinds of frames."""
        if self._names is None:
            forms = [each.SerializeToString(deterministic=True) for each in self._tagged()]
            kinds = [repr(variant.python_type) for variant in self._variants]
            # Two classes of one name are told apart by their order.
            counts = [kinds[:at].count(kind) for at, kind in enumerate(kinds)]
            names = [f"{kind}#{count}" if count else kind for kind, count in zip(kinds, counts, strict=True)]
            self._names = names if len(set(forms)) < len(forms) else []
        return self._names

    # --- many elements at a time: unions of simple types are as fast as they are ------------------------------------
    def _fast(self) -> SimpleUnion | None:
        self._tagged()
        return self._simple

    def check_many(self, values: list[Any]) -> None:
        """Raise Misfit for the first value that doesn't fit."""
        fast = self._fast()
        groups = None if fast is None else fast.groups(values)
        if fast is None or groups is None:
            super().check_many(values)
            return
        try:
            for kind, group in groups.items():
                fast.check_group(kind, group)
        except Misfit:
            super().check_many(values)  # finds the element, and raises with its place

    def write_many(self, values: list[Any], files: FileAccess) -> literals_pb2.LiteralCollection:
        """Return the collection of the values' literals."""
        fast = self._fast()
        groups = None if fast is None else fast.groups(values)
        if fast is None or groups is None:
            return super().write_many(values, files)
        try:
            return literals_pb2.LiteralCollection.FromString(fast.wire_form(values, groups))
        except (Misfit, ValueError, OverflowError):
            return super().write_many(values, files)  # likewise

    def read_many(self, literals: Iterable[literals_pb2.Literal], files: FileAccess) -> list[Any]:
        """Return the values of the literals."""
        if self._fast() is None:
            return super().read_many(literals, files)
        return self.read_collection(literals_pb2.LiteralCollection(literals=literals), files)

    def read_collection(self, collection: literals_pb2.LiteralCollection, files: FileAccess) -> list[Any]:
        """Return the values of the collection's literals."""
        fast = self._fast()
        found = None if fast is None else fast.read(collection)
        return super().read_many(collection.literals, files) if found is None else found

    # --- reading -----------------------------------------------------------------------------------------------------
    def from_literal(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the value, read by the variant that the literal names, or by the first that can."""
        if literal.HasField("offloaded_metadata"):
            return super().from_literal(literal, files)
        if PICKLE_KEY in literal.metadata and (whole := self.pickled(literal, files)):
            return whole[0]
        literal = literal_of_constant(literal)
        if literal.scalar.WhichOneof("value") == "union":
            inner = literal.scalar.union.value
            variants = self._by_type(literal.scalar.union.type)
            if MEMBER_KEY in literal.metadata and literal.metadata[MEMBER_KEY] in (names := self._names_of_alike()):
                named = self._variants[names.index(literal.metadata[MEMBER_KEY])]
                variants = [named, *(each for each in variants if each is not named)]
            return self._first(variants, inner, files)
        pickled = PICKLE_KEY in literal.metadata
        if literal.scalar.WhichOneof("value") == "binary" and not pickled and (packer := self.packer()) is not None:
            plain, unpack = self.packed(literal), packer.unpack
            found = while_reading(files, lambda: unpack(plain))
            if GIVEN_KEY in literal.metadata:
                restore_given(found, literal.metadata[GIVEN_KEY])
            return found
        return self._first(self._by_shape(literal), literal, files)

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the value, read by the first variant that can."""
        return self._first(self._variants, literal, files)

    def _by_type(self, stored: types_pb2.LiteralType) -> list[Transformer]:
        """Return the variants in the order to try: same type, same family and form, all others."""

        def rank(at: int) -> int:
            if self._variants[at].tag != stored.structure.tag:
                return 3
            own = self._tagged()[at]
            return 0 if own == stored else 1 if _essence(own) == _essence(stored) else 2

        form = stored.SerializeToString(deterministic=True)
        found = self._orders.get(form)
        if found is None:
            found = [self._variants[at] for at in sorted(range(len(self._variants)), key=rank)]
            if len(self._orders) < _ORDERS:
                self._orders[form] = found
        return found

    def _by_shape(self, literal: literals_pb2.Literal) -> list[Transformer]:
        # A plain literal: an integer must not become a float because float is listed first.
        kind = literal.scalar.primitive.WhichOneof("value")
        return sorted(self._variants, key=lambda variant: getattr(variant, "field", None) != kind)

    def _first(self, variants: list[Transformer], literal: literals_pb2.Literal, files: FileAccess) -> Any:
        misfits = []
        for variant in variants:
            try:
                return variant.from_literal(literal, files)
            except Misfit as misfit:  # noqa: PERF203 - each variant has its own try
                misfits.append(misfit)
        deepest = max(misfits, key=lambda misfit: len(misfit.steps))
        if deepest.steps:
            raise deepest
        raise Misfit(with_article(self.python_type), show_literal(literal))

    def is_exact(self, value: Any) -> bool:
        """Whether one of the variants is exactly of the value's type."""
        return any(variant.is_exact(value) for variant in self._variants)


def _tagged(variant: Transformer) -> types_pb2.LiteralType:
    found = types_pb2.LiteralType()
    found.CopyFrom(variant.literal_type())
    found.structure.CopyFrom(types_pb2.TypeStructure(tag=variant.tag))
    return found


def _essence(literal_type: types_pb2.LiteralType) -> types_pb2.LiteralType:
    found = types_pb2.LiteralType()
    found.CopyFrom(literal_type)
    for field in ("metadata", "structure", "annotation"):
        found.ClearField(field)
    return found
