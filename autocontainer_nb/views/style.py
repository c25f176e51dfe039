"""The look of the package's HTML: inline styles that read well on light and dark themes, and escaped text.

No script, and no style sheet but for what may be missing: both are dropped where a notebook is not trusted yet, or is
shown on a web page. Colours are inherited, or sit on a background of their own.
"""

import html
import re
from typing import Final

MONO: Final = "font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace);font-size:0.92em"
FAINT: Final = "opacity:0.72"
RULE: Final = "1px solid rgba(127,127,127,0.35)"
SHADE: Final = "rgba(127,127,127,0.10)"
CARD: Final = (
    f"border:{RULE};border-radius:6px;padding:8px 12px;margin:4px 0;max-width:960px;line-height:1.45;"
    "overflow-wrap:break-word"  # a long name of an image stays inside
)
BLOCK: Final = (
    f"{MONO};margin:6px 0 0 0;padding:6px 10px;background:{SHADE};color:inherit;border-left:3px solid {{accent}};"
    "border-radius:0 4px 4px 0;overflow-x:auto;white-space:pre;line-height:1.4"
)
# Minutes and seconds that the page counts by itself, from the negative delay `--a` that an element of the class has. A
# registered property takes whole numbers only, so a sixtieth is rounded: from half a minute less, to the minute begun.
# Browsers without registered properties also lack what `@supports` asks for, and show nothing.
COUNTER_CLASS: Final = "acnb-t"
COUNTER: Final = (
    '<style>@property --acnb-s{syntax:"<integer>";inherits:false;initial-value:0}'
    '@property --acnb-m{syntax:"<integer>";inherits:false;initial-value:0}'
    "@keyframes acnb{to{--acnb-s:864000}}@supports (transition-behavior:allow-discrete){.acnb-t::after{"
    "animation:acnb 864000s steps(864000) var(--a) both;--acnb-m:calc((var(--acnb-s) - 29.5)/60);"
    "counter-reset:m var(--acnb-m) s calc(var(--acnb-s) - 60*var(--acnb-m));"
    'content:"(" counter(m) ":" counter(s,decimal-leading-zero) ")"}}</style>'
)
GREY: Final = "#5f6b7a"
PHASE_COLOURS: Final = {  # white text on each has a contrast of at least 4.5 (WCAG 2.1, AA)
    "SUCCEEDED": "#1a7f43",
    "SUCCEEDING": "#1a7f43",
    "RUNNING": "#1f6fd0",
    "FAILED": "#c22f2f",
    "FAILING": "#c22f2f",
    "ABORTED": "#9a5b00",
    "ABORTING": "#9a5b00",
    "TIMED_OUT": "#9a5b00",
}
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
MAX_LINE_LENGTH: Final = 400


def esc(value: object) -> str:
    """Return the value as text that is safe inside HTML, including attributes."""
    return html.escape(plain(str(value)), quote=True)


def plain(text: str) -> str:
    """Return the text as a terminal would show it in the end: no colour codes, rewritten lines in their last state."""
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1] for line in _ANSI.sub("", text).split("\n")]
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", "\n".join(lines))


def clipped(line: str, limit: int = MAX_LINE_LENGTH) -> str:
    """Return the line, cut at `limit` characters with an ellipsis."""
    return line if len(line) <= limit else line[: limit - 1] + "…"


def pill(text: str, colour: str) -> str:
    """Return a small coloured label."""
    style = f"display:inline-block;padding:1px 8px;border-radius:9px;background:{colour};color:#fff;font-weight:600"
    return f'<span style="{style};font-size:0.82em;letter-spacing:0.02em">{esc(text)}</span>'


def code(text: object, *, is_whole: bool = False) -> str:
    """Return the text in the code font; if it `is_whole`, on one line."""
    safe = esc(text).replace("-&gt;", '<span style="white-space:nowrap">-&gt;</span>')  # keeps an arrow on one line
    wraps = "nowrap" if is_whole else "normal"
    return f'<code style="{MONO};background:none;color:inherit;padding:0;white-space:{wraps}">{safe}</code>'


def block(text: str, accent: str = GREY) -> str:
    """Return a block of preformatted text with a coloured edge."""
    return f'<pre style="{BLOCK.format(accent=accent)}">{esc(text)}</pre>'


def table(headers: list[str], rows: list[list[str]]) -> str:
    """Return a table. Headers are escaped here; the cells of `rows` are HTML already."""
    cell = "text-align:left;vertical-align:top;padding:3px 14px 3px 0;background:none"
    head = "".join(
        f'<th style="{cell};{FAINT};font-weight:600;border-bottom:{RULE}">{esc(name)}</th>' for name in headers
    )
    body = "".join(
        '<tr style="background:none">' + "".join(f'<td style="{cell}">{item}</td>' for item in row) + "</tr>"
        for row in rows
    )
    layout = "border-collapse:collapse;border:none;margin:4px 0;font-size:1em;color:inherit"
    return f'<table style="{layout}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
