"""Reading results where no Python interface is known: types and values guessed from Flyte's side."""

import datetime as dt
import pathlib
import typing
from typing import Any

import numpy as np
import pandas as pd
import pytest
from flyteidl.core import types_pb2
from golden_cases import A_FILE, CASES, FRAME, Color, Metrics, Plain
from golden_names import FlyteDirectory, FlyteFile

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.values.flyte_error import FlyteError

GUESSES = [
    (int, int),
    (float, float),
    (bool, bool),
    (str, str),
    (type(None), type(None)),
    (dt.datetime, dt.datetime),
    (dt.date, dt.datetime),
    (dt.timedelta, dt.timedelta),
    (list[int], list[int]),
    (dict[str, list[float]], dict[str, list[float]]),
    (int | None, int | None),
    (int | str | None, int | str | None),
    (dict, dict),
    (list, list),
    (Metrics, dict),
    (list[Metrics], list[dict]),
    (Color, str),
    (Plain, Any),
    (pathlib.Path, pathlib.Path),
    (FlyteError, FlyteError),
    (FlyteFile, pathlib.Path),
    (FlyteFile["csv"], FlyteFile["csv"]),
    (FlyteDirectory, FlyteDirectory),
    (FlyteDirectory["csv"], FlyteDirectory["csv"]),
    (np.ndarray, np.ndarray),
    (pd.DataFrame, pd.DataFrame),
]


@pytest.mark.parametrize(("declared", "guessed"), GUESSES, ids=str)
def test_guessed_type(declared, guessed):
    """The declared type, or the plain one that holds the same."""
    literal_type = type_engine.to_literal_type(declared)
    before = literal_type.SerializeToString(deterministic=True)
    assert type_engine.guess_python_type(literal_type) == guessed
    assert literal_type.SerializeToString(deterministic=True) == before


@pytest.mark.parametrize("name", CASES)
def test_every_type_can_be_read_by_its_guess(name, files):
    """What was written as the declared type is read as the guessed one, and as Any."""
    python_type, values = CASES[name]
    guessed = type_engine.guess_python_type(type_engine.to_literal_type(python_type))
    for value in values:
        literal = type_engine.to_literal(value, python_type, files=files)
        if b"s3://bucket" in literal.SerializeToString():
            continue  # a guessed Path is a copy of the file, and there is no such bucket
        by_guess = type_engine.from_literal(literal, guessed, files=files)
        by_shape = type_engine.from_literal(literal, Any, files=files)
        assert type(by_guess) is type(by_shape)
        if (
            guessed == python_type
            and type(value) in (int, float, bool, str, list, dict)
            and "frame" not in name
            and "folder" not in name
        ):
            assert by_guess == by_shape == value


def test_values_by_shape(files):
    """Files, frames, arrays and dataclasses come as paths, frames, arrays and dicts where Any is asked for."""
    values = {"file": (A_FILE, pathlib.Path), "frame": (FRAME, pd.DataFrame), "metrics": (Metrics("m"), Metrics)}
    found = {
        name: type_engine.from_literal(type_engine.to_literal(value, kind, files=files), Any, files=files)
        for name, (value, kind) in values.items()
    }
    assert found["file"].read_bytes() == A_FILE.read_bytes()
    assert found["frame"].equals(FRAME)
    assert found["metrics"] == {"name": "m", "accuracy": 0.5, "steps": 3, "ok": True}


def test_types_without_a_python_form():
    """A type that nothing here reads is refused by name."""
    for literal_type, name in (
        (types_pb2.LiteralType(schema=types_pb2.SchemaType()), "schema"),
        (types_pb2.LiteralType(), "NONE|empty"),
    ):
        if literal_type.WhichOneof("type") is None:
            with pytest.raises(ConversionError, match="empty"):
                type_engine.guess_python_type(literal_type)
        else:
            with pytest.raises(ConversionError, match=f"No Python type is known for Flyte's type {name}"):
                type_engine.guess_python_type(literal_type)


def test_guessed_unions_are_typing_s():
    """A union of one guessed type is that type."""
    literal_type = type_engine.to_literal_type(dt.datetime | dt.date)
    assert type_engine.guess_python_type(literal_type) is dt.datetime
    assert typing.get_args(type_engine.guess_python_type(type_engine.to_literal_type(Plain | None)))
