"""Whether compressing content pays: a sample of it tells, since most large arrays hardly shrink at all."""

import zlib
from collections.abc import Sequence
from typing import Final

FAST_LEVEL: Final = 1  # zlib's fastest; the next ones cost twice the time for a few percent
MIN_COMPRESSED_BYTES: Final = 64 << 10  # what is smaller isn't worth the time of importing zlib where it is read
PAYING_RATIO: Final = 0.7  # of the sample's sizes, after and before
_SAMPLES: Final = 4
_SAMPLE_BYTES: Final = 16 << 10


def compression_pays(parts: Sequence[bytes | memoryview]) -> bool:
    """Whether the parts, taken together, are large and their sample shrinks to PAYING_RATIO or less."""
    size_bytes = sum(memoryview(part).nbytes for part in parts)
    if size_bytes < MIN_COMPRESSED_BYTES:
        return False
    longest = max(parts, key=lambda part: memoryview(part).nbytes)
    spread = longest if len(parts) == 1 else b"".join(bytes(part[:_SAMPLE_BYTES]) for part in _some(parts))
    sample = _sample(memoryview(spread))
    return len(zlib.compress(sample, FAST_LEVEL)) <= PAYING_RATIO * len(sample)


def _some(parts: Sequence[bytes | memoryview]) -> Sequence[bytes | memoryview]:
    return parts[:: max(1, len(parts) // _SAMPLES)]


def _sample(content: memoryview) -> bytes:
    """Return stretches from the beginning, from places between, and from the end."""
    if content.nbytes <= _SAMPLES * _SAMPLE_BYTES:
        return bytes(content)
    step = (content.nbytes - _SAMPLE_BYTES) // (_SAMPLES - 1)
    return b"".join(bytes(content[index * step : index * step + _SAMPLE_BYTES]) for index in range(_SAMPLES))
