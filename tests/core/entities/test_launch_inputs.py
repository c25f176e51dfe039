"""Inputs of a launch: in a file where Flyte would refuse them in a message, and read from there as the same values."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from autocontainer_nb.core.entities.launch_inputs import converted_at_once, launch_inputs
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import InputError
from autocontainer_nb.image.config import ImageConfig
from autocontainer_nb.storage.access import PrefixAccess
from autocontainer_nb.type_engine.convert import from_literal, to_literal_type

Rows = list[dict[str, int]]
MIXED: Rows = [{"a": 1}, {}]
LARGE = "x" * (4 << 20)


@task
def count(rows: Rows) -> int:
    return len(rows)


@workflow
def counted(rows: Rows = MIXED, more: Rows = MIXED) -> int:
    count(rows=more)
    return count(rows=rows)


@pytest.fixture
def files(tmp_path: Path) -> PrefixAccess:
    return PrefixAccess(str(tmp_path), str(tmp_path))


@pytest.mark.parametrize(
    ("values", "in_files"),
    [
        ({"rows": MIXED, "name": "a"}, {"rows"}),
        ({"rows": [{"a": 1}], "name": "a"}, set()),
        ({"rows": [], "name": LARGE}, {"name"}),
        ({"rows": MIXED, "name": LARGE}, {"rows", "name"}),
        ({"first": "x" * (7 << 17), "second": "y" * (3 << 17), "name": "a"}, {"first"}),
    ],
    ids=["mixed", "plain", "large", "both", "together"],
)
def test_what_a_message_cannot_hold_is_in_a_file(
    values: dict[str, Any], in_files: set[str], files: PrefixAccess
) -> None:
    """Its type is beside the place, and its hash is that of the value, so that a cache hits."""
    types = {"rows": Rows, "name": str, "first": str, "second": str}
    literals = launch_inputs(values, types, files, "run(inputs)")
    assert {name for name, each in literals.items() if each.HasField("offloaded_metadata")} == in_files
    for name, literal in literals.items():
        assert from_literal(literal, types[name]) == values[name]
        if name in in_files:
            assert literal.offloaded_metadata.inferred_type == to_literal_type(types[name])
            assert literal.hash == launch_inputs(values, types, files, "run(inputs)")[name].hash
    assert sum(each.ByteSize() for each in literals.values()) <= 1 << 20


def test_more_inputs_than_any_file_would_help_are_refused(files: PrefixAccess) -> None:
    """Thousand and one of a kilobyte: too large together. The message says what to do, when inputs are checked."""
    values = {f"x{n}": "x" * 1100 for n in range(1001)}
    for convert in (partial(converted_at_once, values), partial(launch_inputs, values, files=files)):
        with pytest.raises(InputError, match=r"The 1001 inputs are 1\.1 MiB together.*a dict"):
            convert(types=dict.fromkeys(values, str), path="run(inputs)")


def test_defaults_and_fixed_inputs_are_likewise() -> None:
    """Those of a launch plan, and the defaults of the workflow that it starts."""
    plan = LaunchPlan.get_or_create(counted, "mixed plan", fixed_inputs={"rows": MIXED})
    spec = to_spec(plan, SerializationSettings(image_config=ImageConfig.auto(img_name="i:v1")))
    fixed = spec.fixed_inputs.literals["rows"]
    default = spec.default_inputs.parameters["more"].default
    assert fixed.HasField("offloaded_metadata")
    assert default.HasField("offloaded_metadata")
    assert from_literal(fixed, Rows) == from_literal(default, Rows) == MIXED
