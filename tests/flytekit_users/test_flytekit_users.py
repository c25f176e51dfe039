"""Code written for flytekit does here what it does there when nothing but its import lines changes."""

import ast
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus"
NAMES = sorted(path.stem for path in CORPUS.glob("*.py"))

# What flytekit itself doesn't do, by file, with the reason.
NOT_IN_FLYTEKIT = {
    "cells_analysis": "its environment here has no matplotlib",
    "cells_remote": "it needs a cluster, where we have the sandbox",
}


@pytest.mark.timeout(900)  # the first test plays all files
@pytest.mark.sandbox
@pytest.mark.parametrize("name", NAMES)
def test_it_runs_here(name, outcome):
    """Each file runs to its end, with its assertions, and its tasks give the same in containers of the sandbox."""
    assert outcome("autocontainer_nb", name) == ""


@pytest.mark.timeout(900)  # likewise
@pytest.mark.parametrize("name", NAMES)
def test_it_runs_there(name, outcome):
    """The same file, unchanged, runs with flytekit, or fails if it is in the table: all know what they promise."""
    assert bool(outcome("flytekit", name)) == (name in NOT_IN_FLYTEKIT), outcome("flytekit", name)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_asserts(name):
    """Each file imports flytekit and asserts something."""
    nodes = list(ast.walk(ast.parse((CORPUS / f"{name}.py").read_text(encoding="utf-8"))))
    assert any(isinstance(node, ast.Assert) for node in nodes)
    modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    modules += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    assert any(module.split(".")[0] == "flytekit" for module in modules)


def test_the_corpus_is_large():
    """At least 70 files are played."""
    assert len(NAMES) >= 70
