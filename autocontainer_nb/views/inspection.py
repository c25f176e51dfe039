"""The description of a pickled-entity file, and of what unpickling it would do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from autocontainer_nb.pickling.inspect.text import (
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
from autocontainer_nb.pickling.symbolic.text import calls_summary, reference_rows
from autocontainer_nb.pickling.wording import comma_list, shown_size
from autocontainer_nb.views.style import BLOCK, CARD, FAINT, GREY, MONO, block, code, esc, pill, table

RED: Final = "#c22f2f"
AMBER: Final = "#9a5b00"
SHOWN_DIGITS: Final = 12  # of a hash; the tooltip and `.data` have all of it
MAX_ROWS: Final = 200  # of one table; `.data` has all of them
MAX_NAMES: Final = 8
_COLOURS: Final = {"danger": RED, "unknown": AMBER}


def foreign_facts(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (name, HTML) of the facts about a pickle that isn't in a pickled-entity file."""
    packed = f", compressed by {data['compression']}" if data.get("compression") else ""
    what = "a pickled entity of flytekit" if data["kind"] == "flytekit" else "a pickle"
    size = f"({shown_size(data['size_bytes'])}{packed}): {what}"
    return [
        ("File", f"{code(data['path'])} {esc(size)}"),
        ("SHA-256", short_hash(str(data["sha256"]))),
        ("Made by", esc(f"Python {data['python_version']}" if data.get("python_version") else "unknown")),
        ("Holds", code(data.get("type") or "nothing recognizable")),
    ]


def contents_html(data: Mapping[str, Any]) -> str:
    """Return tables of the contents of a dict in a pickle, and of the functions that the pickle carries."""
    parts = []
    rows = [[code(row["name"]), code(row["type"]), esc(shown_size(row["bytes"]))] for row in data.get("contents") or ()]
    if rows:
        parts.append(table(["contains", "type", "size"], rows[:MAX_ROWS]))
    functions = [
        [
            code(function["name"]),
            esc(f"{function['file']}:{function['line']}" if function.get("file") else ""),
            code(comma_list(str(capture["name"]) for capture in function["captures"][:MAX_NAMES])),
        ]
        for function in data.get("functions") or ()
    ]
    if functions:
        parts.append(table(["function", "from", "reaches"], functions[:MAX_ROWS]))
    return "".join(parts)


def calls_html(pickle: Mapping[str, Any]) -> str:
    """Return the calls that unpickling would make, dangerous ones first, harmless ones folded; then the references."""
    sentence = f"Unpickling it would make {calls_summary(pickle)}."
    parts = [f'<div style="margin-top:10px">{esc(sentence)}</div>']
    flagged = [call for call in pickle["calls"] if call["severity"] != "harmless"]
    harmless = [call for call in pickle["calls"] if call["severity"] == "harmless"]
    if flagged:
        parts.append(_calls_table(flagged))
    if harmless:
        parts.append(folded("calls known to be harmless", _harmless_table(harmless)))
    rows = [[code(module), code(names)] for module, names in reference_rows(pickle)]
    if rows:
        parts.append(folded("modules it refers to", table(["module", "names"], rows[:MAX_ROWS])))
    return "".join(parts)


def folded(summary: str, inside: str) -> str:
    """Return HTML that is hidden until the summary is clicked."""
    head = f'<summary style="cursor:pointer;{FAINT}">{esc(summary)}</summary>'
    return f'<details style="margin-top:2px">{head}{inside}</details>'


def short_hash(text: str) -> str:
    """Return the first digits of a hash, with the whole hash as tooltip."""
    return f'<span title="{esc(text)}">{code(text[:SHOWN_DIGITS])}…</span>'


def _calls_table(calls: list[Mapping[str, Any]]) -> str:
    rows = []
    for call in calls[:MAX_ROWS]:
        colour = _COLOURS.get(str(call["severity"]), GREY)
        rows.append([pill(str(call["severity"]), colour), _what(call), esc(call["reason"]), _arguments(call)])
    return table(["", "what", "why", "with"], rows) + _more(calls)


def _harmless_table(calls: list[Mapping[str, Any]]) -> str:
    return table(["what", "with"], [[_what(call), _arguments(call)] for call in calls[:MAX_ROWS]]) + _more(calls)


def _what(call: Mapping[str, Any]) -> str:
    times = f", {call['count']:,} times" if call["count"] > 1 else ""
    return code(call["what"]) + esc(f" {call['how']}{times}")


def _arguments(call: Mapping[str, Any]) -> str:
    style = f"{MONO};overflow-wrap:anywhere"
    return "<br>".join(f'<span style="{style}">{esc(each)}</span>' for each in call["arguments"] if each != "()")


def _more(calls: list[Mapping[str, Any]]) -> str:
    left = len(calls) - MAX_ROWS
    return f"<div>{left:,} more rows are in <code>.data</code>.</div>" if left > 0 else ""


@dataclass(frozen=True)
class ArchiveView:
    """The result of `%flyte inspect`: `.data` is the dictionary of `inspect_file`, documented as JSON."""

    data: Mapping[str, Any]

    def __repr__(self) -> str:
        return report_text(self.data)

    def _repr_html_(self) -> str:
        return archive_html(self.data)


def archive_html(data: Mapping[str, Any]) -> str:
    """Return the file's description as one HTML fragment; all text from the file is escaped."""
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
        facts.append(("Carries", esc(f"local modules {comma_list(module_names(data))}")))
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
        return "only Python's standard library"
    return f'<span style="{MONO}">{esc(packages_summary(data))}</span>'
