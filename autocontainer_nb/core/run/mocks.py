"""Mocks in place of tasks, for tests of workflows: `with task_mock(train) as mock: mock.return_value = 3`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.wording import with_article

if TYPE_CHECKING:
    from unittest.mock import MagicMock


@contextmanager
def task_mock(t: Any) -> "Iterator[MagicMock]":
    """Let a mock stand for the task's code in runs here, within the block; its inputs and outputs are still checked.

    Raises:
        DefinitionError: it isn't a task.
    """
    from unittest.mock import MagicMock

    if not callable(getattr(t, "execute", None)):
        raise DefinitionError(f"task_mock: expected a task, got {with_article(type(t))}.")
    mock = MagicMock()
    before = vars(t).get("execute")
    t.execute = mock
    try:
        yield mock
    finally:
        if before is None:
            del t.execute
        else:
            t.execute = before


def patch(target: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that calls a function with the mock of the task as its first argument, after `self`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with task_mock(target) as mock:
                return function(*args, mock, **kwargs)

        del wrapper.__wrapped__  # pytest would take the mock's parameter for a fixture
        return wrapper

    return decorate
