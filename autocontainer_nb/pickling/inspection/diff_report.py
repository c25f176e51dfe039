"""The comparison of two pickled-entity files as text for terminals."""

from collections.abc import Mapping
from typing import Any

from autocontainer_nb.pickling.inspection.archive_diff import SECTIONS
from autocontainer_nb.pickling.wording import printable


def diff_text(data: Mapping[str, Any]) -> str:
    """Return what `diff_archives` found, as lines to print."""
    a, b = data["a"], data["b"]
    lines = [f"{a['path']} ► {b['path']}: {_verdict(data)}"]
    lines += [f"  {key:8} {_hashes(a[key], b[key])}" for key in ("version", "digest") if a[key] and b[key]]
    for section in SECTIONS:
        found = [one for one in data["differences"] if one["section"] == section]
        if found:
            lines += ["", section]
        for one in found:
            lines.append(f"  {one['text']}")
            lines += [f"    {line}" for line in one.get("diff", "").split("\n") if one.get("diff")]
    return printable("\n".join(lines))


def _verdict(data: Mapping[str, Any]) -> str:
    if not data["same"]:
        return "different"
    if data["a"]["digest"] == data["b"]["digest"]:
        return "the same"
    return "the same meaning; what differs makes no other version" if data["differences"] else "the same meaning"


def _hashes(was: str, now: str) -> str:
    return f"{was[:12]}…" if was == now else f"{was[:12]}… ► {now[:12]}…"
