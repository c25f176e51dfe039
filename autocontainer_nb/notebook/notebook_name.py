"""What the notebook is called: the first part of the name of every task defined in it."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from autocontainer_nb.wire import ENV_NOTEBOOK

FALLBACK: Final = "notebook"
MAX_LENGTH: Final = 60  # leaves room for the function within the 100 characters that consoles show


def notebook_prefix(user_ns: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """Return the prefix of task names: from AUTOCONTAINER_NB_NOTEBOOK, VS Code, Jupyter Server, or `notebook`.

    VS Code puts the file's path into the user's namespace; Jupyter Server 2 passes it as JPY_SESSION_NAME.
    """
    candidates = (environ.get(ENV_NOTEBOOK), user_ns.get("__vsc_ipynb_file__"), environ.get("JPY_SESSION_NAME"))
    for candidate in candidates:
        if isinstance(candidate, str) and candidate.strip():
            return sanitised(_stem(candidate.strip()))
    return FALLBACK


def sanitised(stem: str) -> str:
    """Return the name in letters, digits, `_` and `-`, which every Flyte tool takes; distinct stems stay distinct.

    Where letters had to go altogether (`анализ`), eight digits of the stem's hash tell such names apart.
    """
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode("ascii")
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-")
    lossy = any(character.isalnum() for character in stem if not _has_ascii(character))
    if lossy or len(name) > MAX_LENGTH:
        name = f"{name[: MAX_LENGTH - 9] or FALLBACK}_{hashlib.sha256(stem.encode()).hexdigest()[:8]}"
    return name or FALLBACK


def _has_ascii(character: str) -> bool:
    return bool(unicodedata.normalize("NFKD", character).encode("ascii", "ignore"))


def _stem(path: str) -> str:
    """Return `train` of `/home/me/train.ipynb`, also with what VS Code appends to a session's name."""
    base = re.split(r"[/\\]", path)[-1]
    return re.sub(r"\.ipynb(?:$|[-.].*)", "", base)
