"""What is in a pickled-entity file, told without executing a byte of it: the pickle is never loaded."""

from typing import Any

from autocontainer_nb.pickling.metadata import read_metadata
from autocontainer_nb.pickling.reader import verify_members
from autocontainer_nb.pickling.zip_reader import ZipReader
from autocontainer_nb.wire import CELLS_MEMBER

MAX_CELLS_BYTES = 4 << 20


def inspect_archive(path: str) -> dict[str, Any]:
    """Return the file's description: a dictionary that JSON can hold, stable within a format version.

    Keys: `path`, `size_bytes`, `format_version`, `python_version`, `python_implementation`, `cloudpickle_version`,
    `autocontainer_nb_version`, `digest` (SHA-256 of the metadata, 64 hexadecimal digits), `entities` (each with `name`,
    `kind`, `inputs` and `outputs` as {name: type}, `source` (text), `line`, `cell` (`label`, `id`, `execution_count`),
    `captures` (each with `name`, `type`, `how`, `bytes`), `imports`), `packages` ({distribution: version}), `modules`
    (local modules that travel), `buffers`, `members` ({name: sha256}).

    Another Python's file is inspected like any other.

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
        entities.append({**entity, "source": texts.get(name), "cell": origins.get(name)})
    return {
        "path": path,
        "size_bytes": len(zip_file),
        **{key: value for key, value in metadata.items() if key not in {"entities", "sources"}},
        "digest": digest,
        "entities": entities,
    }


def source_texts(zip_file: ZipReader, metadata: dict[str, Any]) -> dict[str, str]:
    """Return {code name: source text} of a file whose members are verified."""
    return {
        str(source["name"]): str(zip_file.view(f"sources/{source['sha256']}.py"), "utf-8", "replace")
        for source in metadata["sources"]
    }


def source_labels(zip_file: ZipReader) -> dict[str, str]:
    """Return {code name: label}, such as `Cell In[7]`; for people's eyes only, since no digest covers it."""
    return {name: str(origin["label"]) for name, origin in _origins(zip_file).items()}


def _origins(zip_file: ZipReader) -> dict[str, dict[str, Any]]:
    """Return {code name: label, id, execution count}; what isn't of that form is left out."""
    import json

    if CELLS_MEMBER not in zip_file.members:
        return {}
    try:
        parsed = json.loads(bytes(zip_file.view(CELLS_MEMBER, MAX_CELLS_BYTES)))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(parsed, dict):
        return {}
    origins = {}
    for name, origin in parsed.items():
        if isinstance(origin, dict) and isinstance(origin.get("label"), str):
            count = origin.get("execution_count")
            origins[name] = {
                "label": origin["label"][:200],
                "id": str(origin.get("id", ""))[:200],
                "execution_count": count if isinstance(count, int) else None,
            }
    return origins
