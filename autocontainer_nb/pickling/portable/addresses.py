"""Where the memory of an object begins, for whatever has the buffer protocol."""

import ctypes
from typing import Any, Final

_FULL_READ_ONLY: Final = 0x011C  # PyBUF_FULL_RO: strides and format are told, too


class _PyBuffer(ctypes.Structure):
    """`Py_buffer` (Include/cpython/object.h up to 3.10, Include/pybuffer.h since 3.11)."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


def address_of(exporter: Any) -> int:
    """Return the address of the first element of what the object shows; 0 where it has none.

    Raises:
        BufferError, TypeError: the object has no buffer.
    """
    buffer = _PyBuffer()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(exporter), ctypes.byref(buffer), _FULL_READ_ONLY)
    address = int(buffer.buf or 0)
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(buffer))
    return address


def memory_at(start: int, size_bytes: int, owner: Any) -> memoryview:
    """Return a writable view of memory that the owner keeps alive."""
    memory: Any = (ctypes.c_char * size_bytes).from_address(start)
    memory.owner = owner  # kept alive as long as somebody looks at it
    return memoryview(memory).cast("B")
