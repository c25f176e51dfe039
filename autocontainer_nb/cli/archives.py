"""The commands `inspect`, `explain` and `diff`.

The JSON object of `diff` has `same` (bool), `a` and `b` (each with `path`, `digest`, `version`, `python_version`) and
`differences`: a list of objects with `section`, `name`, `change` (`added`, `removed` or `changed`), `text` and, of
sources, `diff`. See `pickling.inspect.difference.diff_archives`.

The JSON object of `explain` has these keys, stable within a format version; others may be added: `file`, `total_bytes`
(int), `is_complete`, `captured` (a list of objects with `path` (names, the task's first), `type`, `how` (`value`,
`buffer`, `module` or `reference`), `bytes`, `cell` (text or null), `is_part` (whether the row before includes its
bytes)), `cannot_travel` (always empty for a file, which could be written), `credentials` (objects with `path`, `kind`,
`cell` and `line`, never the value), `notes` and `remarks` (sentences).

The JSON object of `inspect` for a pickled-entity file has these keys, stable within a format version; others may be
added: `kind` (`pickled-entity`), `format_version` (int), `python_version`, `cloudpickle_version`,
`autocontainer_nb_version`,
`digest` (SHA-256 of the file's metadata, 64 hexadecimal digits), `version` (the fingerprint of what it means, the same
form, or null), `entities` (a list of objects with `name`, `kind`, `inputs` and `outputs` as {name: type}, `source`
(text or null), `cell` (null, or an object with `label`, `id`, `execution_count`)), `packages` ({distribution:
version}), `needs`, and `pickle`: what unpickling would do.

For any other pickle it has `kind` (`flytekit` or `pickle`), `compression`, `sha256`, `type`, `python_version`,
`entities`, `contents`, `functions`, `pickle`, and `problem`: null, or why the pickle could not be read to its end.

`pickle` has `protocol`, `size_bytes`, `operations`, `pickles`, `buffers`, `persistent_ids`, `problem`, `references`
({module: names}) and `calls`, the dangerous ones first, each with `what`, `how`, `severity` (`danger`, `unknown` or
`harmless`), `reason`, `count`, `position` and `arguments`.
"""

from collections.abc import Mapping

from autocontainer_nb.errors import ArchiveCorruptError
from autocontainer_nb.pickling.credentials.finder import CredentialFinder, using
from autocontainer_nb.pickling.explain.archive import explain_archive
from autocontainer_nb.pickling.explain.text import explanation_text
from autocontainer_nb.pickling.inspect.description import inspect_file
from autocontainer_nb.pickling.inspect.difference import diff_archives, diff_text
from autocontainer_nb.pickling.inspect.text import report_text

EXIT_DIFFERENT = 1


def print_difference(before: str, after: str, environment: Mapping[str, str], *, as_json: bool) -> int:
    """Print what changed from one pickled-entity file to another and return the exit code.

    `environment` holds the variables of this process: source lines that contain the value of a secret one are hidden.

    Raises:
        ArchiveError: a file isn't a pickled-entity file, or was altered.
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


def print_explanation(path: str, environment: Mapping[str, str], *, as_json: bool) -> None:
    """Print the table of the file; nothing of it is executed.

    `environment` holds the variables of this process: a source that contains the value of a secret one is reported.

    Raises:
        ArchiveError: the file isn't well-formed, has another format version, or a member was altered.
        OSError: the file can't be read.
    """
    explanation, remarks = explain_archive(path, CredentialFinder.with_environment(environment))
    if as_json:
        import json

        print(json.dumps({"file": path, **explanation.as_json(), "remarks": remarks}, indent=2))
    else:
        print("\n\n".join([explanation_text(path, explanation), "\n".join(remarks)]))


def print_inspection(path: str, environment: Mapping[str, str], *, as_json: bool) -> None:
    """Print what is in the file; nothing of it is executed.

    `environment` holds the variables of this process: source lines that contain the value of a secret one are hidden.

    Raises:
        ArchiveError: the file isn't of a known kind, has another format version, or was altered; or it is a pickle that
            could not be read to its end. What was readable has been printed by then.
        OSError: the file can't be read.
    """
    with using(CredentialFinder.with_environment(environment)):
        data = inspect_file(path)
    if as_json:
        import json

        print(json.dumps(data, indent=2))
    else:
        print(report_text(data))
    if data.get("problem"):
        raise ArchiveCorruptError(
            f"{path!r} could not be read to its end: {data['problem']}. "
            "Unpickling it would still make the calls listed up to there."
        )
