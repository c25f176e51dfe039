"""`autocontainer-nb diff A B [--json]`: exit code 0 if both files mean the same, 1 if not, 2 where that can't be told.

The JSON object has `same` (bool), `a` and `b` (each with `path`, `digest`, `version`, `python_version`) and
`differences`: a list of objects with `section`, `name`, `change` (`added`, `removed` or `changed`), `text` and, of
sources, `diff`. See `pickling.inspection.archive_diff.diff_archives`.
"""

from collections.abc import Mapping

from autocontainer_nb.pickling.explanation.credentials import CredentialFinder, using
from autocontainer_nb.pickling.inspection.archive_diff import diff_archives
from autocontainer_nb.pickling.inspection.diff_report import diff_text

EXIT_DIFFERENT = 1


def print_difference(before: str, after: str, environment: Mapping[str, str], *, as_json: bool) -> int:
    """Print what changed from one pickled-entity file to another and return the exit code.

    `environment` are the variables of this process: a line of a source with the value of a secret one isn't shown.

    Raises:
        ArchiveError: a file is no pickled-entity file, or was altered.
        OSError: a file can't be read.
    """
    with using(CredentialFinder.with_environment(environment)):
        data = diff_archives(before, after)
    if as_json:
        import json

        print(json.dumps(data, indent=2))
    else:
        print(diff_text(data))
    return 0 if data["same"] else EXIT_DIFFERENT
