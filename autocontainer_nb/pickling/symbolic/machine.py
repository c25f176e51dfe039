"""The stack, marks and memo of a pickle that is read symbolically, and the findings on the way.

Our own, on the tables of the standard library's `pickletools`: `fickling` takes a pickle apart as well, but builds a
syntax tree of all of it in memory, while a file here may have gigabytes, and damage, on purpose or not.
"""

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from array import array
from dataclasses import dataclass, field
from typing import Any, Final

from autocontainer_nb.pickled_names import name_at
from autocontainer_nb.pickling.symbolic.findings import Findings
from autocontainer_nb.pickling.symbolic.resolve import resolved
from autocontainer_nb.pickling.symbolic.values import COMPUTED, Call, Global, Items, is_carried_function
from autocontainer_nb.wire import PACKAGE_NAME

MAX_GLOBALS: Final = 100_000  # different names looked up
MAX_FUNCTIONS: Final = 10_000


@dataclass
class Walk:
    """The result of a walk, up to the end or up to the `problem`."""

    findings: Findings
    protocol: int = 0
    operations: int = 0
    pickles: int = 0
    size_bytes: int = 0
    buffers: int = 0
    persistent_ids: int = 0
    problem: str | None = None
    roots: list[Any] = field(default_factory=list)
    functions: list[Call] = field(default_factory=list)  # carried by value by cloudpickle


class Machine:
    """The stack and memo of one pickle. `starts` has the position in the stream of each entry of the stack."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.findings = walk.findings
        self.stack: list[Any] = []
        self.starts = array("q")
        self.marks: list[int] = []  # how high the stack was at each MARK
        self.memo: dict[int, Any] = {}
        self.protocol = 0
        self.steps = 0
        self.position = 0
        self.result: Any = None
        self.globals: dict[tuple[str, str], Global] = {}

    def push(self, value: Any, start: int | None = None) -> None:
        """Put a value on the stack; it begins at `start`, by default the position of this opcode."""
        self.stack.append(value)
        self.starts.append(self.position if start is None else start)

    def pop(self) -> tuple[Any, int]:
        """Return the topmost value and where it begins."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise IndexError
        return self.stack.pop(), self.starts.pop()

    def pop_to_mark(self) -> tuple[list[Any], list[int]]:
        """Return the values above the last MARK, and where each begins."""
        height = self.marks.pop()
        values, starts = self.stack[height:], list(self.starts[height:])
        del self.stack[height:], self.starts[height:]
        return values, starts

    def top(self) -> Any:
        """Return the topmost value, which stays."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise IndexError
        return self.stack[-1]

    def find(self, module: Any, name: Any) -> Global:
        """Return the symbol of a global, and record that its module is imported."""
        known = isinstance(module, str) and isinstance(name, str)
        key = self._renamed(module, name) if known else (COMPUTED, COMPUTED)
        found = self.globals.get(key)
        if found is None:
            if len(self.globals) >= MAX_GLOBALS:
                raise ValueError(f"it looks up more than {MAX_GLOBALS:,} different names")
            found = self.globals[key] = Global(*key)
            self.findings.refers(found, self.position)
        return found

    def _renamed(self, module: str, name: str) -> tuple[str, str]:
        """Return Python 3's names for Python 2's, as unpickling does up to protocol 2."""
        if self.protocol > 2:  # noqa: PLR2004 - the last that Python 2 wrote
            return self._lasting(module, name)
        if (module, name) in NAME_MAPPING:
            return NAME_MAPPING[module, name]
        return IMPORT_MAPPING.get(module, module), name

    def _lasting(self, module: str, name: str) -> tuple[str, str]:
        """Return the lasting name of an object of ours that is looked up by its present place, as in plain pickles."""
        attribute, dot, inner = name.partition(".")
        lasting = name_at(module, attribute) if module.startswith(PACKAGE_NAME) else None
        return (module, name) if lasting is None else (PACKAGE_NAME, lasting + dot + inner)

    def call(self, how: str, function: Any, arguments: Any, start: int) -> None:
        """Push the symbol of a call's result, and record the call."""
        call = Call(how, function, arguments, self.position)
        self.findings.calls(call)
        value = resolved(call)
        if isinstance(value, Global):
            value = self.find(value.module, value.name)
        if is_carried_function(call) and len(self.walk.functions) < MAX_FUNCTIONS:
            self.walk.functions.append(call)
        self.push(value, start)

    def extend(self, target: Any, values: list[Any], starts: list[int], kind: str) -> None:
        """Add items to the list, set or dict that they were pickled for."""
        if isinstance(target, Call):
            if target.content is None:
                target.content = Items(kind)
                self.findings.fills(target)
            target = target.content
        elif isinstance(target, Global):
            self.findings.changes(target, self.position)
            return
        elif not isinstance(target, Items):
            raise TypeError
        target.items.extend(values)
        if kind == "dict":
            if len(values) % 2:
                raise IndexError
            ends = [*starts[1:], self.position]
            target.sizes = target.sizes or []
            target.sizes.extend(end - start for start, end in zip(starts[1::2], ends[1::2], strict=False))
