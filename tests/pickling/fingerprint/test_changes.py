"""What changed, in words, from the parts of two captures."""

from typing import Any

from autocontainer_nb.pickling.meaning.changes import changes, changes_text
from autocontainer_nb.pickling.meaning.shown_values import MAX_CHARACTERS, shown
from autocontainer_nb.pickling.meaning.versions import MAX_ENTITY_PARTS
from notebooks import Notebook


def told(before: str, after: str) -> str:
    parts = [[part.as_json() for part in Notebook(text).versions().parts] for text in (before, after)]
    return changes_text(changes(*parts))


def test_new_and_gone_names_are_told() -> None:
    assert told("a = 1\ndef f(): return a", "b = 2\ndef f(): return b") == "f(): 1 line, b 2 is new, a is gone"


def test_nothing_changed_is_nothing_said() -> None:
    assert told("a = 1\ndef f(): return a", "a = 1\n\n\ndef f():\n    return a  # the same") == ""


def test_an_object_is_told_by_what_changed_in_it() -> None:
    """Not the object, its class and its attribute: the attribute."""
    cell = "class M:\n    def __init__(self): self.a = {'k': [1, 2]}\nm = M()\ndef f(): return m"
    assert told(cell, cell.replace("[1, 2]", "[1, 5]")) == 'M.__init__(): 1 line, m.a["k"][1] 2 ► 5'


def test_another_type_is_told_as_such() -> None:
    """Not entry by entry; what is beside it is told, too."""
    cell = "x = [1, 2]\ny = 1\ndef f(): return x, y"
    assert (
        told(cell, cell.replace("[1, 2]", "{'a': 1}").replace("= 1\n", "= 2\n")) == "x list of 2 ► dict of 1, y 1 ► 2"
    )
    assert told(cell, "class M:\n    a = 1\n" + cell.replace("[1, 2]", "M()")).startswith("x list of 2 ► M")
    assert told(cell.replace("[1, 2]", "None"), cell) == "x None ► list of 2"


def test_what_python_makes_of_a_class_is_not_told() -> None:
    """A dataclass that compares has no hash: nobody wrote so."""
    cell = "from dataclasses import dataclass\n@dataclass\nclass P:\n    a: int = 1\ndef f(): return P"
    text = told("def f(): return 1", cell)
    assert "P.a 1 is new" in text
    assert "None" not in text


def test_settings_that_are_not_registered_have_known_values() -> None:
    """Asked for or not any more: from the default, or back to it; of a graph's task, too."""
    image = {"name": "image", "kind": "setting", "digest": "1", "shown": "x"}
    retries = {"name": "train: retries", "kind": "setting", "digest": "1", "shown": "2"}
    depth = {"name": "retries", "kind": "value", "digest": "1", "shown": "2"}
    assert changes_text(changes([image], [image, retries])) == "train: retries 0 ► 2"
    assert changes_text(changes([image, retries], [image])) == "train: retries 2 ► 0"
    assert changes_text(changes([image], [image, depth])) == "retries 2 is new"


def test_many_changes_are_counted() -> None:
    names = [f"n{index}" for index in range(10)]
    cell = "".join(f"{name} = 1\n" for name in names) + f"def f(): return {' + '.join(names)}"
    text = told(cell, cell.replace("= 1", "= 2"))
    assert text.startswith("n0 1 ► 2, n1 1 ► 2, ")
    assert text.endswith("and 4 more")


def test_settings_count_only_where_both_have_them() -> None:
    """An archive by itself knows nothing of an image."""
    own = [{"name": "a", "kind": "value", "digest": "1", "shown": "1"}]
    image = [{"name": "image", "kind": "setting", "digest": "1", "shown": "x"}]
    other = [{"name": "image", "kind": "setting", "digest": "2", "shown": "y"}]
    assert changes([*own, *image], own) == changes(own, [*own, *image]) == []
    assert changes_text(changes([*own, *image], [*own, *other])) == "image x ► y"


def test_parts_are_bounded() -> None:
    """A task that reaches a thousand names has a list of bounded length, and a version that covers all."""
    names = [f"n{index}" for index in range(1000)]
    cell = "".join(f"{name} = 1\n" for name in names) + f"def f(): return [{', '.join(names)}]"
    one, other = Notebook(cell).versions(), Notebook(cell.replace("n999 = 1", "n999 = 2")).versions()
    assert len(one.parts) <= MAX_ENTITY_PARTS + 1
    assert one.version != other.version


def test_values_are_shown_short() -> None:
    """No repr of a user's class, no long text, no number of thousands of digits."""

    class Loud:
        def __repr__(self) -> str:
            raise RuntimeError("not to be called")

    values: list[Any] = [1, "x" * 1000, 1 << 100_000, b"abc", [1], {}, Loud(), Loud, None, 2.5, 1j, (1,), "a\nb"]
    texts = [shown(("x",), value) for value in values]
    assert all(len(text) <= MAX_CHARACTERS and "\n" not in text for text in texts)
    assert texts[0] == "1"
    assert texts[3] == "3 bytes"


def test_credentials_are_not_shown() -> None:
    """By name or by form; that they changed is told."""
    assert "hunter2" not in shown(("db", "password"), "hunter2")
    key = "AKIA" + "IOSFODNN7EXAMPL2"
    assert key not in shown(("x",), key)
    cell = "config = {'api_key': 'hunter2hunter'}\ndef f(): return config"
    text = told(cell, cell.replace("hunter2hunter", "hunter3hunter"))
    assert "hunter" not in text
    assert text.startswith('config["api_key"] changed')


def test_an_object_whose_attributes_raise_hurts_nobody() -> None:
    """The version covers it by its class and state; only its own name is missing among the parts."""
    cell = """
class Hostile:
    def __getattr__(self, name):
        raise RuntimeError(name)
    @property
    def __dict__(self):
        raise RuntimeError("no")
    def __reduce__(self):
        return Hostile, ()
hostile = Hostile()
x = 1
def f(): return hostile, x
"""
    versions = Notebook(cell).versions()
    assert "x" in [part.name for part in versions.parts]
    assert versions == Notebook(cell).versions()


def test_the_versions_of_needed_packages_count() -> None:
    """A container refuses older packages than those recorded: so going back to an older one is another version."""
    book = Notebook("def f(): return 1")
    newer, older, none = (book.versions(packages=each) for each in ({"tables": "2.0"}, {"tables": "1.5"}, {}))
    assert len({newer.version, older.version, none.version}) == 3
    assert newer.version == book.versions(packages={"tables": "2.0"}).version
    parts = [[part.as_json() for part in each.parts] for each in (newer, older, none)]
    assert changes_text(changes(*parts[:2])) == "package tables 2.0 ► 1.5"
    assert changes_text(changes(*parts[1:])) == "package tables is gone"
