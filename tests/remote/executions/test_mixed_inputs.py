"""Inputs that Flyte would refuse in the message of a launch reach it as files."""

from typing import Any

import pytest
from flyteidl.core import literals_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.type_engine.convert import from_literal


@task
def count(rows: list[dict[str, int]], text: str = "") -> int:
    return len(rows) + len(text)


@pytest.fixture
def remote(control_plane: Any, flyteadmin: Any) -> Any:
    """A client of the quirky flyteadmin."""
    assert control_plane.answers["CreateExecution"] == flyteadmin.create_execution
    endpoint = control_plane.endpoint().address.text
    made = FlyteRemote(endpoint, "flytesnacks", "development", insecure=True, image="ghcr.io/me/image:v1")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("inputs", "in_file", "python_type"),
    [
        ({"rows": [{"a": 1}, {}]}, "rows", list[dict[str, int]]),
        ({"rows": [], "text": "x" * 5_000_000}, "text", str),
    ],
    ids=["an empty dict beside others", "5 MB"],
)
def test_such_a_value_is_uploaded(
    remote: FlyteRemote, flyteadmin: Any, inputs: dict[str, Any], in_file: str, python_type: Any
) -> None:
    """The other inputs stay in the message; what is in the store is the value."""
    remote.launch(count, **inputs)
    literals = flyteadmin.executions[-1].inputs.literals
    assert [name for name, each in literals.items() if each.HasField("offloaded_metadata")] == [in_file]
    body = flyteadmin.store.objects[literals[in_file].offloaded_metadata.uri].body
    assert from_literal(literals_pb2.Literal.FromString(body), python_type) == inputs[in_file]
