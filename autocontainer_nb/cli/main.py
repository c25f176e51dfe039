"""The command line `autocontainer-nb`: register, run and follow tasks, inspect files, manage the sandbox.

Exit codes: 0 success, 1 an error (one line on standard error) or a failed execution, 2 wrong usage, 3 an execution
still runs after the time to wait for it, 130 interrupted; `diff` has its own.

Each command imports what it needs when it runs: `inspect` needs no gRPC, no IPython and no cloudpickle.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from autocontainer_nb.cli.cluster_parser import JSON_HELP, add_cluster_commands
from autocontainer_nb.errors import AutocontainerError
from autocontainer_nb.wire import PACKAGE_VERSION

PROGRAM = "autocontainer-nb"
EXIT_ERROR = 1
EXIT_TROUBLE = 2  # for `diff`, where 1 means that the files differ
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as in shells


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parsed = _parsed(arguments)
    command: Callable[[argparse.Namespace], int | None] = parsed.command
    trouble: int = getattr(parsed, "trouble", EXIT_ERROR)
    try:
        code = command(parsed)
        sys.stdout.flush()
    except AutocontainerError as error:
        return _failed(str(error), trouble)
    except BrokenPipeError:
        # The reader has closed the pipe (`| head`). Without this, Python would complain when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return trouble
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}" if error.filename else str(error), trouble)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return code or 0


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed command line. Words of a list may stand behind options as well, unlike argparse's own."""
    top = parser()
    parsed, rest = top.parse_known_args(arguments)
    words: list[str] | None = getattr(parsed, getattr(parsed, "words_in", ""), None)
    if rest and (words is None or any(word.startswith("-") for word in rest)):
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest and words is not None:
        words.extend(rest)
    return parsed


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; each command's function is in `command`."""
    top = argparse.ArgumentParser(prog=PROGRAM, description="Run functions from notebook cells in remote containers.")
    top.add_argument("--version", action="version", version=f"{PROGRAM} {PACKAGE_VERSION}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    inspect = _add_command(
        commands,
        "inspect",
        "show what is in a pickled-entity file, flytekit's pkl.gz or any other pickle, without executing it",
    )
    inspect.add_argument("file", metavar="FILE", help="the file to describe")
    inspect.add_argument("--json", action="store_true", help=JSON_HELP)
    inspect.set_defaults(command=_inspect)

    diff = _add_command(
        commands,
        "diff",
        "show what changed between two pickled-entity files",
        epilog="Exit codes: 0 the files mean the same, 1 they differ, 2 they can't be compared.",
    )
    diff.add_argument("a", metavar="A", help="the earlier file")
    diff.add_argument("b", metavar="B", help="the later file")
    diff.add_argument("--json", action="store_true", help=JSON_HELP)
    diff.set_defaults(command=_diff, trouble=EXIT_TROUBLE)

    explain = _add_command(commands, "explain", "list everything that the tasks in a pickled-entity file have captured")
    explain.add_argument("file", metavar="FILE", help="the pickled-entity file")
    explain.add_argument("--json", action="store_true", help=JSON_HELP)
    explain.set_defaults(command=_explain)

    add_cluster_commands(commands, _add_command)
    _add_sandbox(_add_command(commands, "sandbox", "start, stop and query the control plane on this machine"))
    return top


def _add_command(commands: Any, name: str, text: str, epilog: str | None = None) -> argparse.ArgumentParser:
    """Add a command with `text` in the list of commands, and as a sentence in its own help."""
    sentence = f"{text[0].upper()}{text[1:]}."
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=sentence, epilog=epilog)
    return command


def _add_sandbox(sandbox: argparse.ArgumentParser) -> None:
    verbs = sandbox.add_subparsers(required=True, metavar="VERB")
    for verb, text in (
        ("start", "start the sandbox, unless it is already running"),
        ("stop", "stop the sandbox and the containers it runs"),
        ("status", "show whether the sandbox is running, and where"),
        ("config", "print a configuration file for any Flyte client"),
    ):
        _add_command(verbs, verb, text).set_defaults(command=_sandbox, verb=verb)
    prune = _add_command(verbs, "prune", "remove old executions, and files that nothing mentions any more")
    prune.add_argument(
        "--days", type=_days, default=30.0, metavar="N", help="of what ended N days ago or earlier; default 30"
    )
    prune.set_defaults(command=_prune)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of days, 0 or more, got {text!r}")
    return days


def _inspect(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.archives import print_inspection

    print_inspection(parsed.file, dict(os.environ), as_json=parsed.json)


def _diff(parsed: argparse.Namespace) -> int:
    from autocontainer_nb.cli.archives import print_difference

    return print_difference(parsed.a, parsed.b, dict(os.environ), as_json=parsed.json)


def _explain(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.archives import print_explanation

    print_explanation(parsed.file, dict(os.environ), as_json=parsed.json)


def _sandbox(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.sandbox import VERBS

    VERBS[parsed.verb]()


def _prune(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.sandbox import remove_old

    remove_old(parsed.days)


def _failed(message: str, code: int) -> int:
    print(f"{PROGRAM}: {' '.join(message.split())}", file=sys.stderr)
    return code
