"""The wire form of every type equals flytekit's: `golden/` holds what flytekit made (see `write_golden.py`)."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from flyteidl.core import literals_pb2, types_pb2
from golden_cases import CASES, OPTIONAL
from golden_names import StructuredDataset
from google.protobuf import text_format
from write_golden import without_places

from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.values.lazy_path import LazyPath
from autocontainer_nb.wire import GIVEN_KEY, MEMBER_KEY, ORDER_KEY, ZONE_KEY

GOLDEN = Path(__file__).parent / "golden"
VALUES = [
    pytest.param(name, index, id=f"{name}-{index}")
    for name, (_, values) in CASES.items()
    for index in range(len(values))
]


def equal(one, other):  # noqa: PLR0911, C901 - one return for each kind of value
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, pd.DataFrame):
        return one[list(other.columns)].equals(other)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(other, LazyPath) and other.remote_source:
        return str(one) == str(other) and other.remote_source.startswith("s3://bucket/") and not other.downloaded
    if isinstance(one, pa.Table):
        return one.equals(other)
    if type(one).__module__.startswith("polars"):
        return type(one) is type(other) and one.lazy().collect().equals(other.lazy().collect())
    if hasattr(one, "predict"):
        return type(one) is type(other) and one.predict([[2.0]]) == other.predict([[2.0]])
    if isinstance(one, StructuredDataset):
        return one.uri == other.literal.uri if one.uri else equal(one.dataframe, other.open(type(one.dataframe)).all())
    if isinstance(other, os.PathLike):
        one, other = Path(one), Path(other)
        if one.is_dir():
            return {path.name for path in one.iterdir()} == {path.name for path in other.iterdir()}
        return one.read_bytes() == other.read_bytes() and one.name == other.name
    if hasattr(type(one), "model_fields"):
        return type(one) is type(other) and all(
            equal(getattr(one, name), getattr(other, name)) for name in type(one).model_fields
        )
    if dataclasses.is_dataclass(one):
        return type(one) is type(other) and all(
            equal(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(one)
        )
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("name", CASES)
def test_literal_type(name):
    """The literal type is flytekit's, field for field."""
    golden = text_format.Parse((GOLDEN / f"{name}.type.textproto").read_text(), types_pb2.LiteralType())
    _drop_the_peer_s_words(golden)
    assert type_engine.to_literal_type(CASES[name][0]) == golden


def _drop_the_peer_s_words(golden):
    """Pydantic takes a class's docstring into the schema: flytekit's of its own class is not our class's."""
    definitions = golden.metadata.fields["$defs"].struct_value.fields if "$defs" in golden.metadata.fields else {}
    if "StructuredDataset" in definitions:
        del definitions["StructuredDataset"].struct_value.fields["description"]


@pytest.mark.parametrize(("name", "index"), VALUES)
def test_literal(name, index, files):
    """The literal is flytekit's, apart from where content is stored and notes; and the value comes back from it."""
    python_type, values = CASES[name]
    made = type_engine.to_literal(values[index], python_type, files=files, path=name)
    sent = literals_pb2.Literal.FromString(made.SerializeToString())
    back = type_engine.from_literal(sent, python_type, files=files, path=name)
    assert equal(values[index], back)
    text = (GOLDEN / f"{name}.{index}.literal.textproto").read_text()
    assert without_places(without_notes(made)) == text_format.Parse(text, literals_pb2.Literal())


def without_notes(literal):
    """Remove what is noted in metadata beside a form that is flytekit's, for the reader here."""
    for key in (GIVEN_KEY, MEMBER_KEY, ORDER_KEY, ZONE_KEY):
        literal.metadata.pop(key, None)
    parts = [*literal.collection.literals, *literal.map.literals.values()]
    for part in [*parts, literal.scalar.union.value] if literal.scalar.HasField("union") else parts:
        without_notes(part)
    return literal


@pytest.mark.parametrize(("name", "index"), VALUES)
def test_check_takes_what_is_converted(name, index):
    """`check` accepts each value that `to_literal` converts."""
    type_engine.check(CASES[name][1][index], CASES[name][0], name)


def test_no_golden_file_is_left_over():
    """Each golden file belongs to a case."""
    wanted = {f"{name}.type.textproto" for name in CASES}
    wanted |= {
        f"{name}.{index}.literal.textproto" for name, (_, values) in CASES.items() for index in range(len(values))
    }
    found = {path.name for path in GOLDEN.iterdir()}
    assert wanted <= found
    assert {name.partition(".")[0] for name in found - wanted} <= OPTIONAL - set(CASES)
