"""A pickle in pieces: large payloads are cut out of the stream when it is written, and put back when it is read.

The C pickler collects opcodes into frames of 64 KiB, and hands a larger payload (bytes, bytearray, an encoded str) to
`file.write` as it is: for bytes and bytearray that is the user's own object, uncopied. So a file of ours can keep the
object instead of its bytes. The opcode and its length stay in the stream; at the offset behind them the payload's bytes
are missing, and a `Cut` says which content belongs there. A reader of opcodes finds each cut exactly where a payload of
its size is due. (Source: `Modules/_pickle.c` of CPython, `_Pickler_write_bytes`, 3.8 and later.)
"""

from collections.abc import Iterable
from pickle import PickleBuffer
from typing import Protocol

_LENGTH_BYTES = (8, 4)  # of BINBYTES8, BYTEARRAY8 and BINUNICODE8; of BINBYTES and BINUNICODE
_LINE_BYTES = 4096


class Cut:
    """A payload that was cut out: where it belongs, counted in the stream without payloads, and its content.

    `owner_id` is the `id` of the object that was written. No dataclass: each container would wait for it to be made.
    """

    __slots__ = ("content", "offset", "owner_id")

    def __init__(self, offset: int, content: memoryview, owner_id: int) -> None:
        self.offset = offset
        self.content = content
        self.owner_id = owner_id


class PieceWriter:
    """The file that a pickler writes to. `pieces` are the stream without its `cuts`."""

    def __init__(self, cut_from_bytes: int) -> None:
        self.pieces: list[bytes] = []
        self.cuts: list[Cut] = []
        self.size_bytes = 0  # of the pieces
        self._cut_from_bytes = cut_from_bytes

    def write(self, data: bytes | bytearray | PickleBuffer) -> int:
        """Keep the data, uncopied if it is a large payload."""
        content = data.raw() if isinstance(data, PickleBuffer) else memoryview(data)
        if content.nbytes >= self._cut_from_bytes and self._announced(content.nbytes):
            self.cuts.append(Cut(self.size_bytes, content, id(data)))
        else:
            self.pieces.append(data if isinstance(data, bytes) else bytes(content))
            self.size_bytes += content.nbytes
        return content.nbytes

    def _announced(self, size_bytes: int) -> bool:
        """Whether what was written last ends with this length, as an opcode before its payload does.

        A frame that one huge integer made large is no payload.
        """
        last = self.pieces[-1] if self.pieces else b""
        return any(int.from_bytes(last[-width:], "little") == size_bytes for width in _LENGTH_BYTES)


class Piece(Protocol):
    """Content that can be read by position, without being held in memory as a whole."""

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""

    def read_into(self, start: int, target: memoryview) -> None:
        """Fill the target with the bytes from `start` on; there are enough of them."""


class HeldPiece:
    """A piece in memory, or of a mapped file."""

    def __init__(self, content: memoryview) -> None:
        self._content = content
        self.size_bytes = content.nbytes

    def read_into(self, start: int, target: memoryview) -> None:
        """Copy the bytes from `start` on into the target."""
        target[:] = self._content[start : start + target.nbytes]


class PieceReader:
    """The file that an unpickler reads: pieces one after the other, each read straight into its place."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = [piece for piece in pieces if piece.size_bytes]
        self._left_bytes = sum(piece.size_bytes for piece in self._pieces)
        self._current = 0
        self._position = 0  # within the current piece

    def readinto(self, target: bytearray | memoryview) -> int:
        """Fill the target as far as there are bytes; returns how many."""
        view = memoryview(target)
        wanted = min(view.nbytes, self._left_bytes)
        done = 0
        while done < wanted:
            piece = self._pieces[self._current]
            count = min(piece.size_bytes - self._position, wanted - done)
            piece.read_into(self._position, view[done : done + count])
            self._position += count
            self._left_bytes -= count
            done += count
            if self._position == piece.size_bytes:
                self._current, self._position = self._current + 1, 0
        return done

    def read(self, size_bytes: int = -1) -> bytes:
        """Return up to so many bytes; all that are left without a number."""
        count = self._left_bytes if size_bytes < 0 else min(size_bytes, self._left_bytes)
        data = bytearray(count)
        self.readinto(data)
        return bytes(data)

    def readline(self) -> bytes:
        """Return the bytes up to and including the next newline, or all that are left."""
        line = b""
        while self._left_bytes:
            current, position, left_bytes = self._current, self._position, self._left_bytes
            part = self.read(_LINE_BYTES)
            end = part.find(b"\n") + 1
            if not end:
                line += part
                continue
            self._current, self._position, self._left_bytes = current, position, left_bytes
            return line + self.read(end)
        return line


def spliced(stream: memoryview, cuts: Iterable[tuple[int, Piece]]) -> PieceReader:
    """Return the stream with each piece put back at its offset; the offsets ascend and lie within the stream."""
    pieces: list[Piece] = []
    start = 0
    for offset, piece in cuts:
        pieces += [HeldPiece(stream[start:offset]), piece]
        start = offset
    return PieceReader([*pieces, HeldPiece(stream[start:])])
