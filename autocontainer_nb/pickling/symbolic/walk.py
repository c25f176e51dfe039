"""The walk through a pickle, and the effect of each opcode on the symbols.

The model for each opcode: `Lib/pickle.py` of CPython, class `_Unpickler`.
"""

import zlib
from collections.abc import Callable
from typing import Any, Final

from autocontainer_nb.pickling.symbolic.findings import Findings
from autocontainer_nb.pickling.symbolic.machine import Machine, Walk
from autocontainer_nb.pickling.symbolic.opcodes import PickleProblem, Source, operations
from autocontainer_nb.pickling.symbolic.values import Buffer, Call, Items, Persistent

_CONSTANTS: Final = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
)
MAX_OPERATIONS: Final = 4_000_000  # in the worst case, less than 1 GB of symbols
MAX_PICKLES: Final = 1000  # one after the other in a file


def _container(kind: str) -> Callable[[Machine, Any], None]:
    return lambda machine, _: machine.push(Items(kind))


def _constant(value: Any) -> Callable[[Machine, Any], None]:
    return lambda machine, _: machine.push(value)


def _from_mark(kind: str) -> Callable[[Machine, Any], None]:
    def step(machine: Machine, _: Any) -> None:
        values, starts = machine.pop_to_mark()
        machine.push(Items(kind), starts[0] if starts else None)
        machine.extend(machine.top(), values, starts, kind)

    return step


def _tuple_of(count: int) -> Callable[[Machine, Any], None]:
    def step(machine: Machine, _: Any) -> None:
        taken = [machine.pop() for _ in range(count)][::-1]
        machine.push(Items("tuple", [value for value, _ in taken]), taken[0][1])

    return step


def _one_more(machine: Machine, _: Any) -> None:
    value, start = machine.pop()
    machine.extend(machine.top(), [value], [start], "list")


def _many_more(kind: str) -> Callable[[Machine, Any], None]:
    def step(machine: Machine, _: Any) -> None:
        values, starts = machine.pop_to_mark()
        machine.extend(machine.top(), values, starts, kind)

    return step


def _set_item(machine: Machine, _: Any) -> None:
    value, start = machine.pop()
    key, key_start = machine.pop()
    machine.extend(machine.top(), [key, value], [key_start, start], "dict")


def _push_argument(machine: Machine, argument: Any) -> None:
    machine.push(argument)


def _pop(machine: Machine, _: Any) -> None:
    if machine.marks and machine.marks[-1] == len(machine.stack):
        machine.marks.pop()
    else:
        machine.pop()


def _mark(machine: Machine, _: Any) -> None:
    machine.marks.append(len(machine.stack))


def _pop_mark(machine: Machine, _: Any) -> None:
    machine.pop_to_mark()


def _get(machine: Machine, index: Any) -> None:
    machine.push(machine.memo[index])


def _put(machine: Machine, index: Any) -> None:
    machine.memo[index] = machine.top()


def _memoize(machine: Machine, _: Any) -> None:
    machine.memo[len(machine.memo)] = machine.top()


def _duplicate(machine: Machine, _: Any) -> None:
    machine.push(machine.top())


def _global(machine: Machine, argument: Any) -> None:
    machine.push(machine.find(*argument))


def _stack_global(machine: Machine, _: Any) -> None:
    name, _start = machine.pop()
    module, start = machine.pop()
    machine.push(machine.find(module, name), start)


def _extension(machine: Machine, code: Any) -> None:
    machine.push(machine.find("copyreg._inverted_registry", f"[{code}]"))


def _reduce(machine: Machine, _: Any) -> None:
    arguments, _start = machine.pop()
    function, start = machine.pop()
    machine.call("REDUCE", function, arguments, start)


def _new_object(machine: Machine, _: Any) -> None:
    arguments, _start = machine.pop()
    function, start = machine.pop()
    machine.call("NEWOBJ", function, arguments, start)


def _new_object_ex(machine: Machine, _: Any) -> None:
    keywords, _start = machine.pop()
    arguments, _start = machine.pop()
    function, start = machine.pop()
    both = [*arguments.items, keywords] if isinstance(arguments, Items) else [arguments, keywords]
    machine.call("NEWOBJ_EX", function, Items("tuple", both), start)


