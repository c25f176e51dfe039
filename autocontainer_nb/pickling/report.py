"""The description of a pickled-entity file as text for terminals; the same for the command line and for IPython's."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def report_text(data: Mapping[str, Any], *, with_source: bool = True) -> str:
    """Return what `inspect_archive` found, as lines to print; control characters are replaced."""
    lines = [
        f"{data['path']} ({shown_size(data['size_bytes'])})",
        f"  digest   {data['digest']}",
        f"  format   version {data['format_version']}, written by autocontainer_nb {data['autocontainer_nb_version']}",
        f"  Python   {data['python_version']} ({data['python_implementation']})",
        f"  pickler  cloudpickle {data['cloudpickle_version']}",
        f"  packages {comma_list(f'{name} {version}' for name, version in data['packages'].items())}",
    ]
    if data["modules"]:
        lines.append(f"  modules  {comma_list(data['modules'])} (local, inside the file)")
    if data["buffers"]:
        lines.append(f"  buffers  {buffers_summary(data)}")
    for entity in data["entities"]:
        lines += ["", *_entity_lines(entity, with_source=with_source)]
    return _UNPRINTABLE.sub("?", "\n".join(lines).expandtabs(4))


def text_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under headers in aligned columns, without blanks at the ends of lines."""
    widths = [max(len(row[index]) for row in [headers, *rows]) for index in range(len(headers))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [headers, *rows]]
    return "\n".join(line.rstrip() for line in lines)


def signature(entity: Mapping[str, Any]) -> str:
    """Return `train(epochs: int) -> float` of an entity's description."""
    inputs = ", ".join(f"{name}: {kind}" for name, kind in _mapping(entity.get("inputs")).items())
    outputs = _mapping(entity.get("outputs"))
    if len(outputs) > 1:
        returned = "(" + ", ".join(f"{name}: {kind}" for name, kind in outputs.items()) + ")"
    else:
        returned = str(next(iter(outputs.values()), "None"))
    return f"{entity.get('name')}({inputs}) -> {returned}"


def cell_label(entity: Mapping[str, Any]) -> str:
    """Return `Cell In[7]`, or an empty text for what no cell defined."""
    return str(_mapping(entity.get("cell")).get("label", ""))


def capture_rows(entity: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (name, type, size or `by name`) of each name that the entity reaches."""
    rows = []
    for capture in map(_mapping, _sequence(entity.get("captures"))):
        size = capture.get("bytes")
        by_value = capture.get("how") == "value" and isinstance(size, int)
        rows.append(
            (str(capture.get("name")), str(capture.get("type")), shown_size(int(size or 0)) if by_value else "by name")
        )
    return rows


def imports(entity: Mapping[str, Any]) -> list[str]:
    """Return the modules that the entity's code imports."""
    return [str(name) for name in _sequence(entity.get("imports"))]


def buffers_summary(data: Mapping[str, Any]) -> str:
    """Return how many buffers the file has and how large they are together."""
    sizes = [buffer.get("size_bytes") for buffer in map(_mapping, data["buffers"])]
    return f"{len(sizes)} with {shown_size(sum(size for size in sizes if isinstance(size, int)))}"


def comma_list(parts: Iterable[Any]) -> str:
    """Return the parts with commas, or `none`."""
    return ", ".join(map(str, parts)) or "none"


def shown_size(count: int) -> str:
    """Return a number of bytes as people read it: `812 B`, `1.3 MB`."""
    if count < 1000:  # noqa: PLR2004 - SI prefixes count in thousands
        return f"{count} B"
    value, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while value >= 999.95 and len(units) > 1:  # noqa: PLR2004 - what would round up to 1000.0
        value /= 1000
        units.pop(0)
    return f"{value:.1f} {units[0]}"


def _entity_lines(entity: Mapping[str, Any], *, with_source: bool) -> list[str]:
    label = cell_label(entity)
    lines = [f"{entity.get('kind')} {signature(entity)}" + (f"   [{label}]" if label else "")]
    rows = capture_rows(entity)
    if rows:
        lines += ["  " + line for line in text_table(("captured", "type", "size"), rows).split("\n")]
    if imports(entity):
        lines.append(f"  imports  {comma_list(imports(entity))}")
    if with_source and entity.get("source"):
        lines += ["  source"] + ["    " + line for line in str(entity["source"]).rstrip().split("\n")]
    return lines


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return the value where it is a mapping, else an empty one: the file's own words may be of any shape."""
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []
