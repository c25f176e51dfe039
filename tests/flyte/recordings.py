"""What a real Flyte v1.16.8 compiled of each definition: files below `definitions/`, as its answers had it.

`cells`, `entity`, `inputs` and `image` say what was launched. `tasks` and `workflows` are by name the templates that
`GetWorkflow` gave for what ran (the workflow that Flyte makes around a single task isn't there: nobody registers it).
`executions` has, by the name of what was launched, the run's execution and those that its nodes started: the
identifiers, and the inputs that each ran on. `dynamics` has, for each run of a dynamic task, its task, its inputs, the
graph that Flyte compiled of what the container left (without an identifier: Flyte makes one up), and what that graph
runs. Hashes are `<hash>`, times and durations `T`: `as_recorded` does the same
to what is compared with them.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "definitions"
_HASH = re.compile(r"\b[0-9a-f]{20,64}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?")
_BLANKED = {"duration"}  # fields of this name lost their value when they were recorded


@dataclass(frozen=True)
class Recording:
    """One definition and what Flyte made of it; the last three mappings are by the names that were registered."""

    name: str
    cells: str
    entity: str
    inputs: dict[str, Any]
    image: str
    executions: dict[str, Any]
    workflows: dict[str, Any]
    tasks: dict[str, Any]
    dynamics: list[dict[str, Any]] = field(default_factory=list)

    def launch_request(self) -> dict[str, Any]:
        """Return what the notebook needs to launch it."""
        return {"cells": self.cells, "entity": self.entity, "inputs": self.inputs, "image": self.image}

    def templates(self) -> dict[str, Any]:
        """Return all that can be compared."""
        return {"tasks": self.tasks, "workflows": self.workflows, "executions": self.executions}


def read_recordings() -> dict[str, Recording]:
    """Return all recordings by name."""
    found = {}
    for path in sorted(FOLDER.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = Recording(path.stem, "\n".join(content.pop("cells")), **content)
    return found


def as_recorded(value: Any) -> Any:
    """Return the value with what the recordings leave out left out."""
    if isinstance(value, dict):
        return {key: "T" if key in _BLANKED else as_recorded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_recorded(each) for each in value]
    return _TIME.sub("T", _HASH.sub("<hash>", value)) if isinstance(value, str) else value
