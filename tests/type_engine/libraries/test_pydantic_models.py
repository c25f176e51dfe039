"""pydantic models and protobuf messages: what the golden files don't reach."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core import identifier_pb2, literals_pb2, types_pb2
from golden_cases import FRAME, Color
from golden_names import FlyteDirectory, FlyteFile, StructuredDataset
from google.protobuf import duration_pb2, struct_pb2

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.type_engine.engine import type_engine

pydantic = pytest.importorskip("pydantic")


class Part(pydantic.BaseModel):
    size: int = pydantic.Field(gt=0)
    color: Color = Color.RED


class Whole(pydantic.BaseModel):
    parts: list[Part]
    note: str = pydantic.Field(default="", alias="remark")
    anything: Any = None
    pair: tuple[int, str] = (1, "a")


class Places(pydantic.BaseModel):
    file: FlyteFile | None = None
    table: FlyteFile["csv"] | None = None  # noqa: F821 - a format
    folder: FlyteDirectory | None = None
    frame: StructuredDataset | None = None


def sent(value, python_type, files, read_as=None):
    literal = type_engine.to_literal(value, python_type, files=files)
    return type_engine.from_literal(literal, read_as or python_type, files=files)


def test_models_in_containers(files):
    """Lists, dicts, unions and optional models come back as models."""
    part = Part(size=1, color=Color.BLUE)
    whole = Whole(parts=[part])
    for value, python_type in (
        (whole, Whole),
        ([whole, whole], list[Whole]),
        ({"a": part}, dict[str, Part]),
        (part, Whole | Part),
        (None, Part | None),
        (whole, Part | Whole | int),
        (3, Part | int),
    ):
        assert sent(value, python_type, files) == value
    assert type(sent(Part(size=1), Whole | Part, files)) is Part


def test_a_model_is_validated_where_it_is_read(files):
    """What a model refuses is told with the path to the field; the values themselves came from a plain dict."""
    literal = type_engine.to_literal({"parts": [{"size": 1}, {"size": -1}]}, dict, files=files)
    with pytest.raises(ConversionError) as caught:
        type_engine.from_literal(literal, Whole, files=files, path="o0")
    assert str(caught.value) == "o0.parts[1].size: expected a value for Whole, got -1. Input should be greater than 0."


def test_refused_models(files):
    """Another type and an older definition; a value that JSON can't hold comes back all the same."""
    assert type(sent(Whole(parts=[], anything=(1, {2})), Whole, files).anything) is tuple
    older = type("Part", (pydantic.BaseModel,), {"__qualname__": "Part", "__module__": __name__})
    for value, python_type, message in (
        (3, Part, "p: expected a Part, got 3"),
        (
            older(),
            Part,
            "p: expected a Part, got Part(). It comes from another definition of that class. Run the class's cell",
        ),
        ([Part(size=1), 3], list[Part], "p[1]: expected a Part, got 3"),
    ):
        with pytest.raises(ConversionError) as caught:
            type_engine.check(value, python_type, "p")
        assert str(caught.value).startswith(message)
    with pytest.raises(ConversionError, match="o0: expected a Part, got an integer literal 3"):
        type_engine.from_literal(type_engine.to_literal(3, int, files=files), Part, files=files, path="o0")


def test_a_struct_is_read_as_a_model(files):
    """Flyte's console sends a struct; a field cut out of a model is read by its own type."""
    struct = struct_pb2.Struct()
    struct.update({"size": 3, "color": "blue"})
    literal = literals_pb2.Literal(scalar=literals_pb2.Scalar(generic=struct))
    assert type_engine.from_literal(literal, Part, files=files) == Part(size=3, color=Color.BLUE)
    assert list(type_engine.to_literal_type(Whole).structure.dataclass_type) == ["parts", "anything"] or set(
        type_engine.to_literal_type(Whole).structure.dataclass_type
    ) == {"parts", "note", "anything"}


def test_places_in_a_model(tmp_path, files):
    """Files, directories and frames in a model are stored, and read when they are needed; texts are taken for them."""
    (tmp_path / "tree").mkdir()
    path = tmp_path / "tree" / "a.csv"
    path.write_text("1")
    value = Places(file=str(path), table=path, folder=FlyteDirectory(tmp_path / "tree"), frame=StructuredDataset(FRAME))
    back = sent(value, Places, files)
    assert [Path(each).read_text() for each in (back.file, back.table)] == ["1", "1"]
    assert Path(back.file).is_relative_to(files.prefix)
    assert type(back.table) is FlyteFile["csv"]
    assert os.listdir(back.folder) == ["a.csv"]  # noqa: PTH208 - a FlyteDirectory is no Path
    assert back.frame.open(type(FRAME)).all().equals(FRAME)
    assert value.model_dump() == {
        "file": {"path": str(path)},
        "table": {"path": str(path)},
        "folder": {"path": str(tmp_path / "tree")},
        "frame": {"uri": None, "file_format": ""},
    }
    far = sent(Places(file={"path": "s3://bucket/x", "metadata": {"k": "v"}}), Places, files).file
    assert (far.remote_source, far.metadata, far.downloaded) == ("s3://bucket/x", {"k": "v"}, False)


def test_what_is_no_place_is_refused(files):
    """Pydantic says so where the model is made, and we where it is converted."""
    with pytest.raises(pydantic.ValidationError, match="expected a FlyteFile, got"):
        Places(file={"no": "path"})
    with pytest.raises(pydantic.ValidationError):
        Places(file=3)
    with pytest.raises(ConversionError, match="expected an existing file, got '/no/such', which doesn't exist"):
        type_engine.to_literal(Places(file="/no/such"), Places, files=files)
    assert not Path(files.prefix).exists()


def test_a_model_without_a_json_schema():
    """A field that JSON Schema can't tell is refused where the type is declared."""

    class Odd(pydantic.BaseModel):
        thing: Callable[[int], int]

    with pytest.raises(ConversionError, match="expected a model whose fields have a JSON form, got Odd"):
        type_engine.to_literal_type(Odd)


def test_messages(files):
    """A message of any kind comes back equal, also from a struct that holds more than JSON's own numbers."""
    lists = struct_pb2.ListValue()
    lists.extend([1.5, "a", [True, "b"], {"c": 3}])
    for value in (
        identifier_pb2.Identifier(project="p", resource_type=identifier_pb2.TASK),
        duration_pb2.Duration(seconds=2**40, nanos=5) and types_pb2.LiteralType(collection_type={"simple": 1}),
        literals_pb2.Literal(scalar={"primitive": {"integer": 2**62}}),
        lists,
    ):
        assert sent(value, type(value), files) == value
        assert sent([value], list[type(value)], files) == [value]


def test_refused_messages(files):
    """Another message, another literal, and a struct with other fields."""
    with pytest.raises(ConversionError, match="p: expected an Identifier, got the Struct "):
        type_engine.check(struct_pb2.Struct(), identifier_pb2.Identifier, "p")
    with pytest.raises(ConversionError, match="expected an Identifier, got an integer literal 3"):
        type_engine.from_literal(type_engine.to_literal(3, int, files=files), identifier_pb2.Identifier, files=files)
    other = struct_pb2.Struct()
    other.update({"nonsense": 1})
    literal = type_engine.to_literal(other, struct_pb2.Struct, files=files)
    with pytest.raises(ConversionError, match="expected an Identifier, got a struct with other fields"):
        type_engine.from_literal(literal, identifier_pb2.Identifier, files=files)
