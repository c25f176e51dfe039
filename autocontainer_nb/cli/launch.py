"""The commands `register`, `run`, `wait`, `stop`, `answer`, `relaunch` and `recover`.

`run FILE.py NAME epochs=3` starts what the file defines, `run NAME epochs=3` what is registered under the name. With
`--wait` its result is printed. Of JSON see `cli/records.py`; `register` prints a list of objects with `kind`, `name`,
`version`, `project` and `domain`.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from autocontainer_nb.cli.definitions import entities_of, entity_named, is_file, load_file
from autocontainer_nb.cli.inputs import from_plain, pairs, typed_inputs
from autocontainer_nb.cli.records import SUCCEEDED, execution_record, print_json
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.errors import ConversionError, ExecutionTimedOutError, InputError, UserError
from autocontainer_nb.pickling.wording import text_table
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.client import FlyteRemote, set_default_remote
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.type_engine.wording import show_type

EXIT_FAILED: Final = 1
EXIT_RUNNING: Final = 3
_OPTIONS: Final = (
    "name",
    "overwrite_cache",
    "interruptible",
    "max_parallelism",
    "raw_output_prefix",
    "service_account",
    "cluster_pool",
)


def register(where: dict[str, Any], parsed: argparse.Namespace) -> None:
    """Register what the file defines, or those of the names, and print name and version of each.

    Raises:
        UserError: the file defines nothing, or not one of the names.
        RemoteError: the control plane can't be reached, or refuses.
    """
    module = load_file(parsed.file)
    found = {name: entity_named(module, name) for name in parsed.names} if parsed.names else entities_of(module)
    if not found:
        raise UserError(f"{parsed.file} defines no task, workflow or launch plan.")
    remote = FlyteRemote(**where)
    rows = []
    for entity in found.values():
        there = remote.register(entity, allow_credentials=parsed.allow_credentials)
        if parsed.activate and isinstance(entity, LaunchPlan) and entity.schedule is not None:
            remote.activate(there)
        rows.append((str(entity.noun).lower(), there.name, there.version, there.project, there.domain))
    headers = ("kind", "name", "version", "project", "domain")
    if parsed.json:
        print_json([dict(zip(headers, row, strict=True)) for row in rows])
    else:
        print(text_table(headers, rows))


def run(where: dict[str, Any], parsed: argparse.Namespace) -> int:
    """Start it, print the execution, with `--wait` its result, and return the exit code.

    Raises:
        UserError: there is no such task, or an input doesn't fit.
        RemoteError: the control plane can't be reached, or refuses.
    """
    remote = FlyteRemote(**where)
    set_default_remote(remote)  # for a file that asks for the client that counts
    words = list(parsed.words)
    if is_file(words[0]):
        if parsed.version is not None:
            raise InputError(
                f"--version is that of a registered one, and {words[0]} is a file, whose code gives the version: leave "
                "out one of them."
            )
        if len(words) == 1:
            known = ", ".join(sorted(entities_of(load_file(words[0])))) or "none"
            raise UserError(f"run {words[0]} needs the name of a task, workflow or launch plan. The file has: {known}.")
        entity, texts = entity_named(load_file(words[0]), words[1]), words[2:]
    else:
        entity, texts = remote.fetch(words[0], parsed.version), words[1:]
    kinds = entity.python_interface.inputs
    values = {**_from_file(parsed.inputs, kinds), **typed_inputs(pairs(texts), kinds)}
    started = remote.submit(entity, (), values, allow_credentials=parsed.allow_credentials, options=_options(parsed))
    if not parsed.wait:
        _print_started([started], as_json=parsed.json)
        return 0
    code = _waited([started], parsed.timeout)
    if parsed.json:
        print_json(execution_record(started, with_outputs=True))
    elif code == 0:
        print(started.result())
    else:
        _explain(started)
    return code


def wait(where: dict[str, Any], parsed: argparse.Namespace) -> int:
    """Wait until all have ended, print them, and return 0 if all have succeeded, 1 if not, 3 if one still runs.

    Raises:
        NotFoundError: there is no such execution.
    """
    remote = FlyteRemote(**where)
    executions = [remote.execution(name) for name in parsed.ids]
    code = _waited(executions, parsed.timeout)
    _print_started(executions, as_json=parsed.json)
    return code


def stop(where: dict[str, Any], parsed: argparse.Namespace) -> None:
    """Ask the control plane to stop the executions.

    Raises:
        NotFoundError: there is no such execution.
    """
    remote = FlyteRemote(**where)
    executions = [remote.execution(name) for name in parsed.ids]
    remote.terminate(executions, parsed.cause)
    _print_started(executions, as_json=parsed.json)


def answer(where: dict[str, Any], parsed: argparse.Namespace) -> None:
    """Give the gate its answer; without one, print the gates that wait: with JSON, `name` and `type` of each.

    Raises:
        InputError: no such gate waits, or the value isn't what it waits for.
        NotFoundError: there is no such execution.
    """
    if parsed.gate is not None and parsed.value is None:
        raise InputError(f"answer {parsed.id} {parsed.gate} needs a value: yes, no, or what the gate waits for.")
    execution = FlyteRemote(**where).execution(parsed.id)
    waiting = execution.gates
    if parsed.gate is not None:
        kinds = {gate.name: gate.python_type for gate in waiting}
        value = typed_inputs({parsed.gate: parsed.value}, kinds)[parsed.gate]
        try:
            execution.set_input(parsed.gate, value)
        except ConversionError:  # the text as it stands, where no gate of the name waits
            if parsed.gate in kinds:
                raise
            others = f"Waiting: {', '.join(kinds)}." if kinds else "No gate waits now."
            raise InputError(
                f"Gate {parsed.gate!r} of execution {parsed.id} has its answer already. {others}"
            ) from None
    elif parsed.json:
        print_json([{"name": gate.name, "type": show_type(gate.python_type)} for gate in waiting])
    elif waiting:
        print("\n".join(f"{gate.name}: waits for {gate.wants}" for gate in waiting))
    else:
        print(f"No gate of execution {parsed.id} waits.")


def again(where: dict[str, Any], parsed: argparse.Namespace) -> None:
    """Relaunch or recover the execution, and print the new one.

    Raises:
        NotFoundError: there is no such execution.
        AlreadyExistsError: the new name is taken.
    """
    old = FlyteRemote(**where).execution(parsed.id)
    if parsed.verb == "recover":
        made = old.recover(parsed.name)
    else:
        made = old.relaunch(parsed.name, overwrite_cache=bool(parsed.overwrite_cache))
    _print_started([made], as_json=parsed.json)


def _options(parsed: argparse.Namespace) -> dict[str, Any]:
    said = {name: getattr(parsed, name) for name in _OPTIONS if getattr(parsed, name) is not None}
    for option, name in (("labels", "label"), ("annotations", "annotation"), ("environment", "env")):
        if getattr(parsed, name):
            said[option] = _texts(name, getattr(parsed, name))
    if parsed.tag:
        said["tags"] = list(parsed.tag)
    return said


def _texts(option: str, words: Iterable[str]) -> dict[str, str]:
    found = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise InputError(f"--{option}: expected KEY=VALUE, got {word!r}.")
        found[key] = text
    return found


def _from_file(path: str | None, kinds: Any) -> dict[str, Any]:
    if path is None:
        return {}
    text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    try:
        values = json.loads(text)
    except ValueError as error:
        raise InputError(f"--inputs {path}: expected a JSON object, but {error}.") from None
    if not isinstance(values, dict):
        raise InputError(f"--inputs {path}: expected a JSON object of inputs by name, got {type(values).__name__}.")
    return {name: from_plain(name, value, kinds[name]) if name in kinds else value for name, value in values.items()}


def _waited(executions: list[Execution], timeout_s: float | None) -> int:
    deadline_s = None if timeout_s is None else environment.monotonic_s() + timeout_s
    code = 0
    for execution in executions:
        left_s = None if deadline_s is None else max(0.0, deadline_s - environment.monotonic_s())
        try:
            execution.wait(left_s)
        except ExecutionTimedOutError:
            return EXIT_RUNNING
        if execution.phase != SUCCEEDED:
            code = EXIT_FAILED
    return code


def _print_started(executions: list[Execution], *, as_json: bool) -> None:
    if as_json:
        records = [execution_record(each) for each in executions]
        print_json(records[0] if len(records) == 1 else records)
        return
    rows = [(each.id, each.launched.name, each.phase, each.console_url or "") for each in executions]
    print(text_table(("id", "task", "phase", "console"), rows))


def _explain(execution: Execution) -> None:
    """Print why it isn't done well to standard error, where the traceback of its code belongs."""
    print(f"Execution {execution.id}: {execution.phase}. {execution.error or ''}".rstrip(), file=sys.stderr)
