"""Large literals: kept, offloaded or refused by their size; read as if they stood in the outputs."""

import pytest
from flyteidl.core import literals_pb2

from autocontainer_nb.errors import ConfigError, ConversionError
from autocontainer_nb.storage.access import write_bytes
from autocontainer_nb.storage.uris import join
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.offload import OffloadLimits, limits_from, offload

MB = 1024 * 1024


def outputs_of(files, **values):
    """Return the literal map of the values, and the types."""
    types = {name: type_engine.to_literal_type(type(value)) for name, value in values.items()}
    made = {name: type_engine.to_literal(value, type(value), files=files) for name, value in values.items()}
    return literals_pb2.LiteralMap(literals=made), types


@pytest.mark.parametrize(
    ("variables", "limits"),
    [
        ({}, None),
        ({"_F_L_MAX_SIZE_MB": "5"}, None),
        ({"_F_L_MIN_SIZE_MB": "10"}, OffloadLimits(min_bytes=10 * MB, max_bytes=1000 * MB)),
        ({"_F_L_MIN_SIZE_MB": "1", "_F_L_MAX_SIZE_MB": "2"}, OffloadLimits(min_bytes=MB, max_bytes=2 * MB)),
    ],
)
def test_limits(variables, limits):
    """Nothing is offloaded unless Flyte sets the smaller limit; the larger has a default."""
    assert limits_from(variables) == limits


def test_a_limit_that_is_no_number():
    """The variable is named."""
    with pytest.raises(ConfigError, match="_F_L_MIN_SIZE_MB: expected a whole number of megabytes, got 'ten'"):
        limits_from({"_F_L_MIN_SIZE_MB": "ten"})


def test_without_limits_outputs_stay(files):
    """The very same message comes back."""
    outputs, types = outputs_of(files, o0="x" * 100)
    assert offload(outputs, types, "/out", None) == (outputs, {})


def test_a_large_literal_is_offloaded_and_read(tmp_path, files):
    """It is read by its place, alone and in a container; the small one stays where it is."""
    prefix = str(tmp_path / "out")
    outputs, types = outputs_of(files, large="x" * 3000, small=3)
    kept, contents = offload(outputs, types, prefix, OffloadLimits(min_bytes=1000, max_bytes=10_000))
    assert list(contents) == ["large_offloaded_metadata.pb"]
    for name, content in contents.items():
        write_bytes(join(prefix, name), content)
    assert kept.literals["small"] == outputs.literals["small"]
    place = kept.literals["large"].offloaded_metadata
    assert place.uri == f"{prefix}/large_offloaded_metadata.pb"
    assert place.size_bytes == outputs.literals["large"].ByteSize()
    assert place.inferred_type == types["large"]
    for python_type in (str, str | int):
        assert type_engine.from_literal(kept.literals["large"], python_type, files=files) == "x" * 3000
    listed = literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=[kept.literals["large"]]))
    assert type_engine.from_literal(listed, list[str], files=files) == ["x" * 3000]


def test_the_hash_is_the_content_s(files):
    """The same content has the same hash, another has another; a hash that was there stays."""
    limits = OffloadLimits(min_bytes=1, max_bytes=10_000)
    one, types = outputs_of(files, o0={"a": 1, "b": 2})
    again, _ = outputs_of(files, o0={"a": 1, "b": 2})
    other, _ = outputs_of(files, o0={"a": 1, "b": 3})
    hashes = [offload(each, types, "/out", limits)[0].literals["o0"].hash for each in (one, again, other)]
    assert hashes[0] == hashes[1] != hashes[2]
    assert len(hashes[0]) == 44
    one.literals["o0"].hash = "mine"
    assert offload(one, types, "/out", limits)[0].literals["o0"].hash == "mine"


def test_a_literal_that_is_too_large(files):
    """It is refused with its name, its size and the limit."""
    outputs, types = outputs_of(files, o0="x" * 3 * MB)
    with pytest.raises(ConversionError, match=r"'o0' is 3\.0 MB as a literal, but the limit here is 2 MB"):
        offload(outputs, types, "/out", OffloadLimits(min_bytes=MB, max_bytes=2 * MB))
