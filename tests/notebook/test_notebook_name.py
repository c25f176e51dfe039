"""The prefix of task names."""

import re

import pytest

from autocontainer_nb.notebook.extension import MAX_LENGTH, notebook_prefix, sanitised


@pytest.mark.parametrize(
    ("user_ns", "environ", "prefix"),
    [
        ({}, {}, "notebook"),
        ({}, {"JPY_SESSION_NAME": "/home/me/churn model.ipynb"}, "churn_model"),
        ({"__vsc_ipynb_file__": r"c:\work\vs.ipynb"}, {"JPY_SESSION_NAME": "/x/other.ipynb"}, "vs"),
        ({"__vsc_ipynb_file__": "/x/vs.ipynb"}, {"AUTOCONTAINER_NB_NOTEBOOK": "mine"}, "mine"),
        ({}, {"JPY_SESSION_NAME": "/x/train.ipynb-jvsc-1234.ipynb"}, "train"),
        ({}, {"JPY_SESSION_NAME": "   "}, "notebook"),
        ({"__vsc_ipynb_file__": 3}, {}, "notebook"),
    ],
)
def test_the_most_explicit_source_names_the_notebook(user_ns, environ, prefix):
    """The variable comes before VS Code, VS Code before Jupyter Server, and something always comes."""
    assert notebook_prefix(user_ns, environ) == prefix


@pytest.mark.parametrize("stem", ["a b", "été", "анализ", "x" * 300, "..", "%s/../x", "日本", "-", "a.b", "1st"])
def test_a_prefix_is_a_name_that_every_flyte_tool_takes(stem):
    name = sanitised(stem)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", name)
    assert len(name) <= MAX_LENGTH


def test_notebooks_whose_names_lose_letters_stay_apart():
    """Two notebooks with names in another script don't overwrite each other's tasks."""
    assert sanitised("анализ") != sanitised("модель")
    assert sanitised("x" * 100 + "a") != sanitised("x" * 100 + "b")
    assert sanitised("été") == "ete"
