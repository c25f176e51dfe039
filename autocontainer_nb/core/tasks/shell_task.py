"""`ShellTask`: a shell script as a task, with its inputs filled in and its outputs read from declared paths."""

import os
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.core.tasks.function_task import PythonInstanceTask
from autocontainer_nb.errors import DefinitionError, RecoverableError
from autocontainer_nb.type_engine.wording import show_type

_SHOWN_CHARS = 4000  # of a failed script's output, from its end


@dataclass(frozen=True)
class OutputLocation:
    """The path where a script leaves an output; `{inputs.NAME}` in it is filled in."""

    var: str
    var_type: Any
    location: "str | os.PathLike[str]"


class ShellTask(PythonInstanceTask[None]):
    """A task that runs a shell script; `{inputs.x}` and `{outputs.y}` are filled in, `{{` and `}}` are braces."""

    def __init__(
        self,
        name: str,
        debug: bool = False,
        script: str | None = None,
        script_file: str | None = None,
        task_config: None = None,
        shell: str = "/bin/sh",
        inputs: Mapping[str, Any] | None = None,
        output_locs: Sequence[OutputLocation] | None = None,
        **kwargs: Any,
    ) -> None:
        """Describe the task; `kwargs` are those of `PythonAutoContainerTask`. A script file is read now.

        Raises:
            DefinitionError: there isn't exactly one script, an output isn't a file or directory, or a name in braces is
                unknown.
        """
        if (script is None) == (script_file is None):
            raise DefinitionError(f"Task {name!r}: pass either `script` or `script_file`.")
        self._locations = tuple(output_locs or ())
        self._debug = debug
        self._shell = shell
        self._script_file = script_file
        self._script = script if script is not None else _read(name, str(script_file))
        outputs = {each.var: _checked_type(name, each) for each in self._locations}
        super().__init__(name, task_config, interface=Interface(inputs=dict(inputs or {}), outputs=outputs), **kwargs)
        _check_names(name, self._script, {"inputs": dict(inputs or {}), "outputs": outputs})
        for each in self._locations:
            _check_names(name, os.fspath(each.location), {"inputs": dict(inputs or {})})

    @property
    def script(self) -> str:
        """The script before anything is filled in."""
        return self._script

    @property
    def script_file(self) -> str | None:
        """The file that the script was read from, or None."""
        return self._script_file

    def execute(self, **kwargs: Any) -> Any:
        """Fill in the script, run it, and return its outputs as files and directories.

        Raises:
            RecoverableError: the script's exit code wasn't 0; the message has its output.
        """
        import subprocess

        inputs = _Names(kwargs)
        outputs = {each.var: _Filler().format(os.fspath(each.location), inputs=inputs) for each in self._locations}
        script = _Filler().format(self._script, inputs=inputs, outputs=_Names(outputs))
        if self._debug:
            print(script)  # noqa: T201 - what `debug` is for
        ran = subprocess.run([self._shell, "-c", script], capture_output=True, text=True, check=False)
        print(ran.stdout, end="")  # noqa: T201 - the task's own output
        if ran.returncode != 0:
            raise RecoverableError(
                f"Task {self.short_name!r}: the script ended with exit code {ran.returncode}.\nIts output:\n"
                f"{ran.stdout[-_SHOWN_CHARS:]}\nIts errors:\n{ran.stderr[-_SHOWN_CHARS:]}"
            )
        left = tuple(each.var_type(outputs[each.var]) for each in self._locations)
        return None if not left else left[0] if len(left) == 1 else left


class _Names(dict[str, Any]):
    """Values by attribute or in brackets, as a script names them in braces."""

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]


class _Filler(string.Formatter):
    """Fills in files and directories as local paths, times as ISO 8601."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, os.PathLike):
            return str(os.fspath(value))
        if hasattr(value, "isoformat") and not format_spec:
            return str(value.isoformat())
        return str(super().format_field(value, format_spec))


def _read(name: str, path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise DefinitionError(f"Task {name!r}: the script file {path!r} can't be read: {error.strerror}.") from error


def _checked_type(name: str, location: OutputLocation) -> Any:
    kind = location.var_type
    if not (isinstance(kind, type) and issubclass(kind, os.PathLike)):
        raise DefinitionError(
            f"Task {name!r}: the output {location.var!r}: expected FlyteFile or FlyteDirectory, got {show_type(kind)}."
        )
    return kind


def _check_names(name: str, text: str, known: Mapping[str, Mapping[str, Any]]) -> None:
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
    except ValueError as error:
        raise DefinitionError(
            f"Task {name!r}: the braces in {text!r} can't be read ({error}). Write {{{{ for a brace."
        ) from error
    for field in fields:
        group, _, variable = field.replace("[", ".").replace("]", "").partition(".")
        if group not in known or variable.partition(".")[0] not in known[group]:
            names = ", ".join(f"{{{part}.{each}}}" for part, values in known.items() for each in values) or "none"
            raise DefinitionError(
                f"Task {name!r}: {{{field}}} in its script or a location is unknown. Known names: {names}."
            )
