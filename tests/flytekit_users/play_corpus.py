"""Runs files of the corpus, each in a fork of its own, and prints what came of each as a line of JSON.

    play_corpus.py PACKAGE FOLDER NAME...

PACKAGE takes the place of `flytekit` in the import lines of each file; nothing else of its text is changed. A file
with `# %%` lines is a notebook: ours runs its cells in an IPython shell with the extension. Others are modules.
"""

import contextlib
import importlib.util
import json
import os
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"
PEER, OURS = "flytekit", "autocontainer_nb"
# What many files import: loaded once, before the forks.
SHARED = ("kubernetes.client.models", "numpy", "pandas", "pyarrow.dataset", "pyarrow.parquet", "pydantic")
SHARED_BY_PEER = ("flytekit.types.numpy", "flytekit.types.structured", "flytekit.types.schema", "flytekit.remote")
_BARE_IMPORT = re.compile(r"^(\s*)import flytekit$", re.MULTILINE)
_IMPORT = re.compile(r"^(\s*(?:from|import)\s+)flytekit\b", re.MULTILINE)
_CELL = re.compile(r"^# %%.*$", re.MULTILINE)


def text_for(package: str, text: str) -> str:
    """Return the text with the import lines of the package."""
    if package == PEER:
        return text
    return _IMPORT.sub(rf"\g<1>{package}", _BARE_IMPORT.sub(rf"\g<1>import {package} as flytekit", text))


def play(package: str, name: str, folder: Path) -> None:
    """Run the file; whatever doesn't hold in it raises."""
    text = text_for(package, (CORPUS / f"{name}.py").read_text(encoding="utf-8"))
    os.chdir(folder)
    if package == PEER:
        keep_files_below(folder)
    is_notebook = package == OURS and _CELL.search(text)
    names = run_cells(text) if is_notebook else run_module(name, text, folder)
    if package == OURS:
        for entity, inputs, expected in names.get("remote_runs", ()):
            run_remotely(entity, inputs, expected)


def keep_files_below(folder: Path) -> None:
    """Let flytekit store files of values below the folder: by default all forks would have the same names for them."""
    from flytekit.core.context_manager import FlyteContextManager
    from flytekit.core.data_persistence import FileAccessProvider

    access = FileAccessProvider(local_sandbox_dir=folder / "local", raw_output_prefix=str(folder / "raw"))
    FlyteContextManager.push_context(FlyteContextManager.current_context().with_file_access(access).build())


def run_module(name: str, text: str, folder: Path) -> dict[str, Any]:
    """Run the module and return its variables.

    It isn't imported: flytekit's threads would wait for the lock that an import holds as long as the module runs.
    """
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


def run_cells(text: str) -> dict[str, Any]:
    """Run the cells one after another, as a notebook does, and return its variables."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance(history_load_length=0)
    shell.history_manager.enabled = False
    shell.extension_manager.load_extension(OURS)
    for cell in _CELL.split(text):
        if cell.strip():
            with contextlib.redirect_stdout(sys.stderr):
                done = shell.run_cell(cell, store_history=True)
            done.raise_error()
    return shell.user_ns


def run_remotely(entity: Any, inputs: dict[str, Any], expected: Any) -> None:
    """Run the task in a container of the sandbox and compare the value."""
    found = entity.remote(**inputs).result()
    assert found == expected, f"{entity.name} in a container: expected {expected!r}, got {found!r}"


def in_a_fork(package: str, name: str, folder: Path) -> str:
    """Return "" if all of the file holds, else what went wrong."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        with os.fdopen(read, "rb") as told:
            said = told.read().decode()
        status = os.waitpid(child, 0)[1]
        return said or (f"the process ended with status {status}" if status else "")
    try:
        os.close(read)
        play(package, name, folder)
    except BaseException:  # noqa: BLE001 - the edge of the process: whatever it is, the tests show it
        os.write(write, traceback.format_exc().encode())
    finally:
        sys.stderr.flush()
        os._exit(0)  # no other test's clean-up runs here


def outcomes(package: str, names: list[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each file's name, and what went wrong."""
    for name in names:
        own = folder / name
        own.mkdir(parents=True)
        yield name, in_a_fork(package, name, own)


def main(package: str, folder: str, *names: str) -> None:
    """Print an outcome a line."""
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a file prints is no outcome
    for each in (package, *SHARED, *(["IPython.core.interactiveshell"] if package == OURS else SHARED_BY_PEER)):
        importlib.import_module(each)
    for outcome in outcomes(package, list(names), Path(folder)):
        told.write(json.dumps(outcome) + "\n")
        told.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
