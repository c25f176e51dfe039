"""Following a pickle through its opcodes, with stack and memo, as symbols: nothing of it is executed or imported."""

import zlib
from typing import Final

from autocontainer_nb.pickling.symbolic.findings import Findings
from autocontainer_nb.pickling.symbolic.machine import Machine, Walk
from autocontainer_nb.pickling.symbolic.opcodes import PickleProblem, Source, operations
from autocontainer_nb.pickling.symbolic.steps import STEPS

MAX_OPERATIONS: Final = 4_000_000  # at the worst, less than 1 GB of symbols
MAX_PICKLES: Final = 1000  # one after the other in a file


def walk_pickle(source: Source) -> Walk:
    """Return what the pickle in the file would do; a file may hold several, one after the other.

    It never raises for what the pickle holds: a pickle that is cut short makes its calls all the same when it is
    loaded, so what was found up to there is told, with the `problem`.
    """
    walk = Walk(Findings())
    position = 0
    try:
        while walk.pickles < MAX_PICKLES:
            machine = Machine(walk)
            try:
                position = _follow(machine, source, position)
            except PickleProblem:
                if walk.pickles and machine.steps <= 1:  # bytes after the end that are no pickle
                    break
                raise
            walk.pickles += 1
            walk.roots.append(machine.result)
            walk.size_bytes = position
            if not source.file.peek(1):
                return walk
        walk.problem = f"bytes follow its end at byte {position} that are no pickle; none was looked at"
    except PickleProblem as problem:
        walk.problem = str(problem)
    except (EOFError, OSError, zlib.error) as error:  # the compressed file around it is damaged
        walk.problem = f"it can't be read any further ({error})"
    return walk


def _follow(machine: Machine, source: Source, position: int) -> int:
    """Follow one pickle and return where it ends."""
    end = position
    for name, argument, begin, end in operations(source, position):  # noqa: B007 - the last one is returned
        machine.steps += 1
        machine.walk.operations += 1
        if machine.walk.operations > MAX_OPERATIONS:
            raise PickleProblem(
                f"it has more than {MAX_OPERATIONS:,} opcodes; what follows byte {begin} wasn't looked at"
            )
        machine.position = begin
        try:
            STEPS[name](machine, argument)
        except ValueError as error:
            raise PickleProblem(f"at byte {begin}, {error}") from error
        except (IndexError, KeyError, AttributeError, TypeError) as error:
            raise PickleProblem(f"{name} at byte {begin} doesn't find on the stack what it takes") from error
    return end
