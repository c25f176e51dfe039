"""Placeholders: spelt as Flyte spells them, replaced as Flyte replaces them."""

import pytest
from flyteidl.core import literals_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from autocontainer_nb.errors import InputError
from autocontainer_nb.sandbox.launch.templating import TemplateValues, render


def _primitive(**value):
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(**value)))


def _values(**inputs):
    return TemplateValues(
        input_file="file:///in/inputs.pb",
        input_prefix="file:///in",
        output_prefix="file:///out",
        raw_output_prefix="file:///raw",
        checkpoint_prefix="file:///raw/_flytecheckpoints",
        previous_checkpoint_prefix="",
        per_retry_key="a_n0_0",
        namespace="flytesnacks-development",
        task_template=lambda: "file:///in/task.pb",
        inputs=literals_pb2.LiteralMap(literals=inputs),
    )


@pytest.mark.parametrize(
    ("arg", "expected"),
    [
        ("{{.input}}", "file:///in/inputs.pb"),
        ("{{ .Input }}", "file:///in/inputs.pb"),
        ("{{$inputPrefix}}", "file:///in"),
        ("--out={{.outputPrefix}}/x", "--out=file:///out/x"),
        ("{{.rawOutputDataPrefix}}", "file:///raw"),
        ("{{.checkpointOutputPrefix}}", "file:///raw/_flytecheckpoints"),
        ("{{.prevCheckpointPrefix}}", '""'),
        ("{{.perRetryUniqueKey}}", "a_n0_0"),
        ("{{.namespace}}", "flytesnacks-development"),
        ("{{.taskTemplatePath}}", "file:///in/task.pb"),
        ("{{.nothing}}", "{{.nothing}}"),
        ("{{input}}", "{{input}}"),
        ("{{.input}}{{.outputPrefix}}", "file:///in/inputs.pbfile:///out"),
        ("", ""),
    ],
)
def test_a_placeholder_is_replaced_wherever_it_stands(arg, expected):
    assert render([arg], _values()) == [expected]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"integer": 42}, "42"),
        ({"boolean": True}, "true"),
        ({"string_value": "a b"}, "a b"),
        ({"float_value": 1.0}, "1"),
        ({"float_value": 0.1}, "0.1"),
        ({"float_value": -2.5}, "-2.5"),
        ({"float_value": 1e20}, "100000000000000000000"),
        ({"float_value": 1e21}, "1e+21"),
        ({"float_value": 1.5e300}, "1.5e+300"),
        ({"float_value": 1e-7}, "1e-07"),
        ({"float_value": float("inf")}, "+Inf"),
        ({"float_value": float("nan")}, "NaN"),
        ({"datetime": Timestamp(seconds=0)}, "1970-01-01T00:00:00Z"),
        ({"duration": Duration(seconds=5)}, "5s"),
    ],
)
def test_a_primitive_input_has_the_text_that_go_gives_it(value, expected):
    assert render(["{{.inputs.x}}"], _values(x=_primitive(**value))) == [expected]


def test_lists_and_files_have_a_text_and_the_name_keeps_its_case():
    blob = literals_pb2.Literal(scalar=literals_pb2.Scalar(blob=literals_pb2.Blob(uri="s3://b/k")))
    items = literals_pb2.LiteralCollection(literals=[_primitive(integer=1), _primitive(integer=2)])
    values = _values(File=blob, n=literals_pb2.Literal(collection=items))
    assert render(["{{.inputs.File}}", "{{.Inputs.n}}"], values) == ["s3://b/k", "[1,2]"]


def test_an_input_that_is_not_there_or_has_no_text_is_named():
    with pytest.raises(InputError, match=r"inputs\.y.*inputs are: x"):
        render(["{{.inputs.y}}"], _values(x=_primitive(integer=1)))
    binary = literals_pb2.Literal(scalar=literals_pb2.Scalar(binary=literals_pb2.Binary(value=b"x", tag="msgpack")))
    with pytest.raises(InputError, match="which is a binary"):
        render(["{{.inputs.x}}"], _values(x=binary))


def test_what_a_value_holds_is_not_read_as_a_placeholder():
    """A user's text that looks like a placeholder stays the user's text."""
    assert render(["{{.inputs.x}}"], _values(x=_primitive(string_value="{{.input}}"))) == ["{{.input}}"]
