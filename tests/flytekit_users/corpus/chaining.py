"""The order of steps that pass each other nothing: `>>`, `create_node` and `runs_before`."""

import tempfile
from pathlib import Path

from flytekit import task, workflow
from flytekit.core.node_creation import create_node

LOG = str(Path(tempfile.mkdtemp()) / "log")


@task
def write(text: str) -> str:
    with open(LOG, "a") as file:
        file.write(text)
    return text


@task
def clear() -> None:
    Path(LOG).write_text("")


@workflow
def after(text: str) -> str:
    emptied = clear()
    written = write(text=text)
    emptied >> written
    return written


@workflow
def by_nodes() -> str:
    first = create_node(clear)
    second = create_node(write, text="c")
    third = create_node(write, text="b")
    first >> second >> third
    return third.o0


@workflow
def sub() -> str:
    return write(text="s")


@workflow
def of_workflows() -> str:
    before = create_node(clear)
    last = create_node(sub)
    before.runs_before(last)
    return last.o0


Path(LOG).write_text("old")
assert after(text="a") == "a" and Path(LOG).read_text() == "a"
assert by_nodes() == "b" and Path(LOG).read_text() == "cb"
assert of_workflows() == "s" and Path(LOG).read_text() == "s"
