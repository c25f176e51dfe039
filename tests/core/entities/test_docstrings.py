"""Docstrings in three styles become descriptions on the wire; malformed ones never stop a definition."""

import pytest
from flyteidl.admin import description_entity_pb2

from autocontainer_nb.core.entities.docstrings import parse_docstring
from autocontainer_nb.core.entities.documentation import Description, Documentation, SourceCode
from autocontainer_nb.core.serialize.tasks import task_spec
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.image.config import ImageConfig

SETTINGS = SerializationSettings(image_config=ImageConfig.auto(img_name="a/b:1"))

GOOGLE = """Short.

    Long: with a colon.

    Args:
        x: the ex
        y (str, optional): the why
            goes on

    Returns:
        float: what comes out: exactly
    """
NUMPY = """Short.

    Long: with a colon.

    Parameters
    ----------
    x : int
        the ex
    y : str, optional
        the why
        goes on

    Returns
    -------
    float
        what comes out: exactly

    Notes
    -----
    Not a parameter.
    """
FIELDS = """Short.

    Long: with a colon.

    :param x: the ex
    :param str y: the why
        goes on
    :returns: what comes out: exactly
    :rtype: float
    :raises ValueError: never
    """


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, FIELDS], ids=["google", "numpy", "fields"])
def test_the_three_styles_say_the_same(text: str) -> None:
    """Descriptions, parameters with their continued lines, and the result are read from each style alike."""
    parsed = parse_docstring(text)
    assert (parsed.short, parsed.long) == ("Short.", "Long: with a colon.")
    assert parsed.params == {"x": "the ex", "y": "the why\ngoes on"}
    assert parsed.output_texts(["o0", "o1"]) == dict.fromkeys(["o0", "o1"], "what comes out: exactly")


def test_named_results_describe_their_outputs() -> None:
    text = "Short.\n\nReturns\n-------\nloss : float\n    the loss\nname : str\n    the name\n"
    assert parse_docstring(text).output_texts(["loss", "name"]) == {"loss": "the loss", "name": "the name"}


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        (None, None, None),
        ("", None, None),
        ("\n    One\n    two\n\n    three\n", "One", "two\n\nthree"),
        ("Short\n\nArgs:\n    no colon here\n", "Short", "Args:\n    no colon here"),
        ("Short\n\nArgs\n\nx: y", "Short", "Args\n\nx: y"),
        ("Short\n\n:broken field\n", "Short", ":broken field"),
    ],
)
def test_what_fits_no_style_is_a_description(text: str | None, short: str | None, long: str | None) -> None:
    """Malformed sections stay text; nothing is lost and nothing raises."""
    parsed = parse_docstring(text)
    assert (parsed.short, parsed.long, parsed.params) == (short, long, {})


@task(docs=Documentation("given", Description("given too"), SourceCode("example.org/source")))
def documented(x: int, y: str = "a") -> float:
    return 1.0


@task
def described(x: int, y: str = "a") -> float:
    return 1.0


described.python_interface.__dict__["docstring"] = GOOGLE


def test_descriptions_are_on_the_wire() -> None:
    """Variables carry their own texts, the spec the short and the long one, as reStructuredText as flytekit says."""
    spec = task_spec(described, SETTINGS)
    assert spec.template.interface.inputs.variables["x"].description == "the ex"
    assert spec.template.interface.outputs.variables["o0"].description == "what comes out: exactly"
    assert spec.description.short_description == "Short."
    assert spec.description.long_description.value == "Long: with a colon."
    assert spec.description.long_description.format == description_entity_pb2.DESCRIPTION_FORMAT_RST


def test_documentation_that_was_given_fills_what_the_docstring_lacks() -> None:
    spec = task_spec(documented, SETTINGS)
    assert spec.description.short_description == "given"
    assert spec.description.long_description.value == "given too"
    assert spec.description.source_code.link == "example.org/source"
    assert spec.template.interface.inputs.variables["x"].description == "x"
