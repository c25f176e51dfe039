"""Sizes, durations, lists and tables as text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Return the text with control characters replaced, except line ends: it can't control a terminal."""
    return _UNPRINTABLE.sub("?", text.expandtabs(4))


def text_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under headers in aligned columns, without trailing spaces."""
    widths = [max(len(row[index]) for row in [headers, *rows]) for index in range(len(headers))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [headers, *rows]]
    return "\n".join(line.rstrip() for line in lines)


def comma_list(parts: Iterable[Any]) -> str:
    """Return the parts joined by commas, or `none`."""
    return ", ".join(map(str, parts)) or "none"


def count_of(count: int, noun: str) -> str:
    """Return `1 call`, `3 calls`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def shown_size(count: int) -> str:
    """Return a number of bytes as people read it: `812 B`, `1.3 MB`."""
    if count < 1000:  # noqa: PLR2004 - SI prefixes count in thousands
        return f"{count} B"
    value, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while value >= 999.95 and len(units) > 1:  # noqa: PLR2004 - what would round up to 1000.0
        value /= 1000
        units.pop(0)
    return f"{value:.1f} {units[0]}"


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value if it is a mapping, else an empty one: data from a file may have any shape."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> Sequence[Any]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def shown_duration(seconds: float) -> str:
    """Return a duration as people read it: `0.4 s`, `12 s`, `1 min 05 s`, `2 h 03 min`."""
    if seconds < 9.95:  # noqa: PLR2004 - below ten seconds a tenth is worth reading
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{whole} s"
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours} h {minutes_left:02d} min" if hours else f"{minutes} min {rest:02d} s"
