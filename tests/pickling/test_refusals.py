"""What must not be loaded isn't, each with an error class of its own, and nothing of it is unpickled."""

import json
import random
import struct
import zipfile
from pathlib import Path

import pytest
from archives import Canary, change_metadata, members_of, rewrite, write

from autocontainer_nb.errors import (
    ArchiveCorruptError,
    ArchiveError,
    DigestMismatchError,
    FormatVersionError,
    MemberMismatchError,
    PythonVersionError,
    UnpicklingError,
)
from autocontainer_nb.pickling.inspect.description import inspect_archive
from autocontainer_nb.pickling.reader import open_verified


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "executed"


@pytest.fixture
def path(tmp_path: Path, trace: Path) -> Path:
    """A sound file whose pickle leaves a trace when it is loaded."""
    write(Canary(trace), tmp_path / "entities.pkl")
    return tmp_path / "entities.pkl"


def load(path: Path, digest: str | None = None):
    return open_verified(str(path), digest).unpickle()


def test_the_canary_works(path: Path, trace: Path) -> None:
    """Loading the sound file leaves the trace, so its absence elsewhere proves something."""
    load(path)
    assert trace.exists()


def test_inspecting_executes_nothing(path: Path, trace: Path) -> None:
    """The description of a file whose pickle would touch a path is given without touching it."""
    assert inspect_archive(str(path))["entities"][0]["name"] == "nb.entity"
    assert not trace.exists()


def test_another_digest_is_refused_first(path: Path, trace: Path) -> None:
    """The registered digest counts before anything else: also before a strange format version."""
    registered = inspect_archive(str(path))["digest"]
    change_metadata(path, format_version=99, python_version="2.7.18")
    with pytest.raises(DigestMismatchError, match=registered):
        load(path, registered)
    assert not trace.exists()


def test_another_format_version_is_refused_before_another_python(path: Path, trace: Path) -> None:
    """Format version ► Python: the message names both versions and what to install."""
    change_metadata(path, format_version=3, python_version="2.7.18", autocontainer_nb_version="9.9")
    with pytest.raises(FormatVersionError, match=r"format version 3.*reads version 1\..*9\.9"):
        load(path)
    with pytest.raises(FormatVersionError):
        inspect_archive(str(path))
    assert not trace.exists()


@pytest.mark.parametrize("changes", [{"python_version": "3.9.18"}, {"python_implementation": "pypy"}])
def test_another_python_is_refused_before_members_are_looked_at(path: Path, trace: Path, changes: dict) -> None:
    """Python ► members: the message names both Pythons and the next step; inspecting still works."""
    digest = change_metadata(path, **changes)
    with pytest.raises(PythonVersionError, match=r"nb\.entity.*Nothing of it was unpickled.*image with Python"):
        load(path, digest)
    assert inspect_archive(str(path))["digest"] == digest
    assert not trace.exists()


def test_an_altered_member_is_refused(path: Path, trace: Path) -> None:
    """A pickle that isn't the one the metadata describes isn't loaded."""
    members = members_of(path)
    rewrite(path, {**members, "pickle": members["pickle"] + b"."})
    with pytest.raises(MemberMismatchError, match="'pickle'"):
        load(path)
    assert not trace.exists()


@pytest.mark.parametrize("change", ["additional", "missing"])
def test_other_members_than_listed_are_refused(path: Path, trace: Path, change: str) -> None:
    """A member that the metadata doesn't know, or one that it misses, is an alteration."""
    members = members_of(path)
    if change == "additional":
        members["sources/x.py"] = b"pass"
    else:
        del members["pickle"]
    rewrite(path, members)
    with pytest.raises(MemberMismatchError, match=r"sources/x\.py|pickle"):
        load(path)
    assert not trace.exists()


def test_every_truncation_is_refused(path: Path, trace: Path) -> None:
    """However much is missing at the end, the file is refused as corrupt."""
    whole = path.read_bytes()
    for length in [0, 1, 21, 22, *range(23, len(whole), 37), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ArchiveCorruptError):
            load(path)
    assert not trace.exists()


def test_every_flipped_byte_is_refused_or_means_nothing(path: Path, trace: Path) -> None:
    """With the registered digest, an altered byte is refused, or lies where no digest needs to cover it."""
    whole = path.read_bytes()
    digest = inspect_archive(str(path))["digest"]
    pickle_at = whole.index(b"pickle", whole.index(b"PK", 4))
    for place in range(0, len(whole), 3):
        altered = bytearray(whole)
        altered[place] ^= 0x41
        path.write_bytes(altered)
        try:
            archive = open_verified(str(path), digest)
        except ArchiveError:
            continue
        assert archive.zip_file.view("pickle") == members_pickle(whole, pickle_at)
    assert not trace.exists()


def members_pickle(whole: bytes, pickle_at: int) -> bytes:
    """Return the sound file's pickle, found by its local header."""
    size = struct.unpack_from("<L", whole, pickle_at - 30 + 22)[0]
    extra = struct.unpack_from("<H", whole, pickle_at - 30 + 28)[0]
    start = pickle_at + len("pickle") + extra
    return whole[start : start + size]


