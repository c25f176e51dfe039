"""PyTorch's tensors on the CPU, uncopied: their memory goes out of band, and tensors that share memory still do.

torch's own way copies each tensor's whole storage into the pickle, several times over. Here a storage is reduced to a
buffer over its memory. torch is never imported for this: who has a tensor has imported it.
"""

import ctypes
import sys
from pickle import PickleBuffer
from typing import Any
from weakref import WeakValueDictionary


class TensorReducer:
    """Reduces the storages of one capture; each memory once."""

    def __init__(self) -> None:
        # Held by the pickler's memo as long as it matters; a reducer that lives on keeps no tensor alive.
        self._memories: WeakValueDictionary[tuple[int, int], StorageMemory] = WeakValueDictionary()

    def reduce(self, obj: Any) -> Any:
        """Return how a storage on the CPU is rebuilt; NotImplemented for all else."""
        torch = sys.modules.get("torch")
        typed = getattr(getattr(torch, "storage", None), "TypedStorage", None)
        if typed is None or type(obj) is not typed:
            return NotImplemented
        memory = obj._untyped_storage  # noqa: SLF001 - the public `untyped()` warns of its end
        if memory.device.type != "cpu" or not memory.nbytes():
            return NotImplemented
        key = (memory.data_ptr(), memory.nbytes())
        known = self._memories.get(key)
        if known is None:
            known = self._memories[key] = StorageMemory(memory)
        return load_typed_storage, (known, obj.dtype)


class StorageMemory:
    """A storage's bytes. Pickled as the storage itself."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def __reduce_ex__(self, protocol: Any) -> Any:
        memory = (ctypes.c_char * self._storage.nbytes()).from_address(self._storage.data_ptr())
        memory.storage = self._storage  # kept alive as long as somebody looks at it
        return load_storage, (PickleBuffer(memoryview(memory).cast("B")),)


def load_storage(buffer: Any) -> Any:
    """Return a storage over the buffer's memory. Archives call it by its name in `pickled_names`."""
    import torch

    return torch.frombuffer(buffer, dtype=torch.uint8).untyped_storage()


def load_typed_storage(storage: Any, dtype: Any) -> Any:
    """Return the typed form of a storage, as torch's own rebuilding functions expect it. Archives also call it."""
    import torch

    return torch.storage.TypedStorage(wrap_storage=storage, dtype=dtype, _internal=True)
