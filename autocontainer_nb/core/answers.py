"""Answers that a person types while a workflow runs here: asked for on standard input, read by their type."""

import json
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from autocontainer_nb.errors import ConversionError, UserError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.names import show_type


def ask(name: str, question: str) -> str:
    """Return what the person answers, without spaces around it.

    Raises:
        UserError: there is nobody to ask: no standard input, or one that is at its end.
    """
    try:
        return input(question).strip()
    except (EOFError, OSError, NotImplementedError) as error:  # the last one is what a kernel without stdin raises
        raise UserError(
            f"Gate {name!r} needs an answer, and standard input can't give one here. Run the workflow in a notebook or "
            "a terminal, or on the control plane."
        ) from error


def says_yes(answer: str) -> bool:
    """Whether the answer agrees; an empty one does."""
    return answer.lower() in {"", "y", "yes"}


def read_answer(answer: str, python_type: Any, name: str) -> Any:
    """Return the answer as a value of the type: a text as it is, a moment in ISO 8601, seconds, all else as JSON.

    Raises:
        ConversionError: it can't be read as one.
    """
    try:
        value = _read(answer, python_type)
    except (ValueError, OverflowError) as error:
        raise ConversionError(f"{show_type(python_type)} expected @ {name}(answer), got {answer!r}: {error}") from error
    type_engine.check(value, python_type, f"{name}(answer)")
    return value


def _read(answer: str, python_type: Any) -> Any:
    if python_type is str:
        return answer
    if python_type in (datetime, date):
        return python_type.fromisoformat(answer)
    if python_type is timedelta:
        return timedelta(seconds=float(answer))
    if isinstance(python_type, type) and issubclass(python_type, Enum):
        return python_type(answer)
    if python_type is bool and answer.lower() in {"y", "yes", "true", "n", "no", "false"}:
        return answer.lower() in {"y", "yes", "true"}
    value = json.loads(answer)
    return float(value) if python_type is float and type(value) is int else value
