"""Where two messages differ, as a list of (path, ours, theirs): `template.metadata.retries.retries`, for instance."""

import re

import msgpack
from google.protobuf.message import Message

# What the comparison leaves out: the resolver's own location, and who made the message.
_RESOLVER = re.compile(r"(?:flytekit|autocontainer_nb)\.[\w.]*[rR]esolver\w*")
_LEFT_OUT = {"metadata.runtime.version"}
_PLACE = re.compile(r".*(?:\.uri|\[uri\]|\[path\])")  # each run stores somewhere else
_PACKED = "scalar.binary.value"
_UNORDERED = {"upstream_node_ids"}  # flytekit lists them in the order of a set


def differing(ours, theirs, path=""):
    """Return [(path, ours, theirs)] of each part that differs, the smallest parts possible; absent parts are None."""
    if isinstance(ours, Message) and isinstance(theirs, Message):
        return _fields(ours, theirs, path)
    if ours is None or theirs is None or ours == theirs:
        return [] if ours == theirs else [(path, ours, theirs)]
    if path.endswith(_PACKED):
        one, other = (msgpack.unpackb(data, strict_map_key=False) for data in (ours, theirs))
        return [(path, ours, theirs)] if one == other else differing(one, other, f"{path}: unpacked")
    if _is_map(ours):
        if isinstance(ours, dict) and list(ours) != list(theirs):
            return [(f"{path}: keys", list(ours), list(theirs))]
        keys = sorted({*ours, *theirs}, key=str)
        each = [(f"{path}[{key}]", ours.get(key), theirs.get(key)) for key in keys]
    elif _is_list(ours):
        if path.rpartition(".")[2] in _UNORDERED:
            ours, theirs = sorted(ours), sorted(theirs)
        length = max(len(ours), len(theirs))
        each = [(f"{path}[{index}]", _item(ours, index), _item(theirs, index)) for index in range(length)]
    else:
        return [] if ours == theirs or _left_out(path, ours, theirs) else [(path, ours, theirs)]
    return [found for where, one, other in each for found in differing(one, other, where)]


def _fields(ours, theirs, path):
    if ours.DESCRIPTOR.full_name != theirs.DESCRIPTOR.full_name:
        return [(path, ours.DESCRIPTOR.full_name, theirs.DESCRIPTOR.full_name)]
    found = []
    names = {field.name: None for message in (ours, theirs) for field, _ in message.ListFields()}
    for name in names:
        where = f"{path}.{name}" if path else name
        field = ours.DESCRIPTOR.fields_by_name[name]
        one, other = (
            getattr(message, name) if not field.has_presence or message.HasField(name) else None
            for message in (ours, theirs)
        )
        found += differing(one, other, where)
    return found


def _is_map(value):
    return hasattr(value, "GetEntryClass") or isinstance(value, dict)


def _is_list(value):
    return not isinstance(value, Message | str | bytes | None) and hasattr(value, "__len__")


def _item(values, index):
    return values[index] if index < len(values) else None


def _left_out(path, ours, theirs):
    if not (isinstance(ours, str) and isinstance(theirs, str)):
        return False
    if any(path.endswith(end) for end in _LEFT_OUT) or _PLACE.fullmatch(path):
        return True
    return _RESOLVER.sub("", ours) == _RESOLVER.sub("", theirs)
