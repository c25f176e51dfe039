"""The commands `autocontainer-nb runs`, `autocontainer-nb nodes ID` and `autocontainer-nb logs ID`.

The JSON of `runs` is a list, latest first, of objects with `id`, `task`, `version`, `phase`, `created_at` (ISO 8601,
UTC, or null), `elapsed_s` (a number), `error` and `owner` (text or null) and `tags` (a list). That of
`nodes` is a list of objects with `id`, `kind`, `entity`, `phase`, `started_at`, `duration_s`, `cache_status`, `reason`,
`error`, `attempts` and `children`, a list of the same. These keys are stable; others may be added.
"""

from typing import Any

from autocontainer_nb.pickling.wording import text_table
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.executions.listing import HEADERS, execution_records, execution_rows
from autocontainer_nb.remote.nodes.records import node_records


def print_runs(where: dict[str, Any], *, limit: int, as_json: bool, conditions: dict[str, Any]) -> None:
    """Print the latest executions of a project and domain; `conditions` are those of `FlyteRemote.executions`.

    Raises:
        RemoteError: the control plane can't be reached, or refuses the call.
    """
    remote = FlyteRemote(**where)
    executions = remote.executions(limit, **conditions)
    if as_json:
        import json

        print(json.dumps(execution_records(executions), indent=2))
    elif executions:
        print(text_table(HEADERS, execution_rows(executions)))
    else:
        none = "No such executions" if any(conditions.values()) else "No executions yet"
        print(f"{none} in {remote.project}/{remote.domain} at {remote.where}.")


def print_nodes(where: dict[str, Any], execution_id: str, *, as_json: bool) -> None:
    """Print the tree of what is inside an execution.

    Raises:
        NotFoundError: there is no such execution.
        RemoteError: the control plane can't be reached, or refuses the call.
    """
    nodes = FlyteRemote(**where).execution(execution_id).nodes
    if as_json:
        import json

        print(json.dumps(node_records(nodes), indent=2))
    else:
        print(nodes)


def print_logs(where: dict[str, Any], execution_id: str) -> None:
    """Print everything that the execution has printed.

    Raises:
        NotFoundError: there is no such execution.
        RemoteError: the control plane can't be reached, or refuses the call.
    """
    execution = FlyteRemote(**where).execution(execution_id)
    printed = execution.logs() or execution.without_output()
    print(printed, end="" if printed.endswith("\n") else "\n")
