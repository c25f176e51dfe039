"""`autocontainer-nb inspect FILE [--json]`.

The JSON object has these keys, stable within a format version; others may be added:
`format_version` (int), `python_version`, `cloudpickle_version`, `autocontainer_nb_version`, `digest` (SHA-256 of the
file's metadata, 64 hexadecimal digits), `entities` (a list of objects with `name`, `kind`, `inputs` and `outputs` as
{name: type}, `source` (text or null), `cell` (null, or an object with `label`, `id`, `execution_count`)), `packages`
({distribution: version}).
"""

from autocontainer_nb.pickling.inspect import inspect_archive
from autocontainer_nb.pickling.report import report_text


def print_inspection(path: str, *, as_json: bool) -> None:
    """Print what is in the file; nothing of it is executed.

    Raises:
        ArchiveError: the file isn't well-formed, has another format version, or a member was altered.
        OSError: the file can't be read.
    """
    data = inspect_archive(path)
    if as_json:
        import json

        print(json.dumps(data, indent=2))
    else:
        print(report_text(data))
