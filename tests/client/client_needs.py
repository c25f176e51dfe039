"""What cases need beyond the sandbox."""

from typing import Final

_SINGLE: Final = "the sandbox runs single tasks only"
_KEEPS_NOTHING: Final = "the sandbox has no cache"
_STARTS_ONCE: Final = "the sandbox starts nothing again, and archives nothing"

# What the sandbox doesn't have, and why: cases that need it are skipped there. `test_needs.py` proves each line.
NEEDS: Final = {
    "workflows": _SINGLE,
    "launch plans": _SINGLE,
    "dynamic": _SINGLE,
    "gates": _SINGLE,
    "references": _SINGLE,
    "caching": _KEEPS_NOTHING,
    "relaunch": _STARTS_ONCE,
    "recover": _STARTS_ONCE,
    "archive": _STARTS_ONCE,
}
