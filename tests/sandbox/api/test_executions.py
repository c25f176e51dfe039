"""Executions that go well: what a container gets, and what a client then finds."""

import json
import os
import sys
import urllib.request
from pathlib import Path

import grpc
import pytest
from flyteidl.admin import common_pb2, execution_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.sandbox.environment import MACHINE_VARIABLES

pytestmark = pytest.mark.sandbox
PHASE = core_execution_pb2.WorkflowExecution
NODE = core_execution_pb2.NodeExecution
TASK = core_execution_pb2.TaskExecution
TEXT = types_pb2.LiteralType(simple=types_pb2.STRING)
INTEGER = types_pb2.LiteralType(simple=types_pb2.INTEGER)
INVALID = grpc.StatusCode.INVALID_ARGUMENT


def _integer(value: int) -> literals_pb2.Literal:
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(integer=value)))


def _text(value: str) -> literals_pb2.Literal:
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(string_value=value)))


def test_outputs_come_from_what_the_container_wrote(sandbox):
    """Inputs go to another process by file, outputs come back by file; times and phases are told truthfully."""
    execution = sandbox.run("succeed(o0=text('word') * 2)", {"word": "ab"}, outputs={"o0": TEXT})
    closure = execution.closure
    assert closure.phase == PHASE.SUCCEEDED
    assert sandbox.outputs(execution.id) == {"o0": "abab"}
    created, started, updated = (
        stamp.ToNanoseconds() for stamp in (closure.created_at, closure.started_at, closure.updated_at)
    )
    assert created <= started <= updated
    assert closure.duration.ToNanoseconds() == updated - started
    assert closure.workflow_id.name == ".flytegen.notebook.task"


def test_an_execution_has_the_three_nodes_of_a_single_task(sandbox):
    """As with flytepropeller: start-node, a node named after the task, end-node; one attempt with its log."""
    execution = sandbox.run("print('said this'); succeed(o0='x')", outputs={"o0": TEXT})
    nodes = sandbox.nodes(execution.id)
    assert [node.id.node_id for node in nodes] == ["start-node", "notebooktask", "end-node"]
    assert {node.closure.phase for node in nodes} == {NODE.SUCCEEDED}
    assert nodes[1].closure.output_uri == execution.closure.outputs.uri
    (attempt,) = sandbox.attempts(execution.id)
    assert attempt.closure.phase == TASK.SUCCEEDED
    assert attempt.closure.output_uri == execution.closure.outputs.uri
    assert attempt.id.task_id == execution.spec.launch_plan
    (log,) = attempt.closure.logs
    with urllib.request.urlopen(log.uri, timeout=10) as answer:
        assert answer.read() == b"said this\n"
    same = sandbox.admin.GetTaskExecution(task_execution_pb2.TaskExecutionGetRequest(id=attempt.id))
    assert same.closure.phase == attempt.closure.phase
    node = sandbox.admin.GetNodeExecution(node_execution_pb2.NodeExecutionGetRequest(id=nodes[1].id))
    assert node == nodes[1]


def test_data_of_executions_nodes_and_attempts_agree(sandbox):
    """Inputs and outputs are the same however a client asks, inline and by signed link."""
    execution = sandbox.run("succeed(o0=text('word'))", {"word": "hello"}, outputs={"o0": TEXT})
    node, attempt = sandbox.nodes(execution.id)[1], sandbox.attempts(execution.id)[0]
    answers = [
        sandbox.admin.GetExecutionData(execution_pb2.WorkflowExecutionGetDataRequest(id=execution.id)),
        sandbox.admin.GetNodeExecutionData(node_execution_pb2.NodeExecutionGetDataRequest(id=node.id)),
        sandbox.admin.GetTaskExecutionData(task_execution_pb2.TaskExecutionGetDataRequest(id=attempt.id)),
    ]
    for answer in answers:
        assert answer.full_inputs.literals["word"].scalar.primitive.string_value == "hello"
        assert answer.full_outputs.literals["o0"].scalar.primitive.string_value == "hello"
        with urllib.request.urlopen(answer.outputs.url, timeout=10) as link:
            data = link.read()
        assert len(data) == answer.outputs.bytes
        assert literals_pb2.LiteralMap.FromString(data) == answer.full_outputs
    assert answers[1].flyte_urls.outputs == f"flyte://v1/flytesnacks/development/{execution.id.name}/notebooktask/o"


