"""Tables and lists of instances are taken together: the sizes are those that the walk over single objects tells."""

from typing import Any

import pytest
from main_cells import Notebook

from autocontainer_nb.pickling.explain import walk as explaining
from autocontainer_nb.pickling.explain.walk import Root, explain

COUNT = 400


class Point:
    """An ordinary class."""

    def __init__(self, number: int, **more: Any) -> None:
        self.number = number
        self.label = f"point {number}"
        vars(self).update(more)


class Stating(Point):
    def __getstate__(self) -> Any:
        return {"number": 1}


SHARED: list[Any] = [1, 2.5, "three"]
LONG = "x" * 5000
VALUES: dict[str, Any] = {
    "dictionaries": [{"id": n, "name": f"name {n}", "score": n / 7, "flag": True, "no": None} for n in range(COUNT)],
    "lists": [[n, [n, str(n)], ()] for n in range(COUNT)],
    "by numbers": {n: {"a": n} for n in range(COUNT)},
    "by pairs": {(n, str(n)): n for n in range(COUNT)},
    "sets": [{n, -n} for n in range(COUNT)],
    "instances": [Point(n) for n in range(COUNT)],
    "nested": [Point(n, inner=[Point(n, more={"a": n})]) for n in range(COUNT)],
    "mixed": [Point(n) if n % 2 else {"a": n} for n in range(COUNT)],
    "a shared part": [{"n": n, "shared": SHARED} for n in range(COUNT)],
    "a shared text": [{"n": n, "text": LONG} for n in range(COUNT)],
    "texts alone": [[f"{n}" * 80] for n in range(COUNT)],
    "one object": [Point(1)] * COUNT,
    "not all": [Point(n) for n in range(COUNT)] + [Stating(1)],
    "arguments": [complex(n) for n in range(3)] + [[n] for n in range(COUNT)],
}
circle: list[Any] = [[n] for n in range(COUNT)]
circle.append(circle)
VALUES["circle"] = circle


def sizes(*values: Any, is_judged: bool) -> list[int]:
    roots = [Root(f"root {number}", value) for number, value in enumerate(values)]
    return [row.size_bytes for row in explain(roots, Notebook().book, is_judged=is_judged).rows if not row.is_part]


@pytest.mark.parametrize("name", VALUES)
def test_sizes(name: str) -> None:
    """Of values of many forms, with what they share among themselves and with each other."""
    value = VALUES[name]
    for values in ([value], [value, [value, SHARED]], [[value[1]], value] if isinstance(value, list) else [value]):
        assert sizes(*values, is_judged=True) == pytest.approx(sizes(*values, is_judged=False), rel=0.02, abs=10)


def test_what_is_taken_together_is_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """No table and no list of instances is asked for its parts, but for what an instance's class is."""
    asked = []
    monkeypatch.setattr(
        explaining, "parts_of", lambda value, real=explaining.parts_of: asked.append(value) or real(value)
    )
    sizes({"tables": VALUES["dictionaries"], "points": VALUES["nested"]}, is_judged=True)
    assert Point in asked
    assert not [one for one in asked if type(one) is Point or one in VALUES.values()]


def test_the_class_and_a_large_text_are_looked_at() -> None:
    """A class has its row's share, and a text of a megabyte its own line, even in a table."""
    found = explain([Root("points", VALUES["instances"])], Notebook().book, is_judged=True)
    alone = explain([Root("point", Point)], Notebook().book, is_judged=True)
    assert found.rows[0].size_bytes > alone.rows[0].size_bytes
    table = [{"n": n} for n in range(COUNT)] + [{"n": "x" * (2 << 20)}]
    rows = explain([Root("table", table)], Notebook().book, is_judged=True).rows
    assert [row.path[-1] for row in rows] == ["table", '["n"]']
