"""Another minor version's file made loadable: its code compiled from the sources, before anything is unpickled."""

import sys
from types import CodeType
from typing import Any, Final, Protocol

from autocontainer_nb.errors import MemberMismatchError, PythonVersionError
from autocontainer_nb.pickling.archive.hashing import sha256_hex
from autocontainer_nb.pickling.archive.zip_reader import corrupt
from autocontainer_nb.pickling.portable.functions import THIS_MINOR, rebuilt
from autocontainer_nb.pickling.portable.scopes import ScopeTable, scope_table, signature
from autocontainer_nb.wire import SOURCES_PREFIX

MAX_SOURCE_BYTES: Final = 64 << 20
_DO_MORE_THAN_DEFINE: Final = frozenset({"__hello__", "__phello__", "antigravity", "idlelib", "this", "turtledemo"})
_SHOWN: Final = 10  # reasons in a message
_ADDED_FLAGS: Final = 0x100  # what types.coroutine sets after compiling


class _Unportable(Exception):  # noqa: N818 - never leaves this module: it carries a reason to the list of them
    """One code object can't be rebuilt here; its text is the reason."""


class Sources(Protocol):
    """What has the sources: an archive, or what came ahead of a value."""

    @property
    def path(self) -> str:
        """What messages call it."""

    def view(self, name: str, max_bytes: int, /) -> memoryview:
        """Return the content of a member."""


def rebuild_code(archive: Sources, metadata: dict[str, Any]) -> None:
    """Make every code object of another minor version's file ready for `load_portable`, or none.

    Raises:
        PythonVersionError: what can't be rebuilt on this Python, by name and with the reason.
        ArchiveCorruptError, MemberMismatchError: the records or the sources aren't what the metadata says.
    """
    made = ".".join(str(metadata["python_version"]).split(".")[:2])
    rebuilder = _Rebuilder(archive, made)
    found: dict[str, CodeType] = {}
    reasons: dict[str, list[str]] = {}  # the names for each
    for entry in metadata["code"]:
        code = rebuilder.code(entry)
        if isinstance(code, CodeType):
            found[str(entry["key"])] = code
        else:
            reasons.setdefault(code, []).append(str(entry["name"]))
    for reference in metadata["references"]:
        if not _exists(str(reference)):
            name = str(reference).rstrip(":").replace(":", ".")
            reasons.setdefault(f"Python {THIS_MINOR}'s standard library has no such thing", []).append(name)
    if reasons:
        raise PythonVersionError(_refusal(archive.path, metadata, made, reasons))
    rebuilt.update(found)


