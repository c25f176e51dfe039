"""Where in a pickle loading fails: the names that lead to the object, as in `train ► MODEL ► client`.

A pickle is loaded by Python's own unpickler in C, which doesn't tell where it is. So where that fails, the one in
Python is asked at which opcode (`StepUnpickler`). Then the opcodes are followed as symbols (`place_of`), which loads
nothing: what is on the stack when the object is made, and what takes it from there, tells the way to it.
"""

import pickle
import pickletools
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final, NamedTuple

_ARROW: Final = " ► "
# How far below the top of the stack the first of the items is that an opcode takes; None: it is the one above the mark.
_FIRST: Final = {
    "SETITEM": 1,
    "APPEND": 0,
    "TUPLE1": 0,
    "TUPLE2": 1,
    "TUPLE3": 2,
    **dict.fromkeys(("SETITEMS", "APPENDS", "ADDITEMS", "FROZENSET", "TUPLE", "LIST", "POP_MARK")),
}
_INTO: Final = frozenset({"SETITEM", "SETITEMS", "APPEND", "APPENDS", "ADDITEMS"})  # what is below the items
_MAX_OPERATIONS: Final = 5_000_000
_DEFAULTS: Final = "__kwdefaults__"
_MAX_READINGS: Final = 8  # of the pickle: one for each definition that is given something later
_MAX_TEXT: Final = 200  # of a text that may be a name
_MAX_KEY: Final = 24  # of one that is shown as the key of a dictionary
_MAKES, _FILLS = "make_", "fill_"  # how the names of our own functions begin that do so (`pickled_names`)
_GIVES: Final = frozenset({"bind_globals", "bind_attributes", "complete_class"})  # to a definition made before
_IN_TURN: Final = "in_turn"
_CELL: Final = "fill_cell"  # with any object, which has no name of its own in there
_WITH_TEXT: Final = frozenset({"make_enum", "make_named_tuple", "make_typed_dict", "make_new_type", "make_type_alias"})
_CALLED_BY_NAME: Final = frozenset({"named", "reference", "getattr"})
_UNTOLD: Final = frozenset({"entities", "names", "_task_function", "__wrapped__"})  # steps that say nothing to people


class Place(NamedTuple):
    """An object that can't be loaded: the names that lead to it, and what it is, where that is known."""

    path: tuple[str, ...]
    what: str

    def describe(self) -> str:
        """Return the names, and what it is: `train ► MODEL ► client` (Client)."""
        return f"`{_ARROW.join(self.path) or 'an object'}`" + (f" ({self.what})" if self.what else "")


class StepUnpickler(pickle._Unpickler):  # noqa: SLF001 - only this one can be asked where it is
    """Python's own unpickler, which tells the number of each opcode, from 1, before it follows it."""

    dispatch: ClassVar[dict[int, Callable[[Any], None]]]

    def __init__(self, file: Any, *, buffers: Iterable[Any], tell: Callable[[int], None]) -> None:
        super().__init__(file, buffers=buffers)
        self._tell = tell
        self._steps = 0

    def follow(self, step: Callable[[Any], None]) -> None:
        """Follow one opcode."""
        self._steps += 1
        self._tell(self._steps)
        step(self)


def _following(step: Callable[[Any], None]) -> Callable[[Any], None]:
    return lambda unpickler: unpickler.follow(step)


StepUnpickler.dispatch = {code: _following(step) for code, step in pickle._Unpickler.dispatch.items()}  # noqa: SLF001 - see above


def failing_step(file: Any, buffers: Iterable[Any], kind: type[BaseException]) -> int | None:
    """Load the pickle once more; return the number of the opcode at which this kind of exception comes again."""
    last = 0

    def tell(step: int) -> None:
        nonlocal last
        last = step

    try:
        StepUnpickler(file, buffers=buffers, tell=tell).load()
    except Exception as error:  # noqa: BLE001 - what is loaded may raise anything
        return last if type(error) is kind else None
    return None


