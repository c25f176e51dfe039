"""The wire form of every type equals flytekit's: `golden/` holds what flytekit made (see `write_golden.py`)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flyteidl.core import literals_pb2, types_pb2
from golden_cases import CASES
from google.protobuf import text_format
from write_golden import without_places

from autocontainer_nb.type_engine.engine import type_engine

GOLDEN = Path(__file__).parent / "golden"
VALUES = [
    pytest.param(name, index, id=f"{name}-{index}")
    for name, (_, values) in CASES.items()
    for index in range(len(values))
]


def equal(one, other):
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, pd.DataFrame):
        return one.equals(other)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, Path):
        return one.read_bytes() == other.read_bytes() and one.name == other.name
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("name", CASES)
def test_literal_type(name):
    """The literal type is flytekit's, field for field."""
    golden = text_format.Parse((GOLDEN / f"{name}.type.textproto").read_text(), types_pb2.LiteralType())
    assert type_engine.to_literal_type(CASES[name][0]) == golden


@pytest.mark.parametrize(("name", "index"), VALUES)
def test_literal(name, index, files):
    """The literal is flytekit's, apart from where content is stored; and the value comes back from it."""
    python_type, values = CASES[name]
    made = type_engine.to_literal(values[index], python_type, files=files, path=name)
    sent = literals_pb2.Literal.FromString(made.SerializeToString())
    back = type_engine.from_literal(sent, python_type, files=files, path=name)
    assert equal(values[index], back)
    text = (GOLDEN / f"{name}.{index}.literal.textproto").read_text()
    assert without_places(made) == text_format.Parse(text, literals_pb2.Literal())


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
    assert {path.name for path in GOLDEN.iterdir()} == wanted
