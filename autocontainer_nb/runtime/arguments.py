"""The commands' arguments, parsed without argparse: its import costs as much as running a small task.

The options and their meaning are those of flytekit's `bin/entrypoint.py`: the control plane fills the same templates.
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
# What a control plane that knows no such placeholder leaves behind counts as not given.
_UNFILLED = frozenset(
    {"", '""', PLACEHOLDER_RAW_OUTPUT_PREFIX, PLACEHOLDER_CHECKPOINT_PREFIX, PLACEHOLDER_PREV_CHECKPOINT_PREFIX}
)


class UsageError(Exception):
    """The command line can't be understood; the message says how it should look."""


class ExecuteArguments(NamedTuple):
    """What `pyflyte-execute` is told."""

    inputs: str
    output_prefix: str
    resolver: str
    loader_args: list[str]
    raw_output_data_prefix: str | None = None
    checkpoint_path: str | None = None
    prev_checkpoint: str | None = None
    dynamic_addl_distro: str | None = None
    dynamic_dest_dir: str | None = None
    is_test: bool = False  # parse, load nothing, run nothing


class FastExecuteArguments(NamedTuple):
    """What `pyflyte-fast-execute` is told."""

    additional_distribution: str | None
    dest_dir: str
    command: list[str]


def parse_execute(argv: Sequence[str], script: str = EXECUTE_SCRIPT) -> ExecuteArguments:
    """Return the arguments of `pyflyte-execute`, or of `pyflyte-map-execute`.

    Raises:
        UsageError: an option is unknown, lacks its value, or is missing.
    """
    known = _MAP_OPTIONS if script == MAP_EXECUTE_SCRIPT else _EXECUTE_OPTIONS
    options, flags, rest = _split(script, argv, known, ("--test",))
    for required in ("--inputs", "--output-prefix", "--resolver"):
        if required not in options:
            raise UsageError(f"{script}: the option {required} is missing.")
    if not rest:
        raise UsageError(f"{script}: the resolver's arguments are missing; they come last, after `--`.")
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
    """Return the arguments of `pyflyte-fast-execute`; the inner command learns where its code came from.

    Raises:
        UsageError: an option is unknown or lacks its value, or no command follows.
    """
    options, _, rest = _split(FAST_EXECUTE_SCRIPT, argv, _FAST_OPTIONS, ())
    if not rest:
        raise UsageError(f"{FAST_EXECUTE_SCRIPT}: the command to run is missing; it comes last, after `--`.")
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
    """Return (options with values, flags, what follows `--` or the first argument that is no option)."""
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
                    raise UsageError(f"{script}: the option {name} lacks its value.")
                value = argv[position]
            found[name] = value
        elif argv[position].startswith("-"):
            raise UsageError(f"{script}: unknown option {name}. Known: {', '.join([*options, *flags])}.")
        else:
            return found, raised, list(argv[position:])
        position += 1
    return found, raised, []
