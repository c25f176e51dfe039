"""Inputs of the command line: each text is read as its type says, and what isn't one is told with what would be."""

import dataclasses
import datetime as dt
import enum
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import pytest

from autocontainer_nb.cli.inputs import from_plain, pairs, typed_inputs
from autocontainer_nb.errors import InputError
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile


class Mode(enum.Enum):
    FAST = "fast"
    SLOW = 2


@dataclasses.dataclass
class Inner:
    rate: float


@dataclasses.dataclass
class Settings:
    inner: Inner
    names: list[str]
    mode: Mode = Mode.FAST


UTC = dt.timezone.utc


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("3", int, 3),
        ("3", float, 3.0),
        ("3", str, "3"),
        ("a b = c", str, "a b = c"),
        ("", str, ""),
        ("@me", str, "@me"),
        ("true", bool, True),
        ("No", bool, False),
        ("0", bool, False),
        ("2024-03-01T08:00:00Z", dt.datetime, dt.datetime(2024, 3, 1, 8, tzinfo=UTC)),
        ("2024-03-01", dt.datetime, dt.datetime(2024, 3, 1, tzinfo=UTC)),
        ("2024-03-01", dt.date, dt.date(2024, 3, 1)),
        ("1h30m", dt.timedelta, dt.timedelta(minutes=90)),
        ("2d", dt.timedelta, dt.timedelta(days=2)),
        ("1.5", dt.timedelta, dt.timedelta(seconds=1.5)),
        ("FAST", Mode, Mode.FAST),
        ("2", Mode, Mode.SLOW),
        ("b", Literal["a", "b"], "b"),
        ("[1, 2]", list[int], [1, 2]),
        ("[1, 2]", list[float], [1.0, 2.0]),
        ("['a', 'b']", list[str], ["a", "b"]),
        ('{"a": [true]}', dict[str, list[bool]], {"a": [True]}),
        ("{'a': 1}", dict, {"a": 1}),
        ("3", int | None, 3),
        ("None", Optional[int], None),  # noqa: UP045 - the older spelling
        ("three", int | str, "three"),
        ("3", int | str, 3),
        ("3", Annotated[int, "a note"], 3),
        ("data.csv", Path, Path("data.csv")),
        ('{"inner": {"rate": 1}, "names": ["a"]}', Settings, Settings(Inner(1.0), ["a"])),
        ('{"inner": {"rate": 1}, "names": [], "mode": "SLOW"}', Settings, Settings(Inner(1.0), [], Mode.SLOW)),
        ('[{"rate": 0.5}]', list[Inner], [Inner(0.5)]),
        ("[1, 'a']", Any, [1, "a"]),
    ],
)
def test_a_text_becomes_the_value(text: str, kind: Any, value: Any) -> None:
    found = typed_inputs({"x": text}, {"x": kind})["x"]
    assert found == value
    assert type(found) is type(value)


def test_paths_frames_and_files_are_read(tmp_path: Path) -> None:
    """A `FlyteFile` is the path itself, a frame and a list come from the file."""
    pd = pytest.importorskip("pandas")
    table, listed = tmp_path / "t.csv", tmp_path / "l.json"
    table.write_text("a,b\n1,2\n")
    listed.write_text("[1, 2, 3]")
    texts = {"file": str(table), "frame": str(table), "numbers": f"@{listed}"}
    found = typed_inputs(texts, {"file": FlyteFile, "frame": pd.DataFrame, "numbers": list[int]})
    assert isinstance(found["file"], FlyteFile)
    assert found["frame"].to_dict("list") == {"a": [1], "b": [2]}
    assert found["numbers"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("three", int, "x=three: expected an int"),
        ("maybe", bool, "x=maybe: expected true or false"),
        ("soon", dt.datetime, "x=soon: expected a time such as 2024-03-01T08:00:00Z"),
        ("long", dt.timedelta, "expected a span of time such as 1h30m or 90s"),
        ("MIDDLE", Mode, "x=MIDDLE: expected one of FAST, SLOW"),
        ("c", Literal["a b", "1"], r"x=c: expected one of a b, 1\.$"),
        ("[1,", list[int], r"x=\[1,: expected a? ?list\[int\] as JSON or Python"),
        ("three", int | float, "x=three: expected"),
        ('{"inner": {"rate": 1}, "nmes": []}', Settings, "x: Settings has no field 'nmes', only: inner, names, mode"),
        ('{"inner": {"rate": 1}}', Settings, "x: Settings can't be made of .*'names'"),
        ('{"inner": {"rate": "high"}, "names": []}', Settings, "x.inner.rate=high: expected"),
        ("999999999999999d", dt.timedelta, "x=999999999999999d: expected a span of time such as 1h30m or 90s"),
        ("{[]: 1}", dict, "x={\\[\\]: 1}: expected .*dict"),
        ("[" * 5000, list[int], "expected a? ?list"),
    ],
)
def test_what_isnt_of_the_type_is_told(text: str, kind: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        typed_inputs({"x": text}, {"x": kind})


def test_values_of_json_become_those_of_the_type() -> None:
    assert from_plain("x", "2024-03-01", dt.date) == dt.date(2024, 3, 1)
    assert from_plain("x", {"rate": 1}, Inner) == Inner(1.0)
    assert from_plain("x", 3, int) == 3
    assert from_plain("x", "3", str) == "3"


def test_what_a_model_misses_is_told_of_json_as_well() -> None:
    """Values of `--inputs FILE.json` come without a text that could be shown."""
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Settings", rate=(float, ...))
    with pytest.raises(InputError, match=r"x: expected .*Settings, but .*rate"):
        from_plain("x", {"speed": 1}, model)


def test_words_are_names_and_values() -> None:
    assert pairs(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    assert typed_inputs({"y": "1"}, {"x": int}) == {"y": "1"}  # the name is told by who starts it
    for words in (["a"], ["1=2"], ["=2"]):
        with pytest.raises(InputError, match="Expected NAME=VALUE"):
            pairs(words)
    with pytest.raises(InputError, match="a= was passed twice: 1 and 2"):
        pairs(["a=1", "a=2"])
