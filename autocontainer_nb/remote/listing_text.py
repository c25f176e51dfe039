"""Executions as rows of a table and as records of JSON, for the notebook and the command line alike."""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autocontainer_nb.remote.listing import ExecutionSummary

HEADERS: Final = ("id", "task", "phase", "started", "elapsed")


def execution_rows(executions: "Iterable[ExecutionSummary]") -> list[tuple[str, ...]]:
    """Return the cells under HEADERS, times in this machine's time zone."""
    rows: list[tuple[str, ...]] = []
    for one in executions:
        started = one.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if one.created_at else ""
        rows.append((one.id, one.task, one.phase, started, shown_duration(one.elapsed_s)))
    return rows


def execution_records(executions: "Iterable[ExecutionSummary]") -> list[dict[str, Any]]:
    """Return one object for each; `created_at` is in ISO 8601 and UTC."""
    return [
        {
            "id": one.id,
            "task": one.task,
            "version": one.version,
            "phase": one.phase,
            "created_at": one.created_at.isoformat() if one.created_at else None,
            "elapsed_s": one.elapsed_s,
            "error": one.error or None,
        }
        for one in executions
    ]


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
