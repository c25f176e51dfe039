"""The arguments of the commands, parsed without argparse, whose import takes as long as running a small task.

The options and their meaning are those of flytekit's `bin/entrypoint.py`, since the control plane fills in the same
templates.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from autocontainer_nb.wire import (
    EXECUTE_SCRIPT,
    FAST_EXECUTE_SCRIPT,
    MAP_EXECUTE_SCRIPT,
    PLACEHOLDER_CHECKPOINT_PREFIX,
    PLACEHOLDER_PREV_CHECKPOINT_PREFIX,
    PLACEHOLDER_RAW_OUTPUT_PREFIX,
)

_EXECUTE_OPTIONS = (
    "--inputs",
    "--output-prefix",
    "--raw-output-data-prefix",
    "--checkpoint-path",
    "--prev-checkpoint",
    "--dynamic-addl-distro",
    "--dynamic-dest-dir",
    "--resolver",
)
_MAP_OPTIONS = (*_EXECUTE_OPTIONS, "--max-concurrency")  # the last one is of an older protocol, and has no effect
_FAST_OPTIONS = ("--additional-distribution", "--dest-dir")
# Placeholders that the control plane doesn't know, and so leaves unfilled, count as missing.
_UNFILLED = frozenset(
    {"", '""', PLACEHOLDER_RAW_OUTPUT_PREFIX, PLACEHOLDER_CHECKPOINT_PREFIX, PLACEHOLDER_PREV_CHECKPOINT_PREFIX}
)


class UsageError(Exception):
    """The command line is invalid; the message says what is wrong."""


class ExecuteArguments(NamedTuple):
    """The arguments of `pyflyte-execute`."""

    inputs: str
    output_prefix: str
    resolver: str
    loader_args: list[str]
    raw_output_data_prefix: str | None = None
    checkpoint_path: str | None = None
    prev_checkpoint: str | None = None
    dynamic_addl_distro: str | None = None
    dynamic_dest_dir: str | None = None
    is_test: bool = False  # only parse; load and run nothing


class FastExecuteArguments(NamedTuple):
    """The arguments of `pyflyte-fast-execute`."""

    additional_distribution: str | None
    dest_dir: str
    command: list[str]


def parse_execute(argv: Sequence[str], script: str = EXECUTE_SCRIPT) -> ExecuteArguments:
    """Return the arguments of `pyflyte-execute`, or of `pyflyte-map-execute`.

    Raises:
        UsageError: an option is unknown or missing, or has no value.
    """
    known = _MAP_OPTIONS if script == MAP_EXECUTE_SCRIPT else _EXECUTE_OPTIONS
    options, flags, rest = _split(script, argv, known, ("--test",))
    for required in ("--inputs", "--output-prefix", "--resolver"):
        if required not in options:
            raise UsageError(f"{script}: the option {required} is missing.")
    if not rest:
        raise UsageError(f"{script}: the resolver's arguments are missing. They come last, after `--`.")
    return ExecuteArguments(
        inputs=options["--inputs"],
        output_prefix=options["--output-prefix"],
        resolver=options["--resolver"],
        loader_args=rest,
        raw_output_data_prefix=_filled(options, "--raw-output-data-prefix"),
        checkpoint_path=_filled(options, "--checkpoint-path"),
        prev_checkpoint=_filled(options, "--prev-checkpoint"),
        dynamic_addl_distro=_filled(options, "--dynamic-addl-distro"),
        dynamic_dest_dir=_filled(options, "--dynamic-dest-dir"),
        is_test="--test" in flags,
    )


def parse_fast_execute(argv: Sequence[str]) -> FastExecuteArguments:
    """Return the arguments of `pyflyte-fast-execute`; the inner command gets options with the source of its code.

    Raises:
        UsageError: an option is unknown or has no value, or no command follows.
    """
    options, _, rest = _split(FAST_EXECUTE_SCRIPT, argv, _FAST_OPTIONS, ())
    if not rest:
        raise UsageError(f"{FAST_EXECUTE_SCRIPT}: the command to run is missing. It comes last, after `--`.")
    distribution = _filled(options, "--additional-distribution")
    dest_dir = options.get("--dest-dir") or "."
    command = list(rest)
    if distribution is not None and "--resolver" in command:
        place = command.index("--resolver")
        command[place:place] = ["--dynamic-addl-distro", distribution, "--dynamic-dest-dir", dest_dir]
    return FastExecuteArguments(distribution, dest_dir, command)


def _filled(options: Mapping[str, str], name: str) -> str | None:
    value = options.get(name, "")
    return None if value in _UNFILLED else value


def _split(
    script: str, argv: Sequence[str], options: Sequence[str], flags: Sequence[str]
) -> tuple[dict[str, str], set[str], list[str]]:
    """Return (options with values, flags, the arguments after `--` or from the first one that isn't an option)."""
    found: dict[str, str] = {}
    raised: set[str] = set()
    position = 0
    while position < len(argv):
        name, equals, value = argv[position].partition("=")
        if argv[position] == "--":
            return found, raised, list(argv[position + 1 :])
        if name in flags and not equals:
            raised.add(name)
        elif name in options:
            if not equals:
                position += 1
                if position == len(argv):
                    raise UsageError(f"{script}: the option {name} has no value.")
                value = argv[position]
            found[name] = value
        elif argv[position].startswith("-"):
            raise UsageError(f"{script}: unknown option {name}. Known options: {', '.join([*options, *flags])}.")
        else:
            return found, raised, list(argv[position:])
        position += 1
    return found, raised, []
