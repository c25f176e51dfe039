"""Loggers in the pickle: those of the notebook keep their class, their level and what else a cell has set.

Archives call `make_logger` by its name in `pickled_names`: its parameters are part of the format.
"""

import sys
from typing import Any, Final

_MADE_ANEW: Final = frozenset({"name", "parent", "handlers", "manager", "_cache"})
_PLAIN: Final = {"level": 0, "propagate": True, "disabled": False, "filters": []}


def make_logger(kind: Any, name: str, own: dict[str, Any], handlers: tuple[Any, ...], is_known: bool) -> Any:
    """Return the logger of the name, as it is in the notebook; `is_known` if others find it by its name.

    `handlers` are the class, the stream, the level and the formatter of each that can be made again.
    """
    import logging

    if not is_known:
        made = kind(name)
    elif type(logging.getLogger(name)) is not kind and issubclass(kind, logging.Logger):
        logging.Logger.manager.loggerDict.pop(name)
        before = logging.Logger.manager.loggerClass
        logging.Logger.manager.loggerClass = kind
        made = logging.getLogger(name)
        logging.Logger.manager.loggerClass = before
    else:
        made = logging.getLogger(name)
    made.setLevel(own["level"])
    vars(made).update(own)
    if not made.handlers:
        for handler_kind, stream, level, formatter in handlers:
            handler = handler_kind(getattr(sys, stream)) if stream else handler_kind()
            handler.setLevel(level)
            handler.setFormatter(formatter)
            made.addHandler(handler)
    return made


def is_logger(kind: Any) -> bool:
    """Whether the class is that of a named logger."""
    logging = sys.modules.get("logging")
    return logging is not None and issubclass(kind, logging.Logger) and kind is not logging.RootLogger


def reduce_logger(logger: Any) -> Any:
    """Return the reduction of a logger; NotImplemented for one that is as any process has it."""
    import logging

    kind = type(logger)
    own = {name: value for name, value in vars(logger).items() if name not in _MADE_ANEW}
    handlers = tuple(one for handler in logger.handlers if (one := _described(handler)) is not None)
    is_known = logging.Logger.manager.loggerDict.get(logger.name) is logger
    if is_known and kind is logging.Logger and own == _PLAIN and not handlers:
        return NotImplemented
    return make_logger, (kind, logger.name, own, handlers, is_known)


def _described(handler: Any) -> Any:
    """Return what makes a handler again that writes to the process's output, or nowhere; None for another."""
    import logging

    if type(handler) is logging.NullHandler:
        return logging.NullHandler, "", handler.level, handler.formatter
    name = str(getattr(getattr(handler, "stream", None), "name", "")).strip("<>")
    if type(handler) is logging.StreamHandler and name in {"stdout", "stderr"}:
        return logging.StreamHandler, name, handler.level, handler.formatter
    return None
