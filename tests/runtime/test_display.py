"""`display` exists in a task's process, as it does in a kernel: the deck has what was shown, or the log."""

import json
import zipfile

import pytest
from container_fixture import Container

CELL = """
class Shown:
    def _repr_html_(self): return "<b>shown</b>"
    def __repr__(self): return "Shown as text"
class Ugly:
    def _repr_html_(self): raise ValueError("no")
    def _repr_markdown_(self): return "# Title"
    def __repr__(self): return "<ugly>"
class Alone:
    def _ipython_display_(self): print("alone it was")
class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None): return {"text/html": "<i>bundle</i>"}, {}
    def __repr__(self): return "a bundle"
class Any:
    def __getattr__(self, name): return lambda *a, **k: "anything"
    def __repr__(self): return "answers all"
@task(enable_deck=DECK)
def train(x: int) -> str:
    handle = display(Shown(), Ugly(), Alone(), Bundle(), x, display_id="here")
    display({"text/plain": "raw text"}, raw=True)
    display(Shown(), Bundle(), include=["text/plain"])
    display(Shown)
    return str((handle.display_id, display(1)))
"""


@pytest.mark.parametrize("deck", [True, False])
def test_display_shows_in_the_deck_or_the_log(container: Container, deck: bool) -> None:
    """Where the task has decks, what is shown is HTML in its `deck.html`; elsewhere it is text in the log."""
    outcome = container.execute(container.capture(CELL.replace("DECK", str(deck))), x=3)
    assert outcome.error is None, outcome.error.message
    assert outcome.outputs == {"o0": "('here', None)"}
    assert "alone it was" in outcome.log
    if deck:
        page = (container.prefix / "out" / "deck.html").read_text()
        assert page.index("<b>shown</b>") < page.index("<i>bundle</i>") < page.index("<pre>3</pre>")
        assert page.count("<b>shown</b>") == 1
        assert "Title" in page
        assert "<pre>raw text</pre>" in page
        assert "Shown as text" not in outcome.log
    else:
        shown = ["Shown as text", "<ugly>", "alone it was", "a bundle", "3", "raw text", "Shown as text", "a bundle"]
        assert outcome.log.split("\n")[: len(shown)] == shown


def test_the_notebooks_own_display_counts(container: Container) -> None:
    """A function of the notebook's that is called `display` is what the task calls."""
    cell = "def display(x): return x + 1\n@task\ndef train(x: int) -> int: return display(x)"
    assert container.execute(container.capture(cell), x=3).outputs == {"o0": 4}


def test_ipythons_display_needs_no_ipython(container: Container) -> None:
    """`from IPython.display import display` in a cell is the process's own `display` there."""
    cell = """
from IPython.display import display
import sys
@task(enable_deck=True)
def train(x: int) -> bool:
    display(x)
    return "IPython" in sys.modules
"""
    outcome = container.execute(container.capture(cell), x=3)
    assert outcome.error is None, outcome.error.message
    assert outcome.outputs == {"o0": False}
    assert "<pre>3</pre>" in (container.prefix / "out" / "deck.html").read_text()


def test_a_process_that_the_task_spawns_has_it(container: Container) -> None:
    """What a spawned process displays is in the log, like what it prints."""
    cell = """
import multiprocessing as mp
def show(x):
    display(x)
    return x
@task
def train(x: int) -> int:
    with mp.get_context("spawn").Pool(1) as pool:
        return pool.map(show, [x])[0]
"""
    outcome = container.execute(container.capture(cell), x=41)
    assert outcome.error is None, outcome.error.message
    assert "41" in outcome.log.split("\n")


def test_ipythons_display_is_no_reason_to_install_ipython(container: Container) -> None:
    """The file needs no package for a captured `display`."""
    cell = "from IPython.display import display\n@task\ndef train(x: int) -> int: return display(x) or x"
    container.capture(cell)
    with zipfile.ZipFile(container.folder / "entities.pkl") as archive:
        assert json.loads(archive.read("metadata.json"))["needs"] == []
