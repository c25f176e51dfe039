"""What is registered agrees with what a real Flyte compiled of it, field by field; the table names what doesn't."""

import copy

import pytest
from compiled_forms import compiled, compiled_workflow, unregistered
from difference_table import EVERY, MAP_RESOLVER_REASON, RUNTIME_VERSION, Difference, check
from field_differences import field_differences
from recordings import as_recorded, read_recordings

RECORDINGS = read_recordings()
MAPS = ("map", "map_alone", "map_concurrency", "map_empty", "map_fail", "map_min_success", "map_partial")
DIFFERENCES = (
    RUNTIME_VERSION,
    *(Difference(name, "tasks[*].container.args[18]", MAP_RESOLVER_REASON) for name in MAPS),
    Difference(
        "launch_plan_node",
        "tasks[notebook.add]",
        "a task of the launch plan's workflow, which Flyte compiles apart from the one that ran",
    ),
    Difference(
        "launch_plan_node",
        "workflows[notebook.s]",
        "the launch plan's workflow, which Flyte compiles apart from the one that ran",
    ),
    Difference(
        "launch_plan_node",
        "executions[notebook.lp_of_s].inputs[y]",
        "the node's value, which is made when it runs",
    ),
)


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_is_registered_is_what_flyte_compiled(notebook, name):
    """Each field of each template agrees, but for what the table names; and what the table names does differ."""
    recording = RECORDINGS[name]
    requests = notebook.launched(**recording.launch_request())
    found = field_differences(as_recorded(compiled(requests)), recording.templates())
    check(DIFFERENCES, name, found)


@pytest.mark.parametrize("name", ["subworkflow", "launch_plan_node", "conditional_nested", "map", "dynamic"])
def test_whatever_is_referred_to_is_registered_before(notebook, name):
    """Flyte compiles a workflow when it comes, and knows only what came earlier: by name and version."""
    recording = RECORDINGS[name]
    requests = notebook.launched(**recording.launch_request())
    assert unregistered(requests) == []


def test_all_definitions_are_there():
    """There are 58, each with a task that Flyte compiled, and the table is about these."""
    assert len(RECORDINGS) == 58
    assert all(recording.tasks and recording.executions for recording in RECORDINGS.values())
    assert {line.definition for line in DIFFERENCES} <= {EVERY, *RECORDINGS}


def change(value, path, new):
    """Return a copy of the value with the part at the path replaced, or left out where `new` is None."""
    changed = copy.deepcopy(value)
    *parents, last = path
    inner = changed
    for key in parents:
        inner = inner[key]
    if new is None:
        del inner[last]
    else:
        inner[last] = new
    return changed


TASK = ("tasks", "notebook.inc")
NODES = ("workflows", "notebook.w", "nodes")
CASE = (*NODES, 2, "branch_node", "if_else", "case")


@pytest.mark.parametrize(
    ("name", "path", "new", "told"),
    [
        ("chain", (*TASK, "type"), "other", "tasks[notebook.inc].type"),
        ("chain", (*TASK, "metadata", "generates_deck"), None, "tasks[notebook.inc].metadata.generates_deck"),
        ("chain", (*TASK, "metadata", "retries"), None, "tasks[notebook.inc].metadata.retries"),
        ("chain", (*TASK, "container", "args", 8), "{{.inputs}}", "tasks[notebook.inc].container.args[8]"),
        ("chain", (*TASK, "id", "project"), "other", "tasks[notebook.inc].id.project"),
        (
            "chain",
            (*TASK, "interface", "inputs", "variables", "x", "type", "simple"),
            "FLOAT",
            "tasks[notebook.inc].interface.inputs.variables[x].type.simple",
        ),
        ("chain", (*NODES, 3, "upstream_node_ids"), [], "workflows[notebook.w].nodes[n1].upstream_node_ids[0]"),
        ("chain", (*NODES, 3, "id"), "m1", "workflows[notebook.w].nodes[m1]"),
        (
            "chain",
            (*NODES, 2, "inputs", 0, "binding", "promise", "var"),
            "y",
            "workflows[notebook.w].nodes[n0].inputs[x].binding.promise.var",
        ),
        (
            "conditional_if",
            (*CASE, "condition", "comparison", "operator"),
            "LT",
            "workflows[notebook.w].nodes[n0].branch_node.if_else.case.condition.comparison.operator",
        ),
        (
            "map_min_success",
            (*NODES, 2, "array_node", "min_success_ratio"),
            0.75,
            "workflows[notebook.w].nodes[n0].array_node.min_success_ratio",
        ),
        (
            "launch_plan_node",
            ("executions", "notebook.lp_of_s", "inputs", "z", "scalar", "primitive", "integer"),
            "8",
            "executions[notebook.lp_of_s].inputs[z].scalar.primitive.integer",
        ),
    ],
)
def test_a_changed_field_is_told_by_its_path(name, path, new, told):
    """The comparison sees a field that is changed, left out, or moved, wherever it is."""
    recorded = RECORDINGS[name].templates()
    assert not field_differences(recorded, copy.deepcopy(recorded))
    assert told in field_differences(change(recorded, path, new), recorded)


def test_nodes_in_another_order_are_told():
    """Nodes are compared by their identifiers, and their order for itself."""
    recorded = RECORDINGS["diamond"].templates()
    changed = copy.deepcopy(recorded)
    changed["workflows"]["notebook.w"]["nodes"].reverse()
    assert list(field_differences(changed, recorded)) == ["workflows[notebook.w].nodes: order"]


def test_what_the_compiler_adds_is_added_once():
    """The registered template isn't changed, and has neither the two nodes nor identifiers of branches."""
    inner = {"id": "n0", "inputs": [{"var": "x", "binding": {"promise": {"var": "x"}}}]}
    node = {"id": "n0", "branch_node": {"if_else": {"case": {"then_node": inner}}}}
    registered = {"nodes": [node], "outputs": [{"var": "o", "binding": {"promise": {"node_id": "n0", "var": "o"}}}]}
    before = copy.deepcopy(registered)
    start, end, made = compiled_workflow(registered)["nodes"]
    assert registered == before
    assert (start, end["inputs"]) == ({"id": "start-node"}, registered["outputs"])
    then = made["branch_node"]["if_else"]["case"]["then_node"]
    assert (then["id"], then["inputs"][0]["binding"]["promise"]["node_id"]) == ("n0-n0", "start-node")


def test_a_reference_to_nothing_is_told():
    """A task that another version of itself is registered for doesn't count."""
    identifier = {"resource_type": "TASK", "project": "p", "domain": "d", "name": "t", "version": "1"}
    workflow = {"id": {**identifier, "resource_type": "WORKFLOW"}, "spec": {"template": {"nodes": [identifier]}}}
    other = {"id": {**identifier, "version": "2"}, "spec": {}}
    assert unregistered([("CreateTask", other), ("CreateWorkflow", workflow)]) == ["TASK t 1"]
    assert unregistered([("CreateTask", {"id": identifier, "spec": {}}), ("CreateWorkflow", workflow)]) == []
