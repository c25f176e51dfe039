"""Here equals there: notebooks composed at random, called here and in a container, edited and run again.

A case that fails prints its seed and its cells: `COMPOSED_SEEDS=17 pytest tests/pickling/right_values/test_composed.py`
runs it alone, `COMPOSED_SEEDS=1000-2000` a range.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from composer import Case, Composer
from notebook import Notebook, cloudpickles_tables

_SECONDS: Final = 12  # of a run in `make test`; ranges that are asked for run to their end
_SEEDS: Final = os.environ.get("COMPOSED_SEEDS", "")


def seeds() -> range:
    """Return the seeds to run."""
    if not _SEEDS:
        return range(10_000)
    first, _, last = _SEEDS.partition("-")
    return range(int(first), int(last or first) + 1)


def classes(notebook: Notebook) -> list[Any]:
    """What the notebook's classes are and hold, the very objects in a fixed order."""
    found = []
    for name in sorted(notebook.names):
        value = notebook.names[name]
        if isinstance(value, type):
            for one in value.__mro__:
                found += [one, *(item for pair in sorted(vars(one).items()) for item in pair)]
    return found


def in_a_fork(text: Callable[[], str]) -> str:
    """Return the text that a copy of this process makes: what it changes, it changes there."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            found = text()
        except BaseException as error:  # noqa: BLE001 - the child must end here
            found = f"{type(error).__name__}: {error}"
        with os.fdopen(writing, "w") as stream:
            stream.write(found)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        found = stream.read()
    os.waitpid(child, 0)
    return found


def run_everywhere(notebook: Notebook, case: Case) -> str:
    """Call the function here and there and compare; return the version."""
    version, before, tables = notebook.version("f"), classes(notebook), cloudpickles_tables()
    value = notebook.result("f", 3)
    after = classes(notebook)
    assert len(after) == len(before), case
    assert all(one is other or one == other for one, other in zip(before, after, strict=True)), case
    assert cloudpickles_tables() == tables, case
    f, show = notebook.names["f"], notebook.names["show"]

    def shown(value: Any) -> str:
        return f"{value[0]}\n{show(value[1])}"

    there, here = in_a_fork(lambda: shown(value)), in_a_fork(lambda: shown(f(3)))
    assert there == here, f"there: {there}\nhere: {here}\n{case}"
    return version


def play(notebook: Notebook, case: Case) -> None:
    """Run the cells, what is run again, and the edits; each time everything is compared."""
    for cell in case.cells:
        notebook.run(cell)
    first = run_everywhere(notebook, case)
    for cell in case.cells[1:]:
        notebook.run(cell)
    assert notebook.version("f") == first, case
    for number in case.reruns:
        notebook.run(case.cells[number])
        run_everywhere(notebook, case)
    for number, text in case.edits:
        for cell in [*case.cells[1:number], text, *case.cells[number + 1 :]]:
            notebook.run(cell)
        assert run_everywhere(notebook, case) != first, case


def test_here_equals_there(tmp_path: Path, notebook: Notebook) -> None:
    """Values, the notebook's classes and cloudpickle's tables are as they should be, and versions follow meaning."""
    end = time.monotonic() + _SECONDS
    played = 0
    for seed in seeds():
        if not _SEEDS and time.monotonic() > end:
            break
        case = Composer(seed).case()
        notebook.names.clear()
        notebook.names["__name__"] = "__main__"
        try:
            play(notebook, case)
        except AssertionError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the case is told
            pytest.fail(f"{type(error).__name__}: {error}\n{case}")
        for file in tmp_path.iterdir():
            file.unlink()
        played += 1
    assert played >= (1 if _SEEDS else 3)
