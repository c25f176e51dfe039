"""Where each code object's source is, so that another Python can compile it.

A record counts only if it is proven here: compiling the source that travels gives the very code that was captured.
"""

import linecache
import sys
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any, Final

from autocontainer_nb.pickling.archive.hashing import sha256_hex
from autocontainer_nb.pickling.code.ownership import is_installed_code
from autocontainer_nb.pickling.code.sources import Source, SourceCollector, magic_bodies
from autocontainer_nb.pickling.portable.functions import dump_code, record_of
from autocontainer_nb.pickling.portable.scopes import FUTURES, Scope, ScopeTable, scope_table, signature

_ITERABLE_COROUTINE: Final = 0x100  # set by types.coroutine on code that was compiled without it


@dataclass(frozen=True)
class CodeRecord:
    """One captured code object: `entry` is what `metadata.json` says, `source` the text that travels for it."""

    key: str
    entry: dict[str, Any]
    source: Source | None = None


@dataclass
class CodeRecorder:
    """Finds and proves the source of each code object that is captured."""

    sources: SourceCollector
    records: dict[str, CodeRecord] = field(default_factory=dict)
    _known: dict[int, tuple[CodeType, CodeRecord]] = field(default_factory=dict)

    def dump(self, code: CodeType, function: FunctionType | None) -> tuple[str, bytes]:
        """Return the key of the code's record, and the code as bytes with its source's lasting name in it."""
        record = self.record(code, function)
        self.records[record.key] = record
        source = record.source
        if source is None:
            return record.key, dump_code(code, self.sources.rename)
        return record.key, dump_code(code, lambda _: source.code_name)

    def record(self, code: CodeType, function: FunctionType | None) -> CodeRecord:
        """Return the code's record; `function` is the one that it belongs to, if there is one."""
        if id(code) not in self._known:
            self._known[id(code)] = (code, self._record(code, function))
        return self._known[id(code)][1]

    def entries(self) -> list[dict[str, Any]]:
        """Return the records as `metadata.json` has them, in a fixed order."""
        return [self.records[key].entry for key in sorted(self.records)]

    def unportable(self) -> list[dict[str, str]]:
        """Return the name and the reason of each code object that no other minor version can run, in a fixed order."""
        found = {(entry["name"], entry["reason"]) for entry in self.entries() if "reason" in entry}
        return [{"name": name, "reason": reason} for name, reason in sorted(found)]

    def _record(self, code: CodeType, function: FunctionType | None) -> CodeRecord:
        came = record_of(code)
        if came is not None:  # proven where it comes from: to read the library's source again takes long
            return CodeRecord(str(came["key"]), came)
        name = qualified_name(code, function)
        source = self.sources.source(code.co_filename)
        if source is not None:
            return self._from_source(code, name, source)
        if is_installed_code(code.co_filename):
            return self._from_module(code, name, function)
        for body in magic_bodies(self.sources.book):
            found = _locate(code, body.text)
            if isinstance(found, Scope):
                self.sources.add(body)
                return _sourced(code, name, body, found)
        return _unportable(
            code, name, "its source isn't known: it was made by exec or eval, or by a library that does so"
        )

    def _from_source(self, code: CodeType, name: str, source: Source) -> CodeRecord:
        found = _locate(code, source.text)
        if isinstance(found, Scope):
            return _sourced(code, name, source, found)
        if found:
            return _unportable(code, name, f"{source.label} doesn't compile ({found})")
        if self.sources.book.lookup(code.co_filename) is not None:
            return _unportable(code, name, f"something has rewritten the code that {source.label} compiles to")
        return _unportable(
            code, name, f"{source.label} compiles to other code: it was edited after it had been imported"
        )

    def _from_module(self, code: CodeType, name: str, function: FunctionType | None) -> CodeRecord:
        module = str(function.__globals__.get("__name__")) if function is not None else ""
        text = "".join(linecache.getlines(code.co_filename))
        found = _locate(code, text) if text and module in sys.modules else ""
        if not isinstance(found, Scope):
            return _unportable(code, name, f"it is installed code that {module or 'no module'} has no source of")
        path = [list(step) for step in found.path]
        entry = {"name": name, "module": module, "path": path, "free": list(code.co_freevars), **signature(code)}
        key = f"{module}:{'.'.join(f'{step}#{ordinal}' if ordinal else step for step, ordinal in found.path)}"
        return CodeRecord(key, {"key": key, **entry})


def qualified_name(code: CodeType, function: FunctionType | None) -> str:
    """Return how people call the code: `Account.deposit`."""
    if function is not None:
        return function.__qualname__
    return str(getattr(code, "co_qualname", code.co_name))


def _locate(code: CodeType, text: str) -> Scope | str:
    """Return the scope of the text that compiles to this very code; else the reason, empty if there is no such one."""
    for by_statement in (True, False):
        try:
            table = scope_table(text, "<source>", code.co_flags & FUTURES, by_statement=by_statement)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return f"{type(error).__name__}: {error}"
        scope = _proven(code, table)
        if scope is not None:
            return scope
    return ""


def _proven(code: CodeType, table: ScopeTable) -> Scope | None:
    plain = code.replace(co_flags=code.co_flags & ~_ITERABLE_COROUTINE)
    candidates = table.candidates(code.co_name, code.co_firstlineno)
    scopes = [scope for scope in candidates if table.codes[scope.number] == plain]
    exact = [scope for scope in scopes if table.codes[scope.number].co_linetable == code.co_linetable]
    return next(iter(exact or scopes), None)


def _sourced(code: CodeType, name: str, source: Source, scope: Scope) -> CodeRecord:
    flags = code.co_flags & (FUTURES | _ITERABLE_COROUTINE)
    key = f"{source.sha256[:32]}:{scope.number}" + (f":{flags:x}" if flags else "")
    entry = {
        "key": key,
        "name": name,
        "source": source.sha256,
        "scope": scope.number,
        "line": scope.line,
        "flags": flags,
        "free": list(code.co_freevars),
    }
    return CodeRecord(key, entry, source)


def _unportable(code: CodeType, name: str, reason: str) -> CodeRecord:
    key = f"unportable:{sha256_hex(dump_code(code, lambda _: ''))[:32]}"
    return CodeRecord(key, {"key": key, "name": name, "reason": reason})