def _instance(machine: Machine, argument: Any) -> None:
    values, starts = machine.pop_to_mark()
    start = starts[0] if starts else machine.position
    machine.call("INST", machine.find(*argument), Items("tuple", values), start)


def _object(machine: Machine, _: Any) -> None:
    values, starts = machine.pop_to_mark()
    machine.call("OBJ", values[0], Items("tuple", values[1:]), starts[0])


def _build(machine: Machine, _: Any) -> None:
    state, _start = machine.pop()
    target = machine.top()
    machine.findings.builds(target, state, machine.position)
    if isinstance(target, Call):
        target.add_state(state)


def _next_buffer(machine: Machine, _: Any) -> None:
    machine.push(Buffer(machine.walk.buffers))
    machine.walk.buffers += 1


def _persistent(machine: Machine, reference: Any) -> None:
    start = machine.position
    if reference is None:  # BINPERSID takes it from the stack
        reference, start = machine.pop()
    machine.walk.persistent_ids += 1
    machine.findings.persists(reference, machine.position)
    machine.push(Persistent(reference), start)


def _protocol(machine: Machine, number: Any) -> None:
    if number > 5:  # noqa: PLR2004 - the newest there is
        raise PickleProblem(f"it has protocol {number}; expected one from 0 to 5")
    machine.protocol = number
    machine.walk.protocol = max(machine.walk.protocol, number)


def _stop(machine: Machine, _: Any) -> None:
    machine.result, _start = machine.pop()


def _nothing(_machine: Machine, _: Any) -> None:
    """Do nothing: the length of a frame, or a read-only buffer, changes no symbol."""


STEPS: Final[dict[str, Callable[[Machine, Any], None]]] = {
    **dict.fromkeys(_CONSTANTS, _push_argument),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _get),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _put),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), _extension),
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "EMPTY_LIST": _container("list"),
    "EMPTY_TUPLE": _container("tuple"),
    "EMPTY_DICT": _container("dict"),
    "EMPTY_SET": _container("set"),
    "FROZENSET": _from_mark("frozenset"),
    "ADDITEMS": _many_more("set"),
    "LIST": _from_mark("list"),
    "TUPLE": _from_mark("tuple"),
    "DICT": _from_mark("dict"),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "APPEND": _one_more,
    "APPENDS": _many_more("list"),
    "SETITEM": _set_item,
    "SETITEMS": _many_more("dict"),
    "POP": _pop,
    "DUP": _duplicate,
    "MARK": _mark,
    "POP_MARK": _pop_mark,
    "MEMOIZE": _memoize,
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "BUILD": _build,
    "INST": _instance,
    "OBJ": _object,
    "NEWOBJ": _new_object,
    "NEWOBJ_EX": _new_object_ex,
    "PERSID": _persistent,
    "BINPERSID": _persistent,
    "PROTO": _protocol,
    "STOP": _stop,
    "FRAME": _nothing,
    "NEXT_BUFFER": _next_buffer,
    "READONLY_BUFFER": _nothing,
}


def walk_pickle(source: Source) -> Walk:
    """Return what the pickle in the file would do; a file may contain several in a row.

    It never raises because of the content: loading a pickle that is cut short still makes its calls, so the result up
    to there is returned, with the `problem`.
    """
    walk = Walk(Findings())
    position = 0
    try:
        while walk.pickles < MAX_PICKLES:
            machine = Machine(walk)
            try:
                position = _follow(machine, source, position)
            except PickleProblem:
                if walk.pickles and machine.steps <= 1:  # bytes after the end that aren't a pickle
                    break
                raise
            walk.pickles += 1
            walk.roots.append(machine.result)
            walk.size_bytes = position
            if not source.file.peek(1):
                return walk
        walk.problem = f"it ends at byte {position}; the bytes after that aren't a pickle and were not examined"
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
                f"it has more than {MAX_OPERATIONS:,} opcodes; the rest after byte {begin} was not examined"
            )
        machine.position = begin
        try:
            STEPS[name](machine, argument)
        except ValueError as error:
            raise PickleProblem(f"at byte {begin}, {error}") from error
        except (IndexError, KeyError, AttributeError, TypeError) as error:
            raise PickleProblem(f"{name} at byte {begin} doesn't find its arguments on the stack") from error
    return end
