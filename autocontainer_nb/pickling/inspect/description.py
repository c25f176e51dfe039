"""The description of a file."""

from typing import Any

from autocontainer_nb.errors import ArchiveCorruptError
from autocontainer_nb.pickling.archive.metadata import read_metadata
from autocontainer_nb.pickling.archive.sources import _origins, source_texts
from autocontainer_nb.pickling.archive.verify import verify_members
from autocontainer_nb.pickling.archive.zip_reader import ZipReader
from autocontainer_nb.pickling.credentials.finder import masked
from autocontainer_nb.wire import PICKLE_MEMBER


def inspect_archive(path: str, *, masks: bool = True) -> dict[str, Any]:
    """Return the file's description: a dictionary that JSON can hold, stable within a format version.

    Keys: `kind` (`pickled-entity`), `path`, `size_bytes`, `format_version`, `python_version`, `python_implementation`,
    `cloudpickle_version`, `autocontainer_nb_version`, `digest` (SHA-256 of the metadata, 64 hexadecimal digits),
    `version` (the fingerprint of what the file means, 64 hexadecimal digits), `entities` (each with
    `name`, `kind`, `inputs` and `outputs` as {name: type}, `source` (text), `line`, `cell` (`label`, `id`,
    `execution_count`), `captures` (each with `name`, `type`, `how`, `bytes`), `imports`), `packages` ({distribution:
    version}), `needs` (the same with `modules` and `by`: whether code or data needs it), `modules` (local modules
    that travel), `buffers`, `members` ({name: sha256}), `pickle` (what unpickling would call and refer to, see
    `foreign.walk_json`).

    A file made by another Python is inspected like any other. Source lines that may contain a credential are replaced
    by a comment that says so, unless `masks` is False: for code that searches for credentials and shows no text.

    Raises:
        ArchiveError: the file isn't well-formed, has another format version, or a member was altered.
    """
    zip_file = ZipReader(path)
    metadata, digest = read_metadata(zip_file, None)
    verify_members(zip_file, metadata)
    origins = _origins(zip_file)
    texts = source_texts(zip_file, metadata)
    names = {f"sources/{source['sha256']}.py": str(source["name"]) for source in metadata["sources"]}
    entities = []
    for entity in metadata["entities"]:
        name = names.get(str(entity.get("source")), "")
        text = texts.get(name)
        shown = masked(text) if masks and text is not None else text
        entities.append({**entity, "source": shown, "cell": origins.get(name)})
    return {
        "kind": "pickled-entity",
        "path": path,
        "size_bytes": len(zip_file),
        **{key: value for key, value in metadata.items() if key not in {"entities", "sources"}},
        "digest": digest,
        "entities": entities,
        "pickle": _walk(zip_file, metadata),
    }


def require_archive(path: str, what: str) -> None:
    """Return if the file may be a pickled-entity file; `what` (such as `compared`) applies to such files only.

    Raises:
        ArchiveCorruptError: it is another kind of file.
        OSError: it can't be read.
    """
    with open(path, "rb") as file:
        head = file.read(2)
    if head != b"PK":
        raise ArchiveCorruptError(
            f"{path!r} isn't a pickled-entity file; only those can be {what}. "
            f"To see what it is: autocontainer-nb inspect {path}"
        )


def inspect_file(path: str) -> dict[str, Any]:
    """Return the description of a file of any known kind, recognized by its content.

    A pickled-entity file is described as by `inspect_archive`, a pickle (flytekit's `pkl.gz` or any other, compressed
    by gzip or not) as by `foreign.inspect_pickle`. Nothing of it is executed or imported.

    Raises:
        ArchiveError: it is of none of these kinds, or a pickled-entity file that can't be used.
        OSError: the file can't be read.
    """
    from autocontainer_nb.pickling.symbolic.foreign import inspect_pickle

    with open(path, "rb") as file:
        head = file.read(2)
    return inspect_archive(path) if head in {b"PK", b""} else inspect_pickle(path)


def _walk(zip_file: ZipReader, metadata: dict[str, Any]) -> dict[str, Any]:
    """Return what unpickling would do; only the sizes are known of payloads that were cut out of the pickle."""
    from autocontainer_nb.pickling.symbolic.foreign import walk_view

    holes = {splice["offset"]: splice["size_bytes"] for splice in metadata["splices"]}
    return walk_view(zip_file.view(PICKLE_MEMBER), holes)
