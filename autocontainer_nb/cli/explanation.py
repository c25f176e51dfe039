"""`autocontainer-nb explain FILE [--json]`: everything that the tasks in a pickled-entity file have captured.

The JSON object has these keys, stable within a format version; others may be added: `file`, `total_bytes` (int),
`is_complete`, `captured` (a list of objects with `path` (names, the task's first), `type`, `how` (`value`, `buffer`,
`module` or `reference`), `bytes`, `cell` (text or null), `is_part` (whether the row before counts its bytes, too)),
`cannot_travel` (empty for a file: it was written), `credentials` (objects with `path`, `kind`, `cell` and `line`; a
value is nowhere), `notes` and `remarks` (sentences).
"""

from collections.abc import Mapping

from autocontainer_nb.pickling.explanation.credentials import CredentialFinder
from autocontainer_nb.pickling.explanation.of_archive import explain_archive
from autocontainer_nb.pickling.explanation.text import explanation_text


def print_explanation(path: str, environment: Mapping[str, str], *, as_json: bool) -> None:
    """Print the table of the file; nothing of it is executed.

    `environment` are the variables of this process: a source that holds the value of a secret one is told.

    Raises:
        ArchiveError: the file isn't well-formed, has another format version, or a member was altered.
        OSError: the file can't be read.
    """
    found, remarks = explain_archive(path, CredentialFinder.with_environment(environment))
    if as_json:
        import json

        print(json.dumps({"file": path, **found.as_json(), "remarks": remarks}, indent=2))
    else:
        print("\n\n".join([explanation_text(path, found), "\n".join(remarks)]))
