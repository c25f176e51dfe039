"""The parsers of the commands for a control plane; what a command does is imported when it runs."""

import argparse
from collections.abc import Callable
from typing import Any

JSON_HELP = "print JSON instead of text"
AddCommand = Callable[..., argparse.ArgumentParser]
RUN_EPILOG = (
    "Inputs are NAME=VALUE, read as their types say: texts as they are, other values as JSON or Python literals, "
    "@FILE for what a file has. Exit codes with --wait: 0 succeeded, 1 failed, 3 still running after --timeout."
)


def add_cluster_commands(commands: Any, add: AddCommand) -> None:
    """Add the commands that talk to a control plane."""
    _add_launching(commands, add)
    _add_following(commands, add)
    for what, text in (
        ("tasks", "list the registered tasks"),
        ("workflows", "list the registered workflows"),
        ("plans", "list the registered launch plans, which are active, and their schedules"),
        ("projects", "list the projects of the control plane"),
    ):
        listing = add(commands, what, text)
        if what != "projects":
            listing.add_argument("--limit", type=positive, default=100, metavar="N", help="how many (default: 100)")
            listing.add_argument("--name", default="", metavar="TEXT", help="only names with this text in them")
        if what == "plans":
            listing.add_argument("--active", action="store_true", help="only active ones")
        _finish(listing, _listing, what=what)
    _finish(add(commands, "whoami", "show who the control plane takes you for, and which one it is"), _whoami)
    connect = add(commands, "connect", "prove that the control plane answers; sign in where that is needed")
    connect.add_argument("endpoint", nargs="?", metavar="HOST:PORT", help="its address; `sandbox` for the local one")
    _finish(connect, _connect, has_endpoint=True)


def _add_launching(commands: Any, add: AddCommand) -> None:
    register = add(commands, "register", "register the tasks, workflows and launch plans of a Python file")
    register.add_argument("file", metavar="FILE.py", help="the file that defines them")
    register.add_argument("names", nargs="*", metavar="NAME", help="only these (default: all that the file defines)")
    register.add_argument("--activate", action="store_true", help="activate launch plans that have a schedule")
    _add_credentials_and_image(register)
    _finish(register, _register, words_in="names")

    run = add(
        commands, "run", "start a task, workflow or launch plan of a file, or a registered one", epilog=RUN_EPILOG
    )
    run.add_argument(
        "words", nargs="+", metavar="[FILE.py] NAME [k=v ...]", help="what to start, and its inputs: epochs=3"
    )
    run.add_argument("--inputs", metavar="FILE.json", help="a JSON object of inputs; `-` for standard input")
    run.add_argument("--version", help="of a registered one (default: the newest)")
    run.add_argument("--wait", action="store_true", help="wait for the result and print it")
    _add_timeout(run)
    _add_credentials_and_image(run)
    options = run.add_argument_group("options of the execution")
    options.add_argument("--name", help="its name: lower-case letters, digits and `-` (default: a random one)")
    for option, metavar in (("label", "KEY=VALUE"), ("annotation", "KEY=VALUE"), ("env", "NAME=VALUE"), ("tag", "TAG")):
        options.add_argument(f"--{option}", action="append", default=[], metavar=metavar, help="may be repeated")
    options.add_argument("--overwrite-cache", action="store_true", default=None, help="run cached tasks again")
    options.add_argument("--interruptible", action=argparse.BooleanOptionalAction, help="whether pods may be preempted")
    options.add_argument("--max-parallelism", type=int, metavar="N", help="how many nodes run at once")
    options.add_argument("--raw-output-prefix", metavar="URI", help="where files of its tasks are stored")
    options.add_argument("--service-account", metavar="NAME", help="the Kubernetes service account of its pods")
    options.add_argument("--cluster-pool", metavar="NAME", help="the pool of clusters that it runs in")
    _finish(run, _run, words_in="words")

    for verb, text in (
        ("relaunch", "start an execution again, on the same inputs"),
        ("recover", "start an execution again from where it failed"),
    ):
        again = add(commands, verb, text)
        again.add_argument("id", metavar="ID", help="the execution's id, as `runs` lists it")
        again.add_argument("--name", help="the new execution's name (default: a random one)")
        if verb == "relaunch":
            again.add_argument("--overwrite-cache", action="store_true", help="run cached tasks again")
        _finish(again, _again, verb=verb)


