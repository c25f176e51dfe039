"""`autocontainer-nb diff A B [--json]`: exit code 0 if both files mean the same, 1 if not, 2 where that can't be told.

The JSON object has `same` (bool), `a` and `b` (each with `path`, `digest`, `version`, `python_version`) and
`differences`: a list of objects with `section`, `name`, `change` (`added`, `removed` or `changed`), `text` and, of
sources, `diff`. See `pickling.inspection.archive_diff.diff_archives`.
"""

from autocontainer_nb.pickling.inspection.archive_diff import diff_archives
from autocontainer_nb.pickling.inspection.diff_report import diff_text

EXIT_DIFFERENT = 1


def print_difference(before: str, after: str, *, as_json: bool) -> int:
    """Print what changed from one pickled-entity file to another and return the exit code.

    Raises:
        ArchiveError: a file is no pickled-entity file, or was altered.
        OSError: a file can't be read.
    """
    data = diff_archives(before, after)
    if as_json:
        import json

        print(json.dumps(data, indent=2))
    else:
        print(diff_text(data))
    return 0 if data["same"] else EXIT_DIFFERENT
