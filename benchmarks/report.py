"""The table and the JSON of one benchmark run."""

import json
import os
import platform
from dataclasses import dataclass
from pathlib import Path

from timing import Samples


@dataclass(frozen=True, kw_only=True)
class Budget:
    """One line of the table of budgets, measured."""

    what: str
    measured: float
    limit: float
    unit: str  # "x" for a ratio, "ms" for a time, "kB" for bytes by 1,000, else words
    at_least: bool = False

    @property
    def is_kept(self) -> bool:
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def shown(self, value: float) -> str:
        return f"{value:.2f} x" if self.unit == "x" else f"{value:.1f} {self.unit}"


def machine() -> dict[str, object]:
    """Return what a reader needs to judge the times: no name of the machine."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "cpus": os.cpu_count(),
    }


def table(samples: list[Samples], budgets: list[Budget]) -> str:
    width = 2 + max(len(line.what) for line in [*samples, *budgets])
    lines = [f"{'time':<{width}}{'runs':>4}{'median':>13}{'p90':>13}"]
    lines += [
        f"{s.what:<{width}}{len(s.seconds):>4}{s.median_s * 1000:>10.1f} ms{s.p90_s * 1000:>10.1f} ms" for s in samples
    ]
    lines += ["", f"{'budget':<{width}}{'measured':>13}{'limit':>13}"]
    for budget in budgets:
        limit = ("≥ " if budget.at_least else "≤ ") + budget.shown(budget.limit)
        verdict = "kept" if budget.is_kept else "MISSED"
        lines.append(f"{budget.what:<{width}}{budget.shown(budget.measured):>13}{limit:>13}  {verdict}")
    return "\n".join(lines)


def write_json(path: Path, samples: list[Samples], budgets: list[Budget]) -> None:
    """Write the samples in seconds, and each budget with what was measured."""
    data = {
        "machine": machine(),
        "samples": [{"what": s.what, "median_s": s.median_s, "p90_s": s.p90_s, "seconds": s.seconds} for s in samples],
        "budgets": [
            {
                "what": b.what,
                "measured": b.measured,
                "limit": b.limit,
                "unit": b.unit,
                "at_least": b.at_least,
                "kept": b.is_kept,
            }
            for b in budgets
        ],
    }
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
