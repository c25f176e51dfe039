"""Modules that were made at run time: cloudpickle knows of them while a pickler needs that, and not longer."""

import sys
from types import ModuleType

import cloudpickle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocontainer_nb.core.capture.capture import Capture
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.pickling.modules.referenced import LocalNames

NAMES = ("made_here", "made_here.inner", "made_there")


@pytest.fixture(autouse=True, scope="module")
def modules():
    """Modules without any file."""
    for name in NAMES:
        sys.modules[name] = ModuleType(name)
    yield
    for name in NAMES:
        del sys.modules[name]


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from((*NAMES, ""))), max_size=20))
def test_several_launches_at_a_time_take_nothing_from_each_other(steps):
    """Picklers of three threads, in any order: what one of them has met is known until it is done (name "")."""
    picklers = [LocalNames() for _ in range(3)]
    needed: list[set[str]] = [set() for _ in picklers]
    for number, name in [*steps, (0, ""), (1, ""), (2, "")]:
        if name:
            picklers[number].note(name)
            needed[number].add(name)
        else:
            picklers[number].release()
            picklers[number], needed[number] = LocalNames(), set()
        known = cloudpickle.list_registry_pickle_by_value()
        for each in set.union(*needed):
            assert any(each == one or each.startswith(f"{one}.") for one in known)
    assert not cloudpickle.list_registry_pickle_by_value()


def test_a_launch_leaves_nothing_behind(tmp_path):
    """Meaning, explanation and file of a task that has an instance of such a module's class, and functions."""
    exec(
        "class Thing:\n    def __reduce__(self): return Thing, ()\ndef made(): return Thing()",
        vars(sys.modules["made_here"]),
    )
    held = sys.modules["made_here"].Thing()
    notebook = {"__name__": "__main__", "task": task, "made_here": sys.modules["made_here"], "held": held}
    exec("@task\ndef uses() -> str:\n    return repr((held, made_here.made()))", notebook)
    capture = Capture(notebook["uses"])
    for look in (lambda: capture.version, lambda: capture.explanation, lambda: capture.write(str(tmp_path / "x.pkl"))):
        look()
        assert not cloudpickle.list_registry_pickle_by_value()


def test_what_the_user_has_said_stays():
    """A module that the user has registered is registered afterwards, too."""
    cloudpickle.register_pickle_by_value(sys.modules["made_there"])
    try:
        names = LocalNames()
        names.note("made_there")
        names.release()
        assert cloudpickle.list_registry_pickle_by_value() == {"made_there"}
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules["made_there"])


def test_what_the_user_takes_back_meanwhile_is_no_error():
    """Whoever unregisters it first, it is gone."""
    names = LocalNames()
    names.note("made_there")
    cloudpickle.unregister_pickle_by_value(sys.modules["made_there"])
    names.release()
    assert not cloudpickle.list_registry_pickle_by_value()
