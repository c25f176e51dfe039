"""Large data: kept once by content, uncopied when captured, writable when loaded, refused by name when altered."""

import json
import os
import pickle
import subprocess
import sys
import textwrap
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archives import Canary, change_metadata, members_of, write

from autocontainer_nb.errors import ArchiveCorruptError, MemberMismatchError, StorageError
from autocontainer_nb.pickling.archive.pieces import HeldPiece, PieceReader, PieceWriter
from autocontainer_nb.pickling.archive.zip_writer import add_member
from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.inspect.description import inspect_archive
from autocontainer_nb.pickling.reader import open_verified
from autocontainer_nb.pickling.writer import EntityDescription, WrittenArchive, write_archive

MEGABYTE = 1_000_000
RANDOM = np.random.default_rng(0).bytes(3 * MEGABYTE)
ARRAY = np.frombuffer(RANDOM, dtype=np.uint8).copy()


def load(path: Path, digest: str | None = None) -> Any:
    return open_verified(str(path), digest).unpickle()


def metadata_of(path: Path) -> dict[str, Any]:
    return json.loads(members_of(path)["metadata.json"])


def write_apart(payload: Any, path: Path, function: Any = None) -> WrittenArchive:
    entity = EntityDescription(name="nb.train", function=function)
    return write_archive(str(path), payload, [entity], CellBook(), apart=True)


def place(written: WrittenArchive, folder: Path) -> dict[str, str]:
    """Store the objects as the sandbox does, and return where they are."""
    uris = {}
    for each in written.objects:
        (folder / each.sha256).write_bytes(each.content)
        uris[each.sha256] = f"file://{folder}/{each.sha256}"
    return uris


def tell(path: Path, uris: dict[str, str]) -> None:
    add_member(str(path), "locations.json", json.dumps(uris).encode())


