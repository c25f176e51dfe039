"""A pickle's opcodes with their arguments, read from a file one by one, without keeping anything large in memory.

The opcodes and the lengths of their arguments come from the standard library's `pickletools`.
"""

import pickletools
import struct
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

from autocontainer_nb.pickling.symbolic.values import Payload

MAX_KEPT_BYTES: Final = 4096  # of longer texts and bytes, only the size is kept ...
MAX_KEPT_TOTAL_BYTES: Final = 64 << 20  # ... and of all but the shortest, once so many bytes are kept
_SHORT_BYTES: Final = 64
MAX_STREAM_BYTES: Final = 4 << 30  # of a compressed pickle, once unpacked
_SHOWN_CHARACTERS: Final = 200  # of an error message
MAX_LINE_BYTES: Final = 1 << 20  # of the text opcodes of protocol 0
_CHUNK_BYTES: Final = 1 << 20
_MAX_DIGITS: Final = 4300  # Python's own limit for reading integers from text

_FIXED: Final = {"uint1": "<B", "uint2": "<H", "int4": "<i", "uint4": "<I", "uint8": "<Q", "float8": ">d"}
_OPCODES: Final = {ord(opcode.code): opcode for opcode in pickletools.opcodes}
_LENGTHS: Final = {
    pickletools.TAKEN_FROM_ARGUMENT1: "<B",
    pickletools.TAKEN_FROM_ARGUMENT4: "<i",
    pickletools.TAKEN_FROM_ARGUMENT4U: "<I",
    pickletools.TAKEN_FROM_ARGUMENT8U: "<Q",
}


class PickleProblem(Exception):  # noqa: N818 - not an error of the tree: what the walk says of a pickle it can't follow
    """The reason why a pickle can't be read any further."""


class Source:
    """A buffered file (with `peek`) that contains a pickle, and the limits for its content.

    `holes` are payloads that were cut out of the stream: {offset in the file: bytes missing there}.
    """

    def __init__(self, file: Any, holes: Mapping[int, int] | None = None, limit_bytes: int | None = None) -> None:
        self.file = file
        self.holes = holes or {}
        self.limit_bytes = limit_bytes
        self.kept_bytes = 0

    def keeps(self, size: int) -> bool:
        """Whether the content of a text or bytes of that size is kept, or only its size."""
        keeps = size <= (MAX_KEPT_BYTES if self.kept_bytes < MAX_KEPT_TOTAL_BYTES else _SHORT_BYTES)
        self.kept_bytes += size if keeps else 0
        return keeps


def operations(source: Source, position: int = 0) -> Iterator[tuple[str, Any, int, int]]:
    """Yield (name of the opcode, argument, start, end) up to and including STOP.

    Raises:
        PickleProblem: an opcode is unknown, an argument is damaged or too long, or the file ends.
    """
    while True:
        head = source.file.read(1)
        if source.limit_bytes is not None and position > source.limit_bytes:
            raise PickleProblem(f"it unpacks to more than {source.limit_bytes:,} bytes; the rest was not examined")
        if not head:
            raise PickleProblem(f"it ends at byte {position}, before its STOP opcode")
        opcode = _OPCODES.get(head[0])
        if opcode is None:
            raise PickleProblem(f"byte {position} ({head[0]:#04x}) isn't an opcode")
        end, argument = position + 1, None
        if opcode.arg is not None:
            try:
                end, argument = _argument(source, opcode.arg, end)
            except (ValueError, struct.error) as error:
                why = f"{error!s:.{_SHOWN_CHARACTERS}}"  # it quotes the argument, which may have any length
                raise PickleProblem(f"the argument of {opcode.name} at byte {position} is damaged ({why})") from error
        yield opcode.name, argument, position, end
        if opcode.name == "STOP":
            return
        position = end


def _argument(source: Source, kind: Any, position: int) -> tuple[int, Any]:
    """Return (end of the argument, its value)."""
    file, holes = source.file, source.holes
    if kind.n == pickletools.UP_TO_NEWLINE:
        return _lines(source, kind.name, position)
    layout = _LENGTHS.get(kind.n) or _FIXED[kind.name]
    (number,) = struct.unpack(layout, file.read(struct.calcsize(layout)))
    position += struct.calcsize(layout)
    if kind.n not in _LENGTHS:
        return position, number
    if number < 0:
        raise ValueError("a negative length")
    if position in holes:
        if holes[position] != number:
            raise ValueError(f"expected {number} bytes, but {holes[position]} were cut out")
        return position, Payload(_kind(kind.name), number)
    return position + number, _counted(source, kind.name, number, position)


def _counted(source: Source, name: str, size: int, position: int) -> Any:
    file = source.file
    if not source.keeps(size):
        if source.limit_bytes is not None and position + size > source.limit_bytes:
            raise ValueError(f"{size} bytes, which makes more than {source.limit_bytes:,} when unpacked")
        _skip(file, size)
        return Payload(_kind(name), size)
    data = file.read(size)
    if len(data) < size:
        raise ValueError(f"expected {size} bytes, got {len(data)}")
    if name.startswith("unicode"):
        return data.decode("utf-8", "surrogatepass")
    if name.startswith("string"):
        return data.decode("latin-1")
    if name.startswith("long"):
        return int.from_bytes(data, "little", signed=True) if size <= 64 else Payload("int", size)  # noqa: PLR2004 - 512 bits
    return data


def _skip(file: IO[bytes], size: int) -> None:
    left = size
    while left:
        data = file.read(min(left, _CHUNK_BYTES))
        if not data:
            raise ValueError(f"expected {size} bytes, got {size - left}")
        left -= len(data)


def _kind(name: str) -> str:
    if name.startswith(("unicode", "string")):
        return "str"
    if name.startswith("long"):
        return "int"
    return "bytearray" if name.startswith("bytearray") else "bytes"


def _lines(source: Source, name: str, position: int) -> tuple[int, Any]:
    """Return the argument of a text opcode: one line, or two for a module's and an attribute's name."""
    file = source.file
    line = _line(file)
    position += len(line) + 1
    if name == "stringnl_noescape_pair":
        second = _line(file)
        if len(line) + len(second) > MAX_KEPT_BYTES:
            raise ValueError(f"names of more than {MAX_KEPT_BYTES} bytes")
        return position + len(second) + 1, (line.decode("utf-8"), second.decode("utf-8"))
    if name.startswith("decimalnl"):
        return position, _decimal(line)
    if name == "floatnl":
        return position, float(line)
    if name == "unicodestringnl":
        text = line.decode("raw-unicode-escape")
    elif name == "stringnl":
        quoted = len(line) > 1 and line[:1] == line[-1:] and line[:1] in {b'"', b"'"}
        if not quoted:
            raise ValueError("a text without quotes")
        text = line[1:-1].decode("latin-1").encode("latin-1").decode("unicode-escape")
    else:
        text = line.decode("utf-8")
    return position, text if source.keeps(len(line)) else Payload("str", len(line))


def _decimal(line: bytes) -> Any:
    if line in {b"00", b"01"}:
        return line == b"01"
    digits = line.removesuffix(b"L")
    return int(digits) if len(digits) <= _MAX_DIGITS else Payload("int", len(digits))


def _line(file: IO[bytes]) -> bytes:
    line = file.readline(MAX_LINE_BYTES + 1)
    if not line.endswith(b"\n"):
        raise ValueError(
            f"a line of more than {MAX_LINE_BYTES} bytes" if len(line) > MAX_LINE_BYTES else "a line without an end"
        )
    return line[:-1]
