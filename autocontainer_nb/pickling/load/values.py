"""What a value needs before it is loaded: the sources of its code, that code for this Python, and its local modules."""

import sys
from collections.abc import Sequence
from typing import Any, Final

from autocontainer_nb.wire import MODULES_PREFIX, SOURCES_PREFIX

_NAME: Final = "A pickled value"
_told: Final[set[tuple[str, int]]] = set()  # modules of which a person was told that they are others here


def prepare_value(needs: dict[str, Any]) -> None:
    """Make ready what the pickle that follows refers to. Pickles of values call this by its name in `pickled_names`.

    A local module that this process can import stays what it is here.

    Raises:
        PythonVersionError: another minor version of Python made the value, and some of its code can't be rebuilt here.
    """
    from autocontainer_nb.pickling.archive.metadata import check_python
    from autocontainer_nb.pickling.archive.sources import install_sources

    install_sources(needs["sources"])
    if not check_python(_NAME, {**needs, "entities": []}):
        from autocontainer_nb.pickling.load.rebuild import rebuild_code

        rebuild_code(_Texts(needs["sources"]), {**needs, "entities": []})
    if any("module" in entry for entry in needs["code"]):
        from autocontainer_nb.pickling.portable.functions import know_records

        know_records(needs["code"])
    if needs["modules"]:
        _install(needs["modules"])


class _Texts:
    """The sources that came with a value, as an archive has them."""

    path = _NAME

    def __init__(self, texts: dict[str, str]) -> None:
        from autocontainer_nb.pickling.archive.hashing import sha256_hex

        raw = [text.encode("utf-8", "surrogatepass") for text in texts.values()]
        self._members = {f"{SOURCES_PREFIX}{sha256_hex(each)}.py": each for each in raw}

    def view(self, name: str, _max_bytes: int, /) -> memoryview:
        """Return the content of a member."""
        return memoryview(self._members[name])


def _install(files: Sequence[dict[str, Any]]) -> None:
    """Make those of the modules importable that this process doesn't have; tell which ones are others here."""
    names = {file["name"] for file in files if file["name"]}
    units = {name for name in names if name.rpartition(".")[0] not in names}
    missing = {unit for unit in units if not _is_here(unit)}
    if missing:
        _add([file for file in files if _belongs(file, missing)])
    _tell_others([file for file in files if _belongs(file, units - missing)])


def _is_here(name: str) -> bool:
    """Whether a module can be imported already."""
    from importlib.util import find_spec

    if name in sys.modules:
        return True
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _belongs(file: dict[str, Any], units: set[str]) -> bool:
    """Whether a module or a data file is one of the units, or in the package that one is."""
    place = str(file["member"]).removeprefix(MODULES_PREFIX)
    folders = tuple(unit.replace(".", "/") + "/" for unit in units)
    return file["name"] in units or place.startswith(folders)


def _add(files: Sequence[dict[str, Any]]) -> None:
    from autocontainer_nb.pickling.archive.hashing import sha256_hex
    from autocontainer_nb.pickling.load.modules import decoded_place, install_files

    contents = {decoded_place(_NAME, file["member"]): memoryview(file["content"]) for file in files}
    names = [file["name"] for file in files if file["name"]]
    digest = sha256_hex("".join(f"{place} {sha256_hex(contents[place])} " for place in sorted(contents)).encode())
    install_files(contents, names, _NAME, digest)


def _tell_others(files: Sequence[dict[str, Any]]) -> None:
    """Tell once of modules that this process has imported from another code than the value's."""
    for file in files:
        path = getattr(sys.modules.get(file["name"]), "__file__", None)
        if not isinstance(path, str) or not path.endswith(".py"):
            continue
        key = str(file["name"]), hash(file["content"])
        if key not in _told and _content(path) not in {None, file["content"]}:
            import logging

            _told.add(key)
            logging.getLogger("autocontainer_nb").warning(
                "A value refers to the local module %r in another version than this process has imported, whose "
                "classes and functions it gets here.",
                file["name"],
            )


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
