"""The commands `tasks`, `workflows`, `plans` and `projects`, `whoami` and `connect`.

The JSON of the first four is a list of objects: `name`, `version`, `created_at` (ISO 8601, UTC, or null) and
`description` of tasks and workflows; of launch plans `workflow`, `active_version` and `schedule` (texts, empty if
there is none); of projects `id`, `name`, `description` and `domains`. `whoami` and `connect` print one object with
`control_plane`, `project`, `domain`, and `subject`, `name`, `email` or `version`. These keys are stable; others may be
added.
"""

import argparse
import dataclasses
from typing import Any

from autocontainer_nb.cli.records import print_json
from autocontainer_nb.pickling.wording import text_table
from autocontainer_nb.remote.client import FlyteRemote


def listing(where: dict[str, Any], parsed: argparse.Namespace) -> None:
    """Print what is registered of a kind, the newest version of each.

    Raises:
        RemoteError: the control plane can't be reached, or refuses the call.
    """
    remote = FlyteRemote(**where)
    if parsed.what == "projects":
        found: list[Any] = remote.projects()
    elif parsed.what == "plans":
        found = remote.launch_plans(parsed.limit, name=parsed.name, active_only=parsed.active)
    else:
        found = getattr(remote, parsed.what)(parsed.limit, name=parsed.name)
    if parsed.json:
        print_json([dataclasses.asdict(each) for each in found])
    elif found:
        print(text_table(*_table(parsed.what, found)))
    else:
        is_filtered = bool(getattr(parsed, "name", "") or getattr(parsed, "active", False))
        which = "such " if is_filtered else ""
        print(f"No {which}{parsed.what} in {remote.project}/{remote.domain} at {remote.where}.")


def whoami(where: dict[str, Any], *, as_json: bool) -> None:
    """Print who the control plane takes this command for, and where it is.

    Raises:
        RemoteError: the control plane can't be reached, or refuses the credentials.
    """
    remote = FlyteRemote(**where)
    caller = remote.whoami()
    if as_json:
        print_json({**dataclasses.asdict(caller), **_place(remote)})
    else:
        print(f"{caller}, at {remote.where}, project {remote.project}, domain {remote.domain}")


def connect(where: dict[str, Any], *, as_json: bool) -> None:
    """Prove that the control plane answers, takes the credentials and has the project, and print its version.

    A person is asked to sign in where that is needed; other commands and notebooks of this user needn't ask again.

    Raises:
        RemoteError: it doesn't; the message says what to do.
    """
    remote = FlyteRemote(**where)
    version = remote.check()
    if as_json:
        print_json({"version": version, **_place(remote)})
    else:
        known = "" if version in {"", "unknown"} else f", Flyte {version}"  # a build may be without its version
        at = f"the sandbox at {remote.endpoint}" if remote.is_sandbox else f"{remote.endpoint}{known}"
        print(f"Connected to {at}, project {remote.project}, domain {remote.domain}.")


def _place(remote: FlyteRemote) -> dict[str, str]:
    return {"control_plane": remote.endpoint, "project": remote.project, "domain": remote.domain}


def _table(what: str, found: list[Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    rows: list[tuple[str, ...]]
    if what == "projects":
        rows = [(each.id, each.name, ", ".join(each.domains)) for each in found]
        return ("id", "name", "domains"), rows
    if what == "plans":
        rows = [(each.name, each.version, each.active_version or "-", each.schedule) for each in found]
        return ("launch plan", "newest version", "active version", "schedule"), rows
    made = [each.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if each.created_at else "" for each in found]
    rows = [(each.name, each.version, time) for each, time in zip(found, made, strict=True)]
    return (what.removesuffix("s"), "newest version", "registered"), rows
