"""The tasks, workflows and launch plans that a Python file defines."""

import difflib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from autocontainer_nb.core.capture.reachable import is_entity
from autocontainer_nb.errors import AutocontainerError, UserError


def is_file(word: str) -> bool:
    """Whether a word of the command line means a file, and not the name of something that is registered."""
    return word.endswith((".py", ".ipynb")) or Path(word).is_file()


def load_file(path: str) -> ModuleType:
    """Run the file as a module and return it: of a package, by its full name. What its folder has can be imported.

    Raises:
        UserError: it is a notebook, or no Python file, or it fails; the message names the line.
        FileNotFoundError: there is no such file.
    """
    file = Path(path).resolve()
    if file.suffix == ".ipynb":
        raise UserError(
            f"{path} is a notebook, whose cells may start executions and much else: use %flyte run in it, or write its "
            f"definitions into a file: jupyter nbconvert --to script {path}"
        )
    if not file.is_file():
        raise FileNotFoundError(2, "No such file", path)
    folder, parts = file.parent, [file.stem]
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    name = ".".join(parts)
    known = sys.modules.get(name)
    is_other = known is not None and Path(str(getattr(known, "__file__", ""))).name != file.name
    if is_other or name in sys.stdlib_module_names:
        raise UserError(f"{path} would be the module {name!r}, which is another one already: rename the file.")
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UserError(f"{path} isn't a Python file: its name has to end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except AutocontainerError:
        raise
    except Exception as error:  # the file is the user's: whatever its code raises is told in one line
        raise UserError(f"{path} can't be run: {_told(error, file)}") from error
    return module


def _told(error: Exception, file: Path) -> str:
    """Return what failed, and in which line of the file, and of the module that it imports."""
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    if isinstance(error, SyntaxError):
        return what if error.filename is None else f"{what.partition(' (')[0]} ({error.filename}, line {error.lineno})"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<")]
    own = [frame for frame in frames if frame.filename == str(file)]
    if not own:
        return what
    inner = f", by {frames[-1].filename}, line {frames[-1].lineno}" if frames[-1] is not own[-1] else ""
    return f"line {own[-1].lineno}{inner}: {what}"


def entities_of(module: ModuleType) -> dict[str, Any]:
    """Return {variable: task, workflow or launch plan} of what the file defines; what it imports isn't among them."""
    return {
        name: value
        for name, value in vars(module).items()
        if is_entity(value) and getattr(value, "instantiated_in", None) == module.__name__
    }


def entity_named(module: ModuleType, name: str) -> Any:
    """Return the task, workflow, launch plan or reference that a variable of the file holds, imported or not.

    Raises:
        UserError: there is none; the message names those that there are.
    """
    value = vars(module).get(name)
    if value is not None and is_entity(value) and hasattr(type(value), "remote"):
        return value
    known = sorted(entities_of(module))
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"It has: {', '.join(known) or 'none'}."
    raise UserError(f"{module.__file__} has no task, workflow or launch plan {name!r}. {hint}")
