"""The three public functions: Flyte's messages without a task."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import pytest
from flyteidl.core import literals_pb2, types_pb2
from golden_cases import A_FILE, FRAME, Plain
from golden_names import FlyteFile, HashMethod

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.type_engine.convert import from_literal, to_literal, to_literal_type
from autocontainer_nb.type_engine.engine import type_engine


def test_messages_come_and_go():
    """They are flyteidl's own messages; a changed type doesn't change what the engine knows."""
    literal_type = to_literal_type(list[int])
    assert literal_type == types_pb2.LiteralType(collection_type={"simple": types_pb2.INTEGER})
    literal_type.collection_type.simple = types_pb2.FLOAT
    assert to_literal_type(list[int]).collection_type.simple == types_pb2.INTEGER
    assert isinstance(to_literal(3, int), literals_pb2.Literal)
    assert from_literal(to_literal([1, 2], list[int]), list[int]) == [1, 2]


def test_files_live_as_long_as_the_process():
    """Without a place for them, files, frames and pickles go to a temporary folder."""
    assert from_literal(to_literal(FRAME, pd.DataFrame), pd.DataFrame).equals(FRAME)
    assert from_literal(to_literal(Plain(1), Plain), Plain) == Plain(1)
    assert Path(from_literal(to_literal(A_FILE, FlyteFile), FlyteFile)).read_bytes() == A_FILE.read_bytes()


def test_a_place_of_one_s_own(files):
    """With one, they go there."""
    assert to_literal(A_FILE, FlyteFile, files=files).scalar.blob.uri.startswith(files.prefix)
    assert from_literal(to_literal(A_FILE, FlyteFile, files=files), FlyteFile, files=files).path.startswith(
        files.prefix
    )


def test_errors_have_no_path():
    """The message starts at the value itself."""
    with pytest.raises(ConversionError, match=r"^\[0\]: expected an int, got 'x'$"):
        to_literal(["x"], list[int])
    with pytest.raises(ConversionError, match=r"^expected a str, got an integer literal 3$"):
        from_literal(to_literal(3, int), str)


def test_a_pickled_type_is_named_once(caplog):
    """Declaring a type without a form of its own says so once; Any says that it is meant."""

    class Lonely:
        pass

    for _ in range(2):
        type_engine.to_literal_type(list[Lonely])
    type_engine.to_literal_type(list[object])
    said = [record.getMessage() for record in caplog.records]
    assert (
        len([text for text in said if text.startswith("Flyte has no type for Lonely, so its values are pickled")]) == 1
    )
    assert not [text for text in said if text.startswith("object")]


def test_a_hash_method_is_asked_for_each_value(files):
    """The hash stands in the literal, and nothing else changes; also inside lists and unions."""
    hashed = Annotated[int, HashMethod(lambda value: f"h{value}")]
    assert to_literal(3, hashed).hash == "h3"
    assert to_literal_type(hashed) == to_literal_type(int)
    assert [literal.hash for literal in to_literal([1, 2], list[hashed]).collection.literals] == ["h1", "h2"]
    assert from_literal(to_literal(3, hashed | None), hashed | None) == 3
    with pytest.raises(ConversionError, match="p: expected an int, got 'x'"):
        type_engine.check("x", hashed, "p")


def test_an_estimator(tmp_path, files):
    """A fitted estimator predicts the same; a broken file and a lambda in it are told."""
    linear = pytest.importorskip("sklearn.linear_model")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    literal = to_literal(linear.LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0]), linear.LinearRegression)
    assert from_literal(literal, linear.LinearRegression).predict([[2.0]])[0] == pytest.approx(4.0)
    with pytest.raises(ConversionError, match="expected a FunctionTransformer that can be saved, got Func"):
        to_literal(preprocessing.FunctionTransformer(lambda x: x), preprocessing.FunctionTransformer)
    literal.scalar.blob.uri = files.put_bytes(b"junk", "x.joblib")
    with pytest.raises(ConversionError, match="Reading it fails here with"):
        from_literal(literal, linear.LinearRegression)
    with pytest.raises(ConversionError, match="expected a LinearRegression, got 3"):
        to_literal(3, linear.LinearRegression)
    with pytest.raises(ConversionError, match="expected a LinearRegression, got an integer literal 3"):
        from_literal(to_literal(3, int), linear.LinearRegression)


def test_torch(files):
    """Tensors and whole modules come back; a tensor's file runs no code of its writer."""
    torch = pytest.importorskip("torch", reason="torch is large and no extra of this project")
    tensor = torch.arange(6.0).reshape(2, 3)
    assert to_literal_type(torch.Tensor).blob.format == "PyTorchTensor"
    assert torch.equal(from_literal(to_literal(tensor, torch.Tensor), torch.Tensor), tensor)
    module = torch.nn.Linear(3, 1)
    assert to_literal_type(torch.nn.Module).blob.format == "PyTorchModule"
    back = from_literal(to_literal(module, torch.nn.Linear), torch.nn.Linear)
    assert torch.equal(back(tensor), module(tensor))
    with pytest.raises(ConversionError, match="p: expected a Tensor, got 3"):
        type_engine.check(3, torch.Tensor, "p")
    unsafe = to_literal(tensor, torch.Tensor)
    unsafe.scalar.blob.uri = to_literal(module, torch.nn.Linear).scalar.blob.uri
    with pytest.raises(ConversionError, match="Reading it fails here"):
        from_literal(unsafe, torch.Tensor)
