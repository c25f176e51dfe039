"""A transformer that the user has registered in a cell converts in the container, too."""

import pytest
from container_fixture import Container
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.core.resolvers.pickled_entity import load_pickled_entity
from autocontainer_nb.type_engine import engine

CELL = """
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wording import Misfit
from flyteidl.core import literals_pb2, types_pb2

class Celsius:
    def __init__(self, degrees):
        self.degrees = degrees

class CelsiusTransformer(Transformer):
    def literal_type(self):
        return types_pb2.LiteralType(simple=types_pb2.FLOAT)
    def check(self, value):
        if not isinstance(value, Celsius):
            raise Misfit("Celsius", value)
    def to_literal(self, value, files):
        primitive = literals_pb2.Primitive(float_value=value.degrees)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=primitive))
    def read(self, literal, files):
        return Celsius(literal.scalar.primitive.float_value)

type_engine.register(Celsius, CelsiusTransformer)

@task
def train(outside: Celsius) -> Celsius:
    return Celsius(outside.degrees + 20)
"""


@pytest.fixture(autouse=True)
def _own_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone after it: rules are put back as they were."""
    own = engine.type_engine
    monkeypatch.setattr(own, "_own_rules", list(own._own_rules))
    monkeypatch.setattr(own, "_registrations", list(own._registrations))
    monkeypatch.setattr(own, "_made", {})


def test_it_converts_inputs_and_outputs_in_the_container(container: Container) -> None:
    """The value travels in the user's own form both ways; no pickle of it is made."""
    captured = container.capture(CELL)
    celsius = captured.task.python_interface.inputs["outside"]
    outcome = container.execute(captured, outside=celsius(1.5))
    assert outcome.outputs is not None, outcome.log
    assert outcome.outputs["o0"].degrees == 21.5
    written = literals_pb2.LiteralMap.FromString((container.prefix / "out" / "outputs.pb").read_bytes())
    assert written.literals["o0"].scalar.primitive.float_value == 21.5
    assert captured.task.interface.inputs.variables["outside"].type.simple == types_pb2.FLOAT


def test_loading_where_it_is_registered_registers_nothing_twice(container: Container) -> None:
    captured = container.capture(CELL)
    before = engine.type_engine.registrations()
    load_pickled_entity(captured.path, captured.digest)
    assert engine.type_engine.registrations() == before
