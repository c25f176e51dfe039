"""`@task(needs=...)`: what a task says itself of packages."""

import pytest

from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity, inspect_pickled_entity
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import DefinitionError


def _double(x: int) -> int:
    return 2 * x


@pytest.mark.parametrize(
    ("needs", "kept", "told"),
    [
        (None, None, None),
        ("warn", "warn", {"mode": "warn"}),
        ([], (), {"packages": []}),
        (["pandas>=2.1", "pyarrow"], ("pandas>=2.1", "pyarrow"), {"packages": ["pandas>=2.1", "pyarrow"]}),
        ({"b", "a"}, ("a", "b"), {"packages": ["a", "b"]}),
    ],
)
def test_it_is_kept_and_in_the_file(needs, kept, told, tmp_path):
    """A list of requirements or a mode; the container finds it in the metadata, before it loads anything."""
    made = task(needs=needs)(_double)
    assert made.needed_packages == kept
    path = str(tmp_path / "entities.pkl")
    dump_pickled_entity(made, path)
    (entity,) = inspect_pickled_entity(path)["entities"]
    assert entity.get("needs") == told


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        ("pandas", "got 'pandas'. A package stands in a list: needs=['pandas']."),
        ("", "got ''."),
        (3, "got 3."),
        (["pandas>>1"], "got 'pandas>>1'. Write a name, and versions behind it if they matter."),
        ([3], "got 3. Write a name"),
    ],
)
def test_what_is_neither_is_refused_at_the_definition(needs, words):
    with pytest.raises(DefinitionError) as raised:
        task(needs=needs)(_double)
    assert words in str(raised.value)
    assert "expected a list of packages such as ['pandas>=2.1', 'pyarrow'], or one of 'check', 'warn', 'off'" in str(
        raised.value
    )
