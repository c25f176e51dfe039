"""The source texts and cell labels in a file, and how tracebacks find them."""

import linecache
from typing import Any

from autocontainer_nb.pickling.archive.zip_reader import ZipReader
from autocontainer_nb.wire import CELLS_MEMBER

MAX_CELLS_BYTES = 4 << 20


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


def install_sources(texts: dict[str, str]) -> None:
    """Make the texts known to `linecache` by code name, so that tracebacks and `inspect` find the captured source."""
    for name, text in texts.items():
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
