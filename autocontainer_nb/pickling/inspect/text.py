"""The description of a pickled-entity file as text, for the command line and for IPython in a terminal."""

import re
from collections.abc import Mapping
from typing import Any

from autocontainer_nb.pickling.symbolic.text import foreign_lines, pickle_lines
from autocontainer_nb.pickling.wording import comma_list, mapping, printable, sequence, shown_size, text_table


def report_text(data: Mapping[str, Any], *, with_source: bool = True) -> str:
    """Return the result of `inspect_file` as text to print, with control characters replaced."""
    lines = _archive_lines(data) if "digest" in data else foreign_lines(data)
    for entity in data["entities"]:
        lines += ["", *_entity_lines(entity, with_source=with_source)]
    if "pickle" in data:
        lines += ["", *pickle_lines(data["pickle"])]
    return printable("\n".join(lines))


def _archive_lines(data: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{data['path']} ({shown_size(data['size_bytes'])})",
        f"  digest   {data['digest']}",
        f"  version  {data['version']}",
        f"  format   version {data['format_version']}, written by autocontainer_nb {data['autocontainer_nb_version']}",
        f"  Python   {data['python_version']} ({data['python_implementation']})",
        f"  pickler  cloudpickle {data['cloudpickle_version']}",
        f"  packages {packages_summary(data)}",
    ]
    if data["modules"]:
        lines.append(f"  modules  {comma_list(module_names(data))} (local, inside the file)")
    if data["buffers"]:
        lines.append(f"  buffers  {buffers_summary(data)}")
    return lines


def packages_summary(data: Mapping[str, Any]) -> str:
    """Return `numpy 2.4.6, pandas 3.1.1 (data)`, or `none`."""
    for_data = {
        str(need.get("distribution"))
        for need in map(mapping, sequence(data["needs"]))
        if sequence(need.get("by")) == ["data"]
    }
    return comma_list(
        f"{name} {version}{' (for captured data)' if name in for_data else ''}"
        for name, version in data["packages"].items()
    )


def module_names(data: Mapping[str, Any]) -> list[str]:
    """Return the names of the local modules that travel."""
    return [str(module["name"]) for module in data["modules"]]


def signature(entity: Mapping[str, Any]) -> str:
    """Return the signature in an entity's description: `train(epochs: int) -> float`."""
    inputs = ", ".join(f"{name}: {kind}" for name, kind in mapping(entity.get("inputs")).items())
    outputs = mapping(entity.get("outputs"))
    if len(outputs) > 1:
        returned = "(" + ", ".join(f"{name}: {kind}" for name, kind in outputs.items()) + ")"
    else:
        returned = str(next(iter(outputs.values()), "None"))
    return f"{entity.get('name')}({inputs}) -> {returned}"


def cell_label(entity: Mapping[str, Any]) -> str:
    """Return `Cell In[7]`, or an empty text if no cell defined the entity."""
    return str(mapping(entity.get("cell")).get("label", ""))


def code_place(entity: Mapping[str, Any]) -> str:
    """Return `train.py:14` if only the file name and the line are known."""
    if not isinstance(entity.get("file"), str):
        return ""
    name = re.split(r"[/\\\\]", str(entity["file"]))[-1] if not str(entity["file"]).startswith("<") else entity["file"]
    return f"{name}:{entity.get('line')}"


def capture_rows(entity: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (name, type, size or `by name`) for each name that the entity reaches."""
    rows = []
    for capture in map(mapping, sequence(entity.get("captures"))):
        size = capture.get("bytes")
        by_value = capture.get("how") == "value" and isinstance(size, int)
        rows.append(
            (str(capture.get("name")), str(capture.get("type")), shown_size(int(size or 0)) if by_value else "by name")
        )
    return rows


def imports(entity: Mapping[str, Any]) -> list[str]:
    """Return the modules that the entity's code imports."""
    return [str(name) for name in sequence(entity.get("imports"))]


def buffers_summary(data: Mapping[str, Any]) -> str:
    """Return the number of buffers in the file, and their total size."""
    sizes = [buffer.get("size_bytes") for buffer in map(mapping, data["buffers"])]
    return f"{len(sizes)} with {shown_size(sum(size for size in sizes if isinstance(size, int)))}"


def _entity_lines(entity: Mapping[str, Any], *, with_source: bool) -> list[str]:
    label = cell_label(entity) or code_place(entity)
    lines = [f"{entity.get('kind')} {signature(entity)}" + (f"   [{label}]" if label else "")]
    rows = capture_rows(entity)
    if rows:
        lines += ["  " + line for line in text_table(("captured", "type", "size"), rows).split("\n")]
    if imports(entity):
        lines.append(f"  imports  {comma_list(imports(entity))}")
    if with_source and entity.get("source"):
        lines += ["  source"] + ["    " + line for line in str(entity["source"]).rstrip().split("\n")]
    return lines
