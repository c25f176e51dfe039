"""Submodules that the notebook has loaded are there in the container, where the task's code may reach them."""

import pytest
from container_fixture import Container

# Each cell defines `train(x: int) -> str`; none of the packages imports its submodule by itself.
CASES = {
    "an attribute": "import xml, xml.dom.minidom\n@task\ndef train(x: int) -> str: return xml.dom.minidom.__name__",
    "a name that is a text": """
import xml, xml.dom.minidom
@task
def train(x: int) -> str: return getattr(getattr(xml, "dom"), "minidom").__name__
""",
    "a dotted text for attrgetter": """
import operator, xml, xml.dom.minidom
@task
def train(x: int) -> str: return operator.attrgetter("dom.minidom")(xml).__name__
""",
    "a text that a global holds": """
import xml, xml.dom.minidom
SUB, SUBS = "dom", ["minidom"]
@task
def train(x: int) -> str: return getattr(getattr(xml, SUB), SUBS[0]).__name__
""",
    "a lambda in the function": """
import xml, xml.dom.minidom
@task
def train(x: int) -> str: return (lambda: xml.dom.minidom.__name__)()
""",
    "a package in a closure": """
import xml, xml.dom.minidom
def make(package):
    def name(): return getattr(package, "dom").minidom.__name__
    return name
named = make(xml)
@task
def train(x: int) -> str: return named()
""",
}


@pytest.mark.parametrize("case", CASES)
def test_a_loaded_submodule_is_there(container: Container, case: str) -> None:
    """The task finds the submodule as the notebook does, however it is named."""
    outcome = container.execute(container.capture(CASES[case]), x=3)
    assert outcome.error is None, outcome.error.message
    assert outcome.outputs == {"o0": "xml.dom.minidom"}


def test_a_submodule_that_no_code_mentions_is_not_imported(container: Container) -> None:
    """What the notebook has loaded besides costs the container nothing: a text alone is no mention."""
    cell = """
import sys, xml, xml.dom.minidom
@task
def train(x: int) -> str: return str([xml.__name__, "dom", "xml.dom.minidom" in sys.modules])
"""
    assert container.execute(container.capture(cell), x=3).outputs == {"o0": "['xml', 'dom', False]"}
