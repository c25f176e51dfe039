"""Tab completion for `%flyte`: subcommands, tasks, their inputs, executions. Sends nothing to the control plane."""

import re
from typing import Final

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher
from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.notebook.launched import Session
from autocontainer_nb.notebook.magics.magics import ALLOW_CREDENTIALS, NEEDS, TRIAL, FlyteMagic
from autocontainer_nb.notebook.magics.namespace import runnables_in
from autocontainer_nb.wire import NEEDS_MODES, TRIAL_MODES

LINE: Final = re.compile(r"(?:[^=]*=)?\s*%flyte\s+")  # also after an assignment
_RUN_OPTIONS: Final = (
    ALLOW_CREDENTIALS,
    *(f"{NEEDS}={mode}" for mode in NEEDS_MODES),
    *(f"{TRIAL}={mode}" for mode in TRIAL_MODES),
)
_PAIR_NAME = re.compile(r"(\w+)\s*=")


class Completer:
    """The matcher of IPython for `%flyte` lines, installed on one shell and removed again."""

    def __init__(self, shell: InteractiveShell, session: Session, magic: FlyteMagic) -> None:
        self._shell = shell
        self._session = session
        self._magic = magic

    def install(self) -> None:
        """Complete `%flyte` lines from now on."""
        self._shell.Completer.custom_matchers.append(self.match)

    def remove(self) -> None:
        """Stop completing them."""
        self._shell.Completer.custom_matchers.remove(self.match)

    @context_matcher(identifier="autocontainer_nb.flyte")  # type: ignore[untyped-decorator] # IPython's own
    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        """Return our candidates in place of other matchers'; without candidates, leave the line to the others."""
        line = LINE.match(context.text_until_cursor)
        before_cursor = context.text_until_cursor[line.end() :] if line else ""
        words = before_cursor.split()
        completions = [SimpleCompletion(text) for text in self.candidates(before_cursor)] if line else []
        return {
            "completions": completions,
            "matched_fragment": words[-1] if words and not before_cursor[-1:].isspace() else "",
            "suppress": bool(completions),
            "do_not_suppress": set(),
            "ordered": True,
        }

    def candidates(self, before_cursor: str) -> list[str]:
        """Return candidates for the end of the text after `%flyte `; empty where Python's own completion applies."""
        words = [word for word in before_cursor.split() if word not in _RUN_OPTIONS]
        partial = "" if before_cursor[-1:].isspace() or not words else words.pop()
        if not words:
            return [word for word in self._magic.subcommands if word.startswith(partial)]
        subcommand, position = words[0], len(words)
        if subcommand in {"run", "inspect", "explain"} and position == 1:
            options = _RUN_OPTIONS if subcommand == "run" and partial.startswith("-") else []
            return [name for name in [*sorted(runnables_in(self._shell.user_ns)), *options] if name.startswith(partial)]
        if subcommand == "run":
            return self._inputs(words[1], before_cursor, partial)
        if subcommand in {"logs", "nodes", "stop"} and position == 1:
            return [name for name in self._session.known_ids() if name.startswith(partial)]
        if subcommand == "connect":
            options = ["--project", "--domain", "--insecure", *(["sandbox"] if position == 1 else [])]
            return [option for option in options if option.startswith(partial) and option not in words]
        return []

    def _inputs(self, name: str, before_cursor: str, partial: str) -> list[str]:
        task = runnables_in(self._shell.user_ns).get(name)
        if task is None or "=" in partial:
            return []  # a value: Python's own completion knows the variables
        present = set(_PAIR_NAME.findall(before_cursor))
        return [f"{one}=" for one in task.python_interface.inputs if one.startswith(partial) and one not in present]
