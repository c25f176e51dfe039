"""Code objects as bytes: free of volatile file names, and what names they refer to."""

import dis
import marshal
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Final

# Version 2 of marshal has no back references, whose presence depends on reference counts: equal code, equal bytes.
_MARSHAL_VERSION: Final = 2
_GLOBAL_OPS: Final = frozenset(
    {"LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
)
_IMPORT: Final = dis.opmap["IMPORT_NAME"]
_OPTIMIZED: Final = 0x01  # the flag of functions: bodies of classes lack it


def dump_code(code: CodeType, rename: Callable[[str], str]) -> bytes:
    """Return the code object as bytes, with each file name in it, nested code included, passed through `rename`."""
    return marshal.dumps(_renamed(code, rename), _MARSHAL_VERSION)


def load_code(data: bytes) -> CodeType:
    """Return the code object that `dump_code` wrote. Only a verified archive of this Python minor may come here."""
    code = marshal.loads(data)  # noqa: S302 - reached from the verified pickle only; the reader checked digest and Python
    if not isinstance(code, CodeType):
        raise TypeError(f"marshalled code expected, found {type(code).__name__}")
    return code


def global_names(code: CodeType) -> tuple[str, ...]:
    """Return the global names that the code and the code nested in it refer to, in order of appearance."""
    names: dict[str, None] = {}
    for part in walk_code(code):
        for instruction in dis.get_instructions(part):
            # In a function, LOAD_NAME occurs in nested class bodies only, where it falls back to the globals.
            if instruction.opname in _GLOBAL_OPS and isinstance(instruction.argval, str):
                names[instruction.argval] = None
    return tuple(names)


def class_body_names(code: CodeType) -> tuple[str, ...]:
    """Return the names that bodies of classes nested in the code look up, in themselves and then in the globals."""
    bodies = (part for part in walk_code(code) if part is not code and not part.co_flags & _OPTIMIZED)
    return tuple(dict.fromkeys(name for body in bodies for name in global_names(body)))


def imported_modules(code: CodeType) -> tuple[str, ...]:
    """Return the modules that the code imports when it runs, in order of appearance."""
    names: dict[str, None] = {}
    for part in walk_code(code):
        for instruction in dis.get_instructions(part) if imports_something(part) else ():
            if instruction.opname == "IMPORT_NAME" and isinstance(instruction.argval, str) and instruction.argval:
                names[instruction.argval] = None
    return tuple(names)


def imports_something(code: CodeType) -> bool:
    """Whether the code, nested code aside, has an import statement: much cheaper to ask than which one."""
    return _IMPORT in code.co_code[::2]


def walk_code(code: CodeType) -> Iterator[CodeType]:
    """Yield the code object and all that are nested in its constants."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from walk_code(constant)


def _renamed(code: CodeType, rename: Callable[[str], str]) -> CodeType:
    constants = tuple(_renamed(item, rename) if isinstance(item, CodeType) else item for item in code.co_consts)
    return code.replace(co_filename=rename(code.co_filename), co_consts=constants)