@pytest.mark.parametrize("size_bytes", [0, 100, 70_000, 1 << 20, 3 * MEGABYTE])
@pytest.mark.parametrize("kind", [bytes, bytearray, "str", "wide str", "array", "column-major"])
def test_content_of_any_size_and_kind_comes_back(tmp_path, kind, size_bytes):
    """What is captured is loaded equal, in a file that holds everything and in one whose large contents are apart."""
    content = RANDOM[:size_bytes]
    column = np.frombuffer(content, dtype=np.uint8)
    makers: dict[Any, Any] = {
        "str": content.hex,
        "wide str": lambda: content.hex() + "é",
        "array": column.copy,
        "column-major": lambda: np.asfortranarray(column[: size_bytes // 4 * 4].reshape(2, -1)),
    }
    value: Any = makers[kind]() if kind in makers else kind(content)
    payload = [1, value, "after", value]
    written = write(payload, tmp_path / "whole")
    apart = write_apart(payload, tmp_path / "small")
    assert not written.objects
    tell(tmp_path / "small", place(apart, tmp_path))
    for path in (tmp_path / "whole", tmp_path / "small"):
        before, found, after, again = load(path)
        assert (before, after) == (1, "after")
        assert again is found
        assert type(found) is type(value)
        assert np.array_equal(found, value) if isinstance(value, np.ndarray) else found == value
    if size_bytes >= 2 * MEGABYTE:
        assert (tmp_path / "small").stat().st_size < 10_000


def test_the_same_content_is_kept_once(tmp_path):
    """An array, a view of it, bytes and a bytearray with the same content are one member, and one object."""
    payload = [ARRAY, RANDOM, bytearray(RANDOM), np.frombuffer(RANDOM, dtype=np.uint8), ARRAY.copy()]
    written = write(payload, tmp_path / "whole")
    assert len([name for name in written.metadata["members"] if name.startswith("buffers/")]) == 1
    assert written.size_bytes < len(RANDOM) + 50_000
    assert len(write_apart(payload, tmp_path / "small").objects) == 1
    assert all(bytes(found) == RANDOM for found in load(tmp_path / "whole"))


@pytest.mark.parametrize("apart", [False, True])
def test_equal_arrays_are_written_to_independently(tmp_path, apart):
    """Two arrays that were two in the notebook are two in the container, though their content is kept once."""
    first, second, fixed = ARRAY.copy(), ARRAY.copy(), ARRAY.copy()
    fixed.flags.writeable = False
    payload = [first, second, first, fixed]
    path = tmp_path / "file"
    if apart:
        tell(path, place(write_apart(payload, path), tmp_path))
    else:
        write(payload, path)
    a, b, same, c = load(path)
    a[:] = 7
    assert same is a
    assert bytes(b) == RANDOM
    assert bytes(c) == RANDOM
    assert not c.flags.writeable
    b[0] += 1
    assert all(bytes(found) == RANDOM for found in load(path))


def test_frames_come_back_writable(tmp_path):
    """pandas, pyarrow and polars: equal after loading, and a pandas column can be written to."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": np.arange(300_000), "y": np.random.default_rng(0).random(300_000), "t": "text"})
    payload: list[Any] = [frame]
    for name in ("pyarrow", "polars"):
        if name in sys.modules or _is_installed(name):
            library = pytest.importorskip(name)
            payload.append(library.table({"x": frame["x"]}) if name == "pyarrow" else library.DataFrame({"x": frame.x}))
    path = tmp_path / "file"
    written = write_apart(payload, path)
    assert written.size_bytes < 100_000
    tell(path, place(written, tmp_path))
    found, *tables = load(path)
    pandas.testing.assert_frame_equal(found, frame)
    found.loc[0, "x"] = 5
    found["y"] += 1
    assert all(table.equals(original) for table, original in zip(tables, payload[1:], strict=True))


def _is_installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def test_tensors_go_out_of_band_and_share_what_they_shared(tmp_path):
    """A tensor's memory is one object; a view of it is a view after loading, and weights can be written to."""
    torch = pytest.importorskip("torch")
    whole = torch.arange(1_000_000.0)
    layer = torch.nn.Linear(1000, 1000)
    path = tmp_path / "file"
    written = write_apart([whole, whole[10:], layer, layer.state_dict()], path)
    assert [each.size_bytes for each in written.objects] == [4_000_000, 4_000_000]
    assert written.size_bytes < 100_000
    tell(path, place(written, tmp_path))
    found, view, copied, weights = load(path)
    assert torch.equal(found, whole)
    view[0] = -1
    assert found[10] == -1
    assert torch.equal(copied.weight, layer.weight)
    assert copied.weight.requires_grad
    assert weights["weight"].data_ptr() == copied.weight.data_ptr()


TABLE = {"weights": ARRAY, "bias": 1}
BLOB = RANDOM[::-1]


def train() -> Any:
    return TABLE, BLOB


def test_objects_have_the_name_of_the_variable(tmp_path):
    """Each object, and its entry in the metadata, says which variable of which function brought it."""
    namespace = {"__name__": "__main__", "TABLE": TABLE, "BLOB": BLOB}
    function = type(train)(train.__code__, namespace, "train")
    function.__module__ = "__main__"
    written = write_apart(function, tmp_path / "file", function)
    assert {each.name for each in written.objects} == {"train ► TABLE['weights']", "train ► BLOB"}
    named = [*written.metadata["buffers"], *written.metadata["splices"]]
    assert [entry["name"] for entry in named] == ["train ► TABLE['weights']", "train ► BLOB"]
    assert {entry["stored"] for entry in named} == {"object"}


def test_a_file_without_its_objects_is_inspected_and_says_what_is_missing(tmp_path):
    """Inspecting fetches nothing. Loading names the variable, its size, and what to do instead."""
    path = tmp_path / "file"
    write_apart([ARRAY, Canary(tmp_path / "ran")], path)
    assert inspect_archive(str(path))["buffers"][0]["size_bytes"] == len(RANDOM)
    with pytest.raises(StorageError, match=r"Data of 3\.0 MB of .* isn't in the file .* dump_pickled_entity"):
        load(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("damage", ["altered", "longer", "shorter", "gone", "folder"])
def test_a_damaged_object_is_refused_before_anything_is_unpickled(tmp_path, damage):
    """The error names the data, the URI and the next step; no code of the pickle has run."""
    path = tmp_path / "file"
    written = write_apart([RANDOM, Canary(tmp_path / "ran")], path)
    uris = place(written, tmp_path)
    tell(path, uris)
    stored = tmp_path / written.objects[0].sha256
    if damage == "gone":
        stored.unlink()
    elif damage == "folder":
        stored.unlink()
        stored.mkdir()
    else:
        content = {"altered": b"x" + RANDOM[1:], "longer": RANDOM + b"x", "shorter": RANDOM[:-1]}[damage]
        stored.write_bytes(content)
    with pytest.raises((MemberMismatchError, StorageError)) as caught:
        load(path, written.digest)
    message = str(caught.value)
    assert "Data of 3.0 MB" in message
    assert next(iter(uris.values())) in message
    assert "aunch the task again" in message
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:9/x", "https://example.com/x", "memory://x", "/etc/passwd", "ftp://x/y"]
)
def test_locations_reach_stores_only(tmp_path, uri):
    """Whoever can change locations can't make a container ask a web address or read a path without a scheme."""
    path = tmp_path / "file"
    written = write_apart(RANDOM, path)
    tell(path, {written.objects[0].sha256: uri})
    with pytest.raises(StorageError, match="neither an object store nor the sandbox's"):
        load(path)


def test_a_named_pipe_is_no_location(tmp_path):
    """A pipe, which would be waited for without end, is refused."""
    path = tmp_path / "file"
    written = write_apart(RANDOM, path)
    os.mkfifo(tmp_path / "pipe")
    tell(path, {written.objects[0].sha256: f"file://{tmp_path}/pipe"})
    with pytest.raises(StorageError, match="expected a regular file"):
        load(path)


def test_packed_objects_are_unpacked_within_their_size(tmp_path):
    """A compressed object loads; one that unpacks to more than it should is refused without unpacking all of it."""
    path = tmp_path / "file"
    value = bytes(5 * MEGABYTE)
    written = write_apart(value, path)
    packed = tmp_path / "content.zlib"
    packed.write_bytes(zlib.compress(value, 1))
    tell(path, {written.objects[0].sha256: f"file://{packed}"})
    assert load(path) == value
    packed.write_bytes(zlib.compress(bytes(200 * MEGABYTE), 1))
    with pytest.raises(MemberMismatchError, match="was altered"):
        load(path)
    packed.write_bytes(b"no zlib")
    with pytest.raises(StorageError, match=r"can't be fetched.*Launch the task again"):
        load(path)


def test_members_are_compressed_where_it_pays(tmp_path):
    """Text shrinks, random data is stored as it is and mapped; both load."""
    text = [f"line {number} of some text" for number in range(20_000)]
    write([text, ARRAY], tmp_path / "file")
    with zipfile.ZipFile(tmp_path / "file") as archive:
        stored = {info.filename: info for info in archive.infolist()}
    assert stored["pickle"].compress_type == zipfile.ZIP_DEFLATED
    assert stored["pickle"].compress_size < stored["pickle"].file_size / 3
    assert [info.compress_type for name, info in stored.items() if name.startswith("buffers/")] == [zipfile.ZIP_STORED]
    assert stored["metadata.json"].compress_type == zipfile.ZIP_STORED
    found, array = load(tmp_path / "file")
    assert found == text
    assert bytes(array) == RANDOM


@pytest.mark.parametrize(
    "change",
    [
        {"splices": [{"offset": -1}]},
        {"splices": [{"offset": True}]},
        {"splices": [{"offset": 10**9}]},
        {"splices": [{"size_bytes": "3"}]},
        {"splices": [{"size_bytes": 10**30}]},
        {"splices": [{"sha256": 3}]},
        {"splices": [{"sha256": "0" * 64}]},
        {"splices": [{"stored": "member", "size_bytes": 5}]},
        {"splices": [{}, {}]},
        {"splices": "text"},
        {"splices": ["text"]},
    ],
)
def test_metadata_that_describes_impossible_data_is_refused(tmp_path, change):
    """Whoever can write a whole file can't make its reader fail in another way than by the file's own error."""
    path = tmp_path / "file"
    whole = write([RANDOM, Canary(tmp_path / "ran")], path)
    entry = whole.metadata["splices"][0]
    splices = change["splices"]
    change_metadata(
        path,
        splices=[{**entry, **each} if isinstance(each, dict) else each for each in splices]
        if isinstance(splices, list)
        else splices,
    )
    with pytest.raises(ArchiveCorruptError):
        load(path)
    assert not (tmp_path / "ran").exists()


def test_a_hash_is_computed_once_for_one_memory():
    """An array, its buffer and a memoryview of it are one entry; equal contents elsewhere have an equal hash."""
    hashes = ContentHashes()
    array = ARRAY.copy()
    found = {hashes.of(pickle.PickleBuffer(array)), hashes.of(memoryview(array)), hashes.of(array.data)}
    assert len(hashes._known) == 1
    copies = [RANDOM, bytearray(RANDOM), memoryview(RANDOM), RANDOM + RANDOM, b""]
    hashes.prepare(copies)
    assert found == {hashes.of(RANDOM)}
    assert len(hashes._known) == 5


def test_only_payloads_are_cut_out_of_the_stream():
    """A huge integer makes a large frame, which isn't a payload: it stays in the stream."""
    writer = PieceWriter(1 << 20)
    pickle.Pickler(writer, 5).dump([1 << 20_000_000, RANDOM, 2])
    assert [cut.content.obj is RANDOM for cut in writer.cuts] == [True]
    assert writer.size_bytes == sum(map(len, writer.pieces)) > 2_000_000


def test_pieces_are_read_like_a_file():
    """read, readinto and readline go over the borders of pieces, and end where the pieces end."""
    pieces = [b"ab\nc", b"", b"d" * 5000, b"\nlast"]
    reader = PieceReader(HeldPiece(memoryview(piece)) for piece in pieces)
    assert reader.readline() == b"ab\n"
    assert reader.readline() == b"c" + b"d" * 5000 + b"\n"
    target = bytearray(10)
    assert reader.readinto(target) == 4
    assert target[:4] == b"last"
    assert (reader.read(3), reader.read(), reader.readline(), reader.readinto(target)) == (b"", b"", b"", 0)


MEASURE = """
    import resource, sys
    import numpy as np
    from pathlib import Path
    from autocontainer_nb.pickling.code.cells import CellBook
    from autocontainer_nb.pickling.reader import open_verified
    from autocontainer_nb.pickling.writer import EntityDescription, write_archive
    from autocontainer_nb.pickling.archive.zip_writer import add_member
    import autocontainer_nb.core.resolvers.pickled_entity, hashlib, json, mmap, tempfile, zlib
    kind, path, size = sys.argv[1], sys.argv[2], 150_000_000
    def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    make = {
        "array": lambda: np.random.default_rng(0).random(size // 8),
        "bytes": lambda: b"x" * size,
        "bytearray": lambda: bytearray(b"x") * size,
        "frame": lambda: __import__("pandas").DataFrame(np.ones((size // 80, 10)), copy=False),
    }[kind]
    if kind == "frame": import pandas
"""


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("kind", ["array", "bytes", "bytearray", "frame"])
def test_capture_needs_little_memory_beyond_the_data(tmp_path, kind, apart):
    """The peak of a process that captures 150 MB is at most 1.2 times the data, whatever kind it is."""
    code = (
        MEASURE
        + f"""
    before = peak(); data = make()
    write_archive(path, {{"data": data}}, [EntityDescription(name="nb.train")], CellBook(), apart={apart})
    print((peak() - before) / size)
    """
    )
    assert measured(code, kind, tmp_path / "file") <= 1.2


@pytest.mark.parametrize("kind", ["array", "bytes", "bytearray"])
def test_loading_needs_little_memory_beyond_the_data(tmp_path, kind):
    """The peak of a process that loads 150 MB from objects, and reads all of it, is about the data itself."""
    write_code = (
        MEASURE
        + """
    written = write_archive(path, {"data": make()}, [EntityDescription(name="nb.train")], CellBook(), apart=True)
    uris = {}
    for each in written.objects:
        Path(path + each.sha256).write_bytes(each.content); uris[each.sha256] = "file://" + path + each.sha256
    add_member(path, "locations.json", json.dumps(uris).encode()); print(0)
    """
    )
    load_code = (
        MEASURE
        + """
    before = peak(); data = open_verified(path).unpickle()["data"]
    total = int(np.asarray(data).sum()) if kind == "array" else sum(data[::4096])
    print((peak() - before) / size)
    """
    )
    measured(write_code, kind, tmp_path / "file")
    assert measured(load_code, kind, tmp_path / "file") <= 1.2


def measured(code: str, *arguments: object) -> float:
    """Run the code in a new process and return the number that it prints."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[-1])
