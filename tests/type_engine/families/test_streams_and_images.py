"""Open files, iterators and Pillow's images: flytekit's forms, written and read."""

import io
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile


def there_and_back(value, python_type, files):
    literal = type_engine.to_literal(value, python_type, files=files)
    return type_engine.from_literal(
        literals_pb2.Literal.FromString(literal.SerializeToString()), python_type, files=files, path="f.x"
    )


def test_an_open_file_is_read_to_its_end(files, tmp_path):
    """From where it stands; what arrives is open, text in UTF-8."""
    path = tmp_path / "a.txt"
    path.write_text("one\ntwö\n", encoding="utf-8")
    with path.open(encoding="utf-8") as text, path.open("rb") as binary:
        assert text.readline() == "one\n"
        with there_and_back(text, typing.TextIO, files) as found:
            assert found.read() == "twö\n"
        with there_and_back(binary, typing.BinaryIO, files) as found:
            assert found.read() == path.read_bytes()
    with there_and_back(io.StringIO("x"), typing.TextIO, files) as found:
        assert found.read() == "x"


def test_a_stream_can_be_any_file(files, tmp_path):
    """What another task gave as FlyteFile is opened here."""
    path = tmp_path / "a.csv"
    path.write_text("a,b")
    literal = type_engine.to_literal(FlyteFile["csv"](str(path)), FlyteFile["csv"], files=files)
    with type_engine.from_literal(literal, typing.TextIO, files=files) as found:
        assert found.read() == "a,b"


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda path: path.open("rb"), typing.TextIO, "f.x: expected a TextIO, got <_io.BufferedReader"),
        (lambda path: path.open(encoding="utf-8"), typing.BinaryIO, "f.x: expected a BinaryIO, got <_io.TextIOWrapper"),
        (lambda path: path.open("a", encoding="utf-8"), typing.TextIO, "It isn't open for reading"),
        (lambda path: io.StringIO().close() or str(path), typing.TextIO, "f.x: expected a TextIO, got '"),
    ],
)
def test_a_wrong_stream_is_told(make, kind, message, files, tmp_path):
    """Text is no bytes, and what is only written can't be read."""
    path = tmp_path / "a"
    path.write_text("")
    value = make(path)
    with pytest.raises(ConversionError, match=message):
        type_engine.to_literal(value, kind, files=files, path="f.x")
    if hasattr(value, "close"):
        value.close()


def test_an_iterator_is_a_collection(files):
    """Written to its end, read item by item, and again from the beginning; its length is known."""
    found = there_and_back((n * n for n in range(3)), Iterator[int], files)
    assert (len(found), list(found), list(found)) == (3, [0, 1, 4], [0, 1, 4])
    assert type_engine.to_literal_type(typing.Iterator[int]) == type_engine.to_literal_type(list[int])
    assert next(there_and_back([Path(__file__)], Iterator[Path], files)).read_text() == Path(__file__).read_text()
    with pytest.raises(ConversionError, match=r"f.x: expected an Iterator\[int\], got 3"):
        type_engine.check(3, Iterator[int], "f.x")
    with pytest.raises(ConversionError, match=r"f.x\[1\]: expected an int, got 'a'"):
        type_engine.to_literal(iter([1, "a"]), Iterator[int], files=files, path="f.x")


def test_an_image_is_a_png(files):
    """Its format and name are flytekit's; its pixels are the same; what PNG can't hold is refused."""
    image_module = pytest.importorskip("PIL.Image")
    image = image_module.new("RGBA", (3, 2), (1, 2, 3, 4))
    kind = image_module.Image
    blob = types_pb2.BlobType(format="PIL.Image", dimensionality=types_pb2.BlobType.SINGLE)
    assert type_engine.to_literal_type(kind) == types_pb2.LiteralType(blob=blob)
    literal = type_engine.to_literal(image, kind, files=files)
    assert literal.scalar.blob.uri.endswith(".png")
    found = there_and_back(image, kind, files)
    assert (found.mode, found.size, found.tobytes()) == (image.mode, image.size, image.tobytes())
    assert type_engine.guess_python_type(type_engine.to_literal_type(kind)) is kind
    with pytest.raises(ConversionError, match=r"f.x: expected an Image that can be saved, got .*CMYK"):
        type_engine.to_literal(image_module.new("CMYK", (1, 1)), kind, files=files, path="f.x")
