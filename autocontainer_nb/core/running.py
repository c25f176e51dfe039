"""Which run the caller is in: the one variable that the context sets, and that decks look at."""

from contextvars import ContextVar
from typing import Any, Final

# A `core.context.FlyteContext`; its class is defined above this module.
running: Final[ContextVar[Any]] = ContextVar("autocontainer_nb_context", default=None)
