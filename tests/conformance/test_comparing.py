"""The suite's own instruments: what counts as a difference, and what a package is given to run."""

import msgpack
import pytest
from definition_cells import FLYTEKIT, OURS, Definition, read_definitions
from differences import DIFFERENCES
from flyteidl.admin import task_pb2
from flyteidl.core import literals_pb2, workflow_pb2
from message_paths import differing
from pending import PENDING


def spec(args=(), **template):
    message = task_pb2.TaskSpec(template=template)
    message.template.container.args.extend(args)
    return message


def test_equal_messages_have_no_difference():
    assert differing(spec(["a"], type="t"), spec(["a"], type="t")) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (spec(type="a"), spec(type="b"), [("template.type", "a", "b")]),
        (spec(["a"]), spec(["a", "b"]), [("template.container.args[1]", None, "b")]),
        (
            spec(metadata={"deprecated_error_message": "x"}),
            spec(),
            [("template.metadata", spec(metadata={"deprecated_error_message": "x"}).template.metadata, None)],
        ),
        (spec(config={"a": "1", "b": "2"}), spec(config={"a": "1", "b": "3"}), [("template.config[b]", "2", "3")]),
    ],
    ids=["text", "list", "absent message", "map"],
)
def test_a_difference_is_named_by_its_path(ours, theirs, expected):
    """Each difference is found where it is, absent parts as None: an empty message isn't an absent one."""
    assert differing(ours, theirs) == expected


def test_who_made_it_and_where_it_lies_is_left_out():
    """The resolver's location, the SDK's version and the place of stored content aren't compared; their presence is."""
    ours = spec(["--resolver", "autocontainer_nb.core.x.default_task_resolver"], metadata={"runtime": {"version": "1"}})
    theirs = spec(["--resolver", "flytekit.core.y.default_task_resolver"], metadata={"runtime": {"version": "2"}})
    assert differing(ours, theirs) == []
    blobs = [literals_pb2.Literal(scalar={"blob": {"uri": uri}}) for uri in ("s3://a/1", "s3://b/2", "")]
    assert differing(*blobs[:2]) == []
    assert differing(spec(["a"]), spec(["flytekit.core.y.default_task_resolver"])) != []


def test_packed_values_are_compared_inside():
    """Of msgpack bytes the content is compared, the order of keys and the width of numbers included."""

    def packed(data):
        return literals_pb2.Literal(scalar={"binary": {"value": data, "tag": "msgpack"}})

    one = packed(msgpack.packb({"path": "/a", "n": 1}))
    assert differing(one, packed(msgpack.packb({"path": "/b", "n": 1}))) == []
    assert differing(one, packed(msgpack.packb({"path": "/b", "n": 2}))) != []
    assert differing(one, packed(msgpack.packb({"n": 1, "path": "/a"}))) != []
    assert differing(packed(b"\x01"), packed(b"\xcc\x01")) != []


def test_upstream_nodes_are_a_set():
    nodes = [workflow_pb2.Node(upstream_node_ids=ids) for ids in (["a", "b"], ["b", "a"], ["a"])]
    assert differing(*nodes[:2]) == []
    assert differing(nodes[0], nodes[2]) != []


def test_only_the_import_lines_differ():
    """Ours runs what flytekit runs, apart from the module after `from` or `import`."""
    cell = Definition("g", "t", "p", "from flytekit import task\n", "import flytekit\nx = 'flytekit'\n")
    assert cell.texts_for(FLYTEKIT) == (cell.opening, cell.body)
    assert cell.texts_for(OURS) == (
        "from autocontainer_nb import task\n",
        "import autocontainer_nb\nx = 'flytekit'\n",
    )


def test_the_tables_name_definitions():
    """Each line of a table is about definitions that exist, and says why."""
    known = set(read_definitions())
    assert {name for each in DIFFERENCES for name in each.definitions} <= known
    assert set(PENDING) <= known
    assert all(each.reason for each in DIFFERENCES)