def place_of(opened: Callable[[], Any], step: int) -> Place | None:
    """Return the object that the opcode of this number makes or fills; None where that can't be told.

    `opened` returns the pickle as a file. It is read again for what is given to a definition that is complete already:
    the way to that leads to where the definition is.
    """
    steps: list[str] = []
    what = ""
    for _ in range(_MAX_READINGS):
        machine = _followed(opened(), step)
        if machine is None:
            return None
        what = what or machine.what
        found, owner = _path(machine.roles)
        steps = [*found, *steps]
        if owner is None:
            return Place(_titled(steps), what)
        step = owner
    return Place(_titled(steps), what)


def _followed(file: Any, step: int) -> "_Machine | None":
    machine = _Machine()
    for number, (opcode, argument, _) in enumerate(pickletools.genops(file), 1):
        if number > _MAX_OPERATIONS:
            return None
        machine.number = number
        if number == step:
            machine.begin(opcode)
        machine.follow(opcode, argument, is_first=number == step)
    return machine if machine.at is not None else None


class _Thing:
    """What is known of a value on the stack: a text, what is looked up or made by a name, or a container."""

    __slots__ = ("count", "items", "kind", "made_at", "name")

    def __init__(self, kind: str, name: str = "", items: "list[_Thing] | None" = None) -> None:
        self.kind = kind
        self.name = name
        self.items = items
        self.count = 0
        self.made_at = 0  # the number of the opcode


_OTHER: Final = _Thing("other")
Role = tuple[str, Any, Any]  # "key", "index", "element", "state" or "call", and what belongs to it