def test_random_bytes_are_refused(path: Path) -> None:
    """No random file gets past the reader, whatever it begins and ends with."""
    random_bytes = random.Random(7)
    for size in (1, 22, 100, 5000):
        for end in (b"", b"PK\x05\x06" + bytes(18)):
            path.write_bytes(random_bytes.randbytes(size) + end)
            with pytest.raises(ArchiveCorruptError):
                load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveCorruptError, match="no-such-file"):
        load(tmp_path / "no-such-file")


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../b", "a\\b", "a//b", "./a"])
def test_names_that_leave_the_archive_are_refused(path: Path, name: str) -> None:
    members = members_of(path)
    rewrite(path, {**members, name: b""})
    with pytest.raises(ArchiveCorruptError, match="leaves the archive"):
        load(path)


def test_two_members_of_one_name_are_refused(path: Path) -> None:
    members = members_of(path)
    rewrite(path, members)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("pickle", b"other")
    with pytest.raises(ArchiveCorruptError, match="two members"):
        load(path)


def test_a_symbolic_link_is_refused(path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ArchiveCorruptError, match="symbolic link"):
        load(path)


def test_a_bomb_is_refused_at_its_declared_size(path: Path) -> None:
    """A compressed member gives exactly the bytes that it declares, or the file is refused."""
    members = members_of(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**members, "metadata.json": b" " * (20 << 20)}.items():
            archive.writestr(name, content)
    with pytest.raises(ArchiveCorruptError, match="more than the"):
        load(path)
    whole = bytearray(path.read_bytes())
    entry = whole.index(b"PK\x01\x02")
    struct.pack_into("<L", whole, entry + 24, 100)  # declares 100 bytes, unpacks to 20 MiB
    path.write_bytes(whole)
    with pytest.raises(ArchiveCorruptError, match="declares"):
        load(path)


def test_compressed_members_are_read(path: Path, trace: Path) -> None:
    """A file that a ZIP tool has packed again, compressed, is the same file."""
    members = members_of(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    load(path)
    assert trace.exists()


@pytest.mark.parametrize(
    "metadata",
    [b"", b"[]", b"{", b"\xff", b'{"format_version": 1}', b'{"format_version": true}', b"[" * 100_000],
    ids=["empty", "list", "cut", "binary", "fields", "boolean", "deep"],
)
def test_metadata_of_another_form_is_refused(path: Path, metadata: bytes) -> None:
    rewrite(path, {**members_of(path), "metadata.json": metadata})
    with pytest.raises((ArchiveCorruptError, FormatVersionError)):
        load(path)


@pytest.mark.parametrize(
    ("field", "value"), [("members", {"pickle": 3}), ("packages", []), ("entities", [3]), ("buffers", [{}])]
)
def test_fields_of_another_form_are_refused(path: Path, field: str, value: object) -> None:
    change_metadata(path, **{field: value})
    with pytest.raises(ArchiveError):
        load(path)


def test_metadata_must_come_first(path: Path) -> None:
    members = members_of(path)
    rewrite(path, {"pickle": members.pop("pickle"), **members})
    with pytest.raises(ArchiveCorruptError, match="first member"):
        load(path)


@pytest.mark.parametrize("cells", [b"", b"[]", b'{"<source 1>": 3}', b'{"<source 1>": {"label": 3}}'])
def test_labels_of_another_form_are_left_out(path: Path, cells: bytes) -> None:
    """What no digest covers is a courtesy: it never keeps a file from being inspected or loaded."""
    rewrite(path, {**members_of(path), "cells.json": cells})
    assert inspect_archive(str(path))["entities"][0]["cell"] is None


class Vanishing:
    def __reduce__(self):
        return __import__, ("no_such_package.inner",)


class Odd:
    def __reduce__(self):
        return int, ("x",)


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    """A module that the environment lacks is told as such, with what to add to the image."""
    write(Vanishing(), tmp_path / "entities.pkl")
    with pytest.raises(UnpicklingError, match=r"needs the module 'no_such_package'.*Add 'no_such_package'"):
        load(tmp_path / "entities.pkl")


def test_an_error_while_unpickling_is_told_as_what_it_is(tmp_path: Path) -> None:
    """A ValueError or TypeError while unpickling isn't taken for another Python (design section 9, line 2)."""
    write(Odd(), tmp_path / "entities.pkl")
    with pytest.raises(UnpicklingError, match="ValueError: invalid literal"):
        load(tmp_path / "entities.pkl")


def test_metadata_digest_is_the_sha256_of_the_member(path: Path) -> None:
    """Anybody can compute the digest with standard tools."""
    import hashlib

    metadata = members_of(path)["metadata.json"]
    assert hashlib.sha256(metadata).hexdigest() == inspect_archive(str(path))["digest"]
    for name, sha256 in json.loads(metadata)["members"].items():
        assert hashlib.sha256(members_of(path)[name]).hexdigest() == sha256
