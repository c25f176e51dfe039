"""The result of a walk through a pickle as lines of text: calls, dangerous ones first, and references."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from autocontainer_nb.pickling.wording import comma_list, count_of, mapping, sequence, shown_size, text_table

MAX_LISTED: Final = 40  # calls of one severity in text; JSON has all of them
MAX_NAMES: Final = 8  # of one module
_WORDS: Final = {
    "danger": "{} that could do harm",
    "unknown": "{} not known to be harmless",
    "harmless": "{} known to be harmless",
}


def foreign_lines(data: Mapping[str, Any]) -> list[str]:
    """Return the first lines of the description of a pickle outside pickled-entity files."""
    packed = f", compressed by {data['compression']}" if data.get("compression") else ""
    what = "a pickled entity of flytekit" if data["kind"] == "flytekit" else "a pickle"
    lines = [
        f"{data['path']} ({shown_size(data['size_bytes'])}{packed}): {what}",
        f"  sha256   {data['sha256']}",
        f"  Python   {data.get('python_version') or 'unknown'}",
        f"  holds    {data.get('type') or 'nothing recognizable'}",
    ]
    if data.get("problem"):
        lines.append(f"  PROBLEM  {data['problem']}")
    rows = [(str(row["name"]), str(row["type"]), shown_size(row["bytes"])) for row in data.get("contents") or ()]
    if rows:
        lines += ["", *("  " + line for line in text_table(("contains", "type", "size"), rows).split("\n"))]
    for function in data.get("functions") or ():
        captures = [str(capture["name"]) for capture in function["captures"]]
        place = f" ({function['file']}:{function['line']})" if function.get("file") else ""
        lines.append(f"  function {function['name']}{place} reaches {comma_list(captures[:MAX_NAMES])}")
    return lines


def pickle_lines(pickle: Mapping[str, Any]) -> list[str]:
    """Return the calls that unpickling would make, except harmless ones, and the modules that it would import."""
    several = f", {pickle['pickles']} pickles in a row" if pickle["pickles"] > 1 else ""
    size = f"{shown_size(pickle['size_bytes'])}, {pickle['operations']:,} opcodes{several}"
    lines = [
        f"pickle: protocol {pickle['protocol']}, {size}",
        f"  unpickling it would make {calls_summary(pickle)}",
    ]
    if pickle["buffers"]:
        lines.append(f"  it needs {count_of(pickle['buffers'], 'buffer')} from outside the pickle")
    if pickle.get("problem"):
        lines.append(f"  PROBLEM  {pickle['problem']}")
    for severity in ("danger", "unknown"):
        calls = [call for call in pickle["calls"] if call["severity"] == severity]
        lines += [line for call in calls[:MAX_LISTED] for line in _call_lines(call)]
        if len(calls) > MAX_LISTED:
            lines.append(f"  … and {len(calls) - MAX_LISTED} more")
    rows = reference_rows(pickle)
    if rows:
        lines += ["  " + line for line in text_table(("refers to", "names"), rows).split("\n")]
    return lines


def calls_summary(pickle: Mapping[str, Any]) -> str:
    """Return `1 call that could do harm, 3 calls not known to be harmless and 24 calls known to be harmless`."""
    counts = dict.fromkeys(_WORDS, 0)
    for call in pickle["calls"]:
        counts[call["severity"]] += call["count"]
    parts = [_WORDS[severity].format(count_of(count, "call")) for severity, count in counts.items() if count]
    if not parts:
        return "no calls"
    return comma_list(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else parts[0]


def call_sentence(call: Mapping[str, Any]) -> str:
    """Return `os.system called at byte 27: runs commands`."""
    times = f" {call['count']:,} times, first" if call["count"] > 1 else ""
    return f"{call['what']} {call['how']}{times} at byte {call['position']:,}: {call['reason']}"


def reference_rows(pickle: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (module, first names looked up in it)."""
    rows = []
    for module, names in mapping(pickle.get("references")).items():
        shown = [*names[:MAX_NAMES], *(["…"] if len(names) > MAX_NAMES else [])]
        rows.append((str(module), ", ".join(map(str, shown))))
    return rows


def _call_lines(call: Mapping[str, Any]) -> list[str]:
    lines = [f"  {call['severity'].upper() if call['severity'] == 'danger' else 'unknown':8} {call_sentence(call)}"]
    arguments: Sequence[Any] = sequence(call.get("arguments"))
    return [*lines, *(f"           with {argument}" for argument in arguments if argument != "()")]