def _add_following(commands: Any, add: AddCommand) -> None:
    wait = add(
        commands,
        "wait",
        "wait for executions to end",
        epilog="Exit codes: 0 all succeeded, 1 one failed or was aborted, 3 one still runs after --timeout.",
    )
    wait.add_argument("ids", nargs="+", metavar="ID", help="the executions' ids, as `runs` lists them")
    _add_timeout(wait)
    _finish(wait, _wait, words_in="ids")

    stop = add(commands, "stop", "stop executions")
    stop.add_argument("ids", nargs="+", metavar="ID", help="the executions' ids, as `runs` lists them")
    stop.add_argument("--cause", default="stopped from the command line", help="what people see as the reason")
    _finish(stop, _stop, words_in="ids")

    runs = add(commands, "runs", "list the latest executions")
    runs.add_argument("--limit", type=positive, default=10, metavar="N", help="how many to list (default: %(default)s)")
    runs.add_argument("--task", metavar="NAME", help="of this task, workflow or launch plan")
    runs.add_argument(
        "--phase", action="append", metavar="PHASE", help="in this phase, such as FAILED; may be repeated"
    )
    runs.add_argument("--owner", metavar="WHO", help="started by this person; `me` for you")
    runs.add_argument("--since", metavar="TIME", help="created at this time or later, such as 2024-03-01")
    runs.add_argument("--until", metavar="TIME", help="created before this time")
    runs.add_argument("--tag", help="with this tag")
    runs.add_argument("--archived", action="store_true", help="those that are archived")
    _finish(runs, _runs)

    nodes = add(commands, "nodes", "show what is inside an execution")
    nodes.add_argument("id", metavar="ID", help="the execution's id, as `runs` lists it")
    _finish(nodes, _nodes)

    answer = add(commands, "answer", "answer a gate that waits; without a gate, list those that wait")
    answer.add_argument("id", metavar="ID", help="the execution's id, as `runs` lists it")
    answer.add_argument("gate", nargs="?", metavar="GATE", help="the gate's name")
    answer.add_argument("value", nargs="?", metavar="VALUE", help="yes, no, or the value that it waits for")
    _finish(answer, _answer)

    logs = add(commands, "logs", "print the output of an execution")
    logs.add_argument("id", metavar="ID", help="the execution's id, as `runs` lists it")
    _finish(logs, _logs, has_json=False)


def _add_credentials_and_image(command: argparse.ArgumentParser) -> None:
    command.add_argument("--image", help="the image of tasks that name none")
    command.add_argument(
        "--allow-credentials", action="store_true", help="upload also what seems to contain a credential"
    )


def _add_timeout(command: argparse.ArgumentParser) -> None:
    command.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="how long to wait (default: to the end)")


def _finish(
    command: argparse.ArgumentParser,
    function: Callable[[argparse.Namespace], int | None],
    *,
    has_json: bool = True,
    has_endpoint: bool = False,
    **defaults: str,
) -> None:
    if has_json:
        command.add_argument("--json", action="store_true", help=JSON_HELP)
    group = command.add_argument_group(
        "control plane",
        "By default: environment variables, then ~/.flyte/config.yaml, then the sandbox on this machine.",
    )
    if not has_endpoint:
        group.add_argument(
            "--endpoint",
            metavar="HOST:PORT",
            help="address of the control plane; `sandbox` for the one on this machine",
        )
    group.add_argument("--project", help="project of the executions")
    group.add_argument("--domain", help="domain of the executions, such as development")
    group.add_argument("--insecure", action="store_true", default=None, help="connect without TLS")
    group.add_argument("--config", metavar="FILE", help="this configuration file, whatever the environment says")
    command.set_defaults(command=function, **defaults)


def positive(text: str) -> int:
    """Return the number of an option that takes 1 and more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of seconds, got {text!r}")
    return seconds


def _where(parsed: argparse.Namespace) -> dict[str, Any]:
    given = {name: getattr(parsed, name, None) for name in ("endpoint", "project", "domain", "insecure", "image")}
    return {**given, "config_file": parsed.config}


def _register(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.launch import register

    register(_where(parsed), parsed)


def _run(parsed: argparse.Namespace) -> int:
    from autocontainer_nb.cli.launch import run

    return run(_where(parsed), parsed)


def _again(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.launch import again

    again(_where(parsed), parsed)


def _wait(parsed: argparse.Namespace) -> int:
    from autocontainer_nb.cli.launch import wait

    return wait(_where(parsed), parsed)


def _answer(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.launch import answer

    answer(_where(parsed), parsed)


def _stop(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.launch import stop

    stop(_where(parsed), parsed)


def _runs(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.executions import print_runs

    conditions = {
        name: getattr(parsed, name) for name in ("task", "phase", "owner", "since", "until", "tag", "archived")
    }
    print_runs(_where(parsed), limit=parsed.limit, as_json=parsed.json, conditions=conditions)


def _nodes(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.executions import print_nodes

    print_nodes(_where(parsed), parsed.id, as_json=parsed.json)


def _logs(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.executions import print_logs

    print_logs(_where(parsed), parsed.id)


def _listing(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.listings import listing

    listing(_where(parsed), parsed)


def _whoami(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.listings import whoami

    whoami(_where(parsed), as_json=parsed.json)


def _connect(parsed: argparse.Namespace) -> None:
    from autocontainer_nb.cli.listings import connect

    connect(_where(parsed), as_json=parsed.json)
