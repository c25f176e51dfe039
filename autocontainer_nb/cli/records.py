"""What the commands print of executions: one JSON object or one line for each.

The object has `id`, `task`, `version`, `phase`, `project`, `domain`, `url` (text or null) and `error` (text or null),
and once it has ended, where outputs are asked for, `outputs` ({name: value}). These keys are stable; others may be
added.
"""

import dataclasses
import json
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
    """Print the value as JSON; what JSON can't say is printed as Python shows it."""
    print(json.dumps(value, indent=2, default=_shown))


def _shown(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "model_dump"):
        return value.model_dump()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
