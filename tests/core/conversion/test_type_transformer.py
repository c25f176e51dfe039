"""A user's transformer, written for flytekit, converts wherever its type stands, and its mistakes are told."""

import asyncio
from dataclasses import dataclass
from typing import Any, Generic, Optional, TypeVar

import pytest
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.core.context_manager import FlyteContextManager
from autocontainer_nb.core.conversion.type_transformer import (
    AsyncTypeTransformer,
    SimpleTransformer,
    TypeEngine,
    TypeTransformer,
)
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import ConversionError, DefinitionError
from autocontainer_nb.type_engine import engine
from autocontainer_nb.type_engine.convert import from_literal, to_literal, to_literal_type

T = TypeVar("T")


class Length:
    def __init__(self, metres: float) -> None:
        self.metres = metres

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.metres == self.metres

    __hash__ = None


class Height(Length):
    """A subclass, which the transformer of its base converts."""


class Boxed(Generic[T]):
    def __init__(self, text: str) -> None:
        self.text = text


@dataclass
class Record:
    """A dataclass with a transformer of its own: not the engine's form of dataclasses."""

    name: str


def primitive(value: float) -> literals_pb2.Literal:
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(float_value=value)))


class LengthTransformer(TypeTransformer[Length]):
    def __init__(self) -> None:
        super().__init__("length", Length)

    def get_literal_type(self, t: type) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(simple=types_pb2.FLOAT)

    def to_literal(self, ctx: Any, python_val: Any, python_type: Any, expected: Any) -> literals_pb2.Literal:
        assert expected.simple == types_pb2.FLOAT
        if python_val.metres < 0:
            raise ConversionError("a length below zero")
        return primitive(python_val.metres)

    def to_python_value(self, ctx: Any, lv: Any, expected_python_type: Any) -> Any:
        return expected_python_type(lv.scalar.primitive.float_value)


class BoxedTransformer(AsyncTypeTransformer[Boxed]):
    def __init__(self) -> None:
        super().__init__("boxed", Boxed)

    def get_literal_type(self, t: type) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(simple=types_pb2.STRING)

    async def async_to_literal(self, ctx: Any, python_val: Any, python_type: Any, expected: Any) -> Any:
        await asyncio.sleep(0)
        text = literals_pb2.Primitive(string_value=f"{python_type}:{python_val.text}")
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=text))

    async def async_to_python_value(self, ctx: Any, lv: Any, expected_python_type: Any) -> Any:
        await asyncio.sleep(0)
        return Boxed(lv.scalar.primitive.string_value)


@pytest.fixture(autouse=True)
def _own_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone after it."""
    own = engine.type_engine
    monkeypatch.setattr(own, "_own_rules", list(own._own_rules))
    monkeypatch.setattr(own, "_registrations", list(own._registrations))
    monkeypatch.setattr(own, "_made", {})
    TypeEngine.register(LengthTransformer())


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Length, Length(1.5)),
        (Height, Height(2.0)),
        (list[Length], [Length(1.0), Length(2.0)]),
        (dict[str, Length], {"a": Length(1.0)}),
        (Optional[Length], Length(3.0)),  # noqa: UP045 - flytekit's users write it
        (Optional[Length], None),  # noqa: UP045 - likewise
        (Length | int, Length(1.0)),
        (Length | int, 3),
    ],
)
def test_it_converts_wherever_the_type_stands(kind, value):
    """Alone, as a subclass, in lists, maps, optionals and unions; there and back, in a task and in a workflow."""
    assert from_literal(to_literal(value, kind), kind) == value

    @task
    def same(x: kind) -> kind:
        return x

    @workflow
    def run(x: kind) -> kind:
        return same(x=same(x=x))

    assert same(x=value) == value
    assert run(x=value) == value


def test_the_type_is_the_users():
    assert to_literal_type(list[Length]).collection_type.simple == types_pb2.FLOAT


def test_a_value_of_another_type_is_told_with_its_path():
    @task
    def total(lengths: list[Length]) -> float:
        return sum(length.metres for length in lengths)

    with pytest.raises(ConversionError, match=r"total\(inputs\).lengths\[1\]: expected a Length, got 'x'"):
        total(lengths=[Length(1.0), "x"])


def test_the_users_own_refusal_is_told_with_its_path():
    """What flytekit calls TypeTransformerFailedError is a ConversionError; it gets the path of the value."""
    with pytest.raises(ConversionError, match=r"\[1\]: .*A length below zero"):
        to_literal([Length(1.0), Length(-1.0)], list[Length])


def test_an_asynchronous_one_knows_its_generic_type():
    TypeEngine.register(BoxedTransformer())
    found = from_literal(to_literal(Boxed("a"), Boxed[int]), Boxed[int])
    assert found.text == f"{Boxed[int]}:a"


def test_a_dataclass_with_a_transformer_goes_by_it():
    TypeEngine.register(
        SimpleTransformer(
            "record",
            Record,
            types_pb2.LiteralType(simple=types_pb2.FLOAT),
            lambda record: primitive(float(record.name)),
            lambda literal: Record(str(literal.scalar.primitive.float_value)),
        )
    )
    assert to_literal_type(Record).simple == types_pb2.FLOAT
    assert from_literal(to_literal(Record("2"), Record), Record) == Record("2.0")


def test_the_engine_answers_by_flytekits_names():
    """Types, literals both ways, maps of them, and the transformer that was registered."""
    context = FlyteContextManager.current_context()
    literal = TypeEngine.to_literal(context, Length(2.0), Length, TypeEngine.to_literal_type(Length))
    assert TypeEngine.to_python_value(context, literal, Length) == Length(2.0)
    assert isinstance(TypeEngine.get_transformer(Length), LengthTransformer)
    literals = TypeEngine.dict_to_literal_map(context, {"a": 1, "b": Length(1.0)})
    assert TypeEngine.literal_map_to_kwargs(context, literals, {"a": int, "b": Length}) == {"a": 1, "b": Length(1.0)}
    assert TypeEngine.guess_python_type(TypeEngine.to_literal_type(int)) is int


def test_mistakes_are_told():
    """No instance; a wrong type or literal from the user's code: the error names the class and the method."""
    with pytest.raises(DefinitionError, match=r"Write TypeEngine.register\(MyTransformer\(\)\)"):
        TypeEngine.register(LengthTransformer)

    class Wrong(LengthTransformer):
        def to_literal(self, ctx: Any, python_val: Any, python_type: Any, expected: Any) -> Any:
            return python_val.metres

    TypeEngine.register(Wrong())
    with pytest.raises(DefinitionError, match=r"Wrong.to_literal: expected a Literal, got 1.0"):
        to_literal(Length(1.0), Length)
