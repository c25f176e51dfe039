"""What `%flyte` accepts by name: all that can be started, with options as well as without."""

from typing import Any

import pytest

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import UserError
from autocontainer_nb.notebook.magics.namespace import runnable_named, task_named, task_rows
from autocontainer_nb.pickling.code.cells import CellBook


@task
def train(epochs: int) -> float:
    return epochs / 2


NAMES: dict[str, Any] = {"train": train, "nightly": train.with_options(name="nightly"), "number": 3}


def test_a_task_with_options_is_run_listed_and_inspected_like_the_task() -> None:
    assert runnable_named("nightly", NAMES) is NAMES["nightly"]
    assert task_named("nightly", NAMES) is train
    assert [(name, signature) for name, signature, _ in task_rows(NAMES, CellBook())] == [
        ("nightly", "(epochs: int) -> float"),
        ("train", "(epochs: int) -> float"),
    ]
    with pytest.raises(UserError, match=r"'number' is of type int, not a task\..*nightly"):
        runnable_named("number", {"number": 3, "nightly": NAMES["nightly"]})
