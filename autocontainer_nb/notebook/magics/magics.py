"""The `%flyte` magic: parse the line and delegate."""

import argparse
import shlex
from typing import Any, Final, NoReturn

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import no_var_expand

from autocontainer_nb.errors import UserError
from autocontainer_nb.notebook.launched import Session
from autocontainer_nb.notebook.magics import commands
from autocontainer_nb.notebook.magics.arguments import (
    evaluate_pairs,
    nearest,
    parse_pairs,
    split_first,
    without_flag,
    without_option,
)
from autocontainer_nb.notebook.magics.namespace import runnable_named, task_rows
from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.views.table import TableView
from autocontainer_nb.wire import NEEDS_MODES, TRIAL_MODES

ALLOW_CREDENTIALS: Final = "--allow-credentials"
NEEDS: Final = "--needs"
TRIAL: Final = "--trial"
HELP: Final = """\
%flyte run NAME k=v ...    run a task, workflow or launch plan remotely; values are Python literals or variables
                           (with --allow-credentials: even if it seems to contain a credential; with --needs=warn
                           or off: even if the image's packages are missing or too old; with --trial=warn or off:
                           even if a new process can't load what was captured)
%flyte tasks               list what can be run in this notebook, with signatures and cells
%flyte runs [N]            list the latest N executions (default 10)
%flyte inspect NAME|FILE   show what would be uploaded for a task, or what is in a file, without running it
%flyte explain NAME|FILE   list everything captured with a task: size, cell, what can't travel and why
%flyte logs [ID]           show the output of an execution (default: the latest)
%flyte nodes [ID]          show what is inside an execution: nodes, phases, attempts, errors
%flyte stop [ID]           stop an execution (default: the latest)
%flyte connect [ENDPOINT]  use this control plane; `sandbox` is the local one (--project P --domain D --insecure);
                           without an endpoint: show the current connection
ID is an execution's id, or a variable that holds an execution. `run = %flyte run NAME` keeps the execution."""


class FlyteMagic:
    """The magic function of one shell, with one method per subcommand."""

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        self._shell = shell
        self._session = session
        self.subcommands = {
            "run": self._run,
            "tasks": self._tasks,
            "runs": self._runs,
            "inspect": self._inspect,
            "explain": self._explain,
            "logs": self._logs,
            "nodes": self._nodes,
            "stop": self._stop,
            "connect": self._connect,
            "help": self._help,
        }

    @no_var_expand  # braces and $ are part of the values
    def flyte(self, line: str) -> Any:
        """Run tasks of this notebook remotely and look at their executions. Without a subcommand, show the help."""
        word, rest = split_first(line)
        if not word:
            return self._help("")
        if word not in self.subcommands:
            known = ", ".join(self.subcommands)
            raise UserError(
                f"%flyte has no subcommand {word!r}.{nearest(word, self.subcommands) or f' Subcommands: {known}.'}"
            )
        return self.subcommands[word](rest)

    def _help(self, rest: str) -> None:
        _no_more("help", rest)
        print(HELP)  # noqa: T201 - the magic's answer

    def _run(self, rest: str) -> Any:
        allow_credentials, rest = without_flag(rest, ALLOW_CREDENTIALS)
        needs, rest = without_option(rest, NEEDS)
        trial, rest = without_option(rest, TRIAL)
        for option, given, modes in ((NEEDS, needs, NEEDS_MODES), (TRIAL, trial, TRIAL_MODES)):
            if given and given not in modes:
                raise UserError(f"%flyte run: expected {option}={'|'.join(modes)}, got {option}={given.strip()}.")
        name, pairs = split_first(rest)
        if not name:
            raise UserError(f"%flyte run needs the name of a task: %flyte run NAME k=v ...{self._task_hint()}")
        task = runnable_named(name, self._shell.user_ns)
        inputs = evaluate_pairs(parse_pairs(pairs), self._shell.user_ns)
        if allow_credentials or needs or trial:
            return commands.run(task, inputs, allow_credentials=allow_credentials, needs=needs, trial=trial)
        return task.remote(**inputs)

    def _tasks(self, rest: str) -> TableView:
        _no_more("tasks", rest)
        rows = task_rows(self._shell.user_ns, cells)
        empty = "No tasks are defined in this notebook yet. Put @task above a function to define one."
        return TableView(("task", "signature", "cell"), rows, empty, frozenset({"task", "signature"}))

    def _runs(self, rest: str) -> TableView:
        if rest and not (rest.isdecimal() and int(rest) > 0):
            raise UserError(f"%flyte runs: expected a number of executions, got {rest!r}.")
        return commands.runs(self._session, int(rest or 10))

    def _inspect(self, rest: str) -> Any:
        words = _words(rest)
        if len(words) != 1:
            got = repr(rest) if rest else "nothing"
            raise UserError(f"%flyte inspect: expected one task or one file, got {got}.{self._task_hint()}")
        return commands.inspect(words[0], self._shell.user_ns)

    def _explain(self, rest: str) -> Any:
        words = _words(rest)
        if len(words) != 1:
            got = repr(rest) if rest else "nothing"
            raise UserError(f"%flyte explain: expected one task or one file, got {got}.{self._task_hint()}")
        return commands.explain(words[0], self._shell.user_ns)

    def _logs(self, rest: str) -> None:
        commands.logs(self._session, rest)

    def _nodes(self, rest: str) -> Any:
        return commands.nodes(self._session, rest)

    def _stop(self, rest: str) -> None:
        commands.stop(self._session, rest)

    def _connect(self, rest: str) -> None:
        parser = _LineParser(prog="%flyte connect", add_help=False)
        parser.add_argument("endpoint", nargs="?")
        parser.add_argument("--project")
        parser.add_argument("--domain")
        parser.add_argument("--insecure", action="store_true", default=None)
        commands.connect(self._session, vars(parser.parse_args(_words(rest))))

    def _task_hint(self) -> str:
        known = [name for name, _, _ in task_rows(self._shell.user_ns, cells)]
        return f" Tasks here: {', '.join(known)}." if known else " No tasks are defined here yet."


class _LineParser(argparse.ArgumentParser):
    """Answers a wrong line with a one-line error instead of exiting the process."""

    def error(self, message: str) -> NoReturn:
        usage = " ".join(self.format_usage().split()).removeprefix("usage: ")
        raise UserError(f"{self.prog}: {message}. Usage: {usage}")


def _words(rest: str) -> list[str]:
    try:
        return shlex.split(rest)
    except ValueError as error:
        raise UserError(f"Can't parse {rest!r}: {error}.") from None


def _no_more(subcommand: str, rest: str) -> None:
    if rest:
        raise UserError(f"%flyte {subcommand} takes no arguments, got {rest!r}.")
