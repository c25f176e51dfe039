"""Caching: what the options mean on the wire, and what the fingerprint of the code depends on."""

import pytest
from flyteidl.core import tasks_pb2

from autocontainer_nb.core.python_auto_container import default_notebook_task_resolver
from autocontainer_nb.core.serialize.tasks import task_template
from autocontainer_nb.core.settings.cache import Cache, VersionParameters, fingerprint
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.settings.task_metadata import TaskMetadata
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.image.config import ImageConfig
from autocontainer_nb.pickling.code.cells import Cell, cells

SETTINGS = SerializationSettings(image_config=ImageConfig.auto(img_name="a/b:1"))


class Fixed:
    """A policy as users write them."""

    def get_version(self, salt: str, params: VersionParameters) -> str:
        return f"{salt}{params.func.__name__}{params.container_image}"


def function(x: int, y: int = 1) -> int:
    return x


def metadata(**options) -> tasks_pb2.TaskMetadata:
    return task_template(task(task_resolver=default_notebook_task_resolver, **options)(function), SETTINGS).metadata


@pytest.mark.parametrize(
    "options",
    [
        {"cache": Cache(version="2", serialize=True, ignored_inputs="y")},
        {"cache": Cache(version="2", serialize=True, ignored_inputs=("y",))},
        {"cache": True, "cache_version": "2", "cache_serialize": True, "cache_ignore_input_vars": ("y",)},
    ],
)
def test_both_ways_of_saying_it_mean_the_same(options: dict) -> None:
    """A Cache and the separate options give one message."""
    message = metadata(**options)
    assert (message.discoverable, message.discovery_version, message.cache_serializable) == (True, "2", True)
    assert list(message.cache_ignore_input_vars) == ["y"]


def test_a_task_is_not_cached_unless_asked() -> None:
    message = metadata()
    assert (message.discoverable, message.discovery_version) == (False, "")


@pytest.mark.parametrize("cache", [True, Cache()])
def test_without_a_version_the_code_decides(cache: object) -> None:
    assert metadata(cache=cache).discovery_version == fingerprint(function)


def test_policies_make_the_version() -> None:
    one = metadata(cache=Cache(policies=[Fixed(), Fixed()], salt="s"), container_image="i").discovery_version
    other = metadata(cache=Cache(policies=Fixed(), salt="s"), container_image="i").discovery_version
    assert one != other
    assert {len(one), len(other)} == {64}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cache": Cache(version="1"), "cache_serialize": True}, "together with cache_serialize"),
        ({"cache_serialize": True}, "isn't cached. Add cache=True"),
        ({"cache_ignore_input_vars": ("y",)}, "isn't cached"),
    ],
)
def test_contradictions_are_told(options: dict, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        metadata(**options)
    with pytest.raises(DefinitionError):
        TaskMetadata(cache_serialize=True)


def fingerprint_of(source: str, name: str = "f") -> str:
    """Return the fingerprint of a function that a cell defines."""
    filename = f"cell-{hash(source)}"
    namespace = {"__name__": "__main__"}
    exec(compile(source, filename, "exec"), namespace)
    import linecache

    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    cells.record(Cell(filename, source))
    return fingerprint(namespace[name])


BASE = "K = 2\ndef helper(x):\n    return x\ndef f(x):\n    return helper(x) + K\n"


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (BASE.replace("    return x\n", "    # a comment\n\n    return x\n"), True),
        (BASE.replace("def f(x):\n", 'def f(x):\n    """Docs."""\n'), True),
        (BASE.replace("helper(x) + K", "(helper(x)+K)"), True),
        (BASE.replace("+ K", "- K"), False),
        (BASE.replace("    return x\n", "    return -x\n"), False),
        (BASE.replace("K = 2", "K = 3"), False),
    ],
    ids=["comment", "docstring", "spelling", "code", "a helper's code", "a constant"],
)
def test_the_fingerprint_follows_what_changes_results(other: str, is_same: bool) -> None:
    """Comments, docstrings and spelling don't count; code, the helpers' code and plain constants do."""
    assert (fingerprint_of(BASE) == fingerprint_of(other)) is is_same


@pytest.mark.parametrize(
    ("old", "new"),
    [("range(100)", "range(120)"), ('{"a": 1}', '{"a": 2}'), ("x = 1", "x = 2"), ("scale=2", "scale=3")],
    ids=["a frame", "a dict", "a class", "a default"],
)
def test_data_and_classes_that_the_task_reads_count(old: str, new: str) -> None:
    """A result that was made from other data is never taken for this one's; equal data made anew is."""
    source = (
        'import pandas as pd\ndf = pd.DataFrame({"a": range(100)})\nconfig = {"a": 1}\nclass Model:\n    x = 1\n'
        "def f(scale=2):\n    return df.sum() * scale + Model.x + config['a']\n"
    )
    assert fingerprint_of(source) == fingerprint_of(f"\n{source}") != fingerprint_of(source.replace(old, new))


def test_a_later_helper_counts() -> None:
    """The version is made when the task is registered: a helper that is changed after the definition is seen."""
    namespace = {"__name__": "__main__", "task": task}
    exec("def h(x: int) -> int:\n    return x\n@task(cache=True)\ndef f(x: int) -> int:\n    return h(x)\n", namespace)
    before = namespace["f"].metadata.cache_version
    exec("def h(x: int) -> int:\n    return x + 1\n", namespace)
    changed = namespace["f"].metadata.cache_version
    assert changed != before
    exec("def h(x: int) -> int:\n    return x + 2\n", namespace)
    assert namespace["f"].metadata.cache_version not in {before, changed}, "a constant counts, also without source"
