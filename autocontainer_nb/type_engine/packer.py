"""A Packer: how values of one type become plain data that msgpack carries, and come back."""

import dataclasses
from collections.abc import Callable
from typing import Any


class NotPackableError(Exception):
    """A type has no form inside a packed value; the argument says which one."""


@dataclasses.dataclass(frozen=True)
class Packer:
    """The two directions for one type; both raise Misfit where a value doesn't fit."""

    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]
    is_exact: Callable[[Any], bool]
