"""Docstrings become descriptions on the wire; malformed ones never stop a definition, nor does a missing library."""

import json
import subprocess
import sys
from pathlib import Path

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


MODULE = '''
from autocontainer_nb import LaunchPlan, dynamic, eager, task, workflow


@task
def child(x: int) -> float:
    """Short of the child.

    Args:
        x: the ex of the child

    Returns:
        what comes of it
    """
    return 1.0


@workflow
def graph(x: int) -> float:
    """Short of the graph.

    Args:
        x: the ex of the graph
    """
    return child(x=x)


plan = LaunchPlan.get_or_create(graph, "plan")
'''
TASKS = '''

@eager
async def calls(x: int) -> float:
    """Short of the caller."""
    return child(x=x) + plan(x=x)


@dynamic
def draws(x: int) -> float:
    """Short of the one that draws."""
    plan(x=x)
    return child(x=x)
'''
FORMS = """
import sys
from autocontainer_nb import ImageConfig, SerializationSettings
from autocontainer_nb.core.entities.docstrings import as_written
from autocontainer_nb.core.resolvers.pickled_entity import load_pickled_entity
from autocontainer_nb.remote.register.order import registrations, version_of
from autocontainer_nb.storage.scratch import local_file_access

SETTINGS = SerializationSettings(image_config=ImageConfig.auto(img_name="a/b:1"), version="v")

def forms(*entities):
    found = [each for entity in entities for each in registrations(entity, SETTINGS, local_file_access())]
    return [each.request().SerializeToString(deterministic=True).hex() for each in found]

def version(entity):
    with as_written():
        return version_of(registrations(entity, SETTINGS, local_file_access()), "fingerprint")
"""
SHOW = "import json; sys.stderr.write('@@' + json.dumps(told))"
MISSING = "import sys; sys.modules['docstring_parser'] = None\n"


def told_by(code: str, cwd: Path) -> dict:
    """Return what a fresh process tells at its end."""
    done = subprocess.run([sys.executable, "-c", code + SHOW], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stderr.rpartition("@@")[2])


@pytest.fixture(scope="module", params=["cells", "a local module"])
def notebook(request, tmp_path_factory) -> dict:
    """What a notebook's process has captured and would register; `definitions` makes the same again."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "described.py").write_text(MODULE, encoding="utf-8")
    imported = "from described import child, graph, plan\nfrom autocontainer_nb import dynamic, eager\n"
    cells = (imported if request.param == "a local module" else MODULE) + TASKS
    (folder / "cells.py").write_text(cells, encoding="utf-8")
    definitions = "import linecache; exec(compile(open('cells.py').read(), 'cells.py', 'exec'))\n"
    code = f"""{definitions}{FORMS}
from autocontainer_nb.core.capture.capture import Capture
told = {{"forms": forms(child, plan), "versions": [version(child), version(plan), version(calls)]}}
for entity in (calls, draws):
    captured = Capture(entity).write(entity.short_name + ".pkl")
    told[entity.short_name] = captured.digest
    told["versions"].append(captured.version)
told["plain"] = Capture(child).write("plain.pkl").digest
"""
    return {**told_by(code, folder), "folder": folder, "definitions": definitions, "capturing": code}


@pytest.mark.parametrize("name", ["calls", "draws"])
@pytest.mark.parametrize("image", ["bare", "with the library"])
def test_a_container_registers_what_the_notebook_would(notebook, name, image):
    """What an eager or dynamic task starts has the notebook's descriptions, though no image can read a docstring.

    Nor is the library loaded where an image has it.
    """
    code = f"""{MISSING if image == "bare" else ""}{FORMS}
entity = load_pickled_entity({name + ".pkl"!r}, {notebook[name]!r}, owns_process=True)
[task] = entity.entities.values() if len(entity.entities) == 1 else [
    each for each in entity.entities.values() if each.short_name == {name!r}
]
known = task.task_function.__globals__
told = {{"forms": forms(known["child"], known["plan"]), "loaded": bool(sys.modules.get("docstring_parser"))}}
"""
    told = told_by(code, notebook["folder"])
    assert told == {"forms": notebook["forms"], "loaded": False}


def test_versions_do_not_depend_on_the_library(notebook):
    """Where the library is missing, the same definitions have the same versions; their descriptions are the names."""
    bare = told_by(MISSING + notebook["capturing"], notebook["folder"])
    assert bare["versions"] == notebook["versions"]
    assert bare["forms"] != notebook["forms"]


def test_another_docstring_is_another_version(notebook, tmp_path):
    """What a docstring says is registered, so a changed one registers the task anew."""
    for each in notebook["folder"].glob("*.py"):
        text = each.read_text("utf-8").replace("the ex of the child", "another ex")
        (tmp_path / each.name).write_text(text, encoding="utf-8")
    changed = told_by(notebook["capturing"], tmp_path)["versions"]
    assert changed[0] != notebook["versions"][0]
    assert changed[1] != notebook["versions"][1]


def test_a_task_that_registers_nothing_takes_no_descriptions_along(notebook):
    """A plain task's file has nothing but what the task needs."""
    code = f"""{FORMS}
entity = load_pickled_entity("plain.pkl", {notebook["plain"]!r}, owns_process=True)
told = sorted(vars(entity))
"""
    assert told_by(code, notebook["folder"]) == ["entities", "metadata"]
