"""Arrays of numpy's that show the same memory, in the pickle: what is written into one is still seen in the others.

numpy's own way gives each array a copy. Here, where arrays of one pickle overlap, one of them holds the memory, and the
others are made as views of it. Which ones overlap is only known when all were met, so such a pickle is written twice:
first to meet them, then by the plan. numpy is never imported for this: who has an array has imported it.

Archives call `make_array_view` and `make_memory_view` by their names in `pickled_names`: their parameters are part of
the format.
"""

import sys
from array import array as python_array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

_CHANGEABLE: Final = (bytearray, python_array)  # what an array of numpy's may show, and can be pickled itself


def make_array_view(
    memory: Any, kind: Any, dtype: Any, shape: tuple[int, ...], place: tuple[int, tuple[int, ...]], writable: bool
) -> Any:
    """Return an array that shows part of the memory of another one, or of a bytearray, at an offset and by strides."""
    import numpy as np

    offset, strides = place
    is_array = isinstance(memory, np.ndarray)
    if is_array:
        memory = memory.reshape(-1, order="A")
    if is_array and memory.dtype.hasobject:
        made = np.lib.stride_tricks.as_strided(memory[offset // memory.itemsize :], shape, strides)
    else:
        made = np.ndarray(shape, dtype, memory.view(np.uint8) if is_array else memory, offset, strides)
    if kind is not np.ndarray:
        made = made.view(kind)
    if not writable:
        made.flags.writeable = False
    return made


def make_memory_view(
    holder: Any, code: str, shape: tuple[int, ...], place: tuple[int, int, int], writable: bool
) -> memoryview:
    """Return a view of an object's memory in this format; `place` is its offset, bytes, and step in elements."""
    offset, size_bytes, step = place
    if not step:  # all of it
        view = memoryview(holder)
        return view if writable else view.toreadonly()
    if not size_bytes:  # a view of nothing can't be cast
        view = memoryview(holder if len(shape) == 1 and memoryview(holder).format == code else python_array(code))[:0]
        return view if writable else view.toreadonly()
    view = memoryview(holder).cast("B")[offset : offset + size_bytes]
    if len(shape) != 1:
        view = view.cast(code, shape)  # type: ignore[call-overload]  # a list or a tuple of any length
    elif code != "B":
        view = view.cast(code)  # type: ignore[call-overload]  # whatever format it had
    if step != 1:
        view = view[::step]
    return view if writable else view.toreadonly()


def make_read_only(array: Any) -> Any:
    """Return the array, which nobody can write into from now on."""
    array.flags.writeable = False
    return array


def _read_only(array: Any) -> Any:
    """Return the reduction of an array that can't be written into, where numpy's own forgets it; else NotImplemented.

    Its own remembers it for plain numbers that are written as a buffer.
    """
    import numpy as np

    if array.flags.writeable:
        return NotImplemented
    is_contiguous = array.flags.c_contiguous or array.flags.f_contiguous
    if type(array) is np.ndarray and is_contiguous and not array.dtype.hasobject and array.itemsize:
        return NotImplemented
    return make_read_only, (array.copy(order="K"),)


@dataclass(frozen=True)
class _Group:
    """Memory that several arrays show: where it is, and the object that holds it in the pickle."""

    start: int
    stop: int
    holder: Any


class SharedMemory:
    """What one pickler does about arrays. Without groups it only takes note of them."""

    def __init__(self, groups: list[_Group] | None = None) -> None:
        self._met: list[Any] = []
        self._groups = groups
        self._starts = [group.start for group in groups or ()]

    def concerns(self, kind: type) -> bool:
        """Whether instances of the type are arrays, to be given to `reduce`."""
        array: Any = getattr(sys.modules.get("numpy"), "ndarray", None)
        return (
            array is not None
            and issubclass(kind, array)
            and kind.__reduce_ex__ is array.__reduce_ex__
            and kind.__reduce__ is array.__reduce__
        )

    def reduce(self, obj: Any) -> Any:
        """Return the reduction of an array as a view; NotImplemented where its own will do."""
        if self._groups is None:
            self._met.append(obj)
            return _read_only(obj)
        start, stop = span(obj)
        index = bisect_right(self._starts, start) - 1
        if index < 0 or stop <= start or stop > self._groups[index].stop or self._groups[index].holder is obj:
            return _read_only(obj)
        group = self._groups[index]
        place = (obj.__array_interface__["data"][0] - group.start, obj.strides)
        return make_array_view, (group.holder, type(obj), obj.dtype, obj.shape, place, obj.flags.writeable)

    def plan(self, is_pickled: Callable[[list[int]], set[int]]) -> "SharedMemory | None":
        """Return what to do the second time; None where no arrays share memory: what was written is right.

        `is_pickled` returns which of the objects with these identities are in the pickle.
        """
        spans = [(*span(one), one) for one in self._met]
        spans = [one for one in spans if one[1] > one[0]]
        owners = {id(owner): owner for one in self._met if isinstance(owner := _owner(one), _CHANGEABLE)}
        if owners:
            there = is_pickled(list(owners))
            spans += [(*_whole(owner), owner) for key, owner in owners.items() if key in there]
        if len(spans) < 2 and not any(_overlaps_itself(one) for _, _, one in spans):  # noqa: PLR2004 - a pair
            return None
        groups = [group for members in _overlapping(spans) if (group := _grouped(members)) is not None]
        return SharedMemory(groups) if groups else None


def span(array: Any) -> tuple[int, int]:
    """Return the first address of an array's elements, and the one behind the last."""
    if not array.size:
        return 0, 0
    start = stop = array.__array_interface__["data"][0]
    for length, stride in zip(array.shape, array.strides, strict=True):
        if stride < 0:
            start += (length - 1) * stride
        else:
            stop += (length - 1) * stride
    return start, stop + array.itemsize


def _whole(owner: Any) -> tuple[int, int]:
    from autocontainer_nb.pickling.portable.addresses import address_of

    start = address_of(owner)
    return start, start + memoryview(owner).nbytes


def _owner(array: Any) -> Any:
    """Return what an array shows the memory of in the end: an array, or another object."""
    found = array
    while getattr(found, "base", None) is not None:
        found = found.base
    return found.obj if type(found) is memoryview else found


def _overlaps_itself(one: Any) -> bool:
    if isinstance(one, _CHANGEABLE):
        return False
    start, stop = span(one)
    return bool(one.nbytes > stop - start)


def _overlapping(spans: list[tuple[int, int, Any]]) -> Iterator[list[tuple[int, int, Any]]]:
    """Yield the groups of those that overlap, or overlap themselves."""
    group: list[tuple[int, int, Any]] = []
    end = 0
    for one in [*sorted(spans, key=lambda each: (each[0], -each[1])), None]:
        if one is not None and group and one[0] < end:
            group.append(one)
            end = max(end, one[1])
            continue
        if len(group) > 1 or (group and _overlaps_itself(group[0][2])):
            yield group
        if one is not None:
            group, end = [one], one[1]


def _grouped(members: list[tuple[int, int, Any]]) -> _Group | None:
    """Return the group with its holder; None where this memory can't be shared: of objects under different types."""
    start, stop = members[0][0], max(end for _, end, _ in members)
    arrays = [one for _, _, one in members if not isinstance(one, _CHANGEABLE)]
    dtypes = {one.dtype for one in arrays}
    with_objects = any(dtype.hasobject for dtype in dtypes)
    if with_objects and (len(dtypes) > 1 or next(iter(dtypes)).char != "O"):
        return None
    writable = any(one.flags.writeable for one in arrays)
    whole = [one for first, last, one in members if (first, last) == (start, stop)]
    holders = [one for one in whole if isinstance(one, _CHANGEABLE)] or [
        one for one in whole if _can_hold(one) and (one.flags.writeable or not writable)
    ]
    if holders:
        return _Group(start, stop, next((one for one in holders if getattr(one, "base", None) is None), holders[0]))
    if with_objects:
        return _of_objects(arrays[0], start, stop)
    return _Group(start, stop, _bytes_at(start, stop, arrays, writable=writable))


def _can_hold(array: Any) -> bool:
    import numpy as np

    return type(array) is np.ndarray and bool(array.flags.c_contiguous or array.flags.f_contiguous)


def _of_objects(array: Any, start: int, stop: int) -> _Group | None:
    """Return a group that a part of the array holds which owns these objects."""
    owner = _owner(array)
    if not _can_hold(owner):
        return None
    first = span(owner)[0]
    flat = owner.reshape(-1, order="A")
    return _Group(start, stop, flat[(start - first) // owner.itemsize : (stop - first) // owner.itemsize])


def _bytes_at(start: int, stop: int, arrays: list[Any], *, writable: bool) -> Any:
    """Return an array of the bytes between two addresses, all of which belong to the arrays' memory."""
    import numpy as np

    from autocontainer_nb.pickling.portable.addresses import memory_at

    made = np.frombuffer(memory_at(start, stop - start, arrays), np.uint8)
    made.flags.writeable = writable
    return made


def reduce_memory_view(view: memoryview) -> Any:
    """Reduce a view to its place in the object that it shows; where that can't be pickled, in a copy of its memory."""
    from autocontainer_nb.pickling.portable.addresses import address_of

    holder: Any = view.obj
    array: Any = getattr(sys.modules.get("numpy"), "ndarray", ())
    if isinstance(holder, array) and (view.shape, view.strides) == (holder.shape, holder.strides):
        return make_memory_view, (holder, view.format, view.shape, (0, view.nbytes, 0), not view.readonly)
    step = 1
    if view.ndim == 1 and view.nbytes and view.strides != (view.itemsize,):
        step = (view.strides or (0,))[0] // view.itemsize
    elif not view.c_contiguous:
        raise TypeError(f"a memoryview of {view.ndim} dimensions that isn't contiguous can't be pickled: use its .obj")
    size_bytes = ((len(view) - 1) * abs(step) + 1) * view.itemsize if step != 1 else view.nbytes
    offset = address_of(view) - address_of(holder) if view.nbytes else 0
    if step < 0:
        offset += view.itemsize - size_bytes
    if not _can_be_pickled(holder):
        copied = bytes(view) if view.readonly else bytearray(view)
        holder, offset, size_bytes, step = copied, 0, view.nbytes, 1
    return make_memory_view, (holder, view.format, view.shape, (offset, size_bytes, step), not view.readonly)


def _can_be_pickled(holder: Any) -> bool:
    if isinstance(holder, (bytes, *_CHANGEABLE)):
        return True
    array: Any = getattr(sys.modules.get("numpy"), "ndarray", ())
    return isinstance(holder, array) and bool(holder.flags.c_contiguous) and not holder.dtype.hasobject
