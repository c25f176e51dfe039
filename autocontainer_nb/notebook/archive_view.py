"""The description of a pickled-entity file as the notebook shows it: HTML in Jupyter, text in a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autocontainer_nb.notebook.pickle_view import (
    RED,
    calls_html,
    contents_html,
    folded,
    foreign_facts,
    short_hash,
)
from autocontainer_nb.notebook.style import BLOCK, CARD, FAINT, GREY, MONO, block, code, esc, pill, table
from autocontainer_nb.pickling.inspection.report import (
    buffers_summary,
    capture_rows,
    cell_label,
    code_place,
    imports,
    module_names,
    packages_summary,
    report_text,
    signature,
)
from autocontainer_nb.pickling.wording import comma_list, shown_size


@dataclass(frozen=True)
class ArchiveView:
    """What `%flyte inspect` returns: `.data` is the dictionary of `inspect_file`, documented as JSON."""

    data: Mapping[str, Any]

    def __repr__(self) -> str:
        return report_text(self.data)

    def _repr_html_(self) -> str:
        return archive_html(self.data)


def archive_html(data: Mapping[str, Any]) -> str:
    """Return the file's description as one HTML fragment; every word of the file is escaped."""
    facts = _archive_facts(data) if "digest" in data else foreign_facts(data)
    grid = "".join(
        f'<span style="{FAINT}">{esc(name)}</span><span style="min-width:0;overflow-wrap:anywhere">{value}</span>'
        for name, value in facts
    )
    layout = "display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin-bottom:4px"
    warning = block(f"{data['problem']}", RED) if data.get("problem") else ""
    contents = contents_html(data)
    entities = "".join(_entity(entity) for entity in data["entities"])
    calls = calls_html(data["pickle"]) if "pickle" in data else ""
    return f'<div style="{CARD}"><div style="{layout}">{grid}</div>{warning}{contents}{entities}{calls}</div>'


def _archive_facts(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    size = f"({shown_size(data['size_bytes'])}, format {data['format_version']})"
    facts = [("Digest", short_hash(str(data["digest"])))]
    if data.get("version"):
        facts.append(("Version", short_hash(str(data["version"]))))
    facts += [
        ("Made by", esc(f"Python {data['python_version']} ({data['python_implementation']})")),
        (
            "With",
            esc(f"autocontainer_nb {data['autocontainer_nb_version']}, cloudpickle {data['cloudpickle_version']}"),
        ),
        ("File", f"{code(data['path'])} {esc(size)}"),
        ("Needs", _packages(data)),
    ]
    if data["modules"]:
        facts.append(("Carries", esc(f"the local modules {comma_list(module_names(data))}")))
    if data["buffers"]:
        facts.append(("Buffers", esc(buffers_summary(data))))
    return facts


def _entity(entity: Mapping[str, Any]) -> str:
    label = cell_label(entity) or code_place(entity)
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
        parts.append(folded("source", text))
    return "".join(parts)


def _packages(data: Mapping[str, Any]) -> str:
    if not data["packages"]:
        return "no package beyond Python's own"
    return f'<span style="{MONO}">{esc(packages_summary(data))}</span>'