def test_a_container_gets_an_empty_directory_and_only_the_variables_of_flyte(sandbox, monkeypatch):
    """Nothing of the person's own environment leaks in; all that Flyte sets is there, in both spellings."""
    machine = {name: os.environ[name] for name in MACHINE_VARIABLES if name in os.environ}
    script = """
import json
state = {"files": os.listdir("."), "variables": dict(os.environ), "group": os.getpgid(0) == os.getpid()}
succeed(o0=json.dumps(state))
"""
    execution = sandbox.run(script, outputs={"o0": TEXT})
    state = json.loads(sandbox.outputs(execution.id)["o0"])
    found, task = state["variables"], execution.spec.launch_plan
    assert state["files"] == []
    assert state["group"]
    assert found.pop("PATH").startswith(str(Path(sys.executable).parent) + ":")
    assert not Path(found.pop("TMPDIR")).exists()
    assert {name: found.pop(name) for name in ("HOME", "LANG", "PYTHONUNBUFFERED")} == {
        "HOME": str(Path.home()),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }
    found.pop("LC_CTYPE", None)  # the interpreter itself sets it in the C locale
    assert {name: found.pop(name) for name in machine} == machine
    assert found == {
        "FLYTE_INTERNAL_EXECUTION_WORKFLOW": "flytesnacks:development:.flytegen.notebook.task",
        "FLYTE_INTERNAL_EXECUTION_ID": execution.id.name,
        "FLYTE_INTERNAL_EXECUTION_PROJECT": "flytesnacks",
        "FLYTE_INTERNAL_EXECUTION_DOMAIN": "development",
        "FLYTE_ATTEMPT_NUMBER": "0",
        "FLYTE_INTERNAL_TASK_PROJECT": "flytesnacks",
        "FLYTE_INTERNAL_TASK_DOMAIN": "development",
        "FLYTE_INTERNAL_TASK_NAME": "notebook.task",
        "FLYTE_INTERNAL_TASK_VERSION": task.version,
        "FLYTE_INTERNAL_PROJECT": "flytesnacks",
        "FLYTE_INTERNAL_DOMAIN": "development",
        "FLYTE_INTERNAL_NAME": "notebook.task",
        "FLYTE_INTERNAL_VERSION": task.version,
    }


def test_variables_of_template_and_request_reach_the_container(sandbox):
    """The template's are there, and the execution's own win over them."""
    template = sandbox.template("succeed(o0=os.environ['FROM'] + os.environ['ONLY'])", outputs={"o0": TEXT})
    template.container.env.extend(
        [literals_pb2.KeyValuePair(key="FROM", value="template"), literals_pb2.KeyValuePair(key="ONLY", value="+1")]
    )
    envs = common_pb2.Envs(values=[literals_pb2.KeyValuePair(key="FROM", value="request")])
    execution = sandbox.until(sandbox.launch(sandbox.register(template), envs=envs))
    assert sandbox.outputs(execution.id) == {"o0": "request+1"}


def test_placeholders_become_places_of_this_attempt(sandbox):
    """Raw data and checkpoints have places of their own; `{{.inputs.x}}` is the value."""
    template = sandbox.template("succeed(o0='|'.join(sys.argv[3:]))", inputs={"n": INTEGER}, outputs={"o0": TEXT})
    template.container.args.extend(
        [
            "{{.rawOutputDataPrefix}}",
            "{{.checkpointOutputPrefix}}",
            "{{.prevCheckpointPrefix}}",
            "{{.perRetryUniqueKey}}",
            "n={{.inputs.n}}",
            "{{.unknown}}",
        ]
    )
    execution = sandbox.until(sandbox.launch(sandbox.register(template), {"n": _integer(7)}))
    raw, checkpoint, previous, key, value, unknown = sandbox.outputs(execution.id)["o0"].split("|")
    assert raw.startswith("file://")
    assert raw.endswith(f"/{execution.id.name}-notebooktask-0")
    assert checkpoint == f"{raw}/_flytecheckpoints"
    assert previous == '""'
    assert key == f"{execution.id.name}_notebooktask_0"
    assert (value, unknown) == ("n=7", "{{.unknown}}")


def test_raw_data_goes_where_the_client_wants_it(sandbox, tmp_path):
    template = sandbox.template("succeed(o0=sys.argv[3])", outputs={"o0": TEXT})
    template.container.args.append("{{.rawOutputDataPrefix}}")
    config = common_pb2.RawOutputDataConfig(output_location_prefix=f"file://{tmp_path}/raw/")
    execution = sandbox.until(sandbox.launch(sandbox.register(template), raw_output_data_config=config))
    assert sandbox.outputs(execution.id)["o0"].startswith(f"file://{tmp_path}/raw/")


def test_a_task_without_outputs_succeeds_by_its_exit_code(sandbox):
    assert sandbox.run("pass").closure.phase == PHASE.SUCCEEDED


def test_a_deck_is_told_with_its_node(sandbox):
    execution = sandbox.run("(out / 'deck.html').write_text('<p>deck</p>'); succeed()")
    assert sandbox.nodes(execution.id)[1].closure.deck_uri.endswith("/deck.html")