class _Rebuilder:
    """Compiles each source once and finds code objects in it."""

    def __init__(self, archive: Sources, made: str) -> None:
        self._archive = archive
        self._made = made
        self._texts: dict[str, str] = {}

    def code(self, entry: dict[str, Any]) -> CodeType | str:
        """Return the record's code object, or the reason why there is none here."""
        try:
            return self._code(entry)
        except _Unportable as error:
            return str(error)
        except (KeyError, TypeError, ValueError) as error:
            reason = f"a record of its code is damaged ({type(error).__name__}: {error})"
            raise corrupt(self._archive.path, reason) from error

    def _code(self, entry: dict[str, Any]) -> CodeType:
        if "reason" in entry:
            raise _Unportable(str(entry["reason"]))
        code = self._of_source(entry) if "source" in entry else self._of_module(entry)
        missing = set(code.co_freevars) - {str(name) for name in entry["free"]}
        if missing:
            raise _Unportable(f"Python {THIS_MINOR} needs variables of it that weren't captured ({', '.join(missing)})")
        return code

    def _of_source(self, entry: dict[str, Any]) -> CodeType:
        sha256 = str(entry["source"])
        flags = int(entry["flags"])
        text = self._text(sha256)
        try:
            table = scope_table(text, f"<source {sha256[:16]}>", flags & ~_ADDED_FLAGS)
        except SyntaxError as error:
            line = (error.text or "").strip()
            raise _Unportable(
                f"Python {THIS_MINOR} doesn't know the syntax of line {error.lineno} ({error.msg}: {line!r}), "
                f"Python {self._made} does"
            ) from error
        except (RecursionError, MemoryError) as error:
            raise _Unportable(f"its source can't be compiled here ({type(error).__name__}: {error})") from error
        code = self._scope(table, int(entry["scope"]), int(entry["line"]))
        return code.replace(co_flags=code.co_flags | (flags & _ADDED_FLAGS))

    def _scope(self, table: ScopeTable, number: int, line: int) -> CodeType:
        code = table.codes.get(number)
        if code is None or code.co_firstlineno != line:
            raise _Unportable(f"Python {THIS_MINOR} compiles its source to code in which it can't be found")
        return code

    def _text(self, sha256: str) -> str:
        if sha256 not in self._texts:
            raw = self._archive.view(f"{SOURCES_PREFIX}{sha256}.py", MAX_SOURCE_BYTES)
            if sha256_hex(raw) != sha256:
                raise MemberMismatchError(
                    f"{self._archive.path!r} was altered: a source has another SHA-256 than its name says ({sha256}). "
                    "Nothing of it was unpickled. Write it, or register the task, again."
                )
            self._texts[sha256] = str(raw, "utf-8", "surrogatepass")
        return self._texts[sha256]

    def _of_module(self, entry: dict[str, Any]) -> CodeType:
        module = str(entry["module"])
        path = tuple((str(name), int(ordinal)) for name, ordinal in entry["path"])
        text, filename = _module_text(module)
        label = ".".join(name for name, _ in path)
        code = scope_table(text, filename, 0).at(path) if text else None
        if code is None:
            raise _Unportable(f"the module {module!r} has no {label} on Python {THIS_MINOR}")
        if signature(code) != {"arguments": entry["arguments"], "kind": entry["kind"]}:
            raise _Unportable(f"{label} of the module {module!r} has other parameters on Python {THIS_MINOR}")
        return code


def _module_text(module: str) -> tuple[str, str]:
    """Return the source of an installed module, empty if there is none, and its file: what is rebuilt may go on."""
    from importlib.util import find_spec

    try:
        spec = find_spec(module)
        source = getattr(spec.loader, "get_source", None) if spec else None
        return (source(module) or "") if source else "", str(spec.origin) if spec else ""
    except (ImportError, ValueError, AttributeError):
        return "", ""


def _exists(reference: str) -> bool:
    """Whether this Python's standard library has what `module:qualified.name` says; the module alone if no name."""
    from importlib import import_module

    module, _, name = reference.partition(":")
    if module.partition(".")[0] not in sys.stdlib_module_names - _DO_MORE_THAN_DEFINE:
        return True  # an installed package's: whether it fits is another check's question
    try:
        found: Any = import_module(module)
        for part in name.split(".") if name else ():
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError):
        return False
    return True


def _refusal(path: str, metadata: dict[str, Any], made: str, reasons: dict[str, list[str]]) -> str:
    names = ", ".join(repr(str(entity.get("name"))) for entity in metadata["entities"][:5])
    lines = [f"\n- {_listed(those)}: {reason}" for reason, those in reasons.items()]
    more = f"\n- and {len(lines) - _SHOWN} reasons more" if len(lines) > _SHOWN else ""
    return (
        f"{f'{path!r} (with {names})' if names else path} was pickled by {metadata['python_implementation']} "
        f"{metadata['python_version']}, and "
        f"this interpreter is {sys.implementation.name} {THIS_MINOR}: what follows can't be carried over. Nothing of "
        f"it was unpickled.{''.join(lines[:_SHOWN])}{more}\n"
        f"Run the task in an image with Python {made} (@task(container_image=...)), or run the notebook in a kernel "
        f"with Python {THIS_MINOR} and launch it again."
    )


def _listed(names: list[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = f" and {len(distinct) - _SHOWN} more" if len(distinct) > _SHOWN else ""
    return ", ".join(distinct[:_SHOWN]) + more
