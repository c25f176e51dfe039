"""Tasks with decorators below `@task`, in one or several layers, and a decorator of a workflow."""

import functools
import logging
from functools import partial, wraps

from flytekit import FlyteContextManager, current_context, task, workflow
from flytekit.core.node_creation import create_node

logger = logging.getLogger("corpus")
seen = []


def noted(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        seen.append(function.__name__)
        return function(*args, **kwargs)

    return wrapper


def times(function=None, *, by=2):
    if function is None:
        return partial(times, by=by)

    @wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs) * by

    return wrapper


@task
@noted
def plain(x: int) -> int:
    return x


@task
@times(by=10)
@noted
@times
def stacked(x: int) -> int:
    """Multiplied twice."""
    return x + 1


@task
def set_up():
    seen.append("set up")


@task
def tear_down():
    seen.append("tear down")


def framed(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        before = create_node(set_up)
        after = create_node(tear_down)
        context = FlyteContextManager.current_context()
        result = function(*args, **kwargs)
        if context.compilation_state is not None:
            nodes = context.compilation_state.nodes
            if nodes[-1].id == after.id:
                pass
            before >> nodes[2]
            nodes[-1] >> after
        return result

    return wrapper


@workflow
@framed
def pipeline(x: int) -> int:
    return stacked(x=plain(x=x))


assert plain(x=1) == 1
assert stacked(x=1) == 40
assert stacked.__name__.endswith("stacked") or stacked.name.endswith("stacked")
seen.clear()
assert pipeline(x=1) == 40
assert seen[0] == "set up" and sorted(seen) == ["plain", "set up", "stacked", "tear down"]

remote_runs = [(stacked, {"x": 2}, 60)]