def test_the_working_directory_is_gone_afterwards(sandbox):
    execution = sandbox.run("pathlib.Path('left').write_text('x'); succeed(o0=os.getcwd())", outputs={"o0": TEXT})
    sandbox.run("pass")
    assert not Path(sandbox.outputs(execution.id)["o0"]).exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ["missing input 'n' of type integer", "missing input 'names' of type list of string"]),
        ({"n": _text("1"), "names": None}, ["input 'n': expected integer, got string"]),
        ({"n": _integer(1), "names": None, "m": _integer(1)}, ["unknown input 'm' (expected 'n', 'names')"]),
        (
            {
                "n": _integer(1),
                "names": literals_pb2.Literal(
                    collection=literals_pb2.LiteralCollection(literals=[_text("a"), _integer(2)])
                ),
            },
            ["input 'names[1]': expected string, got integer"],
        ),
    ],
)
def test_wrong_inputs_are_refused_with_task_input_and_types(sandbox, refused, given, words):
    """Nothing is created: INVALID_ARGUMENT names the task, each input, the expected and the given type."""
    names = types_pb2.LiteralType(collection_type=TEXT)
    task = sandbox.register(sandbox.template("pass", inputs={"n": INTEGER, "names": names}))
    empty = literals_pb2.Literal(collection=literals_pb2.LiteralCollection())
    inputs = {name: literal or empty for name, literal in given.items()}
    details = refused(INVALID, lambda: sandbox.launch(task, inputs))
    for word in [*words, "notebook.task", task.version]:
        assert word in details


@pytest.mark.parametrize("name", ["Upper", "1digit", "under_score", "a" * 64])
def test_a_name_that_kubernetes_would_refuse_is_refused(sandbox, refused, name):
    task = sandbox.register(sandbox.template("pass"))
    assert repr(name) in refused(INVALID, lambda: sandbox.launch(task, name=name))


def test_a_name_is_used_once_and_the_first_execution_keeps_its_inputs(sandbox, refused):
    """ALREADY_EXISTS names it, and the second request's inputs don't get into the first one's file."""
    task = sandbox.register(sandbox.template("pass", inputs={"n": INTEGER}))
    first = sandbox.launch(task, {"n": _integer(1)}, name="used-once")
    details = refused(
        grpc.StatusCode.ALREADY_EXISTS, lambda: sandbox.launch(task, {"n": _integer(2)}, name="used-once")
    )
    assert "used-once" in details
    data = sandbox.admin.GetExecutionData(execution_pb2.WorkflowExecutionGetDataRequest(id=first))
    assert data.full_inputs.literals["n"].scalar.primitive.integer == 1
    sandbox.until(first)


def test_unknown_things_are_named(sandbox, refused):
    """NOT_FOUND for an execution, node or attempt tells which one, and what there is."""
    execution = sandbox.run("pass")
    missing = grpc.StatusCode.NOT_FOUND
    nowhere = type(execution.id)(project="flytesnacks", domain="development", name="nowhere")
    assert "flytesnacks:development:nowhere" in refused(missing, lambda: sandbox.get(nowhere))
    node = sandbox.nodes(execution.id)[1].id
    other = type(node)(node_id="n7", execution_id=execution.id)
    request = node_execution_pb2.NodeExecutionGetRequest(id=other)
    assert "start-node, notebooktask, end-node" in refused(missing, lambda: sandbox.admin.GetNodeExecution(request))
    attempt = sandbox.attempts(execution.id)[0].id
    attempt.retry_attempt = 4
    late = task_execution_pb2.TaskExecutionGetRequest(id=attempt)
    assert "no attempt 4" in refused(missing, lambda: sandbox.admin.GetTaskExecution(late))


def test_a_task_that_is_not_registered_cannot_be_run(sandbox, refused):
    template = sandbox.template("pass")
    assert template.id.version in refused(grpc.StatusCode.NOT_FOUND, lambda: sandbox.launch(template.id))


def test_only_single_tasks_are_run(sandbox, refused):
    template = sandbox.template("pass")
    template.id.resource_type = 3  # a launch plan
    assert "LAUNCH_PLAN" in refused(INVALID, lambda: sandbox.launch(template.id))


def test_executions_are_listed_by_filter_newest_first(sandbox):
    """What a client uses to show its latest runs of a task."""
    task = sandbox.register(sandbox.template("pass", name="listed.task"))
    launched = [sandbox.launch(task) for _ in range(3)]
    for identifier in launched:
        sandbox.until(identifier)
    request = common_pb2.ResourceListRequest(
        id=common_pb2.NamedEntityIdentifier(project="flytesnacks", domain="development"),
        limit=2,
        filters="eq(task.name,listed.task)+eq(phase,SUCCEEDED)",
        sort_by=common_pb2.Sort(key="created_at", direction=common_pb2.Sort.DESCENDING),
    )
    page = sandbox.admin.ListExecutions(request)
    assert [execution.id for execution in page.executions] == launched[:0:-1]
    request.token = page.token
    assert [execution.id for execution in sandbox.admin.ListExecutions(request).executions] == launched[:1]
    request.token, request.filters = "", "value_in(phase,FAILED;ABORTED)+eq(task.name,listed.task)"
    assert not sandbox.admin.ListExecutions(request).executions
