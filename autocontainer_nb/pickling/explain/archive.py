"""The table of everything captured in an existing file, read from its metadata. Nothing in it is executed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from autocontainer_nb.pickling.archive.sources import MAX_CELLS_BYTES
from autocontainer_nb.pickling.archive.zip_reader import ZipReader
from autocontainer_nb.pickling.credentials.finder import CredentialFinder
from autocontainer_nb.pickling.explain.findings import ARROW, Credential, Explanation, Path, Row
from autocontainer_nb.pickling.inspect.description import inspect_archive, require_archive
from autocontainer_nb.pickling.surroundings.found import label_of
from autocontainer_nb.pickling.surroundings.restore import Item
from autocontainer_nb.pickling.wording import count_of, mapping, sequence
from autocontainer_nb.wire import CAPTURES_KEY, CELLS_MEMBER, MODULES_PREFIX

_MIN_PART_BYTES: Final = 1 << 20
_MAX_LABEL: Final = 200


def explain_archive(path: str, finder: CredentialFinder) -> tuple[Explanation, list[str]]:
    """Return everything that the file's tasks reach, and remarks on where it can be loaded.

    The contents of its pickle are known from the metadata alone; credentials are searched for in its sources.

    Raises:
        ArchiveError: the file isn't well-formed, has another format version, or a member was altered.
        OSError: the file can't be read.
    """
    require_archive(path, "explained")
    data = inspect_archive(path, masks=False)
    zip_file = ZipReader(path)
    sizes = {name: member.size_bytes for name, member in zip_file.members.items() if name.startswith(MODULES_PREFIX)}
    found = Explanation(rows=list(_rows(data, _cells(zip_file), sizes)))
    seen = set()
    for entity in map(mapping, data["entities"]):
        text, cell = entity.get("source"), str(mapping(entity.get("cell")).get("label") or "the file")
        if isinstance(text, str) and text not in seen:
            seen.add(text)
            found.credentials += [
                Credential((one.name,) if one.name else (), one.kind, cell, one.line) for one in finder.in_source(text)
            ]
    return found, remarks(data)


def remarks(data: Mapping[str, Any]) -> list[str]:
    """Return sentences on the Python and the packages that the file needs, according to its metadata."""
    minor = ".".join(str(data["python_version"]).split(".")[:2])
    reasons = [mapping(one) for one in sequence(data.get("unportable"))]
    sentences = [f"Made by Python {data['python_version']}."]
    if reasons:
        sentences = [
            f"Runs on Python {minor} only, because: " + "; ".join(str(one.get("reason")) for one in reasons[:5]) + "."
        ]
    packages = [f"{name} {version}" for name, version in data["packages"].items()]
    sentences.append(f"Needs {', '.join(packages)}." if packages else "Needs only Python's standard library.")
    return sentences


def module_rows(files: Iterable[tuple[str, str, int]]) -> list[Row]:
    """Return the rows for the files of local modules, given as (module name, empty for data, member, bytes).

    Each source and each large data file has a row; the other data files of a package share one.
    """
    rows: list[Row] = []
    small: dict[str, list[int]] = {}
    for name, member, size in files:
        place = member.removeprefix(MODULES_PREFIX)
        if name:
            rows.append(Row((name,), "local module", "module", size))
        elif size >= _MIN_PART_BYTES:
            rows.append(Row((place,), "data file", "module", size))
        else:
            small.setdefault(place.partition("/")[0], []).append(size)
    for package, sizes in small.items():
        count = count_of(len(sizes), "data file")
        rows.append(Row((f"{package}/ ({count})",), "data files", "module", sum(sizes)))
    return rows


def surroundings_rows(items: Iterable[Item]) -> list[Row]:
    """Return the rows for what cells have changed in other modules."""
    return [Row((label_of(item),), type(item[3]).__name__, "setting") for item in items]


def _rows(data: Mapping[str, Any], cells: Mapping[str, str], files: Mapping[str, int]) -> Iterable[Row]:
    buffers = [mapping(one) for one in [*sequence(data["buffers"]), *sequence(data["splices"])]]
    large = {_named(one): one for one in buffers if _size(one.get("size_bytes")) >= _MIN_PART_BYTES and one.get("name")}
    for entity in map(mapping, data["entities"]):
        short = str(entity.get("name", "")).rpartition(".")[2]
        label = str(mapping(entity.get("cell")).get("label") or "")
        yield Row((short,), str(entity.get("kind", "")), "value", _size(entity.get("bytes")), cell=label)
        for capture in map(mapping, sequence(entity.get("captures"))):
            given = sequence(capture.get("path"))
            path = tuple(map(str, given)) or (short, str(capture.get("name")))
            size, outside = _size(capture.get("bytes")), _size(capture.get("buffer_bytes"))
            how = str(capture.get("how"))
            how = "buffer" if how == "value" and 2 * outside > size else how
            yield Row(path, str(capture.get("type")), how, size, outside, cells.get("\0".join(path), ""))
            for name, one in large.items():
                if name[: len(path)] == path and len(name) > len(path):
                    yield Row(name, "", "buffer", _size(one.get("size_bytes")), is_part=True)
    modules = [mapping(one) for one in sequence(data["modules"])]
    names = {str(one.get("member")): str(one.get("name") or "") for one in modules}
    yield from module_rows((names.get(member, ""), member, size) for member, size in files.items())


def _named(buffer: Mapping[str, Any]) -> Path:
    """Return the path that a buffer's name denotes: `train ► config['weights']`."""
    steps = str(buffer["name"]).split(ARROW)
    variable, bracket, rest = steps[-1].partition("[")
    return (*steps[:-1], variable, bracket + rest) if bracket else tuple(steps)


def _cells(zip_file: ZipReader) -> dict[str, str]:
    """Return {path of names, separated by NUL: label of the cell}; entries of any other form are left out."""
    import json

    if CELLS_MEMBER not in zip_file.members:
        return {}
    try:
        parsed = json.loads(bytes(zip_file.view(CELLS_MEMBER, MAX_CELLS_BYTES)))
    except (ValueError, RecursionError):
        return {}
    labels = mapping(mapping(parsed).get(CAPTURES_KEY))
    return {name: label[:_MAX_LABEL] for name, label in labels.items() if isinstance(label, str)}


def _size(value: Any) -> int:
    return value if isinstance(value, int) else 0
