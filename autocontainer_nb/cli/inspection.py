"""`autocontainer-nb inspect FILE [--json]`: a pickled-entity file, flytekit's `pkl.gz` or any pickle, by its content.

The JSON object of a pickled-entity file has these keys, stable within a format version; others may be added:
`kind` (`pickled-entity`), `format_version` (int), `python_version`, `cloudpickle_version`, `autocontainer_nb_version`,
`digest` (SHA-256 of the file's metadata, 64 hexadecimal digits), `version` (the fingerprint of what it means, the same
form, or null), `entities` (a list of objects with `name`, `kind`, `inputs` and `outputs` as {name: type}, `source`
(text or null), `cell` (null, or an object with `label`, `id`, `execution_count`)), `packages` ({distribution:
version}), `needs`, and `pickle`: what unpickling would do.

Of any other pickle: `kind` (`flytekit` or `pickle`), `compression`, `sha256`, `type`, `python_version`, `entities`,
`contents`, `functions`, `pickle`, and `problem`: null, or why it could not be followed to its end.

`pickle` has `protocol`, `size_bytes`, `operations`, `pickles`, `buffers`, `persistent_ids`, `problem`, `references`
({module: names}) and `calls`, the dangerous ones first, each with `what`, `how`, `severity` (`danger`, `unknown` or
`harmless`), `reason`, `count`, `position` and `arguments`.
"""

from collections.abc import Mapping

from autocontainer_nb.errors import ArchiveCorruptError
from autocontainer_nb.pickling.explanation.credentials import CredentialFinder, using
from autocontainer_nb.pickling.inspection.inspect import inspect_file
from autocontainer_nb.pickling.inspection.report import report_text


def print_inspection(path: str, environment: Mapping[str, str], *, as_json: bool) -> None:
    """Print what is in the file; nothing of it is executed.

    `environment` are the variables of this process: a line of a source with the value of a secret one isn't shown.

    Raises:
        ArchiveError: the file isn't of a known kind, has another format version, or was altered; or it is a pickle that
            could not be followed to its end, of which all that was found has been printed.
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
            f"{path!r} could not be followed to its end: {data['problem']}. "
            "Unpickling it would make the calls up to there all the same."
        )
