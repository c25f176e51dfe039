"""The commands `autocontainer-nb runs` and `autocontainer-nb logs ID`.

The JSON of `runs` is a list, latest first, of objects with `id`, `task`, `version`, `phase`, `created_at` (ISO 8601,
UTC, or null), `elapsed_s` (a number) and `error` (text or null). These keys are stable; others may be added.
"""

from typing import Any

from autocontainer_nb.pickling.wording import text_table
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.executions.listing import HEADERS, execution_records, execution_rows


def print_runs(where: dict[str, Any], *, limit: int, as_json: bool) -> None:
    """Print the latest executions of a project and domain.

    Raises:
        RemoteError: the control plane can't be reached, or refuses the call.
    """
    remote = FlyteRemote(**where)
    executions = remote.executions(limit)
    if as_json:
        import json

        print(json.dumps(execution_records(executions), indent=2))
    elif executions:
        print(text_table(HEADERS, execution_rows(executions)))
    else:
        print(f"No executions yet in {remote.project}/{remote.domain} at {remote.where}.")


def print_logs(where: dict[str, Any], execution_id: str) -> None:
    """Print everything that the execution has printed.

    Raises:
        NotFoundError: there is no such execution.
        RemoteError: the control plane can't be reached, or refuses the call.
    """
    printed = FlyteRemote(**where).execution(execution_id).logs()
    print(printed, end="" if printed.endswith("\n") else "\n")
