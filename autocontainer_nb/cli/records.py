"""What the commands print of executions: one JSON object or one line for each.

The object has `id`, `task`, `version`, `phase`, `project`, `domain`, `url` (text or null) and `error` (text or null),
and once it has ended, where outputs are asked for, `outputs` ({name: value}). These keys are stable; others may be
added.
"""

import dataclasses
import enum
import json
import math
from collections.abc import Mapping
from typing import Any

from autocontainer_nb.remote.executions.execution import Execution

SUCCEEDED = "SUCCEEDED"


def execution_record(execution: Execution, *, with_outputs: bool = False) -> dict[str, Any]:
    """Return the object of an execution, as it is now."""
    phase = execution.phase
    launched = execution.launched
    record: dict[str, Any] = {
        "id": execution.id,
        "task": launched.name,
        "version": launched.version,
        "phase": phase,
        "project": execution.project,
        "domain": execution.domain,
        "url": execution.console_url,
        "error": execution.error,
    }
    if with_outputs:
        record["outputs"] = dict(execution.outputs) if phase == SUCCEEDED else None
    return record


def print_json(value: Any) -> None:
    """Print the value as JSON. A number that JSON doesn't know is a text, such as `"NaN"`, an enum member its value.

    All else that JSON can't say is printed as Python shows it.
    """
    print(json.dumps(_plain(value), indent=2, allow_nan=False))


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return _plain(value.value) if isinstance(value, enum.Enum) else _simple(value)


def _simple(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
