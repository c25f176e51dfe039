"""The description of a pickled-entity file as the notebook shows it: HTML in Jupyter, text in a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autocontainer_nb.notebook.style import BLOCK, CARD, FAINT, GREY, MONO, code, esc, pill, table
from autocontainer_nb.pickling.report import (
    buffers_summary,
    capture_rows,
    cell_label,
    comma_list,
    imports,
    report_text,
    shown_size,
    signature,
)

SHOWN_DIGITS = 12  # of a digest; the whole of it is in the tooltip and in `.data`


@dataclass(frozen=True)
class ArchiveView:
    """What `%flyte inspect` returns: `.data` is the dictionary of `inspect_archive`, documented as JSON."""

    data: Mapping[str, Any]

    def __repr__(self) -> str:
        return report_text(self.data)

    def _repr_html_(self) -> str:
        return archive_html(self.data)


def archive_html(data: Mapping[str, Any]) -> str:
    """Return the file's description as one HTML fragment; every word of the file is escaped."""
    digest = str(data["digest"])
    size = f"({shown_size(data['size_bytes'])}, format {data['format_version']})"
    facts = [
        ("Digest", f'<span title="{esc(digest)}">{code(digest[:SHOWN_DIGITS])}…</span>'),
        ("Made by", esc(f"Python {data['python_version']} ({data['python_implementation']})")),
        (
            "With",
            esc(f"autocontainer_nb {data['autocontainer_nb_version']}, cloudpickle {data['cloudpickle_version']}"),
        ),
        ("File", f"{code(data['path'])} {esc(size)}"),
        ("Needs", _packages(data["packages"])),
    ]
    if data["modules"]:
        facts.append(("Carries", esc(f"the local modules {comma_list(data['modules'])}")))
    if data["buffers"]:
        facts.append(("Buffers", esc(buffers_summary(data))))
    grid = "".join(
        f'<span style="{FAINT}">{esc(name)}</span><span style="min-width:0;overflow-wrap:anywhere">{value}</span>'
        for name, value in facts
    )
    layout = "display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin-bottom:4px"
    entities = "".join(_entity(entity) for entity in data["entities"])
    return f'<div style="{CARD}"><div style="{layout}">{grid}</div>{entities}</div>'


def _entity(entity: Mapping[str, Any]) -> str:
    label = cell_label(entity)
    where = f' <span style="{FAINT}">· {esc(label)}</span>' if label else ""
    kind = pill(str(entity.get("kind", "entity")), GREY)
    parts = [f'<div style="margin-top:10px">{kind} &nbsp;{code(signature(entity))}{where}</div>']
    rows = [[code(name), code(kind), esc(size)] for name, kind, size in capture_rows(entity)]
    if rows:
        parts.append(table(["captured", "type", "size"], rows))
    if imports(entity):
        parts.append(f'<div><span style="{FAINT}">imports</span> {code(comma_list(imports(entity)))}</div>')
    if entity.get("source"):
        text = f'<pre style="{BLOCK.format(accent=GREY)}">{esc(str(entity["source"]).rstrip())}</pre>'
        summary = f'<summary style="cursor:pointer;{FAINT}">source</summary>'
        parts.append(f'<details style="margin-top:2px">{summary}{text}</details>')
    return "".join(parts)


def _packages(packages: Mapping[str, str]) -> str:
    if not packages:
        return "no package beyond Python's own"
    return f'<span style="{MONO}">{esc(comma_list(f"{name} {version}" for name, version in packages.items()))}</span>'