class _Machine:
    """The stack of symbols. From `begin` on, `at` is where on it the object in question is, or what contains it."""

    def __init__(self) -> None:
        self.stack: list[_Thing] = []
        self.marks: list[int] = []
        self.memo: dict[int, _Thing] = {}
        self.at: int | None = None
        self.number = 0
        self.what = ""
        self.roles: list[Role] = []
        self.given: list[_Thing] | None = None  # to the last call

    def begin(self, opcode: Any) -> None:
        """Note the object that the opcode is about to make or fill."""
        stack, name = self.stack, opcode.name
        if name in {"SETITEMS", "APPENDS", "ADDITEMS"}:
            self.at = self.marks[-1] - 1
        elif name in {"BUILD", "APPEND", "REDUCE", "NEWOBJ", "STACK_GLOBAL"}:
            self.at = len(stack) - 2
        elif name in {"SETITEM", "NEWOBJ_EX"}:
            self.at = len(stack) - 3
        else:
            self.at = len(stack) - (0 if opcode.stack_after and not opcode.stack_before else 1)
        if name in {"REDUCE", "NEWOBJ", "NEWOBJ_EX"}:
            function, arguments = stack[self.at], stack[self.at + 1]
            if function.name.startswith(_FILLS) and arguments.items:
                self.what = arguments.items[0].name
            else:
                self.what = _made(function, arguments, is_class=name != "REDUCE").name
        elif name == "STACK_GLOBAL":
            self.what = f"{stack[-2].name}.{stack[-1].name}"
        elif 0 <= self.at < len(stack):
            self.what = stack[self.at].name

    def follow(self, opcode: Any, argument: Any, *, is_first: bool) -> None:
        """Change the stack as the opcode does; note what becomes of the object in question."""
        if self.at is not None and not is_first:
            self._note(opcode.name)
        step = getattr(self, f"_{opcode.name.lower()}", None)
        if step is not None:
            step(argument)
        elif isinstance(argument, str) and opcode.name.endswith(("UNICODE", "UNICODE8", "STRING")):
            self.stack.append(_Thing("text", argument) if len(argument) <= _MAX_TEXT else _OTHER)
        elif isinstance(argument, int) and opcode.name.startswith("BININT"):
            self.stack.append(_Thing("number", str(argument)))
        else:
            self._generic(opcode)

    def _generic(self, opcode: Any) -> None:
        before = [each for each in opcode.stack_before if each is not pickletools.markobject]
        if pickletools.stackslice in before:
            height = self.marks.pop()
            kept = [each for each in before if each is not pickletools.stackslice]
            del self.stack[height - len(kept) :]
        elif before:
            del self.stack[-len(before) :]
        self.stack += [_OTHER] * sum(each is not pickletools.markobject for each in opcode.stack_after)

    def _note(self, name: str) -> None:
        """Note the role of the object in question, where the opcode takes it from the stack."""
        at, top = self.at or 0, len(self.stack) - 1
        if name in _FIRST:
            self._note_item(name, at, top)
        elif name == "BUILD" and at == top:
            self._becomes(top - 1, "state", "")
        elif name in {"REDUCE", "NEWOBJ"} and at == top:
            self._becomes(top - 1, "call", self.stack[top - 1].name, self.stack[top].items)
        elif name == "NEWOBJ_EX" and at >= top - 1:
            self._becomes(top - 2, "call", "", None)
        elif name == "POP" and at == top and self.given and self.stack[top - 1] is self.given[0]:
            self.at = top - 1  # a function that fills has done so, and what it has filled is below

    def _note_item(self, name: str, at: int, top: int) -> None:
        below = _FIRST[name]
        first = self.marks[-1] if below is None else top - below
        if at < first:
            return
        number, into = at - first, first - (name in _INTO)
        if name in {"SETITEM", "SETITEMS"} and number % 2:
            self._becomes(into, "key", self.stack[at - 1])
        elif name in {"SETITEM", "SETITEMS", "ADDITEMS", "FROZENSET"}:
            self._becomes(into, "element", None)
        else:
            self._becomes(into, "index", number + (self.stack[into].count if name in _INTO else 0))

    def _becomes(self, at: int, role: str, first: Any, second: Any = None) -> None:
        self.roles.append((role, first, second))
        self.at = at

    def _mark(self, _: Any) -> None:
        self.marks.append(len(self.stack))

    def _pop(self, _: Any) -> None:
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.stack.pop()

    def _memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _binput(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def _binget(self, index: int) -> None:
        self.stack.append(self.memo[index])

    _long_binput, _long_binget = _binput, _binget

    def _empty_list(self, _: Any) -> None:
        self.stack.append(_Thing("list"))

    def _append(self, _: Any) -> None:
        self.stack.pop()
        self._counts(1)

    def _appends(self, _: Any) -> None:
        self._counts(len(self._above_mark()))

    def _counts(self, count: int) -> None:
        if self.stack[-1] is not _OTHER:
            self.stack[-1].count += count

    def _empty_tuple(self, _: Any) -> None:
        self.stack.append(_Thing("tuple", items=[]))

    def _tuple(self, _: Any) -> None:
        self.stack.append(_Thing("tuple", items=self._above_mark()))

    def _tuple1(self, _: Any) -> None:
        self.stack[-1:] = [_Thing("tuple", items=self.stack[-1:])]

    def _tuple2(self, _: Any) -> None:
        self.stack[-2:] = [_Thing("tuple", items=self.stack[-2:])]

    def _tuple3(self, _: Any) -> None:
        self.stack[-3:] = [_Thing("tuple", items=self.stack[-3:])]

    def _above_mark(self) -> list[_Thing]:
        height = self.marks.pop()
        above = self.stack[height:]
        del self.stack[height:]
        return above

    def _global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self.stack.append(_Thing("global", f"{module}.{name}"))

    def _stack_global(self, _: Any) -> None:
        module, name = self.stack[-2:]
        self.stack[-2:] = [_Thing("global", _shown_name(module.name, name.name))]

    def _reduce(self, _: Any) -> None:
        function, arguments = self.stack[-2:]
        made = _made(function, arguments, is_class=False)
        made.made_at = made.made_at or self.number
        self.given = arguments.items
        self.stack[-2:] = [made]

    def _newobj(self, _: Any) -> None:
        self.stack[-2:] = [_Thing("made", self.stack[-2].name)]

    def _newobj_ex(self, _: Any) -> None:
        self.stack[-3:] = [_Thing("made", self.stack[-3].name)]

    def _build(self, _: Any) -> None:
        self.stack.pop()


def _shown_name(module: str, name: str) -> str:
    return name if module in {"builtins", "__main__"} or module.endswith(".pickled_names") else f"{module}.{name}"


def _made(function: _Thing, arguments: _Thing, *, is_class: bool) -> _Thing:
    """Return the symbol of what a call makes."""
    given = arguments.items or []
    last = function.name.rpartition(".")[2]
    if last == _IN_TURN and given:
        return given[0]
    if last in _CALLED_BY_NAME and given:
        texts = [each.name for each in given if each.kind == "text"]
        return _Thing("global", texts[-1] if texts else "")
    if last == "make_class" and len(given) > 1:
        return _Thing("global", given[1].name)
    if last in _WITH_TEXT:
        return _Thing("global", next((each.name for each in given if each.kind == "text"), last))
    if not is_class and last.startswith(("__newobj", "_reconstruct", _MAKES)):
        found = next((each.name for each in given if each.kind == "global"), "")
        return _Thing("made", found or last)
    return _Thing("made", function.name)


def _path(roles: list[Role]) -> tuple[list[str], int | None]:
    """Return the steps from the outside to the object, in the words of `%flyte explain`.

    They may begin at a definition that was made before: then with the number of the opcode that has made it.
    """
    steps: list[str] = []  # from the object to the outside
    inner: list[Role] = []  # since the last object that is made or filled
    owner = None
    for role in roles:
        if role[0] in {"state", "call"}:
            steps += map(_shown, _named(role, inner))
            inner.clear()
            given_to = role[2][0] if role[1] in _GIVES or (role[1] == _CELL and role[2]) else None
            if given_to is not None and given_to.made_at:
                owner = given_to.made_at
                break
        else:
            inner.append(role)
    steps += map(_shown, inner)
    return _in_words([step for step in reversed(steps) if step and step not in _UNTOLD]), owner


def _in_words(steps: list[str]) -> list[str]:
    """Return the steps with the defaults of named parameters as they stand in a function: `x=`."""
    while _DEFAULTS in steps[:-1]:
        at = steps.index(_DEFAULTS)
        steps[at : at + 2] = [steps[at + 1].strip('[]"') + "="]
    return steps


def _titled(steps: list[str]) -> tuple[str, ...]:
    """Return the steps with a task by the last part of its registered name."""
    if steps and steps[0].startswith('["'):
        steps[0] = steps[0][2:-2].rpartition(".")[2]
    return tuple(steps)


def _named(role: Role, inner: list[Role]) -> list[Role]:
    """Return the steps within an object: what is an attribute or a variable, by its name."""
    how, name, arguments = role
    last = inner.pop() if inner and inner[-1][0] == "index" else None
    if how == "call" and name == "make_function" and last is not None and last[1] > 1:
        free = (arguments[2].items if arguments and len(arguments) > 2 else None) or []  # noqa: PLR2004 - the parameters of make_function
        number = inner.pop()[1] if inner and inner[-1][0] == "index" else 0
        return [*inner, ("name", free[number].name, None)] if number < len(free) else list(inner)
    if how == "call" and name.startswith(_FILLS) and inner and inner[-1][0] == "index":
        inner.pop()
    is_named = how == "state" or name in _GIVES or (name.startswith((_FILLS, "main_names")) and name != _CELL)
    if is_named and inner and inner[-1][0] == "key" and inner[-1][1].kind == "text":
        inner[-1] = ("name", inner[-1][1].name, None)
    return list(inner)


def _shown(role: Role) -> str:
    how, what, _ = role
    if how == "name":
        return str(what)
    if how == "index":
        return f"[{what}]"
    if how == "key" and what.kind == "number":
        return f"[{what.name}]"
    if how == "key" and what.kind == "text" and len(what.name) <= _MAX_KEY and what.name.isprintable():
        return f'["{what.name}"]'
    return "an element" if how == "element" else "[…]"
