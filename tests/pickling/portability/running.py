"""Run by each Python of the matrix: `running.py FOLDER` loads each captured definition and uses it.

Each in a process of its own, so that a crash is seen. Writes {name: [outcome, details]}; the outcomes are "ran",
"refused" (PythonVersionError before anything was unpickled), "lacks" (a package that it needs isn't installed here, or
is older), "wrong" (another value), "failed" (an error) and "crashed".
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from corpus import DEFINITIONS  # found beside this file
from corpus.definition import Definition

from autocontainer_nb.errors import PackageMismatchError, PythonVersionError
from autocontainer_nb.pickling.archive.sources import install_sources, source_texts
from autocontainer_nb.pickling.reader import open_verified


def use(definition: Definition, path: Path, value_of: Callable[[Definition, Path], Any]) -> tuple[str, str]:
    """Load the definition, call it, and compare."""
    try:
        value = value_of(definition, path)
    except PythonVersionError as error:
        return "refused", str(error)
    except PackageMismatchError as error:
        return "lacks", str(error)
    except Exception:  # noqa: BLE001 - whatever it is, the matrix has to show it
        return "failed", traceback.format_exc()
    if value != definition.expected or type(value) is not type(definition.expected):
        return "wrong", f"{value!r} instead of {definition.expected!r}"
    return "ran", ""


def captured(definition: Definition, path: Path) -> Any:
    """Return what using the loaded definition gives."""
    archive = open_verified(str(path))
    install_sources(source_texts(archive.zip_file, archive.metadata))
    return eval(definition.call, {definition.name: archive.unpickle()})


def apart(
    definition: Definition, path: Path, value_of: Callable[[Definition, Path], Any] = captured
) -> tuple[str, str]:
    """Return what `use` returns, from a child process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as pipe:
                json.dump(use(definition, path, value_of), pipe)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status or not answer:
        return "crashed", f"status {os.waitstatus_to_exitcode(status)}"
    outcome, details = json.loads(answer)
    return outcome, details


def run(folder: Path) -> dict[str, tuple[str, str]]:
    """Use each file of the folder."""
    known = {definition.name: definition for definition in DEFINITIONS}
    return {path.stem: apart(known[path.stem], path) for path in sorted(folder.glob("*.pkl"))}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(Path(sys.argv[1]))))
