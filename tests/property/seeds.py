"""A case for each number: hypothesis draws it from bytes that the number gives, the same on every machine."""

import hashlib
from pathlib import Path
from random import Random

import hypothesis
from case import Case
from compose import notebooks
from hypothesis import HealthCheck, given, settings

_BYTES = 8192
_drawn: list[Case] = []


@settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(notebooks())
def _note(case: Case) -> None:
    _drawn.append(case)


def case_of(seed: int) -> Case:
    """Return the case of the seed."""
    _drawn.clear()
    _note.hypothesis.fuzz_one_input(Random(seed).randbytes(_BYTES))  # type: ignore[attr-defined]
    return _drawn[-1] if _drawn else Case()


def generator_version() -> str:
    """Return a hash of all that decides which case a seed has, and of what is asked of it."""
    folder = Path(__file__).parent
    digest = hashlib.sha256(hypothesis.__version__.encode())
    for path in sorted([*folder.glob("*.py"), *folder.glob("families/*.py")]):
        if not path.name.startswith("test_"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
