"""The findings of a walk through a pickle: calls, and the names that are looked up, by module."""

from dataclasses import dataclass, field
from typing import Any, Final

from autocontainer_nb.pickling.symbolic.resolve import effective
from autocontainer_nb.pickling.symbolic.risks import DANGER, SEVERITIES, UNKNOWN, danger_of, judge_call, judge_state
from autocontainer_nb.pickling.symbolic.values import COMPUTED, Call, Global, kinds, shown

MAX_EXAMPLES: Final = 3
MAX_FINDINGS: Final = 2000  # different ones; further calls are counted as `others`
MAX_NAMES_BYTES: Final = 4 << 20  # together
MAX_WHAT: Final = 300

_VERBS: Final = {"REDUCE": "called", "INST": "made", "OBJ": "made", "NEWOBJ": "made", "NEWOBJ_EX": "made"}


@dataclass
class Finding:
    """Calls of one thing in one way: their number, the position of the first one, and arguments of the first ones.

    For calls that aren't dangerous, only the kinds of arguments are listed: a value may be a credential.
    """

    what: str
    how: str
    severity: str
    reason: str
    position: int
    count: int = 0
    arguments: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the entry of the report."""
        return {
            "what": self.what,
            "how": self.how,
            "severity": self.severity,
            "reason": self.reason,
            "count": self.count,
            "position": self.position,
            "arguments": self.arguments,
        }


class Findings:
    """The findings of one walk."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str, str], Finding] = {}
        self._names: dict[str, dict[str, None]] = {}
        self._bytes = 0

    def calls(self, call: Call) -> None:
        """Record a call."""
        severity, reason = judge_call(call)
        made = effective(call)
        what = made.path if isinstance(made, Global) else shown(made, depth=1)
        self._note(what, _VERBS[call.how], severity, reason, call.position, call.arguments)

    def builds(self, target: Any, state: Any, position: int) -> None:
        """Record that the state of an object is set."""
        severity, reason = judge_state(target)
        made = effective(target) if isinstance(target, Call) else target
        self._note(shown(made, depth=1), "state set", severity, reason, position, state)

    def fills(self, target: Call) -> None:
        """Record that items are appended to, or set in, an object by its own methods."""
        severity, reason = judge_state(target)
        if severity != "harmless":
            self._note(shown(effective(target), depth=1), "items added", severity, reason, target.position, None)

    def changes(self, target: Global, position: int) -> None:
        """Record that items are put into an object that the pickle only refers to."""
        reason = "changes an object that doesn't belong to the pickle"
        self._note(target.path, "items added", DANGER, reason, position, None)

    def refers(self, name: Global, position: int) -> None:
        """Record a name that is looked up, for which its module is imported."""
        self._bytes += len(name.module) + len(name.name)
        if self._bytes <= MAX_NAMES_BYTES:
            self._names.setdefault(name.module, {})[name.name] = None
        danger = danger_of(name)
        if danger is not None and COMPUTED in {name.module, name.name}:
            self._note(name.path, "looked up", DANGER, danger, position, None)
        elif danger is not None and name.name:  # a module alone does nothing: tasks that use `os` have it
            self._note(name.path, "looked up", UNKNOWN, f"{danger} if something calls it", position, None)

    def persists(self, reference: Any, position: int) -> None:
        """Record an object with a persistent id, whose meaning is up to the program that unpickles."""
        reason = "its meaning is up to the program that unpickles it"
        self._note("persistent id", "looked up", UNKNOWN, reason, position, reference)

    @property
    def has_names(self) -> bool:
        """Whether any name was looked up."""
        return bool(self._names)

    def calls_json(self) -> list[dict[str, Any]]:
        """Return the calls: dangerous, then unknown, then harmless ones, each in the order of the pickle."""
        called = {found.what for found in self._found.values() if found.how != "looked up"}
        rows = [f for f in self._found.values() if f.how != "looked up" or f.what not in called]
        return [f.as_json() for f in sorted(rows, key=lambda f: (SEVERITIES.index(f.severity), f.position))]

    def references_json(self) -> dict[str, list[str]]:
        """Return {module: names looked up in it}, sorted."""
        return {module: sorted(name for name in names if name) for module, names in sorted(self._names.items())}

    def _note(self, what: str, how: str, severity: str, reason: str, position: int, arguments: Any) -> None:
        what = what[:MAX_WHAT]
        key = (what, how, severity, reason)
        if key not in self._found and len(self._found) >= MAX_FINDINGS:
            key = ("others", how, severity, "too many different calls to list")
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = Finding(key[0], how, severity, key[3], position)
        found.count += 1
        if found.count <= MAX_EXAMPLES and arguments is not None:
            example = shown(arguments) if severity == DANGER else kinds(arguments)
            if example not in found.arguments:
                found.arguments.append(example)
