"""Run by each Python of the matrix: values that need code go from one to another, and come back.

`carrying.py make FOLDER NAME ...` defines each value and writes its pickle; `use` loads them, uses them, and pickles
them again, as a task that returns its input does; `back` loads what that wrote. Each value in a process of its own.
"""

import json
import pickle
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from capturing import fits, run_cell  # found beside this file
from corpus import DEFINITIONS
from corpus.definition import Definition
from running import apart

from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.pickling.values import dumps


def make(folder: Path, wanted: set[str]) -> dict[str, Any]:
    """Write FOLDER/NAME.made for each definition."""
    names = vars(sys.modules["__main__"])
    for number, definition in enumerate(DEFINITIONS):
        if definition.name in wanted and fits(definition):
            run_cell(definition, number, cells, names)
            (folder / f"{definition.name}.made").write_bytes(dumps([names[definition.name]]))
    return {}


def used(definition: Definition, path: Path) -> Any:
    """Return what using the loaded value gives; before, write it anew as FOLDER/NAME.given."""
    [value] = pickle.loads(path.read_bytes())
    if path.suffix == ".made":
        path.with_suffix(".given").write_bytes(dumps([value]))
    return eval(definition.call, {definition.name: value})


def use(folder: Path, suffix: str) -> dict[str, Any]:
    """Use the value in each file."""
    known = {definition.name: definition for definition in DEFINITIONS}
    return {path.stem: apart(known[path.stem], path, used) for path in sorted(folder.glob(f"*{suffix}"))}


if __name__ == "__main__":
    step, place, *chosen = sys.argv[1:]
    steps = {"make": lambda: make(Path(place), set(chosen))}
    steps |= {"use": lambda: use(Path(place), ".made"), "back": lambda: use(Path(place), ".given")}
    sys.stdout.write(json.dumps(steps[step]()))
