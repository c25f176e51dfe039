"""Notes on code: texts that may mention names of the notebook, and environment variables that its cells set."""

from pathlib import Path

import pytest
from archives import write
from main_cells import Notebook


def notes(function: str, path: Path, *cells: str) -> list[str]:
    """What explain tells of a task's function."""
    notebook = Notebook()
    for cell in cells:
        notebook.run(cell)
    notebook.run(function)
    found = write(notebook["entity"], path / "e.pkl", notebook["entity"], notebook.book).explanation
    return [note.describe() for note in found.notes]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return df.query('a > @LIMIT')", ""),
        ("low = 1\n    return df.query('a > @low')", ""),
        ("return df.query('a > @missing and b < @x')", "'a > @missing and b < @x': the notebook has no missing"),
        ("return df.query(f'a > {x}')", "gives query() a text that is made when it runs, line 2"),
        ("return df.query(TEXT)", "this text may mention names"),
        ("return df.eval('a + @LIMIT')", ""),
        ("return eval('LIMIT + x')", ""),
        ("return eval('LIMIT + nobody(x)')", "the notebook has no nobody"),
        ("return eval('LIM' + 'IT' + str(x))", "gives eval() a text that is made when it runs"),
        ("return [eval(one) for one in 'ab']", "gives eval() a text that is made when it runs"),
        ("return smf.ols('y ~ double(x) + C(z)', df)", ""),
        ("return smf.ols('y ~ gone(x)', df)", "the notebook has no gone"),
        ("return df.query", ""),
        ("return x.evaluate(3)", ""),
    ],
)
def test_a_text_that_may_mention_names_is_told(tmp_path: Path, body: str, told: str) -> None:
    """Only where something that it mentions isn't known to travel."""
    notebook = "import types\nLIMIT, TEXT, df, smf = 3, 'a', types, types\ndef double(x): return 2 * x"
    found = notes(f"def entity(x):\n    {body}", tmp_path, notebook)
    assert len(found) == bool(told)
    assert all(one.startswith("`entity` ") and told in one for one in found)


@pytest.mark.parametrize(
    "sets",
    [
        "import os\nos.environ['MODE'] = 'x'",
        "from os import environ\nenviron['MODE'] = 'x'",
        "import os\nos.environ.setdefault('MODE', 'x')",
        "import os\nos.putenv('MODE', 'x')",
    ],
)
@pytest.mark.parametrize(
    "reads", ["os.environ['MODE']", "os.environ.get('MODE', '')", "os.getenv('MODE')", "helper()", "os.environ['HOME']"]
)
def test_a_variable_that_a_cell_sets_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sets: str, reads: str
) -> None:
    """Where the task's code, or a function that it calls, reads it."""
    monkeypatch.setenv("MODE", "before")
    helper = "import os\ndef helper(): return os.getenv('MODE')"
    found = notes(f"def entity(x):\n    return {reads}", tmp_path, sets, helper)
    assert len(found) == ("HOME" not in reads)
    for one in found:
        assert "reads the environment variable MODE, which a cell sets" in one
        assert '@task(environment={"MODE": os.environ["MODE"]})' in one
    assert not notes(f"def entity(x):\n    return {reads}", tmp_path, helper)
