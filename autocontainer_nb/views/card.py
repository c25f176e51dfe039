"""The card that a cell shows for an execution: pure functions from a `Card` to HTML and to text."""

from dataclasses import dataclass, field
from typing import Final

from autocontainer_nb.pickling.wording import shown_duration
from autocontainer_nb.views.links import link
from autocontainer_nb.views.style import (
    CARD,
    COUNTER,
    COUNTER_CLASS,
    FAINT,
    GREY,
    PHASE_COLOURS,
    block,
    clipped,
    code,
    esc,
    pill,
    plain,
)

LOG_LINES: Final = 6


@dataclass(frozen=True, kw_only=True)
class Card:
    """Everything that the display of one execution needs. `note` is about the display itself.

    Cards that differ in the seconds alone are equal: where `since` is told, the page counts on from `elapsed_s`.
    """

    execution_id: str
    task: str
    phase: str = "QUEUED"
    is_done: bool = False
    elapsed_s: float = field(default=0.0, compare=False)
    since: str = ""  # the time when it began, on a card that isn't replaced each second
    log_tail: tuple[str, ...] = ()
    error: str = ""
    where: str = ""
    note: str = ""
    changes: str = ""  # since the task's last run
    attempt: int = 0  # its number, from 1; 0 before there is one
    reason: str = ""  # why it waits
    links: tuple[tuple[str, str], ...] = ()  # (name, address) of the attempt's output
    console_url: str = ""
    cached: bool = False  # nothing was run: the cache had its outputs
    told: tuple[str, ...] = ()  # what the container says itself, of packages that are older than here


def card_html(card: Card) -> str:
    """Return the execution as one HTML fragment without scripts, whole also without its counter's style sheet."""
    colour = PHASE_COLOURS.get(card.phase, GREY)
    where = f' <span style="{FAINT}">on {esc(card.where)}</span>' if card.where else ""
    dot = f' <span style="{FAINT}">·</span> '
    name = f"{pill(card.phase, colour)} &nbsp;<b>{esc(card.task)}</b>"
    execution = f'<span style="{FAINT}">execution</span> {code(card.execution_id)}{where}'
    attempt = [f"attempt {card.attempt}"] if card.attempt > 1 else []
    time = _counted(card) if card.since else esc(shown_duration(card.elapsed_s))
    cached = ["from the cache"] if card.cached else []
    head = dot.join([name, time, *cached, *attempt, execution])
    parts = [f"<div>{head}</div>"]
    if card.reason and not card.is_done:
        parts.append(f"<div>{esc(clipped(card.reason))}</div>")
    if card.changes:
        parts.append(f'<div style="{FAINT};font-size:0.9em">{esc(card.changes)}</div>')
    parts += [f'<div style="{FAINT};font-size:0.9em">{esc(line)}</div>' for line in card.told]
    if card.error:
        parts.append(block(card.error.rstrip(), colour))
    elif card.log_tail:
        parts.append(block("\n".join(_log_lines(card)), colour))
    pages = [("console", card.console_url)] if card.console_url else []
    footer = dot.join(filter(None, [_footer(card), *(link(name, uri) for name, uri in (*card.links, *pages))]))
    if footer:
        parts.append(f'<div style="{FAINT};margin-top:6px;font-size:0.9em">{footer}</div>')
    return f'<div style="{CARD}">{"".join(parts)}</div>'


def card_text(card: Card) -> str:
    """Return the execution as text: a status line, then the last log lines or the error."""
    lines = [status_line(card)]
    if card.reason and not card.is_done:
        lines.append(f"    {clipped(plain(card.reason))}")
    if card.changes:
        lines.append(f"    {plain(card.changes)}")
    lines += [f"    {plain(line)}" for line in card.told]
    if card.error:
        lines += ["    " + line for line in plain(card.error).rstrip().split("\n")]
    else:
        lines += ["    " + line for line in _log_lines(card)]
    if not card.log_tail and (card.is_done or card.attempt):
        lines += [f"    {plain(name)}: {plain(uri)}" for name, uri in card.links]
    if card.note:
        lines.append(card.note)
    return "\n".join(lines)


def status_line(card: Card) -> str:
    """Return `train RUNNING 12 s (execution a1b2c3)`, from the second attempt on with its number.

    A card that tells since when has that in place of the seconds: `train RUNNING since 07:29:28 (execution a1b2c3)`.
    """
    task, execution_id = plain(card.task), plain(card.execution_id)
    attempt = f", attempt {card.attempt}" if card.attempt > 1 else ""
    time = f"since {card.since}" if card.since else shown_duration(card.elapsed_s)
    cached = " from the cache" if card.cached else ""
    return f"{task} {card.phase} {time}{cached} (execution {execution_id}{attempt})"


def _counted(card: Card) -> str:
    """Return since when it runs, with minutes and seconds that the page counts on by itself."""
    return f'since {esc(card.since)} {COUNTER}<span class="{COUNTER_CLASS}" style="--a:-{card.elapsed_s:.0f}s"></span>'


def _log_lines(card: Card) -> list[str]:
    lines = [clipped(plain(line)) for line in card.log_tail if line.strip()]
    return lines[-LOG_LINES:]


def _footer(card: Card) -> str:
    if card.note:
        return esc(card.note)
    if not card.is_done:
        return f"To stop it: {code(f'%flyte stop {card.execution_id}')}"
    if card.phase == "SUCCEEDED":
        return ""
    return f"Full output: {code(f'%flyte logs {card.execution_id}')}"
