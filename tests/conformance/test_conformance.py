"""The same definition under both packages: equal messages, and values that each reads from the other's literals."""

import pytest
from definition_cells import read_definitions
from differences import DIFFERENCES
from pending import PENDING

DEFINITIONS = read_definitions()
TAKEN_BY_ONE = {name for difference in DIFFERENCES if difference.path == "error" for name in difference.definitions}
WITH_ENTITIES = [
    name
    for name, each in DEFINITIONS.items()
    if not (each.has_values or each.is_refused or each.title.startswith("reference_"))
    and name not in TAKEN_BY_ONE
    and name not in PENDING
]


def cases(names):
    """Return the names as parameters; those of the table of what is missing are expected to fail, and must."""
    return [
        pytest.param(name, marks=pytest.mark.xfail(reason=PENDING[name], strict=True)) if name in PENDING else name
        for name in names
    ]


LISTED = [
    pytest.param(difference, name, id=f"{index}-{name}")
    for index, difference in enumerate(DIFFERENCES)
    for name in difference.definitions
]


@pytest.mark.parametrize("name", cases(DEFINITIONS))
def test_both_make_the_same(name, comparison):
    """Entities serialize to equal messages; types and literals are equal, and each side reads the other's literals."""
    found = comparison.unlisted(DEFINITIONS[name])
    assert not found, "\n".join(f"{path}:\n  ours:   {ours!r}\n  theirs: {theirs!r}" for path, ours, theirs in found)


@pytest.mark.parametrize("name", WITH_ENTITIES)
def test_flytekit_reads_what_we_register(name, comparison):
    """The models of flytekit parse our messages, and its remote client's classes are built from them."""
    found = comparison.misread(DEFINITIONS[name])
    assert not found, "\n".join(f"{path}:\n  ours: {ours!r}\n  read: {read!r}" for path, ours, read in found)


def test_every_kind_is_read():
    """What flytekit's models read is of each kind that there is."""
    kinds = {
        "kinds/container_task", "kinds/shell_task", "kinds/approve", "kinds/sleep", "kinds/wait_for_input",
        "kinds/map", "kinds/map_as_an_entity", "kinds/dynamic", "kinds/eager",
        "launch_plans/named", "launch_plans/cron", "launch_plans/plan_as_a_node", "workflows/nodes_with_outputs",
        "workflows/failure_handler_with_error",
    }  # fmt: skip
    assert kinds <= set(WITH_ENTITIES)


@pytest.mark.parametrize(("difference", "name"), LISTED)
def test_a_listed_difference_exists(difference, name, comparison):
    """Each line of the table is about a difference that is really there."""
    assert any(difference.explains(found) for found in comparison.differences(DEFINITIONS[name]))


def test_the_suite_is_large():
    """At least 150 definitions are compared."""
    assert len(DEFINITIONS) >= 150
