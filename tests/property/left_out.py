"""Kinds that the strategies leave out, since they are known to be another there than here. A kind is mended, then removed.

`PROPERTY_PENDING=1` draws them all the same.

What isn't promised is drawn, and not looked at: whether two equal immutable values (numpy's scalars, dates, decimals)
are one object, which `probing.show` doesn't tell; see `docs/limits.md`. Nor what typing sets in a protocol's subclass
when its first instance is made: the nodes of a local run have one class, and containers a new one each.
"""

import os
from collections.abc import Iterable
from typing import Final

PENDING: Final[dict[str, str]] = {}  # name of a kind ► what is another there


def drawn(kinds: Iterable[str]) -> list[str]:
    """Return the kinds that are drawn, in a fixed order."""
    everything = os.environ.get("PROPERTY_PENDING")
    return sorted(each for each in kinds if everything or each not in PENDING)
