"""Large literals that a container has stored in files of their own: each side reads the other's."""

import pytest
from flyteidl.core import literals_pb2

OPENING = """
from PACKAGE import task


@task
def large(n: int) -> tuple[list[int], dict[str, str], int, list[dict[str, float]]]:
    return list(range(n)), {"a": "b" * n}, n, [{"x": 0.5}] * 2
"""
EXPECTED = {"o0": [0, 1, 2], "o1": {"a": "bbb"}, "o2": 3, "o3": [{"x": 0.5}] * 2}


@pytest.fixture
def loaded(sides, tmp_path):
    """Return both sides with the task, whose source stands in a file: flytekit looks for its `return`."""
    for side in sides:
        path = tmp_path / f"{side.package}.py"
        path.write_text(OPENING.replace("PACKAGE", side.package))
        side.ask("define", path.read_text(), "", str(path))
    return sides


def test_each_side_reads_the_others_offloaded_literals(loaded, tmp_path):
    """All of them are offloaded; type, size and place are there; the values come back equal."""
    for writer, reader in (loaded, reversed(loaded)):
        folder = tmp_path / writer.package
        folder.mkdir()
        outputs = writer.ask("run_offloading", "large", {"n": 3}, str(folder))
        assert {name: reader.ask("read_output", "large", name, data) for name, data in outputs.items()} == EXPECTED


def test_both_sides_offload_alike(loaded, tmp_path):
    """The messages are equal but for the place and the hash, which is opaque; the files have the same literals."""
    found = []
    for side in loaded:
        folder = tmp_path / side.package
        folder.mkdir()
        outputs = side.ask("run_offloading", "large", {"n": 3}, str(folder))
        literals = {name: literals_pb2.Literal.FromString(data) for name, data in outputs.items()}
        stored = {}
        for name, literal in literals.items():
            assert literal.hash
            assert literal.offloaded_metadata.uri == f"{folder}/out/{name}_offloaded_metadata.pb"
            content = (folder / "out" / f"{name}_offloaded_metadata.pb").read_bytes()
            stored[name] = literals_pb2.Literal.FromString(content)
            literal.hash = literal.offloaded_metadata.uri = ""
        found.append((literals, stored))
    assert found[0] == found[1]
